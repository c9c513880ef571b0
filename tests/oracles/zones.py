"""Zones the slow way: sets of cells, and every rule of docs/zones.md written out once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from fleet.grid.layout import Layout
from fleet.traffic.zones.actions import Edge, NamedZone, Rectangle, ZoneAction

STEPS = {0: (0, 1), 1: (1, 0), 2: (0, -1), 3: (-1, 0)}
STOPS = {"person", "e_stop", "quarantine"}
OF_ROBOTS = {"pause", "out_of_service"}


@dataclass
class Floor:
    """What holds on a floor, as sets."""

    closed: set[int] = field(default_factory=set)
    halted: set[int] = field(default_factory=set)
    edges: set[tuple[int, int]] = field(default_factory=set)
    limits: dict[int, float] = field(default_factory=dict)
    alarm: bool = False
    paused: set[int] = field(default_factory=set)
    out_of_service: set[int] = field(default_factory=set)

    def hold_back(self, kind: str, robot: int) -> None:
        """A restriction of a robot, if it is one."""
        if kind in OF_ROBOTS:
            (self.paused if kind == "pause" else self.out_of_service).add(robot)


def floor_from_record(events: Iterable[Mapping[str, Any]]) -> Floor:
    """What an auditor makes of the record: everything made and not ended."""
    standing: dict[int, Mapping[str, Any]] = {}
    for event in events:
        if event["event"] in {"zone_opened", "zone_expired", "clear_confirmed"}:
            del standing[event["id"]]
        elif event["event"] not in {"zone_refused", "clear_requested"}:
            assert event["id"] not in standing
            standing[event["id"]] = event
    floor = Floor()
    for event in standing.values():
        floor.edges |= {(cell, heading) for cell, heading in event["edges"]}
        floor.alarm |= event["kind"] == "fire"
        floor.hold_back(event["kind"], event["robot"])
        for cell in event["cells"]:
            if event["kind"] in STOPS | {"close"}:
                floor.closed.add(cell)
            if event["kind"] in STOPS:
                floor.halted.add(cell)
            if event["kind"] == "slow":
                floor.limits[cell] = min(event["limit_mps"], floor.limits.get(cell, inf))
    return floor


def hasty_ends(events: Iterable[Mapping[str, Any]]) -> list[int]:
    """Ids of stops in a record that ended in another way than by two steps with a name, in time and undisturbed."""
    found, requests, cells_of = [], {}, {}
    for event in events:
        number, kind = event["id"], event["kind"]
        if event["event"] in {"person_in_zone", "e_stop", "fire_alarm", "quarantine"}:
            cells_of[number] = None if kind == "fire" else set(event["cells"])
            for other in list(requests):
                mine, its = cells_of[number], cells_of[other]
                if mine is None or its is None or mine & its:
                    del requests[other]
        elif event["event"] == "clear_requested" and event["by"].strip():
            requests[number] = event["t"]
        elif event["event"] in {"zone_opened", "zone_expired", "clear_confirmed"} and kind in STOPS | {"fire"}:
            asked = requests.get(number)
            two_steps = event["event"] == "clear_confirmed" and asked is not None and 1 <= event["t"] - asked <= 120
            if not two_steps or not event["by"].strip():
                found.append(number)
    return found


@dataclass
class _Held:
    id: int
    kind: str
    ref: str
    cells: set[int]
    edges: set[tuple[int, int]]
    until: float
    limit: float
    robot: int = -1
    asked_at: float | None = None
    disturbed: bool = False

    @property
    def stop(self) -> bool:
        return self.kind in STOPS or self.kind == "fire"


class SlowZones:
    """Takes the same actions as Zones and answers with an id or the code of a reason."""

    def __init__(
        self, layout: Layout, named: Mapping[str, Iterable[int]], keep_clear: Iterable[int], robots: int = 0
    ) -> None:
        self.robots = robots
        self.height, self.width = layout.height, layout.width
        self.free = {int(cell) for cell in range(layout.cells) if layout.passable[cell]}
        self.named = {name: {int(cell) for cell in cells} for name, cells in named.items()}
        self.keep_clear = {int(cell) for cell in keep_clear}
        self.held: list[_Held] = []
        self.made = 0
        self.refs: dict[str, int] = {}

    def tick(self, now: float) -> None:
        """Let what has outlived its time end."""
        self.held = [one for one in self.held if one.until > now]

    def apply(self, action: ZoneAction, now: float) -> int | str:
        """Carry an action out."""
        self.tick(now)
        if action.do in {"open", "request_clear", "confirm_clear"}:
            return self.end(action, now)
        stop = action.do in STOPS or action.do == "fire"
        if not stop and not action.by.strip():
            return "no_name"
        if action.ref and any(one.id == self.refs.get(action.ref) for one in self.held):
            return "ref_taken"
        robot = action.robot if action.do in OF_ROBOTS else -1
        if action.do in OF_ROBOTS:
            if robot not in range(self.robots):
                return "unknown_robot"
            if any((one.kind, one.robot) == (action.do, robot) for one in self.held):
                return "already"
            area = (set(), set())
        else:
            area = (set(self.keep_clear), set()) if action.do == "fire" else self.area(action.area)
        if isinstance(area, str):
            return area
        cells, edges = area
        if not stop and not action.for_s > 0:
            return "bad_time_to_live"
        if action.do == "slow" and not 0.01 <= action.limit_mps <= 100:
            return "bad_limit"
        if action.do == "one_way":
            back = (int(action.direction) + 2) % 4
            edges = {(cell, back) for cell in cells if self.ahead(cell, back) in cells}
        until = inf if stop else now + action.for_s
        limit = action.limit_mps if action.do == "slow" else inf
        return self.make(action.do, action.ref, cells, edges, until, limit, robot)

    def make(
        self,
        kind: str,
        ref: str,
        cells: set[int],
        edges: set[tuple[int, int]],
        until: float,
        limit: float,
        robot: int = -1,
    ) -> int:
        """Put something in force."""
        self.made += 1
        new = _Held(self.made, kind, ref, cells, edges, until, limit, robot)
        if ref:
            self.refs[ref] = new.id
        if new.stop:
            for one in self.held:
                if "fire" in {one.kind, kind} or one.cells & cells:
                    one.disturbed = True
        self.held.append(new)
        return new.id

    def end(self, action: Any, now: float) -> int | str:
        """Open, request or confirm."""
        if not action.by.strip():
            return "no_name"
        which = action.restriction
        number = self.refs.get(which, 0) if isinstance(which, str) else which
        ones = [one for one in self.held if one.id == number]
        if not ones:
            return "ended" if 1 <= number <= self.made else "unknown_restriction"
        (one,) = ones
        if (action.do == "open") == one.stop:
            return "needs_clearing" if one.stop else "needs_opening"
        if action.do == "request_clear":
            one.asked_at, one.disturbed = now, False
            return number
        if action.do == "confirm_clear":
            if one.asked_at is None:
                return "not_requested"
            passed = now - one.asked_at
            if not one.disturbed and passed < 1:
                return "too_soon"
            one.asked_at = None
            if one.disturbed:
                return "changed"
            if passed > 120:
                return "too_late"
        self.held.remove(one)
        return number

    def ahead(self, cell: int, heading: int) -> int | None:
        """The free cell one step ahead."""
        row, column = cell // self.width + STEPS[heading][0], cell % self.width + STEPS[heading][1]
        inside = 0 <= row < self.height and 0 <= column < self.width
        return row * self.width + column if inside and row * self.width + column in self.free else None

    def area(self, area: Any) -> tuple[set[int], set[tuple[int, int]]] | str:
        """Cells and edges of an area."""
        if isinstance(area, NamedZone):
            return (self.named[area.name], set()) if area.name in self.named else "unknown_zone"
        if isinstance(area, Rectangle):
            corners = [(area.row0, area.column0), (area.row1, area.column1)]
            if not all(0 <= row < self.height and 0 <= column < self.width for row, column in corners):
                return "outside_map"
            if area.row0 > area.row1 or area.column0 > area.column1:
                return "bad_rectangle"
            cells = {
                cell
                for cell in self.free
                if area.row0 <= cell // self.width <= area.row1 and area.column0 <= cell % self.width <= area.column1
            }
            return (cells, set()) if cells else "no_floor"
        if isinstance(area, Edge):
            return self.edge(area)
        return set(self.free), set()

    def edge(self, area: Edge) -> tuple[set[int], set[tuple[int, int]]] | str:
        """The moves of an edge."""
        for row, column in (area.start, area.end):
            if not (0 <= row < self.height and 0 <= column < self.width):
                return "outside_map"
            if row * self.width + column not in self.free:
                return "no_floor"
        start, end = (row * self.width + column for row, column in (area.start, area.end))
        for heading in range(4):
            if self.ahead(start, heading) == end:
                return set(), {(start, heading)} | ({(end, (heading + 2) % 4)} if area.both else set())
        return "not_neighbours"

    def floor(self) -> Floor:
        """What holds now."""
        floor = Floor()
        for one in self.held:
            floor.alarm |= one.kind == "fire"
            floor.edges |= one.edges
            floor.hold_back(one.kind, one.robot)
            if one.kind in STOPS | {"close"}:
                floor.closed |= one.cells
            if one.kind in STOPS:
                floor.halted |= one.cells
            if one.kind == "slow":
                for cell in one.cells:
                    floor.limits[cell] = min(one.limit, floor.limits.get(cell, inf))
        return floor
