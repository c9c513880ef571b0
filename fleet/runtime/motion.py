"""From where everybody wants to be to what everybody does next: the planner, audited."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.planning.auditor import PlanAuditor
from fleet.planning.planner import Planner, PlanRequest
from fleet.runtime.clock import Clock
from fleet.runtime.roster import Roster
from fleet.runtime.urgency import Urgency
from robots.arrays import Bool, Int8, Int32, UInt8, UInt16
from robots.state import FleetState


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
        self._urgency = Urgency(robots)
        # Every goal here is a place to stay at for a while: an errand, a charger, a parking place.
        self._dwell: Bool = np.ones(robots, dtype=np.bool_)
        self._expected: tuple[Int32, Int8] | None = None
        self.remaining: UInt16 = np.zeros(robots, dtype=np.uint16)
        self.planning_s: list[float] = []

    def observe(self, state: FleetState, roster: Roster) -> None:
        """Take in where the robots are, after a step or a change of goals."""
        self._urgency.set_goals(roster.goal)
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
            priorities=self._urgency.priorities(self.remaining, roster.task),
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
        self._urgency.add_lost(delayed)
        return delayed
