"""Our contestant in the League: the scheduler and a planner, with a bound on what they do in one step."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from fleet.assignment.league_scheduler import LeagueScheduler, steps_each
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK, Layout
from fleet.planning.planner import Planner, PlanRequest
from fleet.runtime.clock import Clock
from fleet.runtime.goal_fields import GoalFields
from fleet.runtime.league.competition import Proposal, Situation
from robots.arrays import Int32

# Of the time for a step: what comes after the plan, and a machine that is busy with something else, need the rest.
_USABLE = 0.85


@dataclass(frozen=True, slots=True)
class FleetEntryParams:
    """Settings of the entry.

    At the beginning everybody needs a distance field at once. Robots wait a few steps for theirs, the most wanted come
    first, so that the entry stays within its time for a step.

    new_states   states (four a passable cell) of fields that may be found in one step
    field_s      seconds after which no more fields are found in a step: on a machine that keeps up with new_states it
                 changes nothing, on a slower one it saves the steps that would be missed
    call_s       seconds that a step may take, of which the plan gets what the rest leaves; None: plans are not timed
    """

    new_states: int = 30_000_000
    field_s: float = 0.4
    call_s: float | None = None

    def __post_init__(self) -> None:
        if self.new_states < 1:
            raise SettingError("entry new_states", f"is {self.new_states}", "use 1 or more")
        if not self.field_s > 0:
            raise SettingError("entry field_s", f"is {self.field_s}", "use more than zero")
        if self.call_s is not None and not self.call_s > 0:
            raise SettingError("entry call_s", f"is {self.call_s}", "use more than zero")

    def most_fields(self, layout: Layout) -> int:
        """Fields that may be found in one step on this floor: at least one."""
        return max(self.new_states // (4 * len(layout.free_cells)), 1)

    @classmethod
    def for_step_time(cls, seconds: float, *, deterministic: bool = False) -> FleetEntryParams:
        """Return bounds in proportion to those for one second a step; deterministic: none that reads the clock."""
        states = max(int(cls().new_states * seconds), 1)
        return cls(states, inf) if deterministic else cls(states, cls().field_s * seconds, _USABLE * seconds)


class FleetEntry:
    """Matches every robot that has not opened its task anew at each step, then plans one step for all.

    Deterministic if no bound reads the clock, or as long as the machine keeps up with the others.
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
        params = params or FleetEntryParams()
        self._call_s = params.call_s
        self._fields = GoalFields(distances, clock, params.most_fields(distances.layout), params.field_s)

    def warmup(self) -> None:
        """Compile what the first step needs, as the League's preprocessing time allows."""
        self._distances.warmup()
        self._planner.warmup()
        self._scheduler.warmup()

    def compute(self, situation: Situation) -> Proposal:
        """Decide who does which task and what every robot does next."""
        begun = self._clock.now()
        pool = situation.pool
        places = self._assigned(situation)
        goals = pool.goals(places)
        ready = self._fields.ready(goals)
        scheduled = self._clock.now()
        left = None if self._call_s is None else max(self._call_s - (scheduled - begun), 0.0)
        window = self._planner.plan(self._request(situation, places, np.where(ready, goals, NO_CELL)), left)
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
        row_of = np.full(pool.size + 1, -1, dtype=np.int32)
        row_of[tasks] = np.arange(len(tasks), dtype=np.int32)
        task_of = self._scheduler.match(
            situation.cells[robots],
            situation.headings[robots],
            pool.first[tasks],
            pool.last[tasks],
            current=row_of[pool.place_of_robot[robots]],
        )
        given = task_of >= 0
        places[robots[given]] = tasks[task_of[given]]
        return places

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
