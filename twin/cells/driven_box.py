"""Boxes that nothing pushes: fixed ones, and driven ones, which are where and as fast as they are told.

Both meet nothing but what has a mass: of fixtures that touch each other there would be contacts, which no checkpoint
tells of. Fixed ones are in maximal coordinates: of a body without mass in reduced ones Bullet's solver remembers
something that it does not tell, and runs that resume differ in the last digits as soon as something touches it.
"""

from __future__ import annotations

from typing import Final

from twin.bullet.client import BulletClient
from twin.bullet.frames import Quaternion, Vector

UPRIGHT: Final[Quaternion] = (0.0, 0.0, 0.0, 1.0)
STILL: Final[Vector] = (0.0, 0.0, 0.0)
# Groups of Bullet: what has a mass, and what has none.
_MOVING, _FIXED = 1, 2


def add_fixed(
    client: BulletClient,
    half_m: Vector,
    friction: float,
    place: Vector,
    attitude: Quaternion = UPRIGHT,
    group: int = _FIXED,
) -> int:
    """Make a box that stays where it is; return Bullet's number.

    half_m    half of its edges, metres
    friction  of its surface; that of a contact is the product with what touches it
    group     of Bullet, for rays
    """
    shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=half_m)
    number: int = client.createMultiBody(0.0, shape, -1, place, attitude, useMaximalCoordinates=1)
    client.changeDynamics(number, -1, lateralFriction=friction)
    client.setCollisionFilterGroupMask(number, -1, group, _MOVING)
    return number


class DrivenBox:
    """A box in a world of Bullet that is stepped by somebody else; half_m and friction as above.

    It is in reduced coordinates, for in maximal ones it could have no speed.
    """

    def __init__(self, client: BulletClient, half_m: Vector, friction: float) -> None:
        self._client = client
        self._half_m, self._friction = half_m, friction
        self._number = self._make()

    def move(
        self, place: Vector, attitude: Quaternion = UPRIGHT, velocity: Vector = STILL, spin: Vector = STILL
    ) -> None:
        """Be there and have this velocity, m/s, and spin, rad/s, in the next step.

        A step carries it along: as long as it has a speed it must be told before every one.
        """
        self._client.resetBasePositionAndOrientation(self._number, place, attitude)
        self._client.resetBaseVelocity(self._number, velocity, spin)

    def renew(self) -> None:
        """Be made anew, without a past; `move` it then. What may touch it has to be made after this."""
        self._client.removeBody(self._number)
        self._number = self._make()

    def _make(self) -> int:
        client = self._client
        shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=self._half_m)
        number: int = client.createMultiBody(0.0, shape)
        client.changeDynamics(number, -1, lateralFriction=self._friction)
        client.setCollisionFilterGroupMask(number, -1, _FIXED, _MOVING)
        return number
