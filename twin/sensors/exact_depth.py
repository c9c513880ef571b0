"""What a depth camera without faults would see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from robots.arrays import Float64, Int32

FLOOR: Final = -1  # in place of the number of a parcel: of the bay, or of the hall around it
WALL: Final = -2
NOTHING: Final = -3


@dataclass(frozen=True, slots=True)
class ExactDepth:
    """Arrays (height, width), row 0 at the top.

    depth_m  float64, along the camera's axis; nan where there is nothing
    owner    int32, number of a parcel, or FLOOR, WALL, NOTHING
    """

    depth_m: Float64
    owner: Int32
