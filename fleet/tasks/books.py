"""All that a task pool has written down: what its parts write to, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
from fleet.tasks.events import EventSink
from fleet.tasks.order_book import OrderBook
from fleet.tasks.records import RejectionRecord
from fleet.tasks.task_table import TaskStatus, TaskTable
from fleet.tasks.waiting_tasks import WaitingTasks
from fleet.tasks.work_tally import WorkTally
from robots.arrays import Int32


@dataclass(slots=True)
class PoolBooks:
    """Tables, counters and lists of a task pool.

    customers   counters of what customers ordered
    refills     counters of replenishments
    failures    reason of each failed task
    rejections  of customers' orders, in the order in which they came in
    recoveries  how often tasks were stranded with a load, taken over, and reclaimed
    in_service  tells the tasks whose next service has been granted and is not over, int32 (k,)
    """

    events: EventSink
    tasks: TaskTable
    orders: OrderBook
    waiting: WaitingTasks
    customers: WorkTally = field(default_factory=WorkTally)
    refills: WorkTally = field(default_factory=WorkTally)
    failures: dict[int, str] = field(default_factory=dict)
    rejections: list[RejectionRecord] = field(default_factory=list)
    recoveries: dict[str, int] = field(default_factory=lambda: {"stranded": 0, "taken_over": 0, "reclaimed": 0})
    in_service: Callable[[], Int32] = field(default=lambda: np.zeros(0, dtype=np.int32))

    @classmethod
    def empty(cls, events: EventSink) -> PoolBooks:
        """Return the books of a pool to which nothing has happened yet."""
        tasks = TaskTable()
        return cls(events, tasks, OrderBook(), WaitingTasks(tasks))

    def tally(self, row: int) -> WorkTally:
        """Return the counters for the order in this row, and for its tasks."""
        return self.refills if self.orders.refills.values[row] else self.customers

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counters of customers' orders as they stand: of orders, tasks, and units."""
        return self.customers.counts(rejected=len(self.rejections), failed=len(self.failures_of(refills=False)))

    def refill_counts(self) -> dict[str, dict[str, int]]:
        """Return the counters of replenishments as they stand, as `counts` does; none of them is ever rejected."""
        return self.refills.counts(rejected=0, failed=len(self.failures_of(refills=True)))

    def failures_of(self, *, refills: bool) -> list[str]:
        """Return the reason of each failed task of replenishments, or of customers' orders."""
        of_refills = self.orders.refills.values
        order = self.tasks.order.values
        return [reason for task, reason in self.failures.items() if bool(of_refills[order[task]]) is refills]

    def cancel_task(self, task: int, now_s: float) -> None:
        """Write down that a task of a cancelled order, of which nobody has a load, is over."""
        tasks, row = self.tasks, int(self.tasks.order.values[task])
        robot = int(tasks.robot.values[task])
        tasks.status.values[task] = TaskStatus.CANCELLED
        tasks.robot.values[task] = NO_ROBOT
        tasks.hold.values[task] = 0
        self.waiting.leave()
        self.orders.tasks_left.values[row] -= 1
        tally = self.tally(row)
        tally.tasks_ended["cancelled"] += 1
        tally.units["cancelled"] += int(tasks.units.values[task])
        self.events({"t": now_s, "event": "task_cancelled", "task": int(task), "robot": robot})

    def demand(self, task: int, *statuses: TaskStatus) -> None:
        """Raise TaskError unless there is a task of this id and it has one of these statuses."""
        if not 0 <= task < len(self.tasks):
            raise TaskError(f"there is no task {task}")
        status = int(self.tasks.status.values[task])
        if status not in statuses:
            wanted = " or ".join(wanted.name.lower() for wanted in statuses)
            raise TaskError(f"task {task} is {TaskStatus(status).name.lower()}, not {wanted}")
