"""Who does which task of the League's open pool: minimum-cost matching of robots to short ways and short tasks.

The figure of merit is tasks finished, so steps are what a task costs: the way to its first errand, and, with less
weight, the way from there to its last. With full weight the robots would pick the short tasks out of the pool and
soon find it full of long ones, with no choice left of what lies near.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from fleet.errors import SettingError
from fleet.grid.distances import UNREACHABLE, DistanceFields
from robots.arrays import Float64, Int8, Int32, Int64


@dataclass(frozen=True, slots=True)
class LeagueSchedulerParams:
    """Settings of the League scheduler.

    candidates     tasks that are weighed up for each robot in one round of matching
    length_weight  what a step inside a task costs, in steps on the way to its first errand
    """

    candidates: int = 32
    length_weight: float = 0.2

    def __post_init__(self) -> None:
        if self.candidates < 1:
            raise SettingError("scheduler candidates", f"is {self.candidates}", "use 1 or more")
        if not (isfinite(self.length_weight) and self.length_weight >= 0):
            raise SettingError("scheduler length_weight", f"is {self.length_weight}", "use zero or more")


class LeagueScheduler:
    """Matches robots to tasks in rounds; a round weighs up the nearest candidates of each robot.

    The way to a first errand is read from its distance field where that is in memory, and is otherwise estimated by
    the Manhattan distance, which is never too long. A robot that was given a task on too low an estimate may be
    matched again at the next step, when the field is there: its planner needs it to go.
    """

    def __init__(self, distances: DistanceFields, params: LeagueSchedulerParams | None = None) -> None:
        self.params = params or LeagueSchedulerParams()
        self._distances = distances

    def match(self, cells: Int32, headings: Int8, first: Int32, last: Int32) -> Int32:
        """Return a task for each robot, int32 (robots,), -1 where no task that the robot can reach is left.

        cells, headings: robots that may take a task. first, last: int32 (tasks,), cells of the first and the last
        errand of tasks that may be taken. No task is given twice.
        """
        task_of = np.full(len(cells), -1, dtype=np.int32)
        length = self.params.length_weight * self._manhattan(first, last)
        robots, tasks = np.arange(len(cells)), np.arange(len(first))
        while len(robots) and len(tasks):
            found = self._round(cells[robots], headings[robots], first[tasks], length[tasks])
            given = found >= 0
            if not given.any():
                break
            task_of[robots[given]] = tasks[found[given]]
            robots, tasks = robots[~given], np.delete(tasks, found[given])
        return task_of

    def _round(self, cells: Int32, headings: Int8, first: Int32, length: Float64) -> Int64:
        """Match as many robots as the candidates allow at least total cost; -1 for the others."""
        robots, tasks = len(cells), len(first)
        robot, task = self._candidates(cells, first, length)
        cost = self._ways(cells[robot], headings[robot], first[task]) + length[task]
        possible = np.isfinite(cost)
        # A stored zero would count as no edge at all.
        robot, task, cost = robot[possible], task[possible], cost[possible] + 1.0
        # To leave a robot out, by a column of its own, costs more than any change among the others could save.
        alone = np.arange(robots)
        leave_out = np.full(robots, 1.0 + 2.0 * robots * cost.max(initial=0.0))
        edges = (np.concatenate([robot, alone]), np.concatenate([task, tasks + alone]))
        graph = csr_matrix((np.concatenate([cost, leave_out]), edges), shape=(robots, tasks + robots))
        rows, columns = min_weight_full_bipartite_matching(graph)
        found = np.full(robots, -1, dtype=np.int64)
        found[rows] = np.where(columns < tasks, columns, -1)
        return found

    def _candidates(self, cells: Int32, first: Int32, length: Float64) -> tuple[Int64, Int64]:
        """Pairs (robot, task) with the lowest estimates of cost for each robot.

        The length of a task is a third coordinate, in which every robot is at zero: Manhattan distance in three
        dimensions is the cost, and its nearest neighbours are the candidates.
        """
        width = self._distances.layout.width
        tree = cKDTree(np.stack([first // width, first % width, length], axis=1))
        places = np.stack([cells // width, cells % width, np.zeros(len(cells))], axis=1)
        count = min(self.params.candidates, len(first))
        task = np.asarray(tree.query(places, k=count, p=1)[1], dtype=np.int64)
        return np.repeat(np.arange(len(cells)), count), task.reshape(-1)

    def _ways(self, cells: Int32, headings: Int8, goals: Int32) -> Float64:
        """Steps, or an estimate of them, from each robot state to the goal in the same row; infinite if no way."""
        known = self._distances.holds(goals)
        ways = self._manhattan(cells, goals)
        steps = steps_each(self._distances, goals[known], cells[known], headings[known])
        ways[known] = np.where(steps == UNREACHABLE, np.inf, steps)
        return ways

    def _manhattan(self, here: Int32, there: Int32) -> Float64:
        width = self._distances.layout.width
        rows, columns = here // width - there // width, here % width - there % width
        distance: Float64 = np.abs(rows).astype(np.float64) + np.abs(columns)
        return distance


def steps_each(distances: DistanceFields, goals: Int32, cells: Int32, headings: Int8) -> Int32:
    """Steps from each robot state to the goal in the same row, int32 (n,).

    UNREACHABLE where there is no way, or where the goal is NO_CELL. Fields that are missing are found.
    """
    wanted, which = np.unique(goals, return_inverse=True)
    slots = distances.slots(wanted)[which]
    steps = distances.fields[slots, distances.compact[cells] * 4 + headings]
    return np.where(slots >= 0, steps, UNREACHABLE).astype(np.int32)
