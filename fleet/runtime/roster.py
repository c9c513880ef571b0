"""What every robot is about: its task, and where it wants to be. The dispatcher is the only writer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.grid.layout import NO_CELL, NO_TASK
from robots.arrays import Bool, Int32


@dataclass(slots=True)
class Roster:
    """One row a robot, columns of length n.

    task          int32, the task it works on, NO_TASK if none. A robot that has to charge first keeps its task
    errand_cell   int32, where the task's next errand is done, NO_CELL without a task
    next_cell     int32, where the errand after that one is done, NO_CELL if there is none
    serving       bool, the errand's station action is under way
    goal          int32, the cell that the robot wants to be in now: a charger, its errand, its parking place; NO_CELL
                  if it does not care
    """

    task: Int32
    errand_cell: Int32
    next_cell: Int32
    serving: Bool
    goal: Int32

    @classmethod
    def of(cls, robots: int) -> Roster:
        """Return a roster of robots without anything to do."""
        return cls(
            task=np.full(robots, NO_TASK, dtype=np.int32),
            errand_cell=np.full(robots, NO_CELL, dtype=np.int32),
            next_cell=np.full(robots, NO_CELL, dtype=np.int32),
            serving=np.zeros(robots, dtype=np.bool_),
            goal=np.full(robots, NO_CELL, dtype=np.int32),
        )
