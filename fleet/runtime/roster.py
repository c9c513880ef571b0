"""What every robot is about: its task, and where it wants to be. The dispatcher is the only writer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Int32, Int64


@dataclass(slots=True)
class Roster:
    """One row a robot, columns of length n.

    task          int32, the task it works on, NO_TASK if none. A robot that has to charge first keeps its task
    errand_cell   int32, where the task's next errand is done, NO_CELL without a task
    next_cell     int32, where the errand after that one is done, NO_CELL if there is none
    serving       bool, the errand's station action is under way
    goal          int32, the cell that the robot wants to be in now: where it musters, a charger, its errand, its
                  parking place; NO_CELL if it does not care
    left_task     int32, the task that was taken from it although it has the load, as long as that waits to be taken
                  over; NO_TASK if none
    """

    task: Int32
    errand_cell: Int32
    next_cell: Int32
    serving: Bool
    goal: Int32
    left_task: Int32

    @property
    def retired(self) -> Bool:
        """Robots that stay out of service until their load has been taken over, bool (n,); they have no task."""
        retired: Bool = self.left_task != NO_TASK
        return retired

    def drop_tasks(self, robots: Int32 | Int64) -> None:
        """Write down that these robots have no task any more."""
        self.task[robots] = NO_TASK
        self.errand_cell[robots] = NO_CELL
        self.next_cell[robots] = NO_CELL

    def set_tasks(self, robots: Int32 | Int64, tasks: Int32, pool: TaskPool) -> None:
        """Write down that these robots now have these tasks, and where the tasks take them."""
        self.task[robots] = tasks
        self.errand_cell[robots] = pool.errand_cells(tasks)
        self.next_cell[robots] = pool.next_errand_cells(tasks)

    def resume(self, pool: TaskPool, serving: Bool) -> None:
        """Write down what a pool knows of robots, and whose station actions are under way, bool (n,).

        Raises TaskError if the pool knows a robot that there is not, or gives one two tasks; and if a robot in service
        has none.
        """
        tasks = np.flatnonzero(pool.status == TaskStatus.ASSIGNED).astype(np.int32)
        left = np.flatnonzero(pool.takeover_robot != NO_ROBOT).astype(np.int32)
        robots, retired = pool.robot[tasks], pool.takeover_robot[left]
        if np.concatenate([robots, retired]).max(initial=NO_ROBOT) >= len(self.task):
            raise TaskError(f"the task pool knows more than {len(self.task)} robots")
        if len(np.unique(robots)) < len(robots):
            raise TaskError("the task pool has a robot with two tasks")
        self.set_tasks(robots, tasks, pool)
        self.left_task[retired] = left
        without = np.flatnonzero(serving & (self.task == NO_TASK))
        if len(without):
            raise TaskError(f"robot {without[0]} is in service and has no task")
        self.serving[:] = serving

    @classmethod
    def of(cls, robots: int) -> Roster:
        """Return a roster of robots without anything to do."""
        return cls(
            task=np.full(robots, NO_TASK, dtype=np.int32),
            errand_cell=np.full(robots, NO_CELL, dtype=np.int32),
            next_cell=np.full(robots, NO_CELL, dtype=np.int32),
            serving=np.zeros(robots, dtype=np.bool_),
            goal=np.full(robots, NO_CELL, dtype=np.int32),
            left_task=np.full(robots, NO_TASK, dtype=np.int32),
        )
