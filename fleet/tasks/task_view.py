"""What a person wants to know of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fleet.tasks.books import PoolBooks
from fleet.tasks.task_stage import TaskStage, stages
from fleet.tasks.task_table import TaskStatus


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task of an order.

    robot         which has or had it, NO_ROBOT for none
    errands_done  of so many `errands`, the last of which is the drop
    reason        why it failed, empty if it did not
    """

    task: int
    stage: TaskStage
    robot: int
    errands_done: int
    errands: int
    reason: str


def task_views(books: PoolBooks, of: Iterable[int]) -> list[TaskView]:
    """Return how each of these tasks stands."""
    chosen = list(of)
    return [_task_view(books, task, stage) for task, stage in zip(chosen, stages(books, chosen), strict=True)]


def tasks_having(books: PoolBooks, status: TaskStatus | None, limit: int, after: int) -> list[int]:
    """Return up to `limit` tasks of a status (None: any) after the one of number `after`, ascending."""
    if status is None:
        return list(range(after + 1, min(after + 1 + limit, len(books.tasks))))
    having = books.tasks.status.values[after + 1 :] == status
    found: list[int] = (after + 1 + np.flatnonzero(having)[:limit]).tolist()
    return found


def _task_view(books: PoolBooks, task: int, stage: TaskStage) -> TaskView:
    tasks = books.tasks
    return TaskView(
        task=task,
        stage=stage,
        robot=int(tasks.robot.values[task]),
        errands_done=int(tasks.errand_index.values[task]),
        errands=int(tasks.end.values[task] - tasks.begin.values[task]),
        reason=books.failures.get(task, ""),
    )
