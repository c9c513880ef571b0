"""Our contestant in the League's 2026 edition: scheduler and rolling plan. Its executor is `StagedExecution`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK, Layout
from fleet.runtime.clock import Clock
from fleet.runtime.goal_fields import GoalFields
from fleet.runtime.league.task_pool import LeagueTaskPool
from fleet.runtime.league2026.competition import TickProposal, TickSituation
from fleet.traffic.rolling_plan import RollingPlan
from robots.arrays import Bool, Int8, Int32
from robots.state import Action

_TURN: Int8 = np.array([0, 1, -1, 0], dtype=np.int8)


@dataclass(frozen=True, slots=True)
class TickEntryParams:
    """Settings of the entry.

    steps   steps that are planned at each call; as many as robots can do until the next plan, and what they begin then
    errands goals ahead that the plan knows of
    call_s  seconds that a call may take, of which the plan gets what scheduling leaves; None: plans are not timed
    """

    steps: int
    errands: int = 3
    call_s: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("steps", self.steps), ("errands", self.errands)):
            if value < 1:
                raise SettingError(f"entry {name}", f"is {value}", "use 1 or more")


@dataclass(frozen=True, slots=True)
class Prospect:
    """What will have become of the tasks when everything staged is done; one row a robot.

    places  int32 (n,), where in the pool its task is, -1 for none
    done    int32 (n,), errands of it that will be done
    over    bool (n,), it will be finished
    """

    places: Int32
    done: Int32
    over: Bool


class TickFleetEntry:
    """Matches every robot whose task will not be opened by then, then plans on from where the staged actions lead.

    A robot that will have finished its task is matched too, and sent towards a next task that is not its own yet.
    """

    def __init__(
        self,
        distances: DistanceFields,
        plan: RollingPlan,
        scheduler: LeagueScheduler,
        fields: GoalFields,
        clock: Clock,
        params: TickEntryParams,
    ) -> None:
        self._distances = distances
        self._plan = plan
        self._scheduler = scheduler
        self._fields = fields
        self._clock = clock
        self._params = params

    def compute(self, situation: TickSituation) -> TickProposal:
        """Decide who does which task and what every robot does next."""
        begun = self._clock.now()
        pool, staged = situation.pool, situation.staged
        prospect = foresee(situation, self._distances.layout)
        places, given = self._matched(situation, prospect)
        goals = self._goals(pool, prospect, places, given)
        # A robot whose first goal has no field yet can go nowhere.
        goals[:, ~self._fields.ready(goals[0])] = NO_CELL
        scheduled = self._clock.now()
        left = None if self._params.call_s is None else max(self._params.call_s - (scheduled - begun), 0.0)
        window = self._plan.plan(
            staged.cells, staged.headings, goals, self._params.steps, stay=prospect.over & given, budget_s=left
        )
        # A task that is not over yet stays with its robot, whatever the robot will do after it.
        kept = np.where(prospect.over, prospect.places, places)
        return TickProposal(
            schedule=np.where(kept >= 0, pool.task[kept], np.int32(NO_TASK)),
            window=window,
            scheduling_s=scheduled - begun,
            planning_s=self._clock.now() - scheduled,
        )

    def _matched(self, situation: TickSituation, prospect: Prospect) -> tuple[Int32, Bool]:
        """Where in the pool the task is that each robot is to do, int32 (n,), -1 for none; and who was matched anew."""
        pool, staged = situation.pool, situation.staged
        places = prospect.places.copy()
        movable = (places < 0) | (prospect.done == 0)
        robots = np.flatnonzero(movable | prospect.over)
        places[robots] = -1
        held = pool.robot != NO_ROBOT
        tasks = np.flatnonzero(~held | movable[np.maximum(pool.robot, 0)]).astype(np.int32)
        row_of = np.full(pool.size + 1, -1, dtype=np.int32)
        row_of[tasks] = np.arange(len(tasks), dtype=np.int32)
        own = np.where(prospect.over, np.int32(-1), prospect.places)[robots]
        task_of = self._scheduler.match(
            staged.cells[robots], staged.headings[robots], pool.first[tasks], pool.last[tasks], current=row_of[own]
        )
        found = task_of >= 0
        places[robots[found]] = tasks[task_of[found]]
        given = np.zeros(len(places), dtype=np.bool_)
        given[robots[found]] = True
        return places, given

    def _goals(self, pool: LeagueTaskPool, prospect: Prospect, places: Int32, given: Bool) -> Int32:
        """The errands that each robot has before it, int32 (errands, n)."""
        done = np.where(given, 0, prospect.done)
        ahead = done - np.where(places >= 0, pool.done[places], 0)
        goals = np.full((self._params.errands, len(places)), NO_CELL, dtype=np.int32)
        for errand in range(self._params.errands):
            goals[errand] = pool.goals(places, ahead + errand)
        # Of a task that is not its own yet a robot cannot do an errand: it goes to the first and waits there.
        goals[1:, prospect.over & given] = NO_CELL
        return goals


def foresee(situation: TickSituation, layout: Layout) -> Prospect:
    """Follow the robots along their staged actions and count the errands that they will do on the way."""
    pool, staged = situation.pool, situation.staged
    places = pool.place_of_robot.copy()
    cells, headings = situation.cells.copy(), situation.headings.copy()
    done = np.where(places >= 0, pool.done[places], 0).astype(np.int32)
    ahead: Int32 = np.zeros(len(places), dtype=np.int32)
    for step in range(staged.actions.shape[1] + 1):
        ahead += (places >= 0) & (pool.goals(places, ahead) == cells)
        if step < staged.actions.shape[1]:
            actions = staged.actions[:, step]
            cells = np.where(actions == Action.FORWARD, layout.neighbours[cells, headings], cells)
            headings = (headings + _TURN[actions]) & np.int8(3)
    over = (places >= 0) & (ahead > 0) & (pool.goals(places, ahead) == NO_CELL)
    return Prospect(places, done + ahead, over)
