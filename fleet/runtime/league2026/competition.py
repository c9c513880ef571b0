"""The judge of the 2026 edition: ticks go on while the entry computes; an executor lets robots go or stops them.

Source: the Start-Kit's CompetitionSystem and Simulator, edition 2026. About every second the entry is asked for a
schedule and a window of actions, on the strength of where the staged actions will lead; what it answers is staged when
it is there, a second later at the earliest. Staged actions may be extended by the new window or cut short, nothing
else. In every tick the executor says who goes, then delays strike, then the robots move.

Where the Start-Kit only moves the time on (an executor that takes longer than a tick, a first plan that is late), here
ticks pass in which everybody waits, with delays and all. A schedule that breaks a rule is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

import numpy as np

from fleet.errors import PlanError, SettingError
from fleet.grid.layout import NO_TASK
from fleet.runtime.clock import Clock
from fleet.runtime.league.competition import LeagueParams, pool_size
from fleet.runtime.league.record import MISSED
from fleet.runtime.league.task_pool import LeagueTaskPool
from fleet.runtime.league2026.delays import Delays
from fleet.runtime.league2026.moves import TickMoves
from fleet.runtime.league2026.overlap_auditor import OverlapAuditor
from fleet.runtime.league2026.record import SEGMENT_TICKS, TickRecord
from fleet.traffic.staged_execution import Staged
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.state import Action
from sim_worlds.league import LeagueInstance
from sim_worlds.league2026 import TickRules

TICK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class TickSituation:
    """What an entry sees when it is asked, at `time`. The pool may be read only.

    cells int32 (n,), headings int8 (n,), progress int32 (n,): where the robots are now, see TickMoves
    staged: what they have still to do; the window that the entry returns begins where that leads
    """

    time: int
    cells: Int32
    headings: Int8
    progress: Int32
    staged: Staged
    pool: LeagueTaskPool


@dataclass(frozen=True, slots=True)
class TickProposal:
    """What an entry answers, and how long it took over each half, in seconds.

    schedule int32 (n,), the task of each robot or NO_TASK; window uint8 (w, n), see robots.state.Action
    """

    schedule: Int32
    window: UInt8
    scheduling_s: float = 0.0
    planning_s: float = 0.0


class TickEntry(Protocol):
    """A contestant's planning half."""

    def compute(self, situation: TickSituation) -> TickProposal:
        """Decide who does which task, and what every robot does after its staged actions."""


class Executor(Protocol):
    """A contestant's executing half; `fleet.traffic.staged_execution.StagedExecution` is one."""

    @property
    def staged(self) -> Staged:
        """What is staged now."""

    def see(self, cells: Int32, headings: Int8, progress: Int32) -> None:
        """Look at the robots before `stage`."""

    def stage(self, window: UInt8) -> Staged:
        """Merge a window into the staged actions; return them all."""

    def go(self, cells: Int32, headings: Int8, progress: Int32, delayed: Bool | None = None) -> Bool:
        """Tell who goes in this tick; `delayed` is who was delayed in the last one."""


def run_ticks(
    instance: LeagueInstance,
    entry: TickEntry,
    executor: Executor,
    params: LeagueParams,
    clock: Clock,
    seed: int | None = None,
    on_tick: Callable[[int, int], None] = lambda _time, _finished: None,
) -> TickRecord:
    """Run an instance of the 2026 edition to the last tick, params.steps of them.

    params.step_time_s is the time between two plans. seed: of the delays, instead of the instance's. `on_tick` is told
    the time and the tasks finished after each tick. Raises SettingError for an instance of another edition, PlanError
    if the executor stages what it must not.
    """
    if instance.ticks is None:
        raise SettingError(str(instance.path), "is not an instance of the 2026 edition", "use fleet.runtime.league")
    return _TickCompetition(instance, instance.ticks, params, seed, on_tick).run(entry, executor, clock)


