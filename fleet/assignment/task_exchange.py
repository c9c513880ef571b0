"""Tasks that nobody has opened yet go on to robots that are there sooner."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.assignment.assigner import FreeRobots
from fleet.assignment.matching import minimum_cost_matching
from fleet.assignment.travel import TravelTimes
from robots.arrays import Bool, Float32, Int32, UInt16

# What a change of robot must save, so that nobody turns round for nothing: as many steps as a turn about, there and
# back again.
_STAY_STEPS: Final = 4.0


class TaskExchange:
    """Matches tasks under way anew: to the robots that go for them, and to those that have become free since.

    travel        steps from robots to first cells
    step_percent  charge that a step on the way to a task may take, percent (`TripEnergy.step_percent`)

    Of all ways to give each task a robot that is there no later than the one that has it, the one with the shortest
    ways in sum, where a task that changes hands counts 4 steps more. So no task ever loses its robot or waits longer
    for it, whatever else is gained by that: an exchange can starve nobody, and tasks that wait for a robot are none of
    its business.

    Time and memory grow with robots x tasks; the matching is made among those tasks only that could change hands.
    """

    def __init__(self, travel: TravelTimes, *, step_percent: float) -> None:
        self._travel = travel
        self._step_percent = step_percent

    def takers(self, robots: FreeRobots, cells: Int32, percent: Float32) -> Int32:
        """Return the robot that is to have each task, int32 (m,), a row of `robots`; no robot twice.

        robots   k >= m rows: row i < m is the robot that goes for task i, the others are free
        cells    int32 (m,), first cells of the tasks; the robot that goes for one has a way there
        percent  float32 (m,), charge to have there, as in `WaitingTasks`

        A task that stays with its robot has its own index. Equal requests get equal answers.
        """
        goals, goal_of = np.unique(cells, return_inverse=True)
        steps = self._travel(goals, robots.cells, robots.headings)[goal_of]
        can = self._can_take(steps, robots.charge_percent, percent)
        _drop_stuck(can)
        row, column = can.nonzero()
        costs = steps[row, column] - _STAY_STEPS * (row == column)
        movable, to = minimum_cost_matching(row, column, costs, len(cells))
        takers = np.arange(len(cells), dtype=np.int32)
        takers[movable] = to
        return takers

    def _can_take(self, steps: UInt16, charge_percent: Float32, percent: Float32) -> Bool:
        """Which robots may take which tasks, bool (m, k): those with one already may always keep it."""
        sooner = steps <= steps.diagonal()[:, None]
        can: Bool = sooner & (charge_percent >= steps * self._step_percent + percent[:, None])
        np.fill_diagonal(can, val=True)
        return can


def _drop_stuck(can: Bool) -> None:
    """Clear the rows of tasks that no other robot can take, and the columns of the robots that must keep them.

    A robot can take another task only if its own is taken, so this goes on until nothing changes.
    """
    m = len(can)
    stuck = np.zeros(m, dtype=np.bool_)
    while True:
        found = ~stuck & (np.count_nonzero(can, axis=1) <= 1)
        if not found.any():
            return
        stuck |= found
        can[found] = False
        can[:, :m][:, found] = False
