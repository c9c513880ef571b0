"""The grant auditor: checks P1 to P8 of the specification of execution while it runs.

It shares no code with ledger, execution, zones or planners: it reads what they send and hear, keeps its own book of who
holds what, and compares that with their book and with what really happens on the floor. In every tick it is told, in
this order: what happened (`floor`), what the controller has heard of it (`states`), changes of zones (`zone_event`),
windows of plans (`window`), what is sent (`commands`), and the ledger's table whenever that claims to be up to date
(`holders`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from fleet.grid.layout import Layout
from fleet.traffic.audit import _grant_auditor as kernels
from fleet.traffic.audit.closure_auditor import ClosureAuditor
from fleet.traffic.audit.findings import Finding, Findings
from fleet.traffic.audit.footprint_auditor import FootprintAuditor
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import FleetState
from robots.truth import FloorTruth

# The property that each code of the kernels breaks, and what happened.
TOLD: Final = {
    kernels.TAKEN: ("P1", "granted a cell that another robot holds"),
    kernels.START_HELD: ("P1", "begins in a cell in which another robot begins"),
    kernels.HOLE: ("P3", "its row goes on after it has ended"),
    kernels.GAP: ("P3", "its row does not follow on its base"),
    kernels.CHANGED: ("P3", "its row changes an entry of its base"),
    kernels.NO_ENTRY: ("P3", "its row has something that is no entry"),
    kernels.NO_WAY: ("P3", "granted a move into an obstacle or off the map"),
    kernels.START_BLOCKED: ("P4", "a plan starts in an obstacle or off the map"),
    kernels.START_SHARED: ("P4", "a plan starts with two robots in one cell"),
    kernels.NO_ACTION: ("P5", "a window has something that is no action"),
    kernels.LEAVES_FLOOR: ("P5", "a window leads into an obstacle or off the map"),
    kernels.MEET: ("P5", "a window leads two robots into one cell"),
    kernels.RING: ("P5", "a window has a ring of robots that each enter the next one's cell"),
    kernels.TOO_MUCH_CONFIRMED: ("P6", "its report confirms what was not granted, and was taken in"),
    kernels.ASTRAY: ("P6", "its report is not where its confirmed base leads"),
    kernels.FREED: ("P6", "the ledger has released a cell that is granted and not confirmed as passed"),
    kernels.LEAKED: ("P6", "the ledger holds a cell for it that it was not granted or has passed"),
    kernels.NOT_ITS_HOLDER: ("P6", "the ledger holds a cell for it that is the other's"),
    kernels.STALE_ROW: ("P7", "its row is of an older epoch than the one before"),
    kernels.EARLY: ("P7", "its row has entries, and it does not obey the row's epoch yet"),
    kernels.EPOCH_FELL: ("P7", "its epoch fell"),
    kernels.EPOCH_UNSENT: ("P7", "it obeys an epoch that was never sent"),
    kernels.CONFIRMED_FELL: ("P7", "it has confirmed less than before"),
    kernels.RECEIVED_UNSENT: ("P7", "it has entries that are not granted"),
    kernels.UNRECEIVED: ("P7", "it has confirmed entries that it does not have"),
    kernels.EPOCH_CHANGED: ("P7", "its epoch is not that of the newest row that came to it"),
    kernels.RECEIVED_ROSE: ("P7", "its base grew in a tick in which no row of its epoch came that may do that"),
    kernels.CLOSED_CELL: ("P8", "granted a move into a closed cell"),
    kernels.CLOSED_EDGE: ("P8", "granted a move that is closed"),
}
_SLOTS: Final = 32
_ROOM: Final = 256


class GrantAuditor:
    """Follows n robots from `start`, where they stand in different cells with all that they have received confirmed.

    findings  the first violations, in the order in which they were found; `count` and `counts` are of all of them
    tick      ticks of the floor that were checked

    cell_m, margin_m: metres; how far footprints may reach out of their cells, see FootprintAuditor. Every call is
    linear in robots, `holders` in cells. After a violation the auditor goes on as well as it can.
    """

    def __init__(
        self, layout: Layout, model: RobotModel, cell_m: float, start: FleetState, *, margin_m: float = 0.02
    ) -> None:
        robots = start.robots
        if (start.received != start.confirmed).any():
            raise ValueError("robots have entries that they have not confirmed: their bases cannot be known")
        self.tick = 0
        self._found = Findings()
        self._time_s = start.time_s
        self._width = layout.width
        self._passable: Bool = np.array(layout.passable, dtype=np.bool_)
        self._told: Int32 = np.zeros((_ROOM, 4), dtype=np.int32)
        self._footprints = FootprintAuditor(model, robots, layout.width, cell_m, margin_m)
        self._closures = ClosureAuditor(layout.cells)
        # The robots: the newest epoch sent and the one that they show; their bases, from the last confirmed entry on.
        self._commanded: Int32 = np.array(start.epoch, dtype=np.int32)
        self._seen: Int32 = self._commanded.copy()
        self._confirmed: Int32 = np.array(start.confirmed, dtype=np.int32)
        self._granted: Int32 = self._confirmed.copy()
        self._since: Int32 = self._confirmed.copy()
        self._at_cell: Int32 = np.array(start.cell, dtype=np.int32)
        self._at_heading: Int8 = np.array(start.heading, dtype=np.int8)
        self._at_owned: Bool = np.zeros(robots, dtype=np.bool_)
        self._tip_cell: Int32 = self._at_cell.copy()
        self._tip_heading: Int8 = self._at_heading.copy()
        self._entry: UInt8 = np.zeros((robots, _SLOTS), dtype=np.uint8)
        self._end_cell: Int32 = np.zeros((robots, _SLOTS), dtype=np.int32)
        self._end_heading: Int8 = np.zeros((robots, _SLOTS), dtype=np.int8)
        self._owned: Bool = np.zeros((robots, _SLOTS), dtype=np.bool_)
        self._holder: Int32 = np.full(layout.cells, kernels.NOBODY, dtype=np.int32)
        self._holds: Int32 = np.zeros(layout.cells, dtype=np.int32)
        # What the robots themselves had after the last tick: epoch, received, confirmed.
        self._last: Int32 = np.column_stack([self._commanded, self._confirmed, self._confirmed]).astype(np.int32)
        self._newest: Int32 = np.zeros(robots, dtype=np.int32)
        self._grew: Int32 = np.zeros(robots, dtype=np.int32)
        # For windows.
        self._occupant: Int32 = np.full(layout.cells, kernels.NOBODY, dtype=np.int32)
        self._entrant: Int32 = np.full(layout.cells, kernels.NOBODY, dtype=np.int32)
        self._planned_cell: Int32 = np.zeros(robots, dtype=np.int32)
        self._planned_heading: Int8 = np.zeros(robots, dtype=np.int8)
        self._planned_to: Int32 = np.zeros(robots, dtype=np.int32)
        self._mark: Int32 = np.zeros(robots, dtype=np.int32)
        for robot, cell in enumerate(self._at_cell.tolist()):
            if self._holder[cell] != kernels.NOBODY:
                self._add(*TOLD[kernels.START_HELD], (robot, int(self._holder[cell])), cell)
                continue
            self._holder[cell] = robot
            self._holds[cell] = 1
            self._at_owned[robot] = True

    @property
    def findings(self) -> list[Finding]:
        """The first 1000 findings."""
        return self._found.kept

    @property
    def count(self) -> int:
        """How many findings there were."""
        return self._found.count

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there were by property; properties without any are left out."""
        return dict(self._found.counts)

    @property
    def holder(self) -> Int32:
        """Who holds each cell by the auditor's own book, int32 (cells,), -1 for nobody; valid until the next call."""
        return self._holder

    def raise_findings(self) -> None:
        """Raise AuditError naming the first five findings, if there were any."""
        self._found.raise_if_any()

    def window(self, cells: Int32, headings: Int8, actions: UInt8) -> None:
        """Check where a plan starts, cells and headings (n,), and what was accepted of it, actions (w, n): P4, P5."""
        count = kernels.check_window(
            _int32(cells), _int8(headings), _uint8(actions), self._width, self._passable, self._occupant,
            self._entrant, self._planned_cell, self._planned_heading, self._planned_to, self._mark, self._told,
        )  # fmt: skip
        if count:
            self._note(count)

    def commands(self, commands: Commands, now_s: float) -> None:
        """Read what is sent into the robots' bases: P1, P3, P7, P8."""
        self._time_s = now_s
        rows = _uint8(commands.entries)
        paused = self._closures.paused
        before = self._granted[paused]
        while int((self._granted - self._confirmed).max(initial=0)) + rows.shape[1] > self._entry.shape[1]:
            self._grow()
        count = kernels.follow_commands(
            _int32(commands.epoch), _int32(commands.index), rows, self._width, self._passable,
            self._closures.stopped, self._closures.shut,
            self._closures.edges, self._commanded, self._seen, self._confirmed, self._granted,
            self._since, self._tip_cell, self._tip_heading, self._entry, self._end_cell, self._end_heading,
            self._owned, self._holder, self._holds, self._told,
        )  # fmt: skip
        if count:
            self._note(count)
        if self._closures.stops:
            self._check_halts(commands.halt)
        if paused:
            self._check_paused(paused, before, commands.halt)

    def _check_halts(self, halt: Bool) -> None:
        """Whoever holds a cell in which everybody is to stand must be told so: P8."""
        cells = np.flatnonzero((self._closures.stopped > 0) & (self._holder != kernels.NOBODY))
        for cell in cells[~halt[self._holder[cells]]].tolist():
            self._add("P8", "holds a cell of a stopped area and is not told to stand", (int(self._holder[cell]),), cell)

    def _check_paused(self, paused: list[int], before: Int32, halt: Bool) -> None:
        """Paused robots must be told to stand and get nothing new; before: how much each had been granted: P8."""
        for robot, had in zip(paused, before.tolist(), strict=True):
            if self._granted[robot] > had:
                self._add("P8", "is paused and was granted something", (robot,), int(self._tip_cell[robot]))
            if not halt[robot]:
                self._add("P8", "is paused and is not told to stand", (robot,), int(self._at_cell[robot]))

    def task_given(self, robot: int) -> None:
        """Check that a robot that was given a task may have one: P8."""
        if self._closures.gets_no_task(robot):
            text = "is paused or out of service and was given a task"
            self._add("P8", text, (robot,), int(self._at_cell[robot]))

    def states(self, state: FleetState) -> None:
        """Take over what the controller has heard, and with it what robots let go of: P6, P7."""
        self._time_s = state.time_s
        count = kernels.follow_states(
            _int32(state.epoch), _int32(state.received), _int32(state.confirmed), _int32(state.cell),
            _int8(state.heading), self._commanded, self._seen, self._confirmed, self._granted, self._at_cell,
            self._at_heading, self._at_owned, self._tip_cell, self._tip_heading, self._entry, self._end_cell,
            self._end_heading, self._owned, self._holder, self._holds, self._told,
        )  # fmt: skip
        if count:
            self._note(count)

    def holders(self, holder: Int32) -> None:
        """Compare the ledger's table with the auditor's, int32 (cells,), robot by cell, -1 for free: P6."""
        count = kernels.compare_holders(_int32(holder), self._holder, self._told)
        if count:
            self._note(count)

    def zone_event(self, event: Mapping[str, Any]) -> None:
        """Take in an event of the zones' record, and check that what it ends may end so: P8.

        Raises ValueError for an event about edges whose name is not known.
        """
        self._time_s = float(event["t"])
        wrong = self._closures.follow(event)
        if wrong is not None:
            self._add("P8", wrong, (), -1)

    def floor(self, truth: FloorTruth) -> None:
        """Check what really happened in a tick: P2, P7."""
        self.poses(truth)
        count = kernels.check_obedience(
            _int32(truth.epoch), _int32(truth.received), _int32(truth.confirmed), _int32(truth.delivered_robot),
            _int32(truth.delivered_epoch), self._commanded, self._granted, self._at_cell, self._last, self._newest,
            self._grew, self._told,
        )  # fmt: skip
        if count:
            self._note(count)
        self.tick += 1

    def poses(self, truth: FloorTruth) -> None:
        """Check where the robots are: P2. On a real floor this is all that can be seen of it."""
        self._time_s = truth.time_s
        for robot, cell in self._footprints.check(truth, self._holder):
            held_by = -1 if cell < 0 else int(self._holder[cell])
            robots = (robot,) if held_by < 0 else (robot, held_by)
            self._add("P2", "reaches into a cell that it does not hold", robots, cell)

    def _note(self, count: int) -> None:
        """Take over what a kernel found; beyond what there is room for, the last one stands for the rest."""
        for row in range(count):
            code, robot, other, cell = self._told[min(row, _ROOM - 1)].tolist()
            self._add(*TOLD[code], (robot,) if other < 0 else (robot, other), cell)

    def _add(self, rule: str, text: str, robots: tuple[int, ...], cell: int) -> None:
        self._found.add(Finding(self.tick, self._time_s, rule, robots, cell, text))

    def _grow(self) -> None:
        """Twice as many slots for the entries of bases."""
        robots, slots = self._entry.shape
        numbers = self._granted[:, None] - 1 - np.arange(slots, dtype=np.int32)
        rows = np.arange(robots)[:, None]
        old, new = numbers & (slots - 1), numbers & (2 * slots - 1)
        for name in ("_entry", "_end_cell", "_end_heading", "_owned"):
            column = getattr(self, name)
            grown = np.zeros((robots, 2 * slots), dtype=column.dtype)
            grown[rows, new] = column[rows, old]
            setattr(self, name, grown)


def _int32(column: Int32) -> Int32:
    return np.ascontiguousarray(column, dtype=np.int32)


def _int8(column: Int8) -> Int8:
    return np.ascontiguousarray(column, dtype=np.int8)


def _uint8(column: UInt8) -> UInt8:
    return np.ascontiguousarray(column, dtype=np.uint8)
