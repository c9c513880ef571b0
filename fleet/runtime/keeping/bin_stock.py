"""What bins are believed to hold, what is promised from them, and which tasks there is enough for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from fleet.runtime.keeping.stock_bins import StockBins
from fleet.sensing.estimates import StockEstimate
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Int64


class BinStock:
    """The last estimate of bins, and the picks that are still to be made there; columns of length n, one row a bin.

    most      units, int64 (n,), that a bin is never refilled beyond: a task that wants more can wait for no more
    estimate  of nothing until one is taken in
    promised  int64, units that tasks are yet to pick
    reserved  int64, of them those of tasks that there is enough for
    wanted    bool, whether there is not enough for some task
    """

    def __init__(self, bins: StockBins, most: Int64) -> None:
        self._row_of = bins.by_place()
        self._most = most
        self.estimate = _nothing(bins)
        self.promised: Int64 = np.zeros(len(bins.cell), dtype=np.int64)
        self.reserved: Int64 = np.zeros(len(bins.cell), dtype=np.int64)
        self.wanted: Bool = np.zeros(len(bins.cell), dtype=np.bool_)

    def rank(self, cell: int, sku: str) -> int:
        """Whether a place still has stock beyond what is promised: 0 surely, 1 perhaps, 2 surely not."""
        row = self._row_of.get((cell, sku))
        if row is None:
            return 1
        promised = self.promised[row]
        return 0 if self.estimate.low[row] > promised else 1 if self.estimate.high[row] > promised else 2

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: what new tasks are to pick is promised from now on."""
        if event["event"] == "task_created":
            for sku, units, cell in event["picks"]:
                row = self._row_of.get((cell, sku))
                if row is not None:
                    self.promised[row] += units

    def take(self, estimate: StockEstimate, pool: TaskPool, may_go: Collection[int]) -> list[int]:
        """Take in a new estimate; return the tasks that no robot has and that there is not enough for, ascending.

        Tasks that robots have come first, then the urgent, those that are due sooner, and the older ones. may_go: tasks
        that go whatever is believed. Takes a little Python for each open task.
        """
        self.estimate = estimate
        for column in (self.promised, self.reserved, self.wanted):
            column[:] = 0
        begun = (pool.status == TaskStatus.ASSIGNED) | ((pool.status == TaskStatus.OPEN) & (pool.errand_index > 0))
        for task in np.flatnonzero(begun).tolist():
            for row, units in self._needs(pool, task).items():
                self.promised[row] += units
                self.reserved[row] += units
        free = np.flatnonzero((pool.status == TaskStatus.OPEN) & (pool.errand_index == 0))
        order = np.lexsort((free, pool.due_s[free], -pool.priority[free]))
        for task in free.tolist():
            for row, units in self._needs(pool, task).items():
                self.promised[row] += units
        return sorted(self._lacking(pool, free[order].tolist(), may_go))

    def take_new(self, pool: TaskPool, first: int) -> list[int]:
        """Return those of the tasks from `first` on that no robot has and that there is not enough for, ascending."""
        free = (pool.status[first:] == TaskStatus.OPEN) & (pool.errand_index[first:] == 0)
        return self._lacking(pool, (first + np.flatnonzero(free)).tolist(), ())

    def _lacking(self, pool: TaskPool, tasks: Iterable[int], may_go: Collection[int]) -> list[int]:
        """Reserve for these tasks, one after the other, what they need; return those that cannot have all of it."""
        lacking = []
        for task in tasks:
            needs = self._needs(pool, task)
            short = [row for row, units in needs.items() if not self._has(row, units)]
            if short and task not in may_go:
                self.wanted[short] = True
                lacking.append(task)
                continue
            for row, units in needs.items():
                self.reserved[row] += units
        return lacking

    def _has(self, row: int, units: int) -> bool:
        """Whether a bin may hold so much beyond what is reserved, as far as it ever could."""
        return bool(self.reserved[row] + min(units, int(self._most[row])) <= self.estimate.high[row])

    def _needs(self, pool: TaskPool, task: int) -> Counter[int]:
        """Units that a task is yet to pick from each bin."""
        needs: Counter[int] = Counter()
        for cell, sku, units in pool.picks_left(task):
            row = self._row_of.get((cell, sku))
            if row is not None:
                needs[row] += units
        return needs


def _nothing(bins: StockBins) -> StockEstimate:
    """Return what is known of bins before anybody looked at them."""
    none = np.zeros(len(bins.cell), dtype=np.int32)
    unsure = np.zeros(len(bins.cell), dtype=np.float32)
    return StockEstimate(-np.inf, none, unsure, none, bins.capacity, unsure + np.inf)
