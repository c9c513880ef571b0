"""What must be kept of orders and tasks so that a controller can go on where another one was cut off."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.tasks.model import Order, Task


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order that was accepted. Times in seconds on the site's clock.

    row         in the order of acceptance, from 0
    done_s      when it was done, or cancelled; None while it is open
    cancelled   whether it was cancelled
    """

    row: int
    order: Order
    done_s: float | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task and how far it is; see fleet.tasks.task_table.

    order_row     row of its order
    status        a TaskStatus
    robot         which has or had it, NO_ROBOT for none
    errand_index  errands that are done
    takeover_robot, takeover_cell, takeover_s  the load that is to be taken over first; NO_ROBOT, NO_CELL, 0 for none
    reason        why it failed, empty if it did not
    """

    task: Task
    order_row: int
    status: int
    robot: int
    errand_index: int
    takeover_robot: int
    takeover_cell: int
    takeover_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class RejectionRecord:
    """An order that came in and was refused; `reason` is a RefusalReason's value."""

    order_id: str
    reason: str
    detail: str
    at_s: float


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """All that a task pool knows: orders by row, tasks by id, rejections in order."""

    orders: tuple[OrderRecord, ...]
    tasks: tuple[TaskRecord, ...]
    rejections: tuple[RejectionRecord, ...]
    recoveries: dict[str, int]
