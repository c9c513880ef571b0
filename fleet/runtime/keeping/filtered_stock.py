"""What is in the bins by the Bayes filter, which hears of the work at them as the task pool knows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.runtime.keeping.refill_slotting import bin_at
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.sensing.estimates import StockEstimate
from fleet.sensing.stock_filter import StockFilter, StockWork
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from robots.arrays import Int32
from robots.readings import RangeReadings


class FilteredStock:
    """A `StockSource` over a filter with the same bins. Somebody hands it the readings; it has to hear of all events.

    Work begins at a bin when its service is granted; readings that come until it is over say nothing. What is said to
    have been done is confirmed when the pool counts the errand; a service that never took effect moved nothing.
    """

    def __init__(self, stock: StockFilter, bins: StockBins) -> None:
        self._filter = stock
        self._row_of = bins.by_place()
        self._pool: TaskPool | None = None
        self._begun: dict[int, int] = {}

    def follow(self, pool: TaskPool) -> None:
        """Take work at bins from this pool from now on."""
        self._pool = pool

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: what was picked from a bin, or put into it."""
        if event["event"] != "errand_done" or self._pool is None:
            return
        row = self._begun.pop(event["task"], None)
        if row is None:
            row = self._bin(self._pool, event["task"])
            if row is None:
                return
            self._filter.begin(_one(row))
        self._filter.confirm(StockWork(_one(row), _one(event["units"] if event["kind"] == "put" else -event["units"])))

    def observe(self, readings: RangeReadings) -> None:
        """Take readings into account, but for those of bins at which somebody works."""
        if self._pool is not None:
            self._look_for_work(self._pool)
        self._filter.observe(readings)

    def estimate(self, now_s: float) -> StockEstimate:
        """Return what is believed now."""
        return self._filter.estimate(now_s)

    def _look_for_work(self, pool: TaskPool) -> None:
        serving = {task: self._bin(pool, task) for task in pool.in_service().tolist()}
        for task in [task for task in self._begun if task not in serving]:
            self._filter.confirm(StockWork(_one(self._begun.pop(task)), _one(0)))
        for task, row in serving.items():
            if row is not None and task not in self._begun:
                self._begun[task] = row
                self._filter.begin(_one(row))

    def _bin(self, pool: TaskPool, task: int) -> int | None:
        """The bin at which a task's next errand is done, None if that is elsewhere."""
        if pool.takeover_robot[task] != NO_ROBOT:
            return None
        left = pool.picks_left(task)
        if left:
            cell, sku, _ = left[0]
            return self._row_of.get((cell, sku))
        _, kinds = pool.last_errands(_one(task))
        return bin_at(pool.destination(task)) if kinds[0] == ErrandKind.PUT else None


def _one(value: int) -> Int32:
    return np.array([value], dtype=np.int32)
