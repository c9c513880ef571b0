"""What stands on a floor for beams to hit: racks, the stock in their lanes and robots, in Bullet, never stepped."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

import numpy as np

from robots.arrays import Float32, Float64, Int32
from robots.truth import FloorTruth
from sim_worlds.stock_layout import StockLayout
from sim_worlds.world import World
from twin.bullet.client import BulletClient, quiet
from twin.bullet.floor_bodies import blocks
from twin.bullet.frames import Vector, attitude, place

_MOST_RAYS: Final = 16_383  # of one call; Bullet drops the rest
_ROBOT_HEIGHT_M: Final = 0.3
_FOOT_M: Final = 0.25  # height of what stands of a rack below its lanes
_STOP_M: Final = 0.02  # boxes reach into the stop of their lane: thin ones are not where Bullet is told that they are
_SLACK_M: Final = 0.01  # between units and the sides of their lane
# East, south, west, north, in our frame.
_AHEAD: Final = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)])


class SensorWorld:
    """A world of Bullet with a floor, its stock and so many robots. Points are in metres: x east, y south, z up.

    Racks are their feet and the stock in them: one box a bin, which is made anew when its number of units changes. The
    stop of a lane is where its beam ends. Bins are empty at first, and robots are nowhere.

    Raises BulletError if PyBullet is not installed.
    """

    def __init__(self, world: World, layout: StockLayout, robots: int) -> None:
        self._layout = layout
        self._client = BulletClient()
        self._count = np.zeros(layout.bins, dtype=np.int32)
        self._boxes = [-1] * layout.bins
        self._begin = layout.eye_m[layout.sensor_bin]
        self._reach = layout.empty_m[layout.sensor_bin]
        self._end = self._begin + _AHEAD[layout.heading[layout.sensor_bin]] * self._reach[:, np.newaxis]
        with quiet():
            self._add_feet(world)
            self._robots = [self._new_robot(world) for _ in range(robots)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stock(self, count: Int32) -> None:
        """Let there be so many units in the bins, int32 (n,)."""
        for number in np.flatnonzero(count != self._count).tolist():
            if self._boxes[number] >= 0:
                self._client.removeBody(self._boxes[number])
                self._boxes[number] = -1
            if count[number] > 0:
                self._boxes[number] = self._new_box(number, float(count[number] * self._layout.pitch_m[number]))
        self._count[:] = count

    def mirror(self, truth: FloorTruth) -> None:
        """Put the robots where they are."""
        put, height = self._client.resetBasePositionAndOrientation, _ROBOT_HEIGHT_M / 2
        poses = zip(self._robots, truth.x_m.tolist(), truth.y_m.tolist(), truth.theta_rad.tolist(), strict=True)
        for number, x, y, theta in poses:
            put(number, place(x, y, height), attitude(theta))

    def distances(self) -> Float32:
        """Return what sensors in the lanes measure without faults, float32 (s,)."""
        seen: Float32 = np.minimum(self.cast(self._begin, self._end), self._reach.astype(np.float32))
        return seen

    def cast(self, begin: Float64, end: Float64) -> Float32:
        """Return how far away the first thing on each ray is, float32 (k,), inf if there is none; ends float64 (k, 3).

        A ray that begins inside of something does not see that.
        """
        length: Float64 = np.linalg.norm(end - begin, axis=1)
        flip = np.array([1.0, -1.0, 1.0])
        starts, ends = (begin * flip).tolist(), (end * flip).tolist()
        shares = np.empty(len(length))
        for first in range(0, len(length), _MOST_RAYS):
            part = slice(first, first + _MOST_RAYS)
            hits = self._client.rayTestBatch(starts[part], ends[part])
            shares[part] = [hit[2] if hit[0] >= 0 else np.inf for hit in hits]
        return (shares * length).astype(np.float32)

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
        self._client.close()

    def _new_box(self, number: int, fill_m: float) -> int:
        """Units in single file, from the stop on."""
        layout, client = self._layout, self._client
        long_m = fill_m + _STOP_M
        size = self._size(number, long_m)
        shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=size)
        ahead = _AHEAD[layout.heading[number]]
        centre = layout.eye_m[number] + ahead * (layout.empty_m[number] + _STOP_M - long_m / 2)
        body: int = client.createMultiBody(0.0, shape, basePosition=place(*centre.tolist()))
        return body

    def _size(self, number: int, long_m: float) -> Vector:
        """Half the size of what fills a lane across and is so long."""
        across, along = self._layout.width_m / 2 - _SLACK_M, long_m / 2
        east_west = self._layout.heading[number] % 2 == 0
        return (along if east_west else across, across if east_west else along, self._layout.height_m / 2 - _SLACK_M)

    def _add_feet(self, world: World) -> None:
        """Stand a body wherever no robot can; in one body of many boxes each ray would look at all of them."""
        passable = world.layout.passable.reshape(world.layout.height, world.layout.width)
        for block in blocks(~passable):
            half = world.cell_m / 2
            size = (block.right - block.left) * half, (block.bottom - block.top) * half, _FOOT_M / 2
            shape = self._client.createCollisionShape(self._client.GEOM_BOX, halfExtents=size)
            centre = place((block.left + block.right) * half, (block.top + block.bottom) * half, _FOOT_M / 2)
            self._client.createMultiBody(0.0, shape, basePosition=centre)

    def _new_robot(self, world: World) -> int:
        client, size = self._client, world.robot
        shape = client.createCollisionShape(
            client.GEOM_BOX, halfExtents=(size.length_m / 2, size.width_m / 2, _ROBOT_HEIGHT_M / 2)
        )
        body: int = client.createMultiBody(0.0, shape, basePosition=place(0.0, 0.0, -100.0))
        return body
