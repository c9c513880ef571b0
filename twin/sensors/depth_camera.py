"""A depth camera over a bay in a world of PyBullet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from robots.depth_cameras import BayCamera, Lens
from robots.readings import DepthImage
from twin.bullet.client import BulletClient
from twin.sensors.depth_faults import DepthFaults, DepthSensor, mounted
from twin.sensors.exact_depth import NOTHING, ExactDepth

_NEAREST_M: Final = 0.05
_FURTHER_M: Final = 0.5  # than the bay's floor


class DepthCamera:
    """Hangs over a bay whose frame is Bullet's own, moved to `origin`: x east, y north, z up.

    believed  as its controller believes it to be; it really hangs as `camera` says
    fixed     FLOOR or WALL for bodies that are no parcels
    random    decides about mounting, dirt and all noise
    """

    def __init__(
        self,
        client: BulletClient,
        number: int,
        believed: BayCamera,
        faults: DepthFaults,
        fixed: Mapping[int, int],
        random: np.random.Generator,
        origin: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:
        self._client, self._number, self._fixed = client, number, dict(fixed)
        self.camera = mounted(believed, faults, random)
        self._sensor = DepthSensor(believed.lens, faults, random)
        self._view = _view_matrix(self.camera, origin)
        self._far = self.camera.mounting.z_m * 1.5 + _FURTHER_M
        self._projection = _projection_matrix(believed.lens, self._far)

    def look(self, time_s: float) -> DepthImage:
        """Take an image, in 20 to 50 ms."""
        return DepthImage(time_s, self._number, self._sensor.say(self.exact()))

    def exact(self) -> ExactDepth:
        """Return what it would see without faults; parcels have the numbers of their bodies."""
        lens, client, far = self.camera.lens, self._client, self._far
        seen = client.getCameraImage(
            lens.width, lens.height, self._view, self._projection, shadow=0, renderer=client.ER_TINY_RENDERER
        )
        shape = lens.height, lens.width
        buffer = np.asarray(seen[3], dtype=np.float64).reshape(shape)
        owner = np.asarray(seen[4], dtype=np.int32).reshape(shape).copy()
        depth = far * _NEAREST_M / (far - (far - _NEAREST_M) * buffer)
        nothing = owner < 0
        depth[nothing] = np.nan
        for body, what in self._fixed.items():
            owner[owner == body] = what
        owner[nothing] = NOTHING
        return ExactDepth(depth, owner)


def _view_matrix(camera: BayCamera, origin: tuple[float, float, float]) -> tuple[float, ...]:
    """OpenGL's: right, up and backwards as rows, written column by column."""
    right, down, axis = camera.mounting.axes()
    turned = np.array((right, -down, -axis))
    matrix = np.eye(4)
    matrix[:3, :3] = turned
    matrix[:3, 3] = -turned @ (camera.mounting.eye + np.array(origin))
    return tuple(matrix.T.ravel().tolist())


def _projection_matrix(lens: Lens, far: float) -> tuple[float, ...]:
    """OpenGL's, half a pixel aside and down: TinyRenderer looks through the lower left corners of pixels."""
    width, height = lens.width, lens.height
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[0, 2] = 2.0 * lens.focal_px / width, 1.0 / width
    matrix[1, 1], matrix[1, 2] = 2.0 * lens.focal_px / height, 1.0 / height
    matrix[2, 2:] = -(far + _NEAREST_M) / (far - _NEAREST_M), -2.0 * far * _NEAREST_M / (far - _NEAREST_M)
    matrix[3, 2] = -1.0
    return tuple(matrix.T.ravel().tolist())
