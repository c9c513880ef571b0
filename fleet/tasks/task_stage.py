"""How far a task is, as people ask: its status, and where its goods are."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from fleet.grid.layout import NO_ROBOT
from fleet.tasks.books import PoolBooks
from fleet.tasks.task_table import TaskStatus


class TaskStage(StrEnum):
    """Where a task is in its life, and where its goods are."""

    WAITING = "waiting"  # for a robot; nobody has a load of it
    UNDER_WAY = "under_way"  # a robot is on its way to the first pick
    PICKING = "picking"  # the service of the first pick is granted, which cannot be undone
    LOADED = "loaded"  # its robot has a load of it
    STRANDED = "stranded"  # its load is on a robot that dropped out, until another robot has taken it over
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_ENDED = {
    TaskStatus.DONE: TaskStage.DONE,
    TaskStatus.FAILED: TaskStage.FAILED,
    TaskStatus.CANCELLED: TaskStage.CANCELLED,
}


def stages(books: PoolBooks, of: Iterable[int]) -> list[TaskStage]:
    """Return the stage of each of these tasks."""
    in_service = set(books.in_service().tolist())
    return [_stage(books, task, in_service) for task in of]


def _stage(books: PoolBooks, task: int, in_service: set[int]) -> TaskStage:
    tasks = books.tasks
    status = TaskStatus(tasks.status.values[task])
    if status in _ENDED:
        return _ENDED[status]
    if tasks.takeover_robot.values[task] != NO_ROBOT:
        return TaskStage.STRANDED
    if status is TaskStatus.OPEN:
        return TaskStage.WAITING
    if tasks.errand_index.values[task] > 0:
        return TaskStage.LOADED
    return TaskStage.PICKING if task in in_service else TaskStage.UNDER_WAY
