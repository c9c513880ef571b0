"""Which cages are full by the cameras over them, and by what has been dropped since they looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fleet.sensing.fill_estimator import FillEstimator
from fleet.sensing.fill_watch import FillWatch
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from robots.arrays import Bool, Float64
from robots.readings import DepthImage
from sim_worlds.world import Chute


class WatchedCages:
    """A `FillSource` over an estimator and a watch of as many cages. Somebody hands it the images.

    It has to hear of all events: goods that fell into a cage after its last image, or whose drop is granted, are not in
    the estimate yet. What is only on its way to a chute is not counted: it goes elsewhere when the cage is full.
    """

    def __init__(self, chutes: Sequence[Chute], estimator: FillEstimator, watch: FillWatch) -> None:
        self._estimator = estimator
        self._watch = watch
        self._at = {chute.cell: cage for cage, chute in enumerate(chutes)}
        self._number = {chute.name: cage for cage, chute in enumerate(chutes)}
        self._dropped: list[list[tuple[float, float]]] = [[] for _ in chutes]
        self._pool: TaskPool | None = None

    def follow(self, pool: TaskPool) -> None:
        """Take drops from this pool from now on."""
        self._pool = pool

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: goods in a cage, or an empty cage."""
        if event["event"] == "cage_swapped":
            cage = self._number[event["chute"]]
            self._dropped[cage].clear()
            self._estimator.swapped(cage, event["t"])
            self._watch.swapped(cage)
        elif event["event"] == "errand_done" and event["kind"] == "drop" and event["cell"] in self._at:
            litres = 0.0 if self._pool is None else _litres(self._pool, event["task"])
            self._dropped[self._at[event["cell"]]].append((event["t"], litres))

    def take(self, image: DepthImage) -> None:
        """Look at an image; the camera over the cage below chute number n is number n."""
        self._estimator.take(image)

    def full(self, now_s: float) -> Bool:
        """Return which cages are called full, bool (c,)."""
        estimate = self._estimator.estimate(now_s)
        # An image that showed nothing leaves the estimate as old as it was, and so what fell since is still to come.
        for cage, seen_s in enumerate((now_s - estimate.age_s).tolist()):
            self._dropped[cage] = [drop for drop in self._dropped[cage] if drop[0] > seen_s]
        return self._watch.full(estimate, self._coming())

    def _coming(self) -> Float64:
        """Litres of goods in each cage, or about to be, that its last image does not show."""
        coming = np.array([sum(litres for _, litres in drops) for drops in self._dropped])
        if self._pool is not None:
            tasks = self._pool.dropping()
            cells, kinds = self._pool.last_errands(tasks)
            for task, cell, kind in zip(tasks.tolist(), cells.tolist(), kinds.tolist(), strict=True):
                if kind == ErrandKind.DROP and cell in self._at:
                    coming[self._at[cell]] += _litres(self._pool, task)
        return coming


def _litres(pool: TaskPool, task: int) -> float:
    """Volume of the goods of a task."""
    kept = pool.task_record(task)
    lines = {line.sku: line.unit_litres for line in pool.order_record(kept.order_row).order.lines}
    return sum(errand.units * lines[errand.sku] for errand in kept.task.errands[:-1])
