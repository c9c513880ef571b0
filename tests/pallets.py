"""Pallets for tests, box by box."""

from __future__ import annotations

from twin.cells.parcel import Parcel
from twin.pallets.mixed_pallet import Box, MixedPallet


def box(number, at, size, mass_kg=2.0):
    """A box with its lowest corner at `at`, metres."""
    return Box(Parcel(number, f"sku-{number}", size, mass_kg), *at)


def pallet(*boxes):
    return MixedPallet(tuple(boxes))


def tower(*heights, x_m=0.3, y_m=0.3, first=0):
    """Boxes one on another, the lowest first."""
    boxes, z_m = [], 0.0
    for number, height in enumerate(heights, start=first):
        boxes.append(box(number, (x_m, y_m, z_m), (0.3, 0.3, height)))
        z_m += height
    return tuple(boxes)


# A beam on a post with a weight at either end: without the near one (2) the far one (3) tips it.
POST, BEAM, NEAR, FAR = 0, 1, 2, 3
BALANCE = pallet(
    box(POST, (0.6, 0.3, 0.0), (0.2, 0.2, 0.2), 4.0),
    box(BEAM, (0.4, 0.3, 0.2), (0.6, 0.2, 0.1), 1.0),
    box(NEAR, (0.53, 0.3, 0.3), (0.14, 0.2, 0.1), 2.0),
    box(FAR, (0.83, 0.3, 0.3), (0.14, 0.2, 0.1), 2.0),
)
