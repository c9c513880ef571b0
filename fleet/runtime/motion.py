"""From where everybody wants to be to what everybody does next: the planner, audited."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.planning.auditor import PlanAuditor
from fleet.planning.planner import Planner, PlanRequest
from fleet.runtime.clock import Clock
from fleet.runtime.roster import Roster
from robots.arrays import Bool, Float32, Int8, Int32, UInt8, UInt16
from robots.state import FleetState

# A robot with a task goes before one that only charges or parks, whatever their distances.
_TASK_FIRST = np.float32(1e7)
# A robot that has lost this many steps on the way to its goal goes before all that have lost fewer, and so on at every
# multiple: nobody waits for ever behind robots that are nearer. Coarse on purpose, since two robots whose priorities
# swap at every step only dance around each other.
_PATIENCE_STEPS = 32
_MOST_LEVELS = 50
_LEVEL = np.float32(1e5)


class MotionPlanning:
    """Asks the planner for the next step of all robots and keeps what the monitor wants to know about it.

    remaining  uint16 (n,), what the way to each robot's goal costs at the last `observe`, 0 without a goal: steps of
               free-flow travel, or sums of weights where there is guidance
    planning_s seconds that each plan took, by the clock that was handed in
    """

    def __init__(
        self, planner: Planner, distances: DistanceFields, clock: Clock, auditor: PlanAuditor | None, robots: int
    ) -> None:
        self._planner = planner
        self._distances = distances
        self._clock = clock
        self._auditor = auditor
        self._lost_steps: Int32 = np.zeros(robots, dtype=np.int32)
        self._goal: Int32 = np.full(robots, NO_CELL, dtype=np.int32)
        # Every goal here is a place to stay at for a while: an errand, a charger, a parking place.
        self._dwell: Bool = np.ones(robots, dtype=np.bool_)
        self._expected: tuple[Int32, Int8] | None = None
        self.remaining: UInt16 = np.zeros(robots, dtype=np.uint16)
        self.planning_s: list[float] = []

    def observe(self, state: FleetState, roster: Roster) -> None:
        """Take in where the robots are, after a step or a change of goals."""
        self._lost_steps[roster.goal != self._goal] = 0
        self._goal[:] = roster.goal
        slots = self._distances.slots(roster.goal)
        distance = self._distances.at(slots, state.cell, state.heading)
        self.remaining = np.where(slots >= 0, distance, np.uint16(0))

    def plan(self, state: FleetState, roster: Roster, hold: Bool) -> UInt8:
        """Return the next action of every robot, uint8 (n,).

        hold: robots that must stay where they are (in service, charging, out of energy).
        """
        request = PlanRequest(
            cells=state.cell,
            headings=state.heading,
            goals=roster.goal,
            next_goals=roster.next_cell,
            priorities=self._priorities(roster),
            dwell=self._dwell,
            hold=hold,
        )
        started = self._clock.now()
        actions: UInt8 = self._planner.plan(request).actions[0]
        self.planning_s.append(self._clock.now() - started)
        if self._auditor is not None:
            self._expected = self._auditor.check(state.cell, state.heading, actions, hold)
        return actions

    def moved(self, state: FleetState, roster: Roster) -> Bool:
        """Take in the state after the step; return who lost it against free flow, bool (n,).

        A robot loses the step when it has somewhere to be and its way there did not become cheaper. Each move and each
        turn on a best way does that, whatever their weights; waiting and being pushed aside do not.
        """
        if self._auditor is not None and self._expected is not None:
            self._auditor.check_state(self._expected, state.cell, state.heading)
        before = self.remaining
        self.observe(state, roster)
        delayed: Bool = (before > 0) & (self.remaining >= before) & ~roster.serving
        self._lost_steps += delayed
        return delayed

    def _priorities(self, roster: Roster) -> Float32:
        """Robots with a task first, then those that have lost much time, then those nearest to their goals.

        Robots that have nowhere to go come last: whoever is on the way may push them aside.
        """
        levels = np.minimum(self._lost_steps // _PATIENCE_STEPS, _MOST_LEVELS)
        priorities = levels * _LEVEL - self.remaining
        priorities[self.remaining == 0] = -_TASK_FIRST
        priorities[roster.task != NO_TASK] += _TASK_FIRST
        return priorities.astype(np.float32)
