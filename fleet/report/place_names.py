"""What people on the floor call a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.grid.layout import Layout
from robots.state import Heading

if TYPE_CHECKING:
    from robots.arrays import Int32
    from sim_worlds.world import World

# What is this near to something with a name is at it; what is not even this far is on an aisle of its own.
_AT_CELLS: Final = 4
_NEAR_CELLS: Final = 15


def place_name(world: World, cell: int) -> str:
    """Name a cell after the nearest station dock or chute: at it, an aisle near it, or just an aisle if it is far away.

    An aisle that nothing with a name is near may be beside parking places or chargers. Nearness counts cells along rows
    and columns, whatever stands between; of equally near things the first is taken, stations before chutes.
    """
    names = [station.name for station in world.stations for _ in station.docks]
    names += [f"chute {chute.name}" for chute in world.chutes]
    docks = [dock for station in world.stations for dock in station.docks]
    places = np.array([*docks, *(chute.cell for chute in world.chutes)], dtype=np.int32)
    south, east = _offsets(world.layout, places, cell)
    away = np.abs(south) + np.abs(east)
    nearest = int(np.argmin(away)) if len(places) else -1
    if nearest < 0 or away[nearest] > _NEAR_CELLS:
        return _aisle(world, cell) + _surroundings(world, cell)
    beside = _beside(names[nearest], int(south[nearest]), int(east[nearest]))
    return beside if away[nearest] <= _AT_CELLS else f"{_aisle(world, cell)}, {beside}"


def _offsets(layout: Layout, places: Int32, cell: int) -> tuple[Int32, Int32]:
    """How far south and east of each place a cell is, in cells."""
    row, column = layout.row_column(cell)
    rows, columns = np.divmod(places, np.int32(layout.width))
    return row - rows, column - columns


def _beside(name: str, south: int, east: int) -> str:
    cells = abs(south) + abs(east)
    if cells == 0:
        return f"at {name}"
    north_south = ("S" if south > 0 else "N") if south else ""
    east_west = ("E" if east > 0 else "W") if east else ""
    return f"{cells} cell{'s' if cells > 1 else ''} {north_south}{east_west} of {name}"


def _aisle(world: World, cell: int) -> str:
    if cell in world.parking:
        return "parking"
    if cell in world.chargers:
        return "charger"
    along_row = _free_run(world.layout, cell, Heading.EAST) + _free_run(world.layout, cell, Heading.WEST)
    along_column = _free_run(world.layout, cell, Heading.SOUTH) + _free_run(world.layout, cell, Heading.NORTH)
    kind = "pick aisle" if cell in world.pick_faces else "aisle"
    return f"{'east-west' if along_row > along_column else 'north-south'} {kind}"


def _surroundings(world: World, cell: int) -> str:
    if cell in world.parking or cell in world.chargers:
        return ""
    for places, name in ((world.chargers, "chargers"), (world.parking, "parking")):
        south, east = _offsets(world.layout, places, cell)
        if (np.abs(south) + np.abs(east)).min(initial=_NEAR_CELLS) <= _AT_CELLS:
            return f" beside {name}"
    return ""


def _free_run(layout: Layout, cell: int, heading: Heading) -> int:
    """Cells that a robot can drive straight ahead."""
    run = 0
    while (cell := int(layout.neighbours[cell, heading])) >= 0:
        run += 1
    return run
