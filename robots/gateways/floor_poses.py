"""Where on the floor a reported pose is, for robots that say where they are in metres."""

from __future__ import annotations

from math import floor as floor_of
from math import pi
from typing import Final

from robots.gateways.floor_map import FloorMap
from robots.messages import Pose

# A robot that begins may stand so far from the middle of its cell, in cells, and so far off a quarter, in radians.
_OFF_CELLS: Final = 0.2
_OFF_RAD: Final = 0.2
# So far from the middle of its last confirmed cell is a robot on its way at most, in cells, with room for noise.
_NEAR_CELLS: Final = 1.6
_QUARTER: Final = pi / 2


def middle(floor: FloorMap, cell: int) -> tuple[float, float]:
    """Return x and y of the middle of a cell, metres."""
    row, column = divmod(cell, floor.width)
    return (column + 0.5) * floor.cell_m, (row + 0.5) * floor.cell_m


def place_of(floor: FloorMap, pose: Pose) -> tuple[int, int] | None:
    """Return the cell and heading in whose middle a pose is; None if it is in the middle of no cell with a way out."""
    column, row = floor_of(pose.x / floor.cell_m), floor_of(pose.y / floor.cell_m)
    cell = row * floor.width + column
    if not (pose.ok and pose.map == floor.name and 0 <= column < floor.width and 0 <= cell < len(floor.charger)):
        return None
    if (floor.neighbours[cell] < 0).all():
        return None
    x, y = middle(floor, cell)
    quarters = round(pose.theta / _QUARTER)
    off_m = max(abs(pose.x - x), abs(pose.y - y))
    if off_m > _OFF_CELLS * floor.cell_m or abs(pose.theta - quarters * _QUARTER) > _OFF_RAD:
        return None
    return cell, quarters % 4


def is_near(floor: FloorMap, pose: Pose, cell: int) -> bool:
    """Return whether a robot that last confirmed this cell can be at a pose."""
    x, y = middle(floor, cell)
    return pose.map == floor.name and max(abs(pose.x - x), abs(pose.y - y)) <= _NEAR_CELLS * floor.cell_m


def node_name(cell: int, heading: int) -> str:
    """Name of the node in the middle of a cell, for a robot that faces like this there."""
    return f"c{cell}h{heading}"


def named_place(floor: FloorMap, name: str) -> tuple[int, int] | None:
    """Return cell and heading of a name from `node_name`; None if it is no such name of this floor."""
    cell, _, heading = name[1:].partition("h")
    if not (name.startswith("c") and cell.isdecimal() and cell.isascii() and heading in {"0", "1", "2", "3"}):
        return None
    return (int(cell), int(heading)) if int(cell) < len(floor.charger) else None
