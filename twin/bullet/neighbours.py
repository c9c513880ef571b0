"""Robots near those that Bullet simulates: boxes that go where their records say, and that nothing pushes away."""

from __future__ import annotations

from typing import Final

import numpy as np

from robots.model import RobotModel
from twin.bullet.client import BulletClient
from twin.bullet.frames import Motion, attitude, place, velocities
from twin.fleet_records import Records

_NEAR_M: Final = 2.0
_MOST: Final = 64  # boxes: more robots than that do not fit round a few
_HEIGHT_M: Final = 0.3
_AWAY: Final = (0.0, 0.0, -1000.0)


class Neighbours:
    """The boxes of a world. They wait below the floor until somebody is near."""

    def __init__(self, client: BulletClient, size: RobotModel) -> None:
        self._client = client
        shape = client.createCollisionShape(
            client.GEOM_BOX,
            halfExtents=(size.length_m / 2, size.width_m / 2, _HEIGHT_M / 2),
            collisionFramePosition=(0.0, 0.0, _HEIGHT_M / 2),
        )
        self._boxes = [client.createMultiBody(0.0, shape, -1, _AWAY) for _ in range(_MOST)]
        self._used = 0

    def follow(self, bodies: Records, hosted: tuple[int, ...]) -> None:
        """Put boxes where robots are that are near hosted rows, the lowest rows first if they are too many."""
        near = _near(bodies, hosted)[:_MOST]
        for box, row in zip(self._boxes, near, strict=False):
            motion = Motion(*(float(bodies[row][name]) for name in Motion._fields))
            self._client.resetBasePositionAndOrientation(box, place(motion.x, motion.y), attitude(motion.theta))
            self._client.resetBaseVelocity(box, *velocities(motion))
        for box in self._boxes[len(near) : self._used]:
            self._client.resetBasePositionAndOrientation(box, _AWAY, attitude(0.0))
            self._client.resetBaseVelocity(box, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        self._used = len(near)


def _near(bodies: Records, hosted: tuple[int, ...]) -> list[int]:
    """Rows of robots that are not hosted, within `_NEAR_M` of one that is, in x and in y."""
    if not hosted:
        return []
    rows = list(hosted)
    x, y = bodies["x"], bodies["y"]
    close = (np.abs(x[:, None] - x[rows]) < _NEAR_M) & (np.abs(y[:, None] - y[rows]) < _NEAR_M)
    near = close.any(axis=1)
    near[rows] = False
    found: list[int] = np.flatnonzero(near).tolist()
    return found
