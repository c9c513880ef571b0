"""The hood over a roll cage: plates around its mouth, and a curtain in the way of what slides off the chute."""

from __future__ import annotations

from typing import Final

from twin.bullet.client import BulletClient
from twin.bullet.frames import Vector
from twin.cells.driven_box import add_fixed
from twin.cells.roll_cage import LENGTH_M, OVERLOOKED, RIM_M, WIDTH_M

_HEIGHT_M: Final = 1.0
_BELOW_CHUTE_M: Final = 0.45  # from the rim up to the chute
# Where parcels meet the curtain they drop in the middle of the cage and lie flat. Without it, thin ones stand upright
# at its far wall, and heaps reach the rim there long before the cage is full.
_CURTAIN_M: Final = 0.5
_THICK_M: Final = 0.03
_FRICTION: Final = 0.6


def add_hood(client: BulletClient) -> None:
    """Hang the hood over a cage whose near wall is at 0 along x."""
    across, high, half = (WIDTH_M + _THICK_M) / 2, RIM_M + _HEIGHT_M / 2, _THICK_M / 2
    along: Vector = (LENGTH_M / 2, half, _HEIGHT_M / 2)
    athwart: Vector = (half, WIDTH_M / 2, _HEIGHT_M / 2)
    plates: tuple[tuple[Vector, Vector], ...] = (
        (along, (LENGTH_M / 2, across, high)),
        (along, (LENGTH_M / 2, -across, high)),
        (athwart, (LENGTH_M + half, 0.0, high)),
        (athwart, (_CURTAIN_M, 0.0, high)),
        ((half, WIDTH_M / 2, _BELOW_CHUTE_M / 2), (-half, 0.0, RIM_M + _BELOW_CHUTE_M / 2)),
    )
    for edges, middle in plates:
        add_fixed(client, edges, _FRICTION, middle, group=OVERLOOKED)
