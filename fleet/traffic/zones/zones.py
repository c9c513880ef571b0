"""The floor's restrictions: what operators and the controller have closed, slowed and stopped, and how it ends.

The controller is never a safety function: braking and detecting people belong to the robot (ISO 3691-4). What stands
here keeps robots from being sent where they should not go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import Any, Final

import numpy as np

from fleet.grid.layout import NO_CELL, NO_ROBOT, Layout
from fleet.traffic.zones.actions import (
    Close,
    EndingAction,
    FireAlarm,
    MakingAction,
    OneWay,
    Open,
    RequestClear,
    RobotAction,
    Slow,
    ZoneAction,
)
from fleet.traffic.zones.area import Extent, against, extent_of, no_edges
from fleet.traffic.zones.clearing import Clearings
from fleet.traffic.zones.columns import RobotColumns, ZoneColumns
from fleet.traffic.zones.record import ENDED, MADE, REFUSED, ZoneEvent, refusal_record, restriction_of, zone_record
from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason, unknown_robot
from fleet.traffic.zones.restriction import Restriction, ZoneKind
from robots.arrays import Bool, Float32, Int32

CONTROLLER: Final = "controller"
LEAST_LIMIT_MPS: Final = 0.01
MOST_LIMIT_MPS: Final = 100.0


class Zones:
    """What is restricted on a floor now, as columns that their readers must not write.

    closed           bool (cells,), may not be entered
    closed_edges     bool (cells, 4), the move forward from the cell in that heading is forbidden
    halted           bool (cells,), robots that hold one of these cells stop where they are
    speed_limit_mps  float32 (cells,), inf where there is none
    paused           bool (robots,), robots that stop where they are and get nothing new
    out_of_service   bool (robots,), robots that get no new task
    alarm            fire alarm: everybody to the `muster` cells, nobody stands on `keep_clear` cells
    version          goes up whenever a column by cell or the alarm changes; columns stay where they are in memory
    refusals         how many actions were refused, by reason

    named: cells of the world's zones by name; muster, keep_clear: int32, cells; robots: how many there are to be paused
    or taken out of service. `events` is called with a record of everything that happens (see docs/zones.md), at the
    time it happens.
    """

    def __init__(
        self,
        layout: Layout,
        named: Mapping[str, Int32],
        muster: Int32,
        keep_clear: Int32,
        events: Callable[[dict[str, Any]], None],
        *,
        robots: int,
    ) -> None:
        self.muster = muster
        self.keep_clear = keep_clear
        self.alarm = False
        self.version = 0
        self.refusals: Counter[ZoneRefusalReason] = Counter()
        self._layout = layout
        self._named = named
        self._events = events
        self._columns = ZoneColumns(layout.cells)
        self._robots = RobotColumns(robots)
        self._in_force: dict[int, Restriction] = {}
        self._made = 0
        self._ids: dict[str, int] = {}
        self._clearings = Clearings()
        self._next_end_s = inf

    @property
    def closed(self) -> Bool:
        """Cells that may not be entered, bool (cells,)."""
        return self._columns.closed

    @property
    def closed_edges(self) -> Bool:
        """Moves forward that are forbidden, by cell and heading, bool (cells, 4)."""
        return self._columns.closed_edges

    @property
    def halted(self) -> Bool:
        """Cells whose holders stop where they are, bool (cells,)."""
        return self._columns.halted

    @property
    def speed_limit_mps(self) -> Float32:
        """Metres a second allowed, float32 (cells,), inf where there is no limit."""
        return self._columns.speed_limit_mps

    @property
    def paused(self) -> Bool:
        """Robots that stop where they are and get nothing new, bool (robots,)."""
        return self._robots.paused

    @property
    def out_of_service(self) -> Bool:
        """Robots that finish the task that they have and get no other, bool (robots,)."""
        return self._robots.out_of_service

    def apply(self, action: ZoneAction, now_s: float) -> int | ZoneRefusal:
        """Carry an action out and return the id of the restriction that it made or was about, or why it was not.

        What has outlived its time by then ends first. A refused action changes nothing but its count, and for a
        confirm_clear that came too late or after a change, the request, which is void.
        """
        self.expire(now_s)
        named: int | str
        if isinstance(action, MakingAction):
            answer, named = self._make(action, now_s), action.ref
        else:
            answer, named = self._end(action, now_s), action.restriction
        if isinstance(answer, ZoneRefusal):
            self.refusals[answer.reason] += 1
            self._events(refusal_record(action.do, named, action.by, answer, now_s))
        return answer

    def expire(self, now_s: float) -> None:
        """End the restrictions whose time to live is over."""
        if now_s < self._next_end_s:
            return
        for restriction in list(self._in_force.values()):
            if restriction.until_s <= now_s:
                del self._in_force[restriction.id]
                self._events(zone_record(ZoneEvent.ZONE_EXPIRED, restriction, CONTROLLER, now_s))
        self._rebuild()

    def quarantine(self, cells: Int32, robot: int, now_s: float) -> int:
        """Close cells about a robot that is not where it should be and halt whoever holds them; return the id.

        NO_CELL among the cells is passed over. Raises ValueError if there is no cell, or one outside the map.
        """
        cells = np.unique(np.asarray(cells, dtype=np.int32))
        cells = cells[cells != NO_CELL]
        if not len(cells) or cells[0] < 0 or cells[-1] >= self._layout.cells:
            raise ValueError(f"quarantine of cells {cells.tolist()} for robot {robot}")
        extent = Extent(f"around robot {robot}", cells, no_edges())
        self.expire(now_s)
        return self._put_in_force(ZoneKind.QUARANTINE, extent, CONTROLLER, now_s, robot=robot)

    def restore(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Put in force again what these records, made by this class before a restart, say is; nothing is reported.

        Raises KeyError, TypeError or ValueError for what is no such record. Requests to clear are void.
        """
        for record in records:
            if record["event"] == REFUSED:
                continue
            event = ZoneEvent(record["event"])
            if event in ENDED:
                self._in_force.pop(record["id"], None)
            elif event is not ZoneEvent.CLEAR_REQUESTED:
                made = restriction_of(record)
                self._in_force[made.id] = made
                self._made = max(self._made, made.id)
                if made.ref:
                    self._ids[made.ref] = made.id
        self._rebuild()

    def in_force(self) -> list[Restriction]:
        """Return what is in force, oldest first, with who has asked to clear it."""
        return [
            replace(restriction, clear_requested_by=self._clearings.requested_by(restriction))
            for restriction in self._in_force.values()
        ]

    def _make(self, action: MakingAction, now_s: float) -> int | ZoneRefusal:
        kind = ZoneKind(action.do)
        # Stops are taken from anybody: who needs one does not type his name first.
        if not kind.guarded and not action.by.strip():
            return _no_name(action.do)
        if self._ids.get(action.ref) in self._in_force:
            problem = f"restriction {self._ids[action.ref]}, which is in force, is called {action.ref!r}"
            return ZoneRefusal(ZoneRefusalReason.REF_TAKEN, problem, "choose another label")
        extent = self._extent(action)
        if isinstance(extent, ZoneRefusal):
            return extent
        for_s, limit_mps = inf, inf
        if isinstance(action, Close | Slow | OneWay | RobotAction):
            for_s = action.for_s
            if not for_s > 0:
                problem = f"the time to live is {for_s:g} s"
                return ZoneRefusal(ZoneRefusalReason.BAD_TIME_TO_LIVE, problem, "give seconds, more than 0, or none")
        if isinstance(action, Slow):
            limit_mps = action.limit_mps
            if not LEAST_LIMIT_MPS <= limit_mps <= MOST_LIMIT_MPS:
                remedy = f"give {LEAST_LIMIT_MPS:g} to {MOST_LIMIT_MPS:g} m/s"
                return ZoneRefusal(ZoneRefusalReason.BAD_LIMIT, f"the limit is {limit_mps:g} m/s", remedy)
        robot = action.robot if isinstance(action, RobotAction) else NO_ROBOT
        until_s = now_s + for_s
        return self._put_in_force(
            kind, extent, action.by, now_s, ref=action.ref, until_s=until_s, limit_mps=limit_mps, robot=robot
        )

    def _extent(self, action: MakingAction) -> Extent | ZoneRefusal:
        if isinstance(action, FireAlarm):
            return Extent("the whole floor", self.keep_clear, no_edges())
        if isinstance(action, RobotAction):
            return self._of_robot(action)
        extent = extent_of(action.area, self._layout, self._named)
        if isinstance(action, OneWay) and isinstance(extent, Extent):
            return replace(extent, edges=against(extent.cells, action.direction, self._layout))
        return extent

    def _of_robot(self, action: RobotAction) -> Extent | ZoneRefusal:
        """What an action about a robot covers, which is nothing of the floor, or why it cannot be."""
        unknown = unknown_robot(action.robot, len(self.paused))
        if unknown is not None:
            return unknown
        for one in self._in_force.values():
            if one.kind == action.do and one.robot == action.robot:
                problem = f"robot {action.robot} is so already, by restriction {one.id} ({one.kind})"
                return ZoneRefusal(ZoneRefusalReason.ALREADY, problem, "leave it, or open that one first")
        return Extent(f"robot {action.robot}", np.zeros(0, dtype=np.int32), no_edges())

    def _put_in_force(
        self,
        kind: ZoneKind,
        extent: Extent,
        by: str,
        now_s: float,
        *,
        ref: str = "",
        until_s: float = inf,
        limit_mps: float = inf,
        robot: int = NO_ROBOT,
    ) -> int:
        self._made += 1
        made = Restriction(
            id=self._made,
            kind=kind,
            by=by,
            ref=ref,
            place=extent.place,
            cells=extent.cells,
            edges=extent.edges,
            since_s=now_s,
            until_s=until_s,
            limit_mps=limit_mps,
            robot=robot,
        )
        self._in_force[made.id] = made
        if ref:
            self._ids[ref] = made.id
        if kind.guarded:
            self._clearings.upset(made)
        self._events(zone_record(MADE[kind], made, by, now_s))
        self._rebuild()
        return made.id

    def _end(self, action: EndingAction, now_s: float) -> int | ZoneRefusal:
        if not action.by.strip():
            return _no_name(action.do)
        restriction = self._find(action.restriction)
        if isinstance(restriction, ZoneRefusal):
            return restriction
        called = f"restriction {restriction.id} ({restriction.kind})"
        if isinstance(action, Open):
            if restriction.kind.guarded:
                problem, remedy = f"{called} does not open at once", "use request_clear, look, and confirm_clear"
                return ZoneRefusal(ZoneRefusalReason.NEEDS_CLEARING, problem, remedy)
            return self._take_out(ZoneEvent.ZONE_OPENED, restriction, action.by, now_s)
        if not restriction.kind.guarded:
            return ZoneRefusal(ZoneRefusalReason.NEEDS_OPENING, f"{called} needs no clearing", "use open")
        if isinstance(action, RequestClear):
            self._clearings.request(restriction, action.by, now_s)
            self._events(zone_record(ZoneEvent.CLEAR_REQUESTED, restriction, action.by, now_s))
            return restriction.id
        refusal = self._clearings.confirm(restriction, now_s)
        return refusal or self._take_out(ZoneEvent.CLEAR_CONFIRMED, restriction, action.by, now_s)

    def _find(self, named: int | str) -> Restriction | ZoneRefusal:
        number = self._ids.get(named, 0) if isinstance(named, str) else named
        if number in self._in_force:
            return self._in_force[number]
        if 1 <= number <= self._made:
            return ZoneRefusal(ZoneRefusalReason.ENDED, f"restriction {named!r} is over", "leave it")
        problem = f"there is no restriction {named!r}"
        return ZoneRefusal(ZoneRefusalReason.UNKNOWN_RESTRICTION, problem, "name one that is in force")

    def _take_out(self, event: ZoneEvent, restriction: Restriction, by: str, now_s: float) -> int:
        del self._in_force[restriction.id]
        self._events(zone_record(event, restriction, by, now_s))
        self._rebuild()
        return restriction.id

    def _rebuild(self) -> None:
        restrictions = self._in_force.values()
        self._next_end_s = min((restriction.until_s for restriction in restrictions), default=inf)
        alarm = any(restriction.kind is ZoneKind.FIRE for restriction in restrictions)
        self._robots.rebuild(restrictions)
        changed = self._columns.rebuild(restrictions) or alarm != self.alarm
        self.alarm = alarm
        self.version += changed


def _no_name(do: str) -> ZoneRefusal:
    return ZoneRefusal(ZoneRefusalReason.NO_NAME, f"nobody's name stands by {do}", "say who does it")
