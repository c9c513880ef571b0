"""Cancelling an order: what becomes of each of its tasks, wherever they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet.tasks.books import PoolBooks
from fleet.tasks.order_changes import open_order
from fleet.tasks.refusal import ChangeRefusal
from fleet.tasks.task_stage import TaskStage, stages


class TaskFate(StrEnum):
    """What cancelling an order did to one of its tasks."""

    DROPPED = "dropped"  # it waited for a robot, and does so no more
    TAKEN_BACK = "taken_back"  # from a robot that was on its way to the first pick
    CARRIED_ON = "carried_on"  # to its end, so that its goods come off the robot that has them, or is picking them now
    DONE = "done"  # nothing: it was done already
    FAILED = "failed"  # nothing: it had been given up


FATES: Final = {
    TaskStage.WAITING: TaskFate.DROPPED,
    TaskStage.UNDER_WAY: TaskFate.TAKEN_BACK,
    TaskStage.PICKING: TaskFate.CARRIED_ON,
    TaskStage.LOADED: TaskFate.CARRIED_ON,
    TaskStage.STRANDED: TaskFate.CARRIED_ON,
    TaskStage.DONE: TaskFate.DONE,
    TaskStage.FAILED: TaskFate.FAILED,
}


@dataclass(frozen=True, slots=True)
class CancelledTask:
    """A task of a cancelled order: how far it was, the robot that had it (NO_ROBOT for none), and its fate."""

    task: int
    robot: int
    stage: TaskStage
    fate: TaskFate


@dataclass(frozen=True, slots=True)
class CancelResult:
    """What cancelling an order did, task by task."""

    order_id: str
    tasks: tuple[CancelledTask, ...]

    def of(self, *fates: TaskFate) -> list[int]:
        """Tasks that met one of these fates."""
        return [task.task for task in self.tasks if task.fate in fates]

    @property
    def carried_on(self) -> list[int]:
        """Tasks that go on to their end; as long as there are any, robots still work for the order."""
        return self.of(TaskFate.CARRIED_ON)


def cancel(books: PoolBooks, order_id: str, now_s: float) -> CancelResult | ChangeRefusal:
    """Cancel an order; see `TaskPool.cancel_order`."""
    row = open_order(books, order_id)
    if isinstance(row, ChangeRefusal):
        return row
    of = books.orders.tasks_of(row)
    robots = books.tasks.robot.values[of.start : of.stop].tolist()
    result = CancelResult(
        order_id,
        tuple(
            CancelledTask(task, robot, stage, FATES[stage])
            for task, robot, stage in zip(of, robots, stages(books, of), strict=True)
        ),
    )
    books.orders.cancelled.values[row] = True
    books.orders.done_s.values[row] = now_s
    books.tally(row).orders_ended["cancelled"] += 1
    over = result.of(TaskFate.DROPPED, TaskFate.TAKEN_BACK)
    books.events(
        {
            "t": now_s,
            "event": "order_cancelled",
            "order": order_id,
            "cancelled": over,
            "carried_on": result.carried_on,
        }
    )
    for task in over:
        books.cancel_task(task, now_s)
    return result
