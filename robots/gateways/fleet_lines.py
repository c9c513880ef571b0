"""The lines to all robots of a roster: what is made of what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from robots.errors import InputError
from robots.gateways.fleet_reports import FleetReports
from robots.gateways.floor_map import FloorMap
from robots.gateways.floor_poses import is_near, named_place, place_of
from robots.gateways.given_base import GivenBase, Place
from robots.gateways.robot_line import RobotLine
from robots.gateways.wire_params import WireParams
from robots.gateways.wire_record import RefusedError, WireRecord
from robots.messages import Ack, PoseReport, State
from robots.state import FleetState

_SAID_NOTHING = "said nothing"


class FleetLines:
    """The RobotEnd of an Exchange.

    reports   the columns that are heard
    waiting   rows of robots that may still have to be told something
    unsynced  rows that are to be looked at again although they have not changed: their robots have just said what is
              left of their bases
    """

    def __init__(
        self,
        roster: Sequence[str],
        floor: FloorMap,
        known: FleetState | None,
        record: WireRecord,
        params: WireParams,
        controller: int,
    ) -> None:
        n = len(roster)
        self._floor = floor
        self._record = record
        start = FleetState.at(np.full(n, -1, dtype=np.int32)) if known is None else known
        self.reports = FleetReports(start)
        self.reports.columns.heard_s[:] = -np.inf
        self.waiting: set[int] = set()
        self.unsynced: set[int] = set()
        self._new_site = known is None
        # Why robots cannot begin yet, by row.
        self._unplaced = dict.fromkeys(range(n), _SAID_NOTHING) if known is None else {}
        places = zip(start.cell.tolist(), start.heading.tolist(), strict=True)
        numbers = zip(start.confirmed.tolist(), start.received.tolist(), strict=True)
        self._lines = [
            RobotLine(serial, GivenBase(floor, place, *number), params, controller)
            for serial, place, number in zip(roster, places, numbers, strict=True)
        ]
        for line, epoch in zip(self._lines, start.epoch.tolist(), strict=True):
            line.epoch = epoch

    def __getitem__(self, row: int) -> RobotLine:
        return self._lines[row]

    def __iter__(self) -> Iterator[RobotLine]:
        return iter(self._lines)

    def cancelling(self) -> bool:
        """Return whether a robot that is connected has not dropped yet what it was to drop."""
        return any(line.cancelling and line.joined for line in self._lines)

    def may_begin(self) -> bool:
        """Return whether `begin` would be fine now."""
        return not (self._unplaced or self.cancelling())

    def begin(self) -> None:
        """Check that all robots are at places where they can begin; count energy from here. Raises InputError."""
        if self._unplaced:
            wrong = [f"{self._lines[row].serial} {why}" for row, why in sorted(self._unplaced.items())]
            more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
            remedy = "start their gateways, and put robots in the middle of their cells"
            raise InputError("robots", f"not all can begin: {', '.join(wrong[:10])}{more}", remedy)
        if self._new_site:
            self._check_apart()
            self._new_site = False
        self.reports.used_wh = 0.0

    # What the exchange hands on

    def joined(self, rows: Sequence[int], boot: bytes) -> None:
        """A gateway speaks for these robots now."""
        for row in rows:
            self.reports.booted(row, boot)
            self._lines[row].joined = False

    def state(self, row: int, state: State, now_s: float) -> None:
        """A robot says how it is; raises RefusedError."""
        self.reports.newer(row, state.seq)
        confirmed, odd = divmod(state.last_seq, 2)
        if odd or state.upd < confirmed:
            raise RefusedError("numbers", robot=state.robot)
        line = self._lines[row]
        if row in self._unplaced:
            self._place(row, line, state, confirmed)
        astray = "" if row in self._unplaced else self._follow(line, state, confirmed)
        if astray and astray != line.astray:
            self._record.note("astray", None, robot=line.serial, reason=astray)
        line.astray = astray
        self.reports.state(row, state, astray, now_s)
        if astray or row in self._unplaced:
            return
        if line.heard(state.epoch, state.upd):
            self.unsynced.add(row)
        self.reports.base(row, state, *line.base.place)
        if not line.joined:
            line.joined = True
            line.send_again()
        if not line.idle:
            self.waiting.add(row)

    def pose(self, row: int, report: PoseReport, now_s: float) -> None:
        """A robot says where it is; raises RefusedError."""
        self.reports.newer(row, report.seq)
        self.reports.pose(row, report, now_s)

    def ack(self, row: int, ack: Ack, now_s: float) -> None:
        """A robot has answered; raises RefusedError."""
        line = self._lines[row]
        if not line.knows(ack.re):
            raise RefusedError("ack", robot=line.serial)
        why = line.answered(ack, now_s)
        if why:
            self._record.note("rejected", None, robot=line.serial, error=why)
            line.asked = True
            self.waiting.add(row)

    def again(self, rows: Sequence[int]) -> None:
        """A gateway asks for all that these robots were told."""
        for row in rows:
            self._lines[row].send_again()
            self.waiting.add(row)

    def _place(self, row: int, line: RobotLine, state: State, confirmed: int) -> None:
        """Begin with a robot where it says that it is, if it rests in the middle of a cell and has nothing to do."""
        place = place_of(self._floor, state.pose)
        if place is None:
            x, y, turned = state.pose.x, state.pose.y, state.pose.theta
            self._unplaced[row] = f"is not in the middle of a cell of the map: x {x:.2f}, y {y:.2f}, theta {turned:.2f}"
        elif state.upd > confirmed:
            self._unplaced[row] = f"still has {state.upd - confirmed} entries that another controller gave it"
        else:
            del self._unplaced[row]
            line.base = GivenBase(self._floor, place, confirmed, confirmed)
            line.epoch = state.epoch

    def _follow(self, line: RobotLine, state: State, confirmed: int) -> str:
        """Let the base go on to what a state confirms; return why that cannot be, empty if it can."""
        base = line.base
        if confirmed < base.confirmed:
            return "confirmed_fell"
        if state.epoch < line.heard_epoch:
            return "epoch_fell"
        if state.upd > base.most:
            return "more_than_given"
        if confirmed > base.confirmed and not base.confirm(confirmed, self._reported_place(state, confirmed)):
            return "place_unknown"
        return ""

    def _reported_place(self, state: State, confirmed: int) -> Place | None:
        """Where a robot says that its last confirmed entry led, as far as that agrees with its pose."""
        place = named_place(self._floor, state.last_node)
        if place is None:
            return place_of(self._floor, state.pose) if state.upd == confirmed else None
        return place if is_near(self._floor, state.pose, place[0]) else None

    def _check_apart(self) -> None:
        cells = self.reports.columns.cell
        taken, counts = np.unique(cells, return_counts=True)
        if (counts > 1).any():
            cell = int(taken[np.argmax(counts > 1)])
            both = ", ".join(self._lines[row].serial for row in np.flatnonzero(cells == cell))
            raise InputError("robots", f"{both} say that they are all in cell {cell}", "put them where they belong")
