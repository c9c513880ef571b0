"""The list of tasks that wait for a robot and may have one, rebuilt only when somebody asks for it after a change."""

from __future__ import annotations

import numpy as np

from fleet.tasks.task_table import TaskStatus, TaskTable
from robots.arrays import Int32


class WaitingTasks:
    """Ids of the open tasks of a table that are not held back, ascending."""

    def __init__(self, tasks: TaskTable) -> None:
        self._tasks = tasks
        self._ids: Int32 = np.flatnonzero(tasks.status.values == TaskStatus.OPEN).astype(np.int32)
        self._ids.flags.writeable = False
        self._joined: list[int] = []
        self._changed = False

    def join(self, task: int) -> None:
        """Take note that a task is open now, or is held back no more."""
        self._joined.append(task)
        self._changed = True

    def leave(self) -> None:
        """Take note that some task is open no more, or is held back."""
        self._changed = True

    def ids(self) -> Int32:
        """Return the ids, int32 (k,), read only; costs nothing if none changed."""
        if self._changed:
            candidates = np.unique(np.concatenate([self._ids, np.array(self._joined, dtype=np.int32)]))
            tasks = self._tasks
            free = (tasks.status.values[candidates] == TaskStatus.OPEN) & (tasks.hold.values[candidates] == 0)
            self._ids = candidates[free]
            self._ids.flags.writeable = False
            self._joined.clear()
            self._changed = False
        return self._ids
