"""Why robots wait: for whom, for what, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import inf
from typing import Final

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_ROBOT, NO_TASK
from fleet.runtime import _waits
from fleet.runtime.activity import driving, turning
from fleet.runtime.roster import Roster
from fleet.runtime.wait_alarms import WaitAlarms, WaitParams
from fleet.tasks.events import EventSink
from robots.arrays import Bool, Float32, Float64, Int32, UInt8, UInt16
from robots.state import FleetState

# Distances on the floor as it would be with nothing closed: so much memory, and so many fields found in one look, a
# millisecond each. Only robots without a way need them.
_OPEN_FIELDS_MB: Final = 64
_FIELDS_A_LOOK: Final = 4


class WaitReason(IntEnum):
    """What keeps a robot from coming nearer to its goal."""

    NONE = 0  # it does not wait
    ROBOT = 1  # another robot is in its way
    CLOSED = 2  # its way or its goal is closed
    HALTED = 3  # it is told to stand
    FAULT = 4  # it is itself out of action
    YIELD = 5  # its way is free; the plan lets others go first, or its grant is under way
    NO_WAY = 6  # no way leads to its goal


@dataclass(frozen=True, slots=True)
class WatchedFloor:
    """What there is to see at a moment; columns of length n have one row a robot.

    state      where robots are
    committed  where they will be when they have done all that they were granted; the same where nothing is granted
    holder     int32 (cells,), the robot that holds each cell; None where a robot holds the cell that it stands in
    down       bool (n,), robots that cannot be counted on to move
    halted     bool (n,), robots that are told to stand
    shut       bool (cells,), where nobody may want to go; None: nowhere
    """

    state: FleetState
    committed: FleetState
    holder: Int32 | None
    down: Bool
    halted: Bool
    shut: Bool | None


class WaitWatch:
    """Finds who waits, for whom and why, every `params.every_s` seconds. Columns of length n, in place:

    waits_for  int32, the robot in the way of each that waits for one, NO_ROBOT for all others
    reason     uint8, WaitReason
    waited_s   float32, seconds since it last came nearer to its goal than ever since it has had it; 0 for a robot that
               has nowhere else to be, or is being served

    In the way is whoever holds the next cell of the best way from where a robot's grants end, by the distances that
    planners follow. A robot whose task is to be done in a closed cell waits, wherever it parks meanwhile. For one to
    whose goal no way is open, it is whoever stands first on the way that would be best with nothing closed.

    parking: cells where robots only go to be out of the way. events: see WaitAlarms. A look is linear in robots; for
    robots without a way in the cells of their ways too, and it finds up to 4 distance fields for them, each once.
    """

    def __init__(
        self,
        distances: DistanceFields,
        robots: int,
        *,
        parking: Int32,
        events: EventSink,
        params: WaitParams,
    ) -> None:
        self.waits_for: Int32 = np.full(robots, NO_ROBOT, dtype=np.int32)
        self.reason: UInt8 = np.zeros(robots, dtype=np.uint8)
        self.waited_s: Float32 = np.zeros(robots, dtype=np.float32)
        self._distances = distances
        self._open: DistanceFields | None = None
        self._every_s = params.every_s
        self._alarms = WaitAlarms(robots, events, params)
        self._leisure: Bool = np.zeros(distances.layout.cells, dtype=np.bool_)
        self._leisure[parking] = True
        self._looked_s = -inf
        self._version = distances.version
        # None that a robot can have: at the first look, which may be late, every goal is new.
        self._goal: Int32 = np.full(robots, NO_CELL - 1, dtype=np.int32)
        self._since_s: Float64 = np.zeros(robots)
        # The least distance that a robot has been at, where it is known.
        self._least: UInt16 = np.zeros(robots, dtype=np.uint16)
        self._measured: Bool = np.zeros(robots, dtype=np.bool_)
        self._here: UInt16 = np.zeros(robots, dtype=np.uint16)
        self._ahead: UInt16 = np.zeros(robots, dtype=np.uint16)
        self._blocker: Int32 = np.full(robots, NO_ROBOT, dtype=np.int32)
        self._end: Int32 = np.zeros(robots, dtype=np.int32)
        self._ring: Int32 = np.zeros(robots, dtype=np.int32)
        self._stands_in: Int32 = np.full(distances.layout.cells, NO_ROBOT, dtype=np.int32)
        self._rows: Int32 = np.arange(robots, dtype=np.int32)

    def due(self, now_s: float) -> bool:
        """Return whether it is time for a look."""
        # Times are sums of ticks.
        return now_s - self._looked_s >= self._every_s - 1e-6

    def look(self, floor: WatchedFloor, roster: Roster, now_s: float) -> None:
        """Look at the floor as it is at `now_s`."""
        self._looked_s = now_s
        state, goal = floor.state, roster.goal
        holder = self._holders(floor)
        slots = self._look_ahead(floor, goal, holder)
        shut_out = _shut_out(floor, roster)
        at_goal = (goal == NO_CELL) | (goal == state.cell)
        waits = (~at_goal | shut_out) & ~roster.serving
        nearer = self._note_progress(goal, slots >= 0, waits, now_s)
        comes_on = (self._ahead < self._here) & (driving(state) | turning(state)) & (slots >= 0)
        self._judge(floor, roster, waits & ~nearer & ~comes_on, shut_out)
        without = np.flatnonzero((self.reason == WaitReason.CLOSED) & ~shut_out).astype(np.int32)
        if len(without):
            self._see_beyond(without, floor, goal, holder)
        self.waits_for[:] = np.where(self.reason == WaitReason.ROBOT, self._blocker, np.int32(NO_ROBOT))
        self.waited_s[:] = now_s - self._since_s
        _waits.follow(self.waits_for, self._end, self._ring)
        pinned = roster.serving | (state.charging & at_goal)
        has_to = waits & ~shut_out & ~self._leisure[goal]
        self._alarms.look_at_rings(self.waits_for, self._ring, now_s)
        self._alarms.look_at_progress(has_to & self._can_move(pinned), self._since_s, state.cell, now_s)

    def warmup(self) -> None:
        """Compile the kernels."""
        nobody, nowhere = self._rows[:0], FleetState.at(self._rows[:0])
        _look_ahead(self._distances, nobody, nowhere, nowhere, self._stands_in, self._here, self._ahead, nobody)
        _look_along(self._distances, self._distances, nobody, nowhere, self._stands_in, self.reason, nobody)
        _waits.follow(nobody, nobody.copy(), nobody.copy())

    def _holders(self, floor: WatchedFloor) -> Int32:
        """Return the robot that holds each cell."""
        if floor.holder is not None:
            return floor.holder
        self._stands_in[:] = NO_ROBOT
        self._stands_in[floor.state.cell] = self._rows
        return self._stands_in

    def _look_ahead(self, floor: WatchedFloor, goal: Int32, holder: Int32) -> Int32:
        """Measure distances and find who is in whose way; return rows of distance fields, -1 where none is known."""
        distances = self._distances
        slots = distances.slots(np.where(distances.holds(goal), goal, np.int32(NO_CELL)))
        _look_ahead(distances, slots, floor.state, floor.committed, holder, self._here, self._ahead, self._blocker)
        return slots

    def _note_progress(self, goal: Int32, known: Bool, waits: Bool, now_s: float) -> Bool:
        """Return who has come nearer to its goal than ever since it has had it, bool (n,)."""
        changed = goal != self._goal
        self._goal[:] = goal
        self._measured &= ~changed
        if self._version != self._distances.version:
            # Ways are longer or shorter now; that brings nobody nearer, nor does it end anybody's waiting.
            self._version = self._distances.version
            self._measured[:] = False
        nearer: Bool = known & self._measured & (self._here < self._least)
        noted = known & (nearer | ~self._measured)
        self._least[noted] = self._here[noted]
        self._measured |= noted
        self._since_s[changed | nearer | ~waits] = now_s
        return nearer

    def _judge(self, floor: WatchedFloor, roster: Roster, stands: Bool, shut_out: Bool) -> None:
        """Find the reasons; stands: bool (n,), robots that wait and do not come nearer at the moment."""
        reason = self.reason
        reason[:] = WaitReason.NONE
        reason[stands] = WaitReason.YIELD
        reason[stands & (self._blocker >= 0)] = WaitReason.ROBOT
        reason[stands & ((self._blocker == _waits.NO_WAY) | shut_out)] = WaitReason.CLOSED
        reason[floor.halted & ~roster.serving] = WaitReason.HALTED
        reason[floor.down | roster.retired] = WaitReason.FAULT

    def _see_beyond(self, robots: Int32, floor: WatchedFloor, goal: Int32, holder: Int32) -> None:
        """Look along the ways that these robots, int32 (k,), would take if nothing were closed: none of theirs is open.

        Who stands there before the first closed cell, or in it, is in the way; who moves on by itself is not.
        """
        if self._open is None:
            layout, guidance = self._distances.layout, self._distances.guidance
            self._open = DistanceFields(layout, _OPEN_FIELDS_MB, guidance)
        goals = goal[robots]
        wanted = np.unique(goals)
        self._open.slots(wanted[~self._open.holds(wanted)][:_FIELDS_A_LOOK])
        slots: Int32 = np.full(len(goal), -1, dtype=np.int32)
        slots[robots] = self._open.slots(np.where(self._open.holds(goals), goals, np.int32(NO_CELL)))
        blocker = self._blocker.copy()
        _look_along(self._open, self._distances, slots, floor.committed, holder, self.reason, blocker)
        self._blocker[robots] = blocker[robots]
        self.reason[robots[blocker[robots] >= 0]] = WaitReason.ROBOT
        self.reason[robots[blocker[robots] == _waits.NO_WAY]] = WaitReason.NO_WAY

    def _can_move(self, pinned: Bool) -> Bool:
        """Return who waits, bool (n,), for nobody that is pinned down, out of action or shut out, nor in a ring."""
        free = ((self.reason == WaitReason.NONE) | (self.reason == WaitReason.YIELD)) & ~pinned
        can: Bool = (self._end >= 0) & free[self._end]
        return can


def _shut_out(floor: WatchedFloor, roster: Roster) -> Bool:
    """Return whose task goes on in a cell that is closed, bool (n,)."""
    if floor.shut is None:
        return np.zeros(len(roster.task), dtype=np.bool_)
    elsewhere = (roster.task != NO_TASK) & (floor.state.cell != roster.errand_cell)
    shut: Bool = elsewhere & (roster.errand_cell != NO_CELL) & floor.shut[roster.errand_cell]
    return shut


def _look_ahead(
    distances: DistanceFields,
    slots: Int32,
    state: FleetState,
    committed: FleetState,
    holder: Int32,
    here: UInt16,
    ahead: UInt16,
    blocker: Int32,
) -> None:
    """Call the kernel; see there."""
    _waits.look_ahead(
        distances.fields, slots, distances.compact, distances.neighbours, distances.guidance.forward,
        distances.guidance.turn, state.cell, state.heading, committed.cell, committed.heading, holder, here, ahead,
        blocker,
    )  # fmt: skip


def _look_along(
    distances: DistanceFields,
    closures: DistanceFields,
    slots: Int32,
    committed: FleetState,
    holder: Int32,
    reason: UInt8,
    blocker: Int32,
) -> None:
    """Call the kernel; see there. distances: with nothing closed; closures: what is closed."""
    _waits.look_along(
        distances.fields, slots, distances.compact, distances.neighbours, distances.guidance.forward,
        distances.guidance.turn, closures.closed_cells, closures.closed_edges, committed.cell, committed.heading,
        holder, reason != WaitReason.NONE, blocker,
    )  # fmt: skip
