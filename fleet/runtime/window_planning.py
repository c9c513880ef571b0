"""From where every robot's grant ends to what all of them might do next: the planner's window, and who goes first."""

from __future__ import annotations

from math import inf

import numpy as np

from fleet.grid.dead_ends import DeadEnds
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import Planner, PlanRequest
from fleet.runtime.clock import Clock
from fleet.runtime.goal_fields import GoalFields
from fleet.runtime.roster import Roster
from fleet.runtime.urgency import Urgency
from robots.arrays import Bool, Float32, Int32, UInt8, UInt16
from robots.state import FleetState


class WindowPlanning:
    """Asks the planner for windows that start where grants end. Columns have one row a robot.

    remaining   uint16 (n,), what the way from each grant end to the robot's goal costs, 0 without a goal
    priorities  float32 (n,), of the last plan
    planning_s  seconds that each plan took, by the clock that was handed in

    field_s: seconds of a plan after which no more missing distance fields are found; robots whose goal has none yet
    count as having no goal in that plan. Without it every plan finds all of them, however long that takes.
    """

    def __init__(
        self, planner: Planner, distances: DistanceFields, clock: Clock, robots: int, *, field_s: float = inf
    ) -> None:
        self._planner = planner
        self._distances = distances
        self._clock = clock
        self._fields = GoalFields(distances, clock, distances.capacity, field_s)
        self._urgency = Urgency(robots)
        self._dead_ends = DeadEnds(distances)
        # Every goal here is a place to stay at for a while: an errand, a charger, a parking place.
        self._dwell: Bool = np.ones(robots, dtype=np.bool_)
        self.remaining: UInt16 = np.zeros(robots, dtype=np.uint16)
        self._before: UInt16 = self.remaining
        self.priorities: Float32 = np.zeros(robots, dtype=np.float32)
        self.planning_s: list[float] = []

    def plan(
        self,
        committed: FleetState,
        roster: Roster,
        hold: Bool,
        delays: UInt8 | None = None,
        goals: Int32 | None = None,
    ) -> UInt8:
        """Return a window, uint8 (w, n), from the grant ends in `committed`; it belongs to the planner.

        hold: robots that must stay where their grant ends. delays: uint8 (n,), whole steps until they get there.
        goals: int32 (n,), where robots want to be, if not where the roster says.
        """
        started = self._clock.now()
        goals = roster.goal if goals is None else goals
        if self._fields.seconds < inf:
            goals = np.where(self._fields.ready(goals), goals, np.int32(NO_CELL))
        self._look(committed, goals)
        leaving = self._dead_ends.leaving(committed.cell, goals)
        self.priorities = self._urgency.priorities(self.remaining, roster.task, leaving)
        request = PlanRequest(
            cells=committed.cell,
            headings=committed.heading,
            goals=goals,
            next_goals=roster.next_cell,
            priorities=self.priorities,
            dwell=self._dwell,
            hold=hold,
            delays=delays,
        )
        actions = self._planner.plan(request).actions
        self.planning_s.append(self._clock.now() - started)
        return actions

    def moved(self, committed: FleetState, roster: Roster) -> Bool:
        """Look again a step later; return who came no nearer to its goal in it, bool (n,)."""
        before = self._before
        goals = roster.goal
        if self._fields.seconds < inf:
            goals = np.where(self._distances.holds(goals), goals, np.int32(NO_CELL))
        self._look(committed, goals)
        delayed: Bool = (before > 0) & (self.remaining >= before) & ~roster.serving
        self._urgency.add_lost(delayed)
        self._before = self.remaining
        return delayed

    def _look(self, committed: FleetState, goals: Int32) -> None:
        self._urgency.set_goals(goals)
        slots = self._distances.slots(goals)
        distance = self._distances.at(slots, committed.cell, committed.heading)
        self.remaining = np.where(slots >= 0, distance, np.uint16(0))
