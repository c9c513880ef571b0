"""Where things are in a pallet cell: metres, the floor at z = 0, the pallet beside a belt that takes boxes away."""

from __future__ import annotations

from typing import Final

from twin.bullet.frames import Vector
from twin.cells.cell_world import BoxState, CellWorld
from twin.pallets.mixed_pallet import DECK_M, PALLET_HEIGHT_M, Box

PALLET: Final[Vector] = (0.0, 0.45, PALLET_HEIGHT_M)  # the corner of its deck from which boxes count their places
BELT_END_M, BELT_WIDTH_M, BELT_TOP_M = 3.0, 0.65, 0.3  # the belt runs along x from 0, its middle at y = 0
HEAD_M: Final = 0.35  # where along the belt boxes are set down
HEAD_END_M: Final = 0.70  # no box reaches back to here when the next one is set down
HOME: Final[Vector] = (HEAD_M, 0.0, 2.1)  # of the tool's tip
FRICTION: Final = 0.7  # of cardboard; of two, 0.5
IN_PLACE_M: Final = 0.03  # a box that moved less is where it was
_LEVEL: Final = 0.05  # sine of half of the angle by which what lies flat may lean
_BESIDE_M: Final = 0.05


def add_pallet(world: CellWorld) -> None:
    """Make a pallet part of the cell."""
    half_way = (PALLET[0] + DECK_M[0] / 2, PALLET[1] + DECK_M[1] / 2, PALLET_HEIGHT_M / 2)
    world.add_fixed_box((*DECK_M, PALLET_HEIGHT_M), half_way, friction=FRICTION)


def on_deck(box: Box) -> Vector:
    """Return where the middle of a box is that is on the pallet where it belongs."""
    length, width, height = box.parcel.size_m
    return PALLET[0] + box.x_m + length / 2, PALLET[1] + box.y_m + width / 2, PALLET[2] + box.z_m + height / 2


def is_on_pallet(middle: Vector) -> bool:
    """Whether a place is over the pallet."""
    x, y, z = (at - corner for at, corner in zip(middle, PALLET, strict=True))
    return _within(x, DECK_M[0]) and _within(y, DECK_M[1]) and z > 0.0


def is_on_belt(middle: Vector) -> bool:
    """Whether a place is over the belt."""
    return _within(middle[0], BELT_END_M) and abs(middle[1]) < BELT_WIDTH_M / 2 and middle[2] > BELT_TOP_M


def is_upright(box: BoxState) -> bool:
    """Whether a box lies as it lay on the pallet."""
    return abs(box.rotation[0]) < _LEVEL and abs(box.rotation[1]) < _LEVEL


def _within(at: float, length: float) -> bool:
    return -_BESIDE_M < at < length + _BESIDE_M
