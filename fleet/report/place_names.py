"""What people on the floor call a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.grid.layout import Layout
from robots.state import Heading

if TYPE_CHECKING:
    from sim_worlds.world import World

# What is this near to something with a name is at it; what is not even this far is on an aisle of its own.
_AT_CELLS: Final = 4
_NEAR_CELLS: Final = 15


def place_name(world: World, cell: int) -> str:
    """Name a cell after the nearest station dock or chute: at it, an aisle near it, or just an aisle if it is far away.

    Nearness counts cells along rows and columns, whatever stands between; of equally near things the first is taken,
    stations before chutes.
    """
    names = [station.name for station in world.stations for _ in station.docks]
    names += [f"chute {chute.name}" for chute in world.chutes]
    places = [dock for station in world.stations for dock in station.docks] + [chute.cell for chute in world.chutes]
    if not places:
        return _aisle(world, cell)
    row, column = world.layout.row_column(cell)
    rows, columns = np.divmod(np.array(places), world.layout.width)
    away = np.abs(rows - row) + np.abs(columns - column)
    nearest = int(np.argmin(away))
    if away[nearest] > _NEAR_CELLS:
        return _aisle(world, cell)
    beside = _beside(names[nearest], row - int(rows[nearest]), column - int(columns[nearest]))
    return beside if away[nearest] <= _AT_CELLS else f"{_aisle(world, cell)}, {beside}"


def _beside(name: str, south: int, east: int) -> str:
    cells = abs(south) + abs(east)
    if cells == 0:
        return f"at {name}"
    parts = [("south" if south > 0 else "north") if south else "", ("east" if east > 0 else "west") if east else ""]
    direction = "-".join(part for part in parts if part)
    return f"{cells} cell{'s' if cells > 1 else ''} {direction} of {name}"


def _aisle(world: World, cell: int) -> str:
    if cell in world.parking:
        return "parking"
    if cell in world.chargers:
        return "charger"
    along_row = _free_run(world.layout, cell, Heading.EAST) + _free_run(world.layout, cell, Heading.WEST)
    along_column = _free_run(world.layout, cell, Heading.SOUTH) + _free_run(world.layout, cell, Heading.NORTH)
    kind = "pick aisle" if cell in world.pick_faces else "aisle"
    return f"{'east-west' if along_row > along_column else 'north-south'} {kind}"


def _free_run(layout: Layout, cell: int, heading: Heading) -> int:
    """Cells that a robot can drive straight ahead."""
    run = 0
    while (cell := int(layout.neighbours[cell, heading])) >= 0:
        run += 1
    return run
