"""A task pool with a task in each stage that a task can be in."""

from __future__ import annotations

from typing import Any

import numpy as np

from fleet.tasks.cancelling import CancelResult
from fleet.tasks.pool import TaskPool
from tests.orders import order, splitter


class StagedPool:
    """A pool with order A of seven tasks, one in each stage that a task can be in, and order B of one task that waits.

    Tasks of A, all of one unit: 0 waits, 1 is under way with robot 1, 2 is being picked by robot 2, 3 is loaded on
    robot 3, 4 is stranded on robot 4, 5 is done by robot 5, 6 has failed.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.serving = np.array([2], dtype=np.int32)
        self.pool = pool = TaskPool(splitter(totes=1), self.events.append)
        pool.watch_services(lambda: self.serving)
        pool.add_order(order("A", *[1] * 7), 0.0)
        pool.add_order(order("B", 1), 0.0)
        for task in range(1, 6):
            pool.assign(task, task, 1.0)
        for task in (3, 4, 5):
            pool.advance(task, 2.0)
        pool.strand(4, 77, 30.0, 3.0)
        pool.advance(5, 3.0)
        pool.fail(6, "unreachable", 3.0)
        self.events.clear()

    def cancel(self, order_id: str = "A") -> CancelResult:
        result = self.pool.cancel_order(order_id, 9.0)
        assert isinstance(result, CancelResult)
        return result
