"""What every robot is about: its task, and where it wants to be. The dispatcher is the only writer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.tasks.pool import TaskPool
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
