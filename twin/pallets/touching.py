"""Which boxes of a pallet touch, and where: the faces through which weight comes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64, Int64
from twin.pallets.mixed_pallet import MixedPallet

DECK: Final = -1  # what the lowest boxes stand on, in place of a box
_LEAST_OVERLAP_M: Final = 1e-4  # narrower contacts carry nothing


@dataclass(frozen=True, slots=True)
class Face:
    """What one box stands on: columns of length k, one row a rectangle in which it touches a box below, or the deck.

    below  int64 (k,), rows of the boxes below, or DECK
    low    float64 (k, 2), x and y of the rectangles' lowest corners, metres; high: of their highest
    """

    below: Int64
    low: Float64
    high: Float64

    @property
    def area_m2(self) -> float:
        """How much of the box stands on something."""
        return float(np.prod(self.high - self.low, axis=1).sum())


def overlaps(low: Float64, high: Float64, other_low: Float64, other_high: Float64, by_m: float = 0.0) -> Bool:
    """Return whether rectangles overlap by more than `by_m` both ways: bool, broadcast from float64 (..., 2) each."""
    apart = np.minimum(high, other_high) - np.maximum(low, other_low)
    found: Bool = np.all(apart > by_m, axis=-1)
    return found


def face(low: Float64, high: Float64, others_low: Float64, others_high: Float64, touch_m: float) -> Face:
    """Return what a box stands on among others.

    low, high      float64 (3,), the box; others_low, others_high: float64 (m, 3)
    touch_m        how far apart faces may be in height, either way, to be taken to touch
    """
    touch = np.abs(others_high[:, 2] - low[2]) <= touch_m
    touch &= overlaps(low[:2], high[:2], others_low[:, :2], others_high[:, :2], _LEAST_OVERLAP_M)
    rows = np.flatnonzero(touch)
    bottom, top = np.maximum(others_low[rows, :2], low[:2]), np.minimum(others_high[rows, :2], high[:2])
    if abs(low[2]) <= touch_m:
        rows, bottom, top = np.append(rows, DECK), np.vstack([bottom, low[:2]]), np.vstack([top, high[:2]])
    return Face(rows.astype(np.int64), bottom, top)


def faces(pallet: MixedPallet, touch_m: float) -> tuple[Face, ...]:
    """Return what each box of a pallet stands on, by row; see `face`."""
    low, high = pallet.low, pallet.high
    return tuple(face(low[row], high[row], low, high, touch_m) for row in range(len(low)))
