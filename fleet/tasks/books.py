"""All that a task pool has written down: what its parts write to, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.tasks.events import EventSink
from fleet.tasks.order_book import OrderBook
from fleet.tasks.records import RejectionRecord
from fleet.tasks.task_table import TaskStatus, TaskTable
from fleet.tasks.waiting_tasks import WaitingTasks
from robots.arrays import Int32


@dataclass(slots=True)
class PoolBooks:
    """Tables, counters and lists of a task pool.

    orders_ended, tasks_ended  how many are done, and cancelled
    units       ordered in accepted orders, picked onto robots, dropped into chutes, and those of cancelled tasks
    failures    reason of each failed task
    rejections  in the order in which they came in
    recoveries  how often tasks were stranded with a load, taken over, and reclaimed
    in_service  tells the tasks whose next service has been granted and is not over, int32 (k,)
    """

    events: EventSink
    tasks: TaskTable
    orders: OrderBook
    waiting: WaitingTasks
    orders_ended: dict[str, int] = field(default_factory=lambda: {"done": 0, "cancelled": 0})
    tasks_ended: dict[str, int] = field(default_factory=lambda: {"done": 0, "cancelled": 0})
    units: dict[str, int] = field(default_factory=lambda: {"ordered": 0, "picked": 0, "dropped": 0, "cancelled": 0})
    failures: dict[int, str] = field(default_factory=dict)
    rejections: list[RejectionRecord] = field(default_factory=list)
    recoveries: dict[str, int] = field(default_factory=lambda: {"stranded": 0, "taken_over": 0, "reclaimed": 0})
    in_service: Callable[[], Int32] = field(default=lambda: np.zeros(0, dtype=np.int32))

    @classmethod
    def empty(cls, events: EventSink) -> PoolBooks:
        """Return the books of a pool to which nothing has happened yet."""
        tasks = TaskTable()
        return cls(events, tasks, OrderBook(), WaitingTasks(tasks))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counters as they stand: of orders, tasks, and units."""
        taken_on, created = len(self.orders), len(self.tasks)
        rejected, failed = len(self.rejections), len(self.failures)
        return {
            "orders": {
                "accepted": taken_on + rejected,
                "done": self.orders_ended["done"],
                "open": taken_on - sum(self.orders_ended.values()),
                "rejected": rejected,
                "cancelled": self.orders_ended["cancelled"],
            },
            "tasks": {
                "created": created,
                "done": self.tasks_ended["done"],
                "open": created - sum(self.tasks_ended.values()) - failed,
                "failed": failed,
                "cancelled": self.tasks_ended["cancelled"],
            },
            "units": dict(self.units),
        }

    def cancel_task(self, task: int, now_s: float) -> None:
        """Write down that a task of a cancelled order, of which nobody has a load, is over."""
        tasks, row = self.tasks, int(self.tasks.order.values[task])
        robot = int(tasks.robot.values[task])
        tasks.status.values[task] = TaskStatus.CANCELLED
        tasks.robot.values[task] = NO_ROBOT
        self.waiting.leave()
        self.orders.tasks_left.values[row] -= 1
        self.tasks_ended["cancelled"] += 1
        self.units["cancelled"] += int(tasks.units.values[task])
        self.events({"t": now_s, "event": "task_cancelled", "task": int(task), "robot": robot})
