"""EPIBT: priority inheritance with backtracking over multi-action operations, the default planner.

Source: Yukhnevich and Andreychuk, "Enhancing PIBT via Multi-Action Operations", AAAI-26, on the shoulders of Okumura et
al., "Priority Inheritance with Backtracking for Iterative Multi-agent Path Finding", AIJ 2022.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fleet.errors import SettingError
from fleet.grid.distances import UNREACHABLE, DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning import _epibt
from fleet.planning.improvement import COUNTS as IMPROVEMENT_COUNTS
from fleet.planning.improvement import Choice, ImprovementParams, Improver
from fleet.planning.operations import PossibleOperations, operation_surcharges, operations
from fleet.planning.planner import PlanRequest, PlanWindow
from fleet.planning.request import RequestColumns, lone_robot
from robots.arrays import Int8, Int32, Int64, UInt8, UInt16

_COUNTS = ("searches", "tries", "pushes", "failures", "demoted")
_DEMOTED = _COUNTS.index("demoted")

# Robots between looks at the time: some tenths of a millisecond.
_SEARCHES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class EPIBTParams:
    """Settings of EPIBT.

    window     steps in an operation, 3, 4 or 5: longer plans better and slower
    revisits   how often one search may push the same robot
    max_depth  how many robots a chain of pushes may have, the one that begins it included
    max_tries  how many operations a search may try before it puts everything back
    budget_s   seconds after which a plan is cut short, None for as long as it takes: robots that no search has come to
               go on as planned before, or wait; the window is valid all the same
    improvement  what to do once all searches are made, None for nothing
    """

    window: int = 4
    revisits: int = 2
    max_depth: int = 100
    max_tries: int = 1000
    budget_s: float | None = None
    improvement: ImprovementParams | None = None

    def __post_init__(self) -> None:
        operations(self.window)
        for name in ("revisits", "max_depth", "max_tries"):
            if getattr(self, name) < 1:
                raise SettingError(f"planner {name}", f"is {getattr(self, name)}", "use 1 or more")
        if self.budget_s is not None and not self.budget_s > 0:
            raise SettingError("planner budget_s", f"is {self.budget_s}", "use more than zero")


class EPIBT:
    """Every robot chooses among short operations; what it chose is carried over to the next step.

    Time grows linearly with robots while searches stay local; memory is 4 bytes a cell and step of the window, 4 bytes
    a robot and operation, and 8 bytes (24 for window 5) a passable cell and heading, besides the distance fields.

    now: a clock in seconds, needed only where plans have a time budget; raises ValueError if it is missing then.
    """

    def __init__(
        self, distances: DistanceFields, params: EPIBTParams | None = None, now: Callable[[], float] | None = None
    ) -> None:
        self.params = params or EPIBTParams()
        self._now = now
        self._improver = None if self.params.improvement is None else Improver(distances, self.params.improvement)
        if now is None and self.params.budget_s is not None:
            raise ValueError("a time budget needs a clock")
        self.layout = distances.layout
        self._distances = distances
        ops = operations(self.params.window)
        self._operations = ops
        width = self.layout.width
        self._offsets: Int32 = ops.rows.astype(np.int32) * width + ops.columns
        self._possible = PossibleOperations(ops, distances)
        self._surcharges: UInt16 = operation_surcharges(ops, distances, self._possible.bits)
        self._reserved: Int32 = np.empty((self.layout.cells, ops.window + 1), dtype=np.int32)
        self._request = RequestColumns(self.layout)
        self._allocate(0)

    def plan(self, request: PlanRequest, budget_s: float | None = None) -> PlanWindow:
        """Plan a window; see `Planner.plan`. budget_s: for this plan only, in place of the one of the settings.

        With improvement and a budget all of the time is used, unless there is nothing left to gain.
        """
        time_left = self._time_left(self.params.budget_s if budget_s is None else budget_s)
        columns = self._request
        if columns.load(request):
            self._allocate(columns.robots)
        counts = np.zeros(len(_COUNTS), dtype=np.int64)
        np.minimum(columns.delays, self.params.window, out=columns.delays)
        chosen = self._chosen
        fields = self._fields()
        slots, distances, ops = fields[0], self._distances, self._operations
        self._inherit()
        if self._possible.follow() or columns.delays.any():
            counts[_DEMOTED] += self._drop_impossible()
        _epibt.place_inherited(
            columns.cells, columns.headings, columns.order, columns.blocked, columns.has_blocked, self._offsets,
            self._reserved, chosen, self._stack_robot, counts,
        )  # fmt: skip
        named = {}
        if self._search(fields, counts, time_left) and self._improver:
            improved = self._improver.improve(columns, slots, self._choice, time_left)
            named = dict(zip(IMPROVEMENT_COUNTS, improved.tolist(), strict=True))
        _epibt.write_actions(
            columns.cells, columns.headings, slots, columns.hold, columns.delays, distances.fields, distances.compact,
            self._offsets, ops.headings, ops.trailing, ops.delayed, chosen, self._actions,
        )  # fmt: skip
        self._expect()
        return PlanWindow(self._actions, dict(zip(_COUNTS, counts.tolist(), strict=True)) | named)

    def forget(self) -> None:
        """Start the next plan from everybody waiting."""
        self._expected_cells[:] = self._last_cells[:] = NO_CELL
        if self._improver:
            self._improver.forget()

    def warmup(self) -> None:
        """Compile the kernels on a plan for one robot."""
        self.plan(lone_robot(self.layout))
        if self._improver:
            self._improver.warmup(self._request, self._choice)
        self.forget()

    def _time_left(self, budget_s: float | None) -> Callable[[], bool] | None:
        if budget_s is None:
            return None
        if self._now is None:
            raise ValueError("a time budget needs a clock")
        now, deadline = self._now, self._now() + budget_s
        return lambda: now() < deadline

    def _search(self, fields: tuple[Int32, Int32, Int32], counts: Int64, time_left: Callable[[], bool] | None) -> bool:
        """Search for every robot in order of priority; return whether time was enough for all."""
        columns, params, distances, ops = self._request, self.params, self._distances, self._operations
        at_once = _SEARCHES_AT_ONCE if time_left else columns.robots
        for first in range(0, columns.robots, at_once):
            if time_left and not time_left():
                return False
            _epibt.search(
                columns.cells, columns.headings, columns.goals, *fields, columns.dwell, columns.delays, columns.hold,
                columns.order, first, min(first + at_once, columns.robots), columns.rank, columns.blocked,
                columns.has_blocked, distances.fields, distances.compact, self._offsets, ops.headings, ops.trailing,
                ops.moves, self._possible.bits, ops.within, self._surcharges, distances.unit, self.layout.width,
                params.revisits, params.max_tries, self._reserved, self._chosen, self._keys, self._best_key,
                self._visits, self._visited_by, self._stack_robot[: params.max_depth], self._stack_key,
                self._stack_old, counts,
            )  # fmt: skip
        return True

    def _fields(self) -> tuple[Int32, Int32, Int32]:
        """Field rows of goals, of next goals where they matter, and the next goals' distance from the goals.

        Only a robot that can meet its goal inside the window asks what comes after. A next goal that is the goal itself
        or out of reach says nothing about the way there: it counts as unknown, so that the robot hurries to its goal.
        """
        request, distances = self._request, self._distances
        slots = distances.slots(request.goals)
        near = (slots >= 0) & ~request.dwell & (request.next_goals != NO_CELL)
        near &= request.next_goals != request.goals
        width = self.layout.width
        rows = np.abs(request.goals // width - request.cells // width)
        near &= rows + np.abs(request.goals % width - request.cells % width) <= self.params.window
        next_slots: Int32 = np.full(len(slots), -1, dtype=np.int32)
        next_base: Int32 = np.zeros(len(slots), dtype=np.int32)
        if near.any():
            goals = request.goals[near]
            both = distances.slots(np.concatenate([request.goals, request.next_goals[near]]))
            slots = both[: len(slots)]
            next_slots[near] = both[len(slots) :]
            next_base[near] = distances.at(next_slots[near, None], goals[:, None], _ALL_HEADINGS).min(axis=1)
            next_slots[next_base == UNREACHABLE] = -1
        return slots, next_slots, next_base

    def _inherit(self) -> None:
        """Choose for each robot what goes on with the last plan: wait for those that did something else.

        A robot that has carried out the first step goes on with the rest; one that has not moved yet, because the
        caller asks more often than robots make a step, goes on with all of it. A first step that was to wait cannot be
        told from one that is still to come: then the delay tells, or what most of those did that had to move.
        """
        request, chosen = self._request, self._chosen
        there = (request.cells == self._expected_cells) & (request.headings == self._expected_headings)
        tails = self._operations.inherited[self._last_delays, chosen]
        if there.all() and not self._last_delays.any():
            chosen[:] = tails
        else:
            here = (request.cells == self._last_cells) & (request.headings == self._last_headings)
            most = np.count_nonzero(there) >= np.count_nonzero(here)
            nearer = np.where(self._last_delays > 0, request.delays < self._last_delays, most)
            chosen[:] = np.where(there & (~here | nearer), tails, np.where(here, chosen, 0))
        chosen[request.hold] = 0

    def _drop_impossible(self) -> int:
        """Let robots wait whose inherited operation is not possible now or too early for their delay; count them."""
        request, chosen = self._request, self._chosen
        states, word = 4 * self._distances.compact[request.cells] + request.headings, chosen >> 6
        bits = self._possible.bits[states, word] & self._operations.within[request.delays, word]
        dropped = (bits >> (chosen & 63).astype(np.uint64)) & np.uint64(1) == 0
        chosen[dropped] = 0
        return int(np.count_nonzero(dropped))

    def _expect(self) -> None:
        """Remember where the robots were, and where the first step of the plan leads."""
        request = self._request
        self._expected_cells[:] = request.cells + self._offsets[request.headings, self._chosen, 0]
        self._expected_headings[:] = (request.headings + _TURN_OF[self._actions[0]]) & 3
        self._last_cells[:] = request.cells
        self._last_headings[:] = request.headings
        self._last_delays[:] = request.delays

    def _allocate(self, n: int) -> None:
        count, window = self._operations.count, self._operations.window
        self._chosen: Int32 = np.zeros(n, dtype=np.int32)
        self._keys: Int32 = np.empty((n, count), dtype=np.int32)
        self._best_key: Int32 = np.empty(n, dtype=np.int32)
        self._choice = Choice(self._offsets, self._reserved, self._chosen, self._keys, self._best_key)
        self._visits: Int32 = np.zeros(n, dtype=np.int32)
        self._visited_by: Int32 = np.empty(n, dtype=np.int32)
        self._expected_cells: Int32 = np.full(n, NO_CELL, dtype=np.int32)
        self._expected_headings: Int8 = np.zeros(n, dtype=np.int8)
        self._last_cells: Int32 = np.full(n, NO_CELL, dtype=np.int32)
        self._last_headings: Int8 = np.zeros(n, dtype=np.int8)
        self._last_delays: UInt8 = np.zeros(n, dtype=np.uint8)
        self._actions: UInt8 = np.empty((window, n), dtype=np.uint8)
        depth = max(n, self.params.max_depth)
        self._stack_robot: Int32 = np.empty(depth, dtype=np.int32)
        self._stack_key: Int32 = np.empty(depth, dtype=np.int32)
        self._stack_old: Int32 = np.empty(depth, dtype=np.int32)


# Change of heading by action: forward, clockwise, counter-clockwise, wait.
_TURN_OF: Int8 = np.array([0, 1, -1, 0], dtype=np.int8)
_ALL_HEADINGS: Int8 = np.arange(4, dtype=np.int8)
