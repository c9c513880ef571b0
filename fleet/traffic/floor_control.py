"""What of the floor is open, who must stand, and what is done about robots in trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from fleet.grid.layout import NO_CELL
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.actions import Close, Edge
from fleet.traffic.zones.zones import CONTROLLER, Zones
from robots.arrays import Bool, Float32
from robots.state import FleetState

# How long an aisle stays closed in which a robot met something unexpected; if it is still there, the next robot tells.
_BLOCKED_S: Final = 30.0


class FloorControl:
    """Reads the zones and watches the robots; columns of length n, found anew by `step`.

    parked         bool (n,), robots that are out of service and stand, although nothing is wrong with them; whoever
                   knows of it writes it
    closed         bool (cells,), cells that nobody may enter: stopped by a zone, or held by a robot that is down,
                   parked or paused
    closed_edges   bool (cells, 4), moves that nobody may make, those into closed areas among them
    out_of_use     bool (cells,), cells where nobody ought to want to go: all that is closed in one way or another
    version        goes up whenever one of them changes
    halt           bool, robots that must stand where they are
    speed_limit_mps  float32, inf for none
    responses      how often each response was made, by name
    """

    def __init__(
        self, ledger: TrafficLedger, zones: Zones, watch: RobotWatch, events: Callable[[dict[str, Any]], None]
    ) -> None:
        n, cells = ledger.robots, ledger.layout.cells
        self._ledger = ledger
        self.zones = zones
        self.watch = watch
        self._events = events
        self._zones_version = -1
        self._obstacles: Bool = np.zeros(cells, dtype=np.bool_)
        self._no_halts = True
        self._no_limits = True
        self._was_down: Bool = np.zeros(n, dtype=np.bool_)
        self._was_lost: Bool = np.zeros(n, dtype=np.bool_)
        self._was_astray: Bool = np.zeros(n, dtype=np.bool_)
        self.parked: Bool = np.zeros(n, dtype=np.bool_)
        self.closed: Bool = np.zeros(cells, dtype=np.bool_)
        self.closed_edges: Bool = np.zeros((cells, 4), dtype=np.bool_)
        self.out_of_use: Bool = np.zeros(cells, dtype=np.bool_)
        self.version = 0
        self.halt: Bool = np.zeros(n, dtype=np.bool_)
        self.speed_limit_mps: Float32 = np.full(n, np.inf, dtype=np.float32)
        self.responses: Counter[str] = Counter()

    @property
    def whole(self) -> bool:
        """Whether nothing is closed."""
        return not (self.closed.any() or self.closed_edges.any())

    def step(self, state: FleetState, now_s: float) -> None:
        """Judge robots and zones; answer what is wrong. Linear in robots, and in cells where something changes."""
        self.watch.look(state)
        self._note_changes(now_s)
        self._quarantine(state, now_s)
        self._call_back(now_s)
        self.zones.expire(now_s)
        self._refresh_closures()
        self._refresh_levels()

    def _note_changes(self, now_s: float) -> None:
        watch = self.watch
        for was, now, begun, over in (
            (self._was_down, watch.down, "robot_down", "robot_back"),
            (self._was_lost, watch.lost, "robot_lost", None),
        ):
            for robot in np.flatnonzero(was != now).tolist():
                name = begun if now[robot] else over
                if name is not None:
                    self.responses[name] += 1
                    why = "silent" if watch.silent[robot] else "astray" if watch.astray[robot] else "failed"
                    reason = {"reason": why} if now[robot] else {}
                    cell = int(self._ledger.cell[robot])
                    self._events({"t": now_s, "event": name, "robot": robot, "cell": cell} | reason)
        self._was_down = watch.down.copy()
        self._was_lost = watch.lost.copy()

    def _quarantine(self, state: FleetState, now_s: float) -> None:
        """Fence off a robot that is where it ought not to be; one that was put back starts its base anew."""
        astray = self.watch.astray
        if not (astray.any() or self._was_astray.any()):
            return
        layout = self._ledger.layout
        for robot in np.flatnonzero(astray & ~self._was_astray).tolist():
            # Where it is, where it was to be, and everything beside: whoever holds any of it stops.
            own = np.flatnonzero(self._ledger.holder == robot)
            here = self._cell_of(state, robot)
            cells = np.unique(np.concatenate([own, [] if here == NO_CELL else [here]]).astype(np.int32))
            around = np.unique(np.concatenate([cells, layout.neighbours[cells].ravel()]))
            around = around[(around >= 0) & layout.passable[np.maximum(around, 0)]].astype(np.int32)
            self.zones.quarantine(around, robot, now_s)
            self.responses["quarantine"] += 1
        back = self._was_astray & ~astray
        if back.any():
            self._ledger.raise_epoch(back)
        self._was_astray = astray.copy()

    def _cell_of(self, state: FleetState, robot: int) -> int:
        layout = self._ledger.layout
        row = int(np.floor(state.y_m[robot] / self._ledger.cell_m))
        column = int(np.floor(state.x_m[robot] / self._ledger.cell_m))
        inside = 0 <= row < layout.height and 0 <= column < layout.width
        return layout.cell(row, column) if inside else NO_CELL

    def _call_back(self, now_s: float) -> None:
        """Robots that stand before something unexpected give that way up, and nobody else takes it for a while."""
        blocked = self.watch.blocked & self._ledger.synced
        if not blocked.any():
            return
        ledger = self._ledger
        for robot in np.flatnonzero(blocked).tolist():
            move = ledger.next_move(robot)
            if move is not None and not self._is_closed(*move):
                start, end = (ledger.layout.row_column(cell) for cell in move)
                self.zones.apply(Close(area=Edge(start, end), by=CONTROLLER, for_s=_BLOCKED_S), now_s)
                self.responses["aisle_closed"] += 1
        ledger.raise_epoch(blocked)
        self.watch.called_back(blocked)

    def _is_closed(self, start: int, end: int) -> bool:
        ahead = self._ledger.layout.neighbours[start].tolist()
        return bool(self.zones.closed_edges[start, ahead.index(end)])

    def _refresh_closures(self) -> None:
        zones = self.zones
        stands = self.watch.down | self.parked | zones.paused
        obstructed = stands.any() or self._obstacles.any()
        moved = obstructed and self._ledger.mark_held(stands, self._obstacles)
        if zones.version == self._zones_version and not moved:
            return
        self._zones_version = zones.version
        np.logical_or(zones.closed, self._obstacles, out=self.out_of_use)
        np.logical_or(zones.closed & zones.halted, self._obstacles, out=self.closed)
        # Who is inside a closed area drives on and out; nobody comes in from outside.
        shut = zones.closed & ~self.closed
        self.closed_edges[:] = zones.closed_edges
        if shut.any():
            ahead = self._ledger.layout.neighbours
            self.closed_edges |= (ahead >= 0) & shut[ahead] & ~shut[:, None]
        self._no_halts = not zones.halted.any()
        self._no_limits = bool(np.isinf(zones.speed_limit_mps).all())
        self.version += 1

    def _refresh_levels(self) -> None:
        ledger, zones = self._ledger, self.zones
        np.logical_or(self.watch.astray, zones.paused, out=self.halt)
        if not self._no_halts:
            self.halt |= ledger.holders_in(zones.halted)
        self.speed_limit_mps[:] = np.inf
        if not self._no_limits:
            slow = np.flatnonzero(np.isfinite(zones.speed_limit_mps) & (ledger.holder >= 0))
            np.minimum.at(self.speed_limit_mps, ledger.holder[slow], zones.speed_limit_mps[slow])
