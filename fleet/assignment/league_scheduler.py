"""Who does which task of the League's open pool: minimum-cost matching of robots to short ways and short tasks.

The figure of merit is tasks finished, so steps are what a task costs: the way to its first errand, and, with less
weight, the way from there to its last. Robots that prefer short tasks soon find the pool full of long ones, with no
choice left of what lies near: more weight makes more tasks in the first thousand steps, at a rate that falls sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from fleet.assignment.auction import AuctionFloor, AuctionParams
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_TASK
from robots.arrays import Float64, Int8, Int32, Int64

# When more robots ask than are matched at once, a coarser auction gets further in the same time.
_RUSH: Final = 4.0
# By multiples of this, shares of a circle never fall on each other.
_GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class LeagueSchedulerParams:
    """Settings of the League scheduler.

    candidates     tasks that a robot keeps in mind while it is matched: a matter of speed only
    length_weight  what a step inside a task costs, in steps on the way to its first errand
    stay           steps by which another task must be better before a robot turns from the one it is on its way to
    tolerance      steps by which the total cost may be above the least, for each robot; four times that while more
                   than `at_once` robots ask
    at_once        robots on their way that are matched anew in one call, at least; of more, one part of the floor
                   after another
    looks          looks at tasks in one call, about 10 ms a million, after which the rest is matched first come, first
                   served
    """

    candidates: int = 8
    length_weight: float = 0.08
    stay: float = 1.0
    tolerance: float = 0.5
    at_once: int = 1000
    looks: int = 3_000_000

    def __post_init__(self) -> None:
        for name in ("candidates", "at_once", "looks"):
            if getattr(self, name) < 1:
                raise SettingError(f"scheduler {name}", f"is {getattr(self, name)}", "use 1 or more")
        for name in ("length_weight", "stay"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SettingError(f"scheduler {name}", f"is {getattr(self, name)}", "use zero or more")
        if not (isfinite(self.tolerance) and self.tolerance > 0):
            raise SettingError("scheduler tolerance", f"is {self.tolerance}", "use more than zero")


class LeagueScheduler:
    """Matches robots to tasks by auction, afresh in each call, with work bounded when everybody asks at once.

    The way to a first errand is read from its distance field where that is in memory, and is otherwise estimated by
    the Manhattan distance, which is never too long. A robot that was given a task on too low an estimate may be
    matched again at the next step, when the field is there: its planner needs it to go.
    """

    def __init__(self, distances: DistanceFields, params: LeagueSchedulerParams | None = None) -> None:
        self.params = params or LeagueSchedulerParams()
        self._distances = distances
        self._width = distances.layout.width
        self._floor = AuctionFloor(distances)
        self._turn = 0

    def warmup(self) -> None:
        """Compile the kernels."""
        cell = self._distances.layout.free_cells[:1]
        self.match(cell, np.zeros(1, dtype=np.int8), cell, cell)

    def match(self, cells: Int32, headings: Int8, first: Int32, last: Int32, current: Int32 | None = None) -> Int32:
        """Return a task for each robot, int32 (robots,), -1 where no task that the robot can reach is left.

        cells, headings: robots that may take a task. first, last: int32 (tasks,), cells of the first and the last
        errand of tasks that may be taken. No task is given twice. current: int32 (robots,), the task that each robot
        is on its way to, -1 for none. With more than `at_once` robots on their way most keep it, in turn.
        """
        given = np.full(len(cells), NO_TASK, dtype=np.int32)
        if current is None:
            current = given.copy()
        keep = self._keepers(cells, current)
        given[keep] = current[keep]
        left = np.ones(len(first), dtype=np.bool_)
        left[current[keep]] = False
        robots, tasks = np.flatnonzero(given == NO_TASK), np.flatnonzero(left)
        if len(robots) == 0 or len(tasks) == 0:
            return given
        params = self.params
        length = params.length_weight * self._manhattan(first[tasks], last[tasks])
        row_of = np.full(len(first) + 1, NO_TASK, dtype=np.int32)
        row_of[tasks] = np.arange(len(tasks), dtype=np.int32)
        tolerance = params.tolerance if len(keep) == 0 and len(robots) <= params.at_once else _RUSH * params.tolerance
        found = self._floor.match(
            self._floor.robots(cells[robots], headings[robots]),
            self._floor.tasks(first[tasks], length),
            row_of[current[robots]],
            AuctionParams(params.stay, tolerance, params.candidates, params.looks),
        )
        given[robots] = np.where(found >= 0, tasks[found], NO_TASK)
        return given

    def _keepers(self, cells: Int32, current: Int32) -> Int64:
        """Robots that keep their task in this call: all but a strip of the floor, another one in each call."""
        going = np.flatnonzero(current != NO_TASK)
        if len(going) <= self.params.at_once:
            return going[:0]
        begin = int(self._turn * _GOLDEN * len(going))
        self._turn += 1
        from_west = going[np.argsort(cells[going] % self._width, kind="stable")]
        return from_west[(np.arange(self.params.at_once, len(going)) + begin) % len(going)]

    def _manhattan(self, here: Int32, there: Int32) -> Float64:
        rows, columns = here // self._width - there // self._width, here % self._width - there % self._width
        distance: Float64 = np.abs(rows).astype(np.float64) + np.abs(columns)
        return distance


def steps_each(distances: DistanceFields, goals: Int32, cells: Int32, headings: Int8) -> Int32:
    """Steps from each robot state to the goal in the same row, int32 (n,).

    UNREACHABLE where there is no way, or where the goal is NO_CELL. Fields that are missing are found.
    """
    wanted, which = np.unique(goals, return_inverse=True)
    slots = distances.slots(wanted)[which]
    return distances.at(slots, cells, headings).astype(np.int32)
