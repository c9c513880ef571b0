"""The baseline assigner: the most urgent task first, to the robot nearest to it."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.assignment.assigner import (
    Assignment,
    AssignmentParams,
    FreeRobots,
    TaskRefusal,
    WaitingTasks,
    check_columns,
)
from fleet.assignment.travel import TravelTimes
from fleet.grid.distances import UNREACHABLE
from robots.arrays import Bool, Float64, Int64, UInt16

# Tasks whose travel times are asked for at a time.
_PART: Final = 64


class GreedyAssigner:
    """Takes the tasks in order of urgency and gives each to the robot that is there first (the lower row if equal).

    travel, step_percent, params as for MatchingAssigner; `nearest` and `urgent` are not used. What the matching is
    measured against, and a choice for floors where the order of tasks matters more than the way to them. Time grows
    with tasks looked at x robots; it looks at tasks until no robot is left.
    """

    def __init__(self, travel: TravelTimes, *, step_percent: float, params: AssignmentParams) -> None:
        self._travel = travel
        self._step_percent = step_percent
        self._params = params

    def assign(self, robots: FreeRobots, tasks: WaitingTasks, now_s: float) -> Assignment:
        """Pair robots with tasks; see `Assigner.assign`."""
        check_columns(robots, tasks)
        refusals: dict[int, TaskRefusal] = {}
        pairs: list[tuple[int, int]] = []
        free: Bool = np.ones(len(robots.cells), dtype=np.bool_)
        by_urgency = np.argsort(-self._params.urgency_s(tasks, now_s), kind="stable")
        too_long = tasks.percent[by_urgency] > 100
        refusals.update(dict.fromkeys(by_urgency[too_long].tolist(), TaskRefusal.TOO_LONG))
        queue = by_urgency[~too_long]
        for start in range(0, len(queue), _PART):
            if not free.any():
                break
            part = queue[start : start + _PART]
            steps, has_way = self._ways(robots, tasks, part)
            enough = robots.charge_percent >= steps * self._step_percent + tasks.percent[part, None]
            for row, task in enumerate(part.tolist()):
                takers = has_way[row] & enough[row]
                if not takers.any():
                    found = has_way[row].any()
                    refusals[task] = TaskRefusal.LOW_CHARGE if found else TaskRefusal.UNREACHABLE
                elif (takers & free).any():
                    robot = int(np.argmin(np.where(takers & free, steps[row], np.inf)))
                    free[robot] = False
                    pairs.append((robot, task))
        return _answer(pairs, refusals)

    def _ways(self, robots: FreeRobots, tasks: WaitingTasks, part: Int64) -> tuple[Float64, Bool]:
        """Steps to the first cells of some tasks, and whether there is a way; both (len(part), k)."""
        goals, goal_of = np.unique(tasks.cells[part], return_inverse=True)
        steps: UInt16 = self._travel(goals, robots.cells, robots.headings)[goal_of]
        return steps.astype(np.float64), steps != UNREACHABLE


def _answer(pairs: list[tuple[int, int]], refusals: dict[int, TaskRefusal]) -> Assignment:
    paired = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    refused = sorted(refusals)
    return Assignment(
        robots=paired[:, 0].copy(),
        tasks=paired[:, 1].copy(),
        refused=np.array(refused, dtype=np.int32),
        reasons=np.array([refusals[task] for task in refused], dtype=np.int8),
    )
