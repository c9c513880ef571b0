"""The judge: asks an entry for a schedule and one action a robot, times it, checks both, moves the robots.

Source: the Start-Kit's CompetitionSystem, edition 2024. An entry that takes longer than a step makes the robots wait
for each step that it misses; what it then returns is carried out in the next one. No errand is done in a missed step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

import numpy as np

from fleet.errors import InstanceError, SettingError
from fleet.grid.layout import NO_TASK
from fleet.planning.auditor import PlanAuditor
from fleet.runtime.clock import Clock
from fleet.runtime.league.moves import LeagueMoves
from fleet.runtime.league.record import MISSED, LeagueRecord
from fleet.runtime.league.task_pool import LeagueTaskPool
from robots.arrays import Int8, Int32, UInt8
from robots.state import Action
from sim_worlds.league import LeagueInstance

# A record takes memory for every step; the longest runs of the competition have 5,000.
_MOST_STEPS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class LeagueParams:
    """How long a run is.

    steps        steps to run
    step_time_s  seconds that an entry may take for one step
    """

    steps: int
    step_time_s: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.steps <= _MOST_STEPS:
            raise SettingError("--steps", f"is {self.steps}", f"give a whole number from 1 to {_MOST_STEPS}")
        if not (np.isfinite(self.step_time_s) and self.step_time_s > 0):
            raise SettingError("--step-time", f"is {self.step_time_s}", "give a number of seconds greater than zero")


@dataclass(frozen=True, slots=True)
class Situation:
    """What an entry sees: the robots at `time` and the pool, which it may read only.

    cells int32 (n,), headings int8 (n,)
    """

    time: int
    cells: Int32
    headings: Int8
    pool: LeagueTaskPool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an entry answers, and how long it took over each half, in seconds.

    schedule int32 (n,), the task of each robot or NO_TASK; actions uint8 (n,), see robots.state.Action
    """

    schedule: Int32
    actions: UInt8
    scheduling_s: float = 0.0
    planning_s: float = 0.0


class Entry(Protocol):
    """A contestant."""

    def compute(self, situation: Situation) -> Proposal:
        """Decide who does which task and what every robot does next."""


def run_league(
    instance: LeagueInstance,
    entry: Entry,
    params: LeagueParams,
    clock: Clock,
    on_step: Callable[[int, int], None] = lambda _time, _finished: None,
) -> LeagueRecord:
    """Run an instance to the last step; `on_step` is told the time and the tasks finished after each."""
    return _Competition(instance, params).run(entry, clock, on_step)


def pool_size(instance: LeagueInstance) -> int:
    """Tasks that are open at any time: numTasksReveal x teamSize in single precision, rounded down.

    Raises InstanceError if that is none.
    """
    size = int(np.float32(instance.reveal) * np.float32(instance.team_size))
    if size < 1:
        problem = f"numTasksReveal {instance.reveal} x teamSize {instance.team_size} opens no task"
        raise InstanceError(str(instance.path), problem, "raise numTasksReveal")
    return size


class _Competition:
    def __init__(self, instance: LeagueInstance, params: LeagueParams) -> None:
        robots = instance.team_size
        self._params = params
        self._moves = LeagueMoves(instance.layout, instance.starts)
        self._pool = LeagueTaskPool(instance.errand_cells, instance.offsets, robots, pool_size(instance))
        self._auditor = PlanAuditor(instance.layout)
        self._record = LeagueRecord(
            layout=instance.layout,
            starts=instance.starts,
            tasks=self._pool.tasks,
            planned=np.full((params.steps, robots), MISSED, dtype=np.uint8),
            actual=np.full((params.steps, robots), Action.WAIT, dtype=np.uint8),
            busy_steps=np.zeros(robots, dtype=np.int32),
        )

    def run(self, entry: Entry, clock: Clock, on_step: Callable[[int, int], None]) -> LeagueRecord:
        record, params = self._record, self._params
        time = 0
        while time < params.steps:
            begun = clock.now()
            proposal = entry.compute(Situation(time, self._moves.cells, self._moves.headings, self._pool))
            took = clock.now() - begun
            record.compute_s.append(took)
            record.scheduling_s.append(proposal.scheduling_s)
            record.planning_s.append(proposal.planning_s)
            missed = min(max(ceil(took / params.step_time_s) - 1, 0), params.steps - time)
            record.missed_steps += missed
            time += missed
            record.busy_steps += missed * (proposal.schedule != NO_TASK)
            if time < params.steps:
                self._step(proposal, time)
                time += 1
            on_step(time, self._pool.finished)
        return self._closed()

    def _step(self, proposal: Proposal, time: int) -> None:
        record, moves = self._record, self._moves
        record.busy_steps += proposal.schedule != NO_TASK
        record.planned[time] = proposal.actions
        before = moves.cells, moves.headings
        error = moves.apply(proposal.actions)
        if error is None:
            record.actual[time] = proposal.actions
        else:
            record.errors.append((error.robot, error.other, time + 1, error.reason))
        expected = self._auditor.check(*before, record.actual[time])
        self._auditor.check_state(expected, moves.cells, moves.headings)
        self._pool.update(proposal.schedule, moves.cells, time + 1)

    def _closed(self) -> LeagueRecord:
        record, pool = self._record, self._pool
        record.tasks = pool.tasks
        record.events = pool.events
        record.planned_schedule = pool.planned_schedule
        record.actual_schedule = pool.actual_schedule
        record.schedule_errors = pool.schedule_errors
        record.finished = pool.finished
        record.findings = [str(finding) for finding in self._auditor.findings]
        return record
