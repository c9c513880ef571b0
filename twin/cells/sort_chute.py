"""A sort chute: parcels slide down an inclined plane between two walls, and drop from its end under a hood."""

from __future__ import annotations

from math import cos, radians, sin, tan
from typing import Final

from twin.bullet.client import BulletClient
from twin.bullet.frames import Quaternion, Vector
from twin.cells.driven_box import add_fixed

SLOPE: Final = radians(28.0)
LENGTH_M: Final = 1.2  # from above
WIDTH_M: Final = 0.6  # between its walls
FALL_M: Final = LENGTH_M * tan(SLOPE)
_WALL_M: Final = 0.35
_THICK_M: Final = 0.04
_FRICTION: Final = 0.5  # sheet metal


class SortChute:
    """A chute that ends at `end`, the middle of its lower edge in metres, and comes from the side of smaller x."""

    def __init__(self, client: BulletClient, end: Vector) -> None:
        self._end = end
        # The walls stand upright on the slope and end a little earlier than the floor, or their ends would reach over
        # the cage; cheeks go on from there.
        back = _WALL_M * tan(SLOPE)
        along, walled, half = LENGTH_M / cos(SLOPE), LENGTH_M / cos(SLOPE) - back, _THICK_M / 2
        across, middle = WIDTH_M / 2 + half, -(back + walled / 2)
        parts: tuple[tuple[Vector, Vector], ...] = (
            ((along / 2, WIDTH_M / 2 + _THICK_M, half), (-along / 2, 0.0, -half)),
            ((walled / 2, half, _WALL_M / 2), (middle, across, _WALL_M / 2)),
            ((walled / 2, half, _WALL_M / 2), (middle, -across, _WALL_M / 2)),
        )
        attitude: Quaternion = (0.0, sin(SLOPE / 2), 0.0, cos(SLOPE / 2))
        for edges, (ahead, beside, up) in parts:
            east, high = ahead * cos(SLOPE) + up * sin(SLOPE), up * cos(SLOPE) - ahead * sin(SLOPE)
            add_fixed(client, edges, _FRICTION, (end[0] + east, end[1] + beside, end[2] + high), attitude)
        for side in (-across, across):
            at = (end[0] - back / 2, end[1] + side, end[2] + _WALL_M / 2)
            add_fixed(client, (back / 2, half, _WALL_M / 2), _FRICTION, at)

    @property
    def down(self) -> Vector:
        """Along the slope, as a direction."""
        return cos(SLOPE), 0.0, -sin(SLOPE)

    def holds(self, point: Vector) -> bool:
        """Whether a point is on the chute or above it, between its walls."""
        ahead = point[0] - self._end[0]
        surface = self._end[2] - ahead * tan(SLOPE)
        inside = abs(point[1] - self._end[1]) <= WIDTH_M / 2 + _THICK_M
        return inside and -LENGTH_M <= ahead <= 0.0 and surface - _THICK_M <= point[2]