class _TickCompetition:
    def __init__(
        self,
        instance: LeagueInstance,
        rules: TickRules,
        params: LeagueParams,
        seed: int | None,
        on_tick: Callable[[int, int], None],
    ) -> None:
        n, layout, starts = instance.team_size, instance.layout, instance.starts
        self._ticks = params.steps
        self._plan_ticks = max(ceil(params.step_time_s / TICK_S - 1e-9), 1)
        self._on_tick = on_tick
        self._time = 0
        self._moves = TickMoves(layout, starts, rules.action_ticks, rules.robot_size)
        self._auditor = OverlapAuditor(layout, starts, rules.action_ticks, rules.robot_size)
        self._delays = Delays(rules.delays, n, seed)
        self._pool = LeagueTaskPool(instance.errand_cells, instance.offsets, n, pool_size(instance))
        self._actions: UInt8 = np.empty((n, 0), dtype=np.uint8)
        self._lengths: Int32 = np.zeros(n, dtype=np.int32)
        self._delayed: Bool = np.zeros(n, dtype=np.bool_)
        self._record = TickRecord(
            layout=layout,
            starts=starts,
            action_ticks=rules.action_ticks,
            tasks=self._pool.tasks,
            planned=np.full((self._ticks, n), Action.WAIT, dtype=np.uint8),
            actual=np.full((self._ticks, n), Action.WAIT, dtype=np.uint8),
            delayed=np.zeros((self._ticks, n), dtype=np.bool_),
            snapshots=np.zeros((-(-self._ticks // SEGMENT_TICKS), 4, n), dtype=np.int32),
        )

    def run(self, entry: TickEntry, executor: Executor, clock: Clock) -> TickRecord:
        proposal, proposed_in, took = self._ask(entry, executor, clock)
        self._wait(_whole_ticks(took) - self._plan_ticks)
        ready = self._time
        while self._time < self._ticks:
            begun = clock.now()
            if self._time >= ready:
                self._adopt(proposal, proposed_in, executor)
                staging_s = clock.now() - begun
                self._wait(_whole_ticks(staging_s) - 1)
                proposal, proposed_in, took = self._ask(entry, executor, clock)
                late = max(_whole_ticks(took) - self._plan_ticks, 0)
                self._record.late_ticks += min(late, self._ticks - self._time)
                ready = self._time + self._plan_ticks + late
                begun = clock.now() - staging_s
            self._tick(executor, clock, begun)
        return self._closed()

    def _ask(self, entry: TickEntry, executor: Executor, clock: Clock) -> tuple[TickProposal, Int32, float]:
        """Have the entry compute; return what it says, the schedule that was in force then, and how long it took."""
        moves, record = self._moves, self._record
        situation = TickSituation(
            self._time, moves.cells.copy(), moves.headings.copy(), moves.progress.copy(), executor.staged, self._pool
        )
        in_force = self._pool.schedule
        begun = clock.now()
        proposal = entry.compute(situation)
        took = clock.now() - begun
        record.compute_s.append(took)
        record.scheduling_s.append(proposal.scheduling_s)
        record.planning_s.append(proposal.planning_s)
        return proposal, in_force, took

    def _adopt(self, proposal: TickProposal, in_force: Int32, executor: Executor) -> None:
        """Put a schedule in force and have its window staged."""
        # What a robot was doing when the entry was asked, it may have finished since.
        finished = (proposal.schedule == in_force) & ~np.isin(proposal.schedule, self._pool.task)
        self._pool.assign(np.where(finished, np.int32(NO_TASK), proposal.schedule), self._time)
        moves = self._moves
        executor.see(moves.cells, moves.headings, moves.progress)
        staged = executor.stage(proposal.window)
        self._check_staged(staged, proposal.window)
        self._actions, self._lengths = staged.actions.copy(), staged.lengths.copy()

    def _check_staged(self, staged: Staged, window: UInt8) -> None:
        """Raise PlanError unless staged actions are the begin of the old ones and the window; waits aside."""
        old, old_lengths = _without_waits(self._actions, self._lengths)
        new, new_lengths = _without_waits(window.T, np.full(window.shape[1], len(window), dtype=np.int32))
        got, got_lengths = _without_waits(staged.actions, staged.lengths)
        n, width = len(old), max(old.shape[1] + new.shape[1], got.shape[1])
        expected = np.full((n, width), Action.WAIT, dtype=np.uint8)
        expected[:, : old.shape[1]] = old
        robots, places = np.nonzero(np.arange(new.shape[1])[None, :] < new_lengths[:, None])
        expected[robots, old_lengths[robots] + places] = new[robots, places]
        # Beyond what was staged and planned waits are expected, and there are none in what was got.
        held = np.arange(got.shape[1])[None, :] < got_lengths[:, None]
        wrong = (held & (got != expected[:, : got.shape[1]])).any(axis=1)
        begun = (self._moves.progress > 0) & (got_lengths == 0)
        if (wrong | begun).any():
            robot = int(np.argmax(wrong | begun))
            raise PlanError(f"the executor staged for robot {robot} what was neither staged before nor planned")

    def _tick(self, executor: Executor, clock: Clock, begun: float) -> None:
        moves = self._moves
        going = executor.go(moves.cells, moves.headings, moves.progress, self._delayed)
        took = clock.now() - begun
        self._record.executor_s.append(took)
        self._wait(_whole_ticks(took) - 1)
        if self._time < self._ticks:
            staged = np.flatnonzero(self._lengths > 0)
            front = np.full(len(going), Action.WAIT, dtype=np.uint8)
            if len(staged):
                front[staged] = self._actions[staged, 0]
            self._move(np.where(going, front, np.uint8(Action.WAIT)), front)

    def _wait(self, ticks: int) -> None:
        """Let ticks pass in which everybody waits."""
        for _ in range(min(ticks, self._ticks - self._time)):
            self._record.missed_ticks += 1
            self._record.planned[self._time] = MISSED
            n = len(self._lengths)
            self._move(np.full(n, Action.WAIT, dtype=np.uint8), np.full(n, MISSED, dtype=np.uint8))

    def _move(self, wanted: UInt8, front: UInt8) -> None:
        """Delay, move and look what came of it; `front` is the first staged action of each robot."""
        record, moves, time = self._record, self._moves, self._time
        if time % SEGMENT_TICKS == 0:
            width = record.layout.width
            record.snapshots[time // SEGMENT_TICKS] = (
                moves.cells // width, moves.cells % width, moves.headings, moves.progress,
            )  # fmt: skip
        self._delayed = self._delays.tick()
        wanted = np.where(self._delayed, np.uint8(Action.WAIT), wanted)
        record.delayed[time] = self._delayed
        if record.planned[time, 0] != MISSED:
            record.planned[time] = wanted
        cells, headings = moves.cells.copy(), moves.headings.copy()
        did = moves.apply(wanted)
        record.actual[time] = did
        record.refused += int((did != wanted).sum())
        self._auditor.check(moves.cells, moves.headings, moves.out)
        over = (moves.cells != cells) | (moves.headings != headings) | ((front == did) & (did == Action.WAIT))
        self._drop_first(over & (self._lengths > 0))
        self._time += 1
        self._pool.advance(moves.cells, self._time)
        self._on_tick(self._time, self._pool.finished)

    def _drop_first(self, over: Bool) -> None:
        robots = np.flatnonzero(over)
        if len(robots):
            self._actions[robots, :-1] = self._actions[robots, 1:]
            self._lengths[robots] -= 1

    def _closed(self) -> TickRecord:
        record, pool = self._record, self._pool
        record.delays = self._delays.intervals
        record.tasks = pool.tasks
        record.events = pool.events
        record.planned_schedule = pool.planned_schedule
        record.actual_schedule = pool.actual_schedule
        record.schedule_errors = pool.schedule_errors
        record.finished = pool.finished
        record.collisions = self._auditor.overlaps
        record.astray = self._auditor.astray
        return record


def _whole_ticks(seconds: float) -> int:
    return ceil(seconds / TICK_S - 1e-9)


def _without_waits(actions: UInt8, lengths: Int32) -> tuple[UInt8, Int32]:
    """Rows of actions, uint8 (n, longest), without the waits in them and after them."""
    kept = (np.arange(actions.shape[1])[None, :] < lengths[:, None]) & (actions != Action.WAIT)
    places = np.cumsum(kept, axis=1) - 1
    left: UInt8 = np.full(actions.shape, Action.WAIT, dtype=np.uint8)
    robots, columns = np.nonzero(kept)
    left[robots, places[robots, columns]] = actions[robots, columns]
    return left, kept.sum(axis=1).astype(np.int32)
