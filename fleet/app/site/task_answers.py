"""What the task pool says of tasks, as the API says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fleet.app.site.api_messages import TaskList, TaskListed, TaskRow, TaskRows
from fleet.grid.layout import NO_ROBOT
from fleet.tasks.task_table import TaskStatus
from fleet.tasks.task_view import TaskView


class TaskLister(Protocol):
    """The task pool; see fleet.tasks.pool."""

    def tasks(self, status: TaskStatus | None, limit: int, after: int) -> Sequence[tuple[str, TaskView]]:
        """Return up to `limit` tasks of a status (None: any) after number `after`, each with the id of its order."""


def task_rows(tasks: TaskLister, ask: TaskList, serials: Sequence[str]) -> TaskRows:
    """Return a page of a list of tasks; serials: of the robots, by row."""
    status = None if ask.status is None else TaskStatus[ask.status.upper()]
    # One more than is asked for, to know whether there are more.
    found = tasks.tasks(status, ask.limit + 1, ask.after)
    rows = tuple(TaskListed(order, task_row(view, serials)) for order, view in found[: ask.limit])
    return TaskRows("", rows, len(found) > ask.limit)


def task_row(view: TaskView, serials: Sequence[str]) -> TaskRow:
    """Return a task as lists have it."""
    return TaskRow(
        task=view.task,
        status=view.stage.value,
        errands=view.errands,
        errands_done=view.errands_done,
        robot="" if view.robot == NO_ROBOT else serials[view.robot],
        reason=view.reason,
    )
