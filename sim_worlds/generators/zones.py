"""The zones of a drawn floor that people have names for, and where its robots gather on a fire alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim_worlds.generators.params import FloorParams, PickAndSortParams

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell = tuple[int, int]
Docks = tuple[tuple[Cell, ...], ...]
# Row and column of the north-west corner, then of the south-east one, both included.
Rect = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FloorZone:
    """A named zone; `keep_clear` if no robot may stand there during a fire alarm."""

    name: str
    rects: tuple[Rect, ...]
    keep_clear: bool = False


@dataclass(frozen=True, slots=True)
class Core:
    """Where the core of a floor lies, with a main lane of `main_lane` cells on every side, on a map so wide."""

    top: int
    left: int
    height: int
    width: int
    main_lane: int
    map_width: int


def floor_zones(params: FloorParams, core: Core, pick_docks: Docks, induction_docks: Docks) -> tuple[FloorZone, ...]:
    """Return the zones of a floor: main aisles, rack zones and what is in them, sort areas, station fronts."""
    zones = [*_main_aisles(core), *_rack_zones(params, core), *_sort_areas(params, core)]
    if pick_docks:
        front = core.top - core.main_lane
        zones.append(FloorZone("Pick station fronts", _fronts(pick_docks, front), keep_clear=True))
    if induction_docks:
        front = core.top + core.height + core.main_lane - 1
        zones.append(FloorZone("Induction station fronts", _fronts(induction_docks, front), keep_clear=True))
    return tuple(zones)


def parking_rects(places: Sequence[Cell]) -> tuple[Rect, ...]:
    """Return rectangles that hold just these places, which stand in double columns."""
    rows: dict[Cell, int] = {}
    for row, column in sorted(places):
        start = (row, column - 1) if (row, column - 1) in rows else (row, column)
        rows[start] = column
    rects: list[Rect] = []
    for (row, column), end in sorted(rows.items(), key=lambda run: (run[0][1], run[0][0])):
        if rects and (rects[-1][1], rects[-1][2], rects[-1][3]) == (column, row - 1, end):
            rects[-1] = (rects[-1][0], column, row, end)
        else:
            rects.append((row, column, row, end))
    return tuple(rects)


def _main_aisles(core: Core) -> list[FloorZone]:
    """Those north and south from wall to wall, the others between them."""
    lane, bottom, right = core.main_lane, core.top + core.height, core.left + core.width
    return [
        FloorZone("Main aisle north", ((core.top - lane, 1, core.top - 1, core.map_width - 2),)),
        FloorZone("Main aisle south", ((bottom, 1, bottom + lane - 1, core.map_width - 2),)),
        FloorZone("Main aisle west", ((core.top, core.left - lane, bottom - 1, core.left - 1),)),
        FloorZone("Main aisle east", ((core.top, right, bottom - 1, right + lane - 1),)),
    ]


def _rack_zones(params: FloorParams, core: Core) -> list[FloorZone]:
    if not isinstance(params, PickAndSortParams):
        return []
    top = core.top + (core.height - params.zone_height) // 2
    lefts = [core.left + zone * (params.zone_width + params.field_width) for zone in range(params.zones)]
    bands = [(left, left + params.zone_width - 1) for left in lefts]
    zones = [
        FloorZone(f"Rack zone {number}", ((top, left, top + params.zone_height - 1, right),))
        for number, (left, right) in enumerate(bands, start=1)
    ]
    for number in range(1, params.blocks):
        row = top + number * (params.rack_length + params.cross_aisle) - params.cross_aisle
        rects = tuple((row, left, row + params.cross_aisle - 1, right) for left, right in bands)
        zones.append(FloorZone(f"Cross-aisle {number}", rects))
    return zones


def _sort_areas(params: FloorParams, core: Core) -> list[FloorZone]:
    """The sorting fields, as high as the core, and the lanes between them and what is beside them."""
    lefts = [core.left]
    if isinstance(params, PickAndSortParams):
        pitch = params.zone_width + params.field_width
        lefts = [core.left + params.zone_width + field * pitch for field in range(params.zones - 1)]
    zones, bottom, lane = [], core.top + core.height - 1, params.chute_lane
    for number, left in enumerate(lefts, start=1):
        right = left + params.field_width - 1
        zones += [
            FloorZone(f"Sort area {number}", ((core.top, left, bottom, right),)),
            FloorZone(f"Sort lane {number} west", ((core.top, left, bottom, left + lane - 1),)),
            FloorZone(f"Sort lane {number} east", ((core.top, right - lane + 1, bottom, right),)),
        ]
    return zones


def _fronts(docks: Docks, front: int) -> tuple[Rect, ...]:
    """The docks of one edge, and the row in front of them from the first to the last."""
    stations = tuple((station[0][0], station[0][1], station[-1][0], station[-1][1]) for station in docks)
    return (*stations, (front, docks[0][0][1], front, docks[-1][-1][1]))
