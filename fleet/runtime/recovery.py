"""What becomes of the tasks of robots that drop out (execution.md: silent link, dead robot)."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.fitness import Fitness
from fleet.runtime.roster import Roster
from fleet.runtime.takeover_places import TakeoverCells
from fleet.runtime.task_energy import TaskEnergy
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Int32, Int64

# A person hands over what a robot carries, up to four totes.
TAKEOVER_S: Final = 30.0


class Recovery:
    """Takes tasks from lost robots and gives them back to those that speak again in time.

    A task that a lost robot has no load of goes to another robot at once. One that it has the load of is stranded:
    another robot takes the load over first. A robot in service keeps its task, since nobody knows whether the service
    took effect: it must speak again, or a person must see to it.

    A robot whose task was stranded is retired: it stays out of service until its load has been taken over, even if it
    speaks again; if it does so while nobody has been given the takeover, it gets its task back.

    released  tasks that were taken from robots without a load of them
    """

    def __init__(self, pool: TaskPool, roster: Roster, energy: TaskEnergy, takeover_cells: TakeoverCells) -> None:
        self._pool = pool
        self._roster = roster
        self._energy = energy
        self._takeover_cells = takeover_cells
        self.released = 0

    def step(self, fitness: Fitness, now_s: float, *, floor_changed: bool) -> None:
        """Look after all robots. Costs a few vector operations, and a little Python for each robot that is lost."""
        roster = self._roster
        retired = np.flatnonzero(roster.retired)
        if len(retired):
            self._return(retired, fitness, now_s)
        if floor_changed:
            self._move_takeovers(now_s)
        left = np.flatnonzero(fitness.lost & (roster.task != NO_TASK) & ~roster.serving)
        if len(left):
            loaded = self.give_up(left, now_s)
            self._strand(loaded, now_s)

    def give_up(self, robots: Int64 | Int32, now_s: float) -> Int64:
        """Take the tasks of these robots, none of them in service, that have no load of them; return the others."""
        loaded = []
        for robot in robots.tolist():
            task = int(self._roster.task[robot])
            if self._pool.is_loaded(task):
                loaded.append(robot)
                continue
            self._pool.release(task, now_s)
            self._roster.drop_tasks(np.array([robot]))
            self.released += 1
        return np.array(loaded, dtype=np.int64)

    def _strand(self, robots: Int64, now_s: float) -> None:
        """Strand the tasks of those robots beside which there is a place to take them over; the others come later."""
        roster = self._roster
        cells = self._takeover_cells(robots.astype(np.int32))
        for robot, cell in zip(robots[cells != NO_CELL].tolist(), cells[cells != NO_CELL].tolist(), strict=True):
            task = int(roster.task[robot])
            self._pool.strand(task, cell, TAKEOVER_S, now_s)
            roster.drop_tasks(np.array([robot]))
            roster.left_task[robot] = task
            self._energy.renew(np.array([task], dtype=np.int32))

    def _return(self, retired: Int64, fitness: Fitness, now_s: float) -> None:
        """Free robots whose load has been taken over, and give tasks back that nobody has been given yet."""
        pool, roster = self._pool, self._roster
        waits = pool.takeover_robot[roster.left_task[retired]] == retired
        roster.left_task[retired[~waits]] = NO_TASK
        speaks = retired[waits & ~fitness.unfit[retired] & ~fitness.lost[retired]]
        for robot in speaks.tolist():
            task = int(roster.left_task[robot])
            if pool.status[task] != TaskStatus.OPEN:
                continue
            pool.reclaim(task, robot, now_s)
            roster.left_task[robot] = NO_TASK
            roster.set_tasks(np.array([robot]), np.array([task], dtype=np.int32), pool)

    def _move_takeovers(self, now_s: float) -> None:
        """Move takeovers to where the stranded robots can be reached now; their robots start for them anew."""
        pool, roster = self._pool, self._roster
        robots = np.flatnonzero(roster.retired).astype(np.int32)
        if len(robots) == 0:
            return
        tasks = roster.left_task[robots]
        cells = self._takeover_cells(robots)
        moved = (cells != NO_CELL) & (cells != pool.first_cell[tasks])
        for task, cell in zip(tasks[moved].tolist(), cells[moved].tolist(), strict=True):
            if pool.status[task] == TaskStatus.ASSIGNED:
                taker = int(pool.robot[task])
                if roster.serving[taker]:
                    continue
                self.give_up(np.array([taker]), now_s)
            pool.move_takeover(task, cell, now_s)
        self._energy.renew(tasks[moved])
