"""The traffic ledger: the only writer of who holds which cell, and of every robot's base.

A cell's life with a robot: claimed (the planner proposes it) -> granted (held for the robot, and sent) -> confirmed
(the robot has reached it) -> released (the robot has left it, and said so). Nothing else releases a cell, no timeout.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.errors import TrafficError
from fleet.grid.layout import NO_ROBOT, Layout
from fleet.traffic import _ledger, _time_to_end
from fleet.traffic.journal import GrantJournal, GrantRecord, HeldBases
from robots.arrays import Bool, Float32, Int8, Int32, UInt8
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState

RING: Final = _ledger.RING
# A report as old as that tells nothing of how far the robot has come; one that was never made is older still.
_LONG_AGO_S: Final = 3600.0
_TURN: Final[dict[int, int]] = {Entry.TURN_CW: 1, Entry.TURN_CCW: -1}


class TrafficLedger:
    """Who holds what. Columns of length n have one row a robot and belong to the ledger.

    cell, heading          int32, int8: where the last confirmed entry of each base led
    end_cell, end_heading  int32, int8: where the last granted entry leads: where plans start
    confirmed, granted     int32, entries of each base that are confirmed, and granted
    cell_m   side of a cell, metres
    epoch    int32, each robot's epoch; synced bool, whether the robot has said that it obeys it
    holder   int32 (cells,), the robot that holds each cell, NO_ROBOT for none
    impossible_reports  how many reports claimed more than was ever granted; nothing is taken from them

    Everything is written to the journal before it can be sent. Time of a call grows linearly with robots; memory is
    224 bytes a robot and 5 bytes a cell.
    """

    def __init__(
        self, layout: Layout, model: RobotModel, cell_m: float, held: HeldBases, journal: GrantJournal
    ) -> None:
        n = len(held.cell)
        self.layout = layout
        self.cell_m = cell_m
        self._limits: Float32 = np.array(
            [
                model.max_speed_mps,
                model.max_acceleration_mps2,
                model.max_turn_rate_radps,
                model.max_turn_acceleration_radps2,
            ],
            dtype=np.float32,
        )
        self._journal = journal
        self.cell: Int32 = held.cell.astype(np.int32)
        self.heading: Int8 = held.heading.astype(np.int8)
        self.end_cell: Int32 = self.cell.copy()
        self.end_heading: Int8 = self.heading.copy()
        self.confirmed: Int32 = held.confirmed.astype(np.int32)
        self.granted: Int32 = self.confirmed.copy()
        self.epoch: Int32 = held.epoch.astype(np.int32)
        self.synced: Bool = np.ones(n, dtype=np.bool_)
        self.holder: Int32 = np.full(layout.cells, NO_ROBOT, dtype=np.int32)
        self.impossible_reports = 0
        self._kind: UInt8 = np.full((n, RING), Entry.WAIT, dtype=np.uint8)
        self._service_s: Float32 = np.zeros((n, RING), dtype=np.float32)
        self._after_cell: Int32 = np.zeros((n, RING), dtype=np.int32)
        self._after_heading: Int8 = np.zeros((n, RING), dtype=np.int8)
        self._holds: UInt8 = np.zeros(layout.cells, dtype=np.uint8)
        self._impossible: Bool = np.zeros(n, dtype=np.bool_)
        self._window: UInt8 = np.full((1, n), Entry.WAIT, dtype=np.uint8)
        self._cursor: Int32 = np.zeros(n, dtype=np.int32)
        self._visitor: Int32 = np.full((layout.cells, 1), NO_ROBOT, dtype=np.int32)
        self._touched: Int32 = np.zeros(n, dtype=np.int32)
        self._touched_count: Int32 = np.zeros(1, dtype=np.int32)
        self._log_robot: Int32 = np.zeros(n, dtype=np.int32)
        self._log_kind: UInt8 = np.zeros(n, dtype=np.uint8)
        if len(np.unique(self.cell)) < n:
            raise TrafficError("two robots stand in one cell: no two can hold it")
        self.holder[self.cell] = np.arange(n, dtype=np.int32)
        self._holds[self.cell] = 1
        for robot, kind, service_s in held.open_entries():
            self._append(np.array([robot], dtype=np.int32), kind, service_s)

    @classmethod
    def begin(
        cls, layout: Layout, model: RobotModel, cell_m: float, start: FleetState, journal: GrantJournal
    ) -> TrafficLedger:
        """Return the ledger of robots that stand where `start` says, with nothing granted; the journal starts anew."""
        journal.begin(start.cell, start.heading, start.confirmed, start.epoch)
        return cls(layout, model, cell_m, journal.restore(), journal)

    @classmethod
    def restored(cls, layout: Layout, model: RobotModel, cell_m: float, journal: GrantJournal) -> TrafficLedger:
        """Return the ledger that a journal tells of, one epoch on, with no robot in step with it yet."""
        ledger = cls(layout, model, cell_m, journal.restore(), journal)
        ledger.raise_epoch(np.ones(ledger.robots, dtype=np.bool_))
        return ledger

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.cell)

    # What robots say

    def take_in(self, state: FleetState) -> None:
        """Release what robots have confirmed; robots that obey their newest epoch are in step again."""
        _ledger.confirm(
            state.confirmed, self._kind, self._after_cell, self._after_heading, self.confirmed, self.granted,
            self.cell, self.heading, self.holder, self._holds, self._impossible,
        )  # fmt: skip
        self.impossible_reports += int(self._impossible.sum())
        if self.synced.all():
            return
        ready = np.flatnonzero(~self.synced & (state.epoch == self.epoch) & ~self._impossible).astype(np.int32)
        if len(ready):
            _ledger.cut(
                ready, state.received, self._kind, self._after_cell, self._after_heading, self.confirmed,
                self.granted, self.cell, self.heading, self.end_cell, self.end_heading, self.holder, self._holds,
            )  # fmt: skip
            self._journal.cut(ready, self.granted[ready])
            self.synced[ready] = True
            # What is left of the window does not start where these bases end now.
            self._cursor[ready] = len(self._window)

    def record_confirmed(self) -> None:
        """Let the journal know how far robots have come; it may lag behind, but not behind grants that rest on it."""
        self._journal.confirmed(self.confirmed, self.cell, self.heading)

    def raise_epoch(self, robots: Bool) -> None:
        """Fence these robots, bool (n,): they are to drop what is not begun, and get nothing before they say so."""
        self.epoch[robots] += 1
        self.synced[robots] = False
        self._journal.epochs(self.epoch)

    # Grants

    def load_window(self, actions: UInt8) -> None:
        """Take an accepted window, uint8 (w, n), from the grant ends on; it replaces what is left of the last."""
        steps = len(actions)
        if self._visitor.shape[1] != steps:
            self._visitor = np.full((self.layout.cells, steps), NO_ROBOT, dtype=np.int32)
            self._touched = np.zeros(steps * self.robots, dtype=np.int32)
            self._touched_count[:] = 0
        self._window = np.ascontiguousarray(actions)
        self._cursor[:] = 0
        _ledger.load_window(
            self.layout.neighbours, self.end_cell, self.end_heading, self._window, steps, self._visitor,
            self._touched, self._touched_count,
        )  # fmt: skip

    def grant(
        self,
        order: Int32,
        may: Bool,
        seconds: Float32,
        *,
        need_s: float,
        most: int,
        most_cells: int,
        closed: Bool,
        closed_edges: Bool,
        refused: Int32,
    ) -> int:
        """Grant each robot whose base lasts less than `need_s` the next entry of its window; see `_ledger.grant`.

        Returns how many entries were granted; all of them are in the journal by then.
        """
        count = _ledger.grant(
            order, may & self.synced, seconds, need_s, most, most_cells, self._window, len(self._window),
            self._cursor, self._visitor, closed, closed_edges, self.layout.neighbours, self._kind, self._service_s,
            self._after_cell, self._after_heading, self.confirmed, self.granted, self.end_cell, self.end_heading,
            self.holder, self._holds, self._log_robot, self._log_kind, refused,
        )  # fmt: skip
        if count:
            # A cell may have been granted that another robot has just left: after a restart both would hold it.
            self.record_confirmed()
            self._journal.granted(
                GrantRecord(self._log_robot[:count], self._log_kind[:count], np.zeros(count, dtype=np.float32))
            )
        return count

    def act(self, robots: Int32, entry: Entry, service_s: Float32 | None = None) -> None:
        """Grant these robots an entry that does not move: SERVICE with its seconds, or CHARGE."""
        seconds = np.zeros(len(robots), dtype=np.float32) if service_s is None else service_s
        self._append(robots, entry, seconds)
        self._journal.granted(GrantRecord(robots, np.full(len(robots), entry, dtype=np.uint8), seconds))

    def time_to_end(self, state: FleetState) -> Float32:
        """Seconds until the end of its base makes each robot brake or stand, float32 (n,); 0 at rest at its end."""
        seconds: Float32 = np.empty(self.robots, dtype=np.float32)
        age_s = np.minimum(state.time_s - state.heard_s, _LONG_AGO_S).astype(np.float32)
        _time_to_end.estimate(
            self._kind, self._after_heading, self.confirmed, self.granted, self.cell, self.heading, state.x_m,
            state.y_m, state.theta_rad, state.speed_mps, state.service_left_s, self._service_s,
            age_s, self.layout.width, self.cell_m, self._limits, seconds,
        )  # fmt: skip
        return seconds

    # For others to read

    def write(self, commands: Commands) -> None:
        """Write every robot's epoch and unconfirmed entries into its row; robots out of step get no entries."""
        _ledger.write_rows(
            self._kind, self._service_s, self.confirmed, self.granted, ~self.synced, commands.entries,
            commands.service_s,
        )  # fmt: skip
        commands.epoch[:] = self.epoch
        commands.index[:] = self.confirmed

    def holders_in(self, cells: Bool) -> Bool:
        """Which robots hold one of these cells, bool (cells,) -> bool (n,)."""
        found: Bool = np.empty(self.robots, dtype=np.bool_)
        _ledger.holders_in(cells, self.holder, found)
        return found

    def mark_held(self, robots: Bool, cells: Bool) -> bool:
        """Make `cells`, bool (cells,), those that these robots hold; return whether that changed any."""
        return bool(_ledger.cells_of(robots, self.holder, cells))

    def unconfirmed(self, entry: Entry) -> Int32:
        """Number of each robot's last unconfirmed entry of a kind, int32 (n,); -1 for none."""
        numbers: Int32 = np.full(self.robots, -1, dtype=np.int32)
        longest = int((self.granted - self.confirmed).max(initial=0))
        for ahead in range(longest):
            number = self.confirmed + np.int32(ahead)
            kind = self._kind[np.arange(self.robots), number % RING]
            there = (number < self.granted) & (kind == entry)
            numbers[there] = number[there]
        return numbers

    def next_move(self, robot: int) -> tuple[int, int] | None:
        """The two cells of a robot's next unconfirmed FORWARD entry, or None if it has none."""
        before = int(self.cell[robot])
        for number in range(self.confirmed[robot], self.granted[robot]):
            column = number % RING
            after = int(self._after_cell[robot, column])
            if self._kind[robot, column] == Entry.FORWARD:
                return before, after
            before = after
        return None

    def cells_granted(self, robot: int) -> list[int]:
        """Cells that a robot may still enter, in order."""
        columns = [number % RING for number in range(self.confirmed[robot], self.granted[robot])]
        return [int(self._after_cell[robot, at]) for at in columns if self._kind[robot, at] == Entry.FORWARD]

    def cells_planned(self, robot: int) -> list[int]:
        """Cells that the window goes on with after those, in order; nobody has promised them."""
        cell, heading = int(self.end_cell[robot]), int(self.end_heading[robot])
        cells = []
        for action in self._window[self._cursor[robot] :, robot].tolist():
            if action == Entry.FORWARD:
                cell = int(self.layout.neighbours[cell, heading])
                cells.append(cell)
            heading = (heading + _TURN.get(action, 0)) & 3
        return cells

    def outside(self, state: FleetState) -> Bool:
        """Which robots say that they are where they hold nothing, bool (n,)."""
        found: Bool = np.empty(self.robots, dtype=np.bool_)
        _ledger.outside(
            state.x_m, state.y_m, self.cell_m, self.layout.height, self.layout.width, self.holder, found
        )  # fmt: skip
        return found

    def _append(self, robots: Int32, entry: int, service_s: Float32) -> None:
        if (self.granted[robots] - self.confirmed[robots]).max(initial=0) >= RING:
            raise TrafficError("a robot has more unconfirmed entries than the ledger keeps")
        _ledger.append(
            robots, int(entry), self.layout.neighbours, self._kind, self._after_cell, self._after_heading, self.granted,
            self.end_cell, self.end_heading, self.holder, self._holds,
        )  # fmt: skip
        self._service_s[robots, (self.granted[robots] - 1) % RING] = service_s
