"""Floors drawn from parameters: a core of racks and chutes, and around it lanes, parking and stations.

    wall and working area of the pick stations
    docks in pockets of that wall
    main lane
    parking | main lane | core: zones of racks, sorting fields | main lane | parking
    main lane
    docks, working area of the induction stations, wall

Nobody at work is in the way: docks are pockets, a parking place or charger has a lane beside it and is part of none,
aisles are two cells wide, and the lane past a drop cell is at least one cell wider than the robot on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sim_worlds.errors import WorldError
from sim_worlds.generators.params import FloorParams, PickAndSortParams
from sim_worlds.generators.zones import Cell, Core, Docks, FloorZone, Rect, floor_zones, parking_rects
from sim_worlds.legend import STANDARD_LEGEND, CellKind

if TYPE_CHECKING:
    import numpy.typing as npt

    Symbols = npt.NDArray[np.str_]

_SYMBOL: Final = {kind: symbol for symbol, kind in STANDARD_LEGEND.items()}
_FREE: Final = _SYMBOL[CellKind.FREE]
_WALL: Final = _SYMBOL[CellKind.WALL]
# Parking stands in double columns, each with a lane of two cells on its outer side, broken by lanes of two rows.
_PARKING_RUN: Final = 12
_LANE: Final = 2
_BAY: Final = 2 + _LANE
_MOST_CELLS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Floor:
    """A drawn floor. Cells are (row, column), rectangles two corners.

    rows                        the map's symbols
    pick_docks, induction_docks  the docks of each station, west to east
    drops                       the drop cell of each chute, by rows
    zones                       what people have names for
    muster                      parking places and chargers, where robots gather on a fire alarm
    """

    rows: tuple[str, ...]
    pick_docks: Docks
    induction_docks: Docks
    drops: tuple[Cell, ...]
    zones: tuple[FloorZone, ...]
    muster: tuple[Rect, ...]


def draw_floor_plan(params: FloorParams) -> Floor:
    """Draw the floor of some parameters; raises WorldError if they do not fit together."""
    core_height, core_width = _core_size(params)
    runs = _parking_rows(core_height)
    bays = -(-(params.parking + params.chargers) // (2 * len(runs)))
    west, east = -(-bays // 2), bays // 2
    north = 1 + (params.station_depth if params.pick_stations else 0)
    south = 1 + (params.station_depth if params.induction_stations else 0)
    top, left = north + params.main_lane, 1 + west * _BAY + params.main_lane
    height = top + core_height + params.main_lane + south
    width = left + core_width + params.main_lane + east * _BAY + 1
    if height * width > _MOST_CELLS:
        problem = f"make a floor of {height} x {width} cells"
        raise WorldError("the parameters", problem, f"choose smaller ones: at most {_MOST_CELLS} cells")
    symbols = np.full((height, width), _WALL)
    symbols[north : height - south, 1 : width - 1] = _FREE
    _draw_core(symbols[top : top + core_height, left : left + core_width], params)
    places = _draw_parking(symbols, params, [top + row for row in runs], (left, left + core_width), bays)
    span = (left - params.main_lane, core_width + 2 * params.main_lane)
    pick_docks = _draw_docks(symbols, "pick_stations", params, north - 1, span)
    induction_docks = _draw_docks(symbols, "induction_stations", params, height - south, span)
    core = Core(top, left, core_height, core_width, params.main_lane, width)
    return Floor(
        rows=tuple("".join(row) for row in symbols.tolist()),
        pick_docks=pick_docks,
        induction_docks=induction_docks,
        drops=tuple((row, column) for row, column in np.argwhere(symbols == _SYMBOL[CellKind.DROP]).tolist()),
        zones=floor_zones(params, core, pick_docks, induction_docks),
        muster=parking_rects(places),
    )


def _core_size(params: FloorParams) -> tuple[int, int]:
    if not isinstance(params, PickAndSortParams):
        return params.field_height, params.field_width
    height = max(params.zone_height, params.field_height)
    return height, params.zones * params.zone_width + (params.zones - 1) * params.field_width


def _draw_core(core: Symbols, params: FloorParams) -> None:
    """Draw racks and chutes; zones and fields alternate, and the lower of the two is centred."""
    if not isinstance(params, PickAndSortParams):
        _draw_field(core, params)
        return
    zone_top = (len(core) - params.zone_height) // 2
    field_top = (len(core) - params.field_height) // 2
    column = 0
    for zone in range(params.zones):
        _draw_zone(core[zone_top : zone_top + params.zone_height, column : column + params.zone_width], params)
        column += params.zone_width
        if zone < params.zones - 1:
            field = core[field_top : field_top + params.field_height, column : column + params.field_width]
            _draw_field(field, params)
            column += params.field_width


def _draw_zone(zone: Symbols, params: PickAndSortParams) -> None:
    for block in range(params.blocks):
        top = block * (params.rack_length + params.cross_aisle)
        racks = zone[top : top + params.rack_length]
        racks[:] = _SYMBOL[CellKind.PICK_FACE]
        racks[:, ::3] = _SYMBOL[CellKind.RACK]


def _draw_field(field: Symbols, params: FloorParams) -> None:
    """Draw chutes with their drop cell to the east and to the west by turns, so that no lane has two side by side."""
    pitch = params.chute_lane + 1
    field[::pitch, params.chute_lane :: pitch] = _SYMBOL[CellKind.OPENING]
    field[:: 2 * pitch, pitch::pitch] = _SYMBOL[CellKind.DROP]
    field[pitch :: 2 * pitch, params.chute_lane - 1 : -1 : pitch] = _SYMBOL[CellKind.DROP]


def _parking_rows(core_height: int) -> list[int]:
    """Rows of the core beside which robots park: runs with lanes across between them."""
    return [row for row in range(core_height) if row % (_PARKING_RUN + _LANE) < _PARKING_RUN]


def _draw_parking(
    symbols: Symbols, params: FloorParams, rows: list[int], core_columns: tuple[int, int], bays: int
) -> list[Cell]:
    """Mark places from the core outwards, west and east by turns, with the chargers spread evenly; return them all."""
    west, east = core_columns[0] - params.main_lane, core_columns[1] + params.main_lane
    columns = []
    for bay in range(bays):
        out = bay // 2 * _BAY
        columns.append((west - out - 1, west - out - 2) if bay % 2 == 0 else (east + out, east + out + 1))
    places = [(row, column) for pair in columns for row in rows for column in pair]
    places = places[: params.parking + params.chargers]
    for row, column in places:
        symbols[row, column] = _SYMBOL[CellKind.PARKING]
    for charger in range(params.chargers):
        symbols[places[charger * len(places) // params.chargers]] = _SYMBOL[CellKind.CHARGER]
    return places


def _draw_docks(symbols: Symbols, parameter: str, params: FloorParams, row: int, span: tuple[int, int]) -> Docks:
    """Cut the docks of the stations of one edge into its wall, evenly over a span (first column, columns)."""
    stations = getattr(params, parameter)
    first, columns = span
    if stations * (params.station_docks + 1) > columns:
        problem = f"is {stations}, with {params.station_docks} docks each, on an edge of {columns} cells"
        raise WorldError(f"parameter {parameter}", problem, "lower it or widen the floor")
    docks = []
    for station in range(stations):
        slot, end = station * columns // stations, (station + 1) * columns // stations
        start = first + (slot + end - params.station_docks) // 2
        docks.append(tuple((row, start + dock) for dock in range(params.station_docks)))
        symbols[row, start : start + params.station_docks] = _SYMBOL[CellKind.DOCK]
    return tuple(docks)
