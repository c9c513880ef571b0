"""Several steps ahead with a planner that is meant to be asked at every step.

A planner's window is valid for as long as it is, but only its first step is the best that the planner can do: it counts
on being asked again. So each step of a rolling plan is the first step of a window of its own. Rings are taken out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.assignment.league_scheduler import steps_each
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import Planner, PlanRequest
from fleet.traffic.rings import RingFinder
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.state import Action

# More than any distance.
_FARTHEST: Final = 1e5

# Steps after a goal that count like being one step nearer to it.
_STEPS_FOR_ONE: Final = 4.0

# Change of heading by action: forward, clockwise, counter-clockwise, wait.
_TURN: Int8 = np.array([0, 1, -1, 0], dtype=np.int8)


class RollingPlan:
    """Plans a number of steps without rings, goal after goal."""

    def __init__(self, distances: DistanceFields, planner: Planner) -> None:
        self._distances = distances
        self._planner = planner
        self._layout = distances.layout
        self._rings = RingFinder(distances.layout)
        self._pinned: Bool = np.zeros(0, dtype=np.bool_)
        self._age: Int32 = np.zeros(0, dtype=np.int32)
        self._goals: Int32 = np.zeros(0, dtype=np.int32)
        self._calls = 0
        self.rings_cut = 0

    def plan(
        self,
        cells: Int32,
        headings: Int8,
        goals: Int32,
        steps: int,
        stay: Bool | None = None,
        budget_s: float | None = None,
    ) -> UInt8:
        """Return uint8 (steps, n): a valid synchronous plan from cells int32 (n,) and headings int8 (n,).

        goals  int32 (g, n), the cells that each robot goes to one after the other, NO_CELL after the last. A robot
               is at its goal as soon as it is on the cell; then the next counts. After its last goal it has none.
        stay   bool (n,), robots that wait at the last of these goals instead of making way
        budget_s  seconds for all steps together, see `Planner.plan`

        The nearest to its goal goes first; every few steps that a robot is after its goal count as a step nearer, so
        that everybody is first some day. Raises PlanError as `Planner.plan` does.
        """
        n = len(cells)
        cells, headings = cells.copy(), headings.copy()
        robots = np.arange(n)
        ends = np.zeros(n, dtype=np.bool_) if stay is None else stay
        lists = np.concatenate([goals, np.full((2, n), NO_CELL, dtype=np.int32)])
        count = (goals != NO_CELL).sum(axis=0)
        at: Int32 = np.zeros(n, dtype=np.int32)
        if len(self._pinned) != n:
            self._allocate(n)
        plan: UInt8 = np.empty((steps, n), dtype=np.uint8)
        for step in range(steps):
            reached = (lists[at, robots] == cells) & ~(ends & (at == count - 1))
            at += reached
            now, later = lists[at, robots], lists[at + 1, robots]
            request = self._request(cells, headings, now, later, ends & (at == count - 1))
            actions = self._planner.plan(request, None if budget_s is None else budget_s / steps).actions[0]
            plan[step] = actions
            self._calls += 1
            kept, self._pinned = self._rings.find(cells, headings, actions, self._calls % 5)
            plan[step, kept] = Action.WAIT
            self.rings_cut += int(self._pinned.sum())
            forward = plan[step] == Action.FORWARD
            cells = np.where(forward, self._layout.neighbours[cells, headings], cells)
            headings = (headings + _TURN[plan[step]]) & np.int8(3)
        return plan

    def warmup(self) -> None:
        """Compile everything that `plan` needs."""
        self._distances.warmup()
        self._planner.warmup()
        cell = self._layout.free_cells[:1]
        self.plan(cell, np.zeros(1, dtype=np.int8), cell[None, :], 1)

    def _request(self, cells: Int32, headings: Int8, goals: Int32, later: Int32, dwell: Bool) -> PlanRequest:
        np.copyto(self._age, self._age + 1)
        self._age[goals != self._goals] = 0
        self._goals[:] = goals
        distance = steps_each(self._distances, goals, cells, headings)
        urgency = np.where(goals == NO_CELL, -_FARTHEST, self._age / _STEPS_FOR_ONE - distance)
        return PlanRequest(
            cells=cells,
            headings=headings,
            goals=goals,
            next_goals=later,
            priorities=urgency.astype(np.float32),
            dwell=dwell & (goals != NO_CELL),
            # One robot of a ring that was cut stands still for a step, or the same ring would be planned again.
            hold=self._pinned,
        )

    def _allocate(self, n: int) -> None:
        self._pinned = np.zeros(n, dtype=np.bool_)
        self._age = np.zeros(n, dtype=np.int32)
        self._goals = np.full(n, NO_CELL, dtype=np.int32)
