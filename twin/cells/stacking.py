"""Where a person lays a parcel down: flat, where it lies lowest on what is there already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from twin.bullet.frames import Vector
from twin.cells.parcel import Parcel

_GRID_M: Final = 0.05
_CLEAR_M: Final = 0.002  # above what is below it


class Box(NamedTuple):
    """An upright box: its lowest and its highest corner, metres."""

    low: Vector
    high: Vector

    def holds(self, point: Vector) -> bool:
        """Whether a point is in it."""
        return all(low <= at <= high for low, at, high in zip(self.low, point, self.high, strict=True))


def lowest_place(parcel: Parcel, area: Box, lying: Iterable[Box]) -> Vector:
    """Return the centre of a parcel that lies flat within an area, as low as it can; near the middle if it may choose.

    area   where it may lie, along x and y; it stands on its bottom. A parcel that is wider lies in the middle
    lying  what is there already: nothing is laid below it
    """
    length, width, height = parcel.size_m
    middle_x, middle_y = (area.low[0] + area.high[0]) / 2, (area.low[1] + area.high[1]) / 2
    there = list(lying)
    found: list[tuple[float, float, Vector]] = []
    for x in _places(area.low[0] + length / 2, area.high[0] - length / 2):
        for y in _places(area.low[1] + width / 2, area.high[1] - width / 2):
            under = [box.high[2] for box in there if _below(box, x, y, length, width)]
            z = max([area.low[2], *under]) + _CLEAR_M + height / 2
            found.append((z, (x - middle_x) ** 2 + (y - middle_y) ** 2, (x, y, z)))
    return min(found)[2]


def _places(low: float, high: float) -> list[float]:
    """Evenly from one end to the other, the middle among them."""
    if high <= low:
        return [(low + high) / 2]
    each_way = int((high - low) / 2 / _GRID_M)
    return [(low + high) / 2 + _GRID_M * step for step in range(-each_way, each_way + 1)]


def _below(box: Box, x: float, y: float, length: float, width: float) -> bool:
    across_x = box.low[0] < x + length / 2 and box.high[0] > x - length / 2
    return across_x and box.low[1] < y + width / 2 and box.high[1] > y - width / 2
