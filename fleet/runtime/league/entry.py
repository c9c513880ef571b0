"""Our contestant in the League: the scheduler and a planner, with a bound on what they do in one step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.assignment.league_scheduler import LeagueScheduler, steps_each
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK
from fleet.planning.planner import Planner, PlanRequest
from fleet.runtime.clock import Clock
from fleet.runtime.league.competition import Proposal, Situation
from robots.arrays import Bool, Int32


@dataclass(frozen=True, slots=True)
class FleetEntryParams:
    """Settings of the entry.

    new_states   states (four a passable cell) of distance fields that may be found in one step. At the beginning
                 everybody needs a field at once; robots wait for theirs a few steps, the most wanted come first.
    """

    new_states: int = 30_000_000

    def __post_init__(self) -> None:
        if self.new_states < 1:
            raise SettingError("entry new_states", f"is {self.new_states}", "use 1 or more")


class FleetEntry:
    """Matches every robot that has not opened its task anew at each step, then plans one step for all.

    Deterministic: the clock only measures how long the two halves take.
    """

    def __init__(
        self,
        distances: DistanceFields,
        planner: Planner,
        scheduler: LeagueScheduler,
        clock: Clock,
        params: FleetEntryParams | None = None,
    ) -> None:
        self._distances = distances
        self._planner = planner
        self._scheduler = scheduler
        self._clock = clock
        states = 4 * len(distances.layout.free_cells)
        self._new_fields = max((params or FleetEntryParams()).new_states // states, 1)

    def warmup(self) -> None:
        """Compile what the first step needs, as the League's preprocessing time allows."""
        self._distances.warmup()
        self._planner.warmup()

    def compute(self, situation: Situation) -> Proposal:
        """Decide who does which task and what every robot does next."""
        begun = self._clock.now()
        pool = situation.pool
        places = self._assigned(situation)
        goals = pool.goals(places)
        ready = self._find_fields(goals)
        scheduled = self._clock.now()
        window = self._planner.plan(self._request(situation, places, np.where(ready, goals, NO_CELL)))
        return Proposal(
            schedule=np.where(places >= 0, pool.task[places], np.int32(NO_TASK)),
            actions=window.actions[0].copy(),
            scheduling_s=scheduled - begun,
            planning_s=self._clock.now() - scheduled,
        )

    def _assigned(self, situation: Situation) -> Int32:
        """Where in the pool the task of each robot is to be, int32 (n,), -1 for none."""
        pool = situation.pool
        places = pool.place_of_robot.copy()
        movable = (places < 0) | (pool.done[places] == 0)
        robots = np.flatnonzero(movable)
        places[robots] = -1
        holder_movable = movable[np.maximum(pool.robot, 0)]
        tasks = np.flatnonzero((pool.robot == NO_ROBOT) | holder_movable).astype(np.int32)
        task_of = self._scheduler.match(
            situation.cells[robots], situation.headings[robots], pool.first[tasks], pool.last[tasks]
        )
        given = task_of >= 0
        places[robots[given]] = tasks[task_of[given]]
        return places

    def _find_fields(self, goals: Int32) -> Bool:
        """Find missing distance fields, the most wanted first, within the bound; tell whose goal has one."""
        wanted, robots = np.unique(goals, return_counts=True)
        missing = (wanted != NO_CELL) & ~self._distances.holds(wanted)
        wanted, robots = wanted[missing], robots[missing]
        by_demand = np.argsort(-robots, kind="stable")
        self._distances.slots(wanted[by_demand][: self._new_fields])
        return self._distances.holds(goals)

    def _request(self, situation: Situation, places: Int32, goals: Int32) -> PlanRequest:
        """Ask for moves; who is nearest to the next errand goes first."""
        steps = steps_each(self._distances, goals, situation.cells, situation.headings)
        return PlanRequest(
            cells=situation.cells,
            headings=situation.headings,
            goals=goals,
            next_goals=np.where(goals == NO_CELL, np.int32(NO_CELL), situation.pool.goals(places, ahead=1)),
            priorities=-steps.astype(np.float32),
            # An errand is done by standing on its cell after a step, not before: who is there already stays.
            dwell=(goals == situation.cells),
            hold=np.zeros(len(goals), dtype=np.bool_),
        )
