"""Which orders and tasks changed, so that a journal writes those rows and no others."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from fleet.tasks.pool import TaskPool
from fleet.tasks.records import RejectionRecord

_OF_ORDERS: Final = frozenset({"order_accepted", "order_done", "order_cancelled", "order_prioritised"})


class Changed(NamedTuple):
    """Rows of orders and ids of tasks that changed, ascending; rejections in the order in which they came in."""

    orders: list[int]
    tasks: list[int]
    rejections: list[RejectionRecord]


class PoolChanges:
    """An event sink that is to have every event of a pool, and tells what changed since it was last asked.

    Rows change only with an event: `TaskPool.order_record` and `task_record` of all others are as they were.
    """

    def __init__(self, pool: TaskPool) -> None:
        self._pool = pool
        self._orders: set[int] = set()
        self._tasks: set[int] = set()
        self._rejections: list[RejectionRecord] = []

    def __call__(self, event: dict[str, Any]) -> None:
        """Take in something that happened."""
        kind = event["event"]
        if "task" in event:
            self._tasks.add(event["task"])
        elif kind == "order_rejected":
            self._rejections.append(RejectionRecord(event["order"], event["reason"], event["detail"], event["t"]))
        elif kind in _OF_ORDERS:
            row, tasks = self._pool.order_rows(event["order"])
            self._orders.add(row)
            if kind == "order_prioritised":
                self._tasks.update(tasks)

    def take(self) -> Changed:
        """Return what changed since the last call."""
        changed = Changed(sorted(self._orders), sorted(self._tasks), self._rejections)
        self._orders, self._tasks, self._rejections = set(), set(), []
        return changed
