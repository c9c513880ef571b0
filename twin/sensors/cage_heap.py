"""A bay that is filled in Bullet, parcel upon parcel, and how full it truly is."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64
from robots.depth_cameras import Bay
from twin.bullet.client import BulletClient, quiet
from twin.bullet.frames import Quaternion, Vector
from twin.cells.parcel import Parcel
from twin.sensors.drawn_depth import WALL_M
from twin.sensors.exact_depth import FLOOR, WALL
from twin.sensors.packing import packed_size

_STEP_S: Final = 1 / 240
_ABOVE_M: Final = 0.10  # the chute's end over the heap: thin parcels must not fall through each other
_GUIDE_M: Final = 1.0  # the walls go on so far above the rim, unseen: nothing falls beside the bay
_STILL_MPS, _STILL_RADPS = 0.03, 0.4
_LOOK_STEPS: Final = 12
_MOST_STEPS: Final = 360  # then parcels that still rock stay as they are
_FRICTION: Final = 0.3
_RAY_M: Final = 0.01
_LAYER_M: Final = 0.15
_MOST_RAYS: Final = 16_000  # a call


class CageHeap:
    """Parcels in a bay, in a world of Bullet of its own; the bay's frame is Bullet's.

    fixed   FLOOR or WALL for bodies that are no parcels; bodies: those of the parcels
    litres  of the goods in it; top_m: its highest point
    spread  parcels fall around the bay's middle with this standard deviation, share of half its edges
    random  where and how they fall

    What has come to rest is frozen: it carries what falls on it, and does not slide any more.
    """

    def __init__(self, client: BulletClient, bay: Bay, random: np.random.Generator, *, spread: float = 0.6) -> None:
        self._client, self._bay, self._random, self._spread = client, bay, random, spread
        self.fixed: dict[int, int] = {}
        self.litres = 0.0
        self.bodies: list[int] = []
        self.top_m = 0.0
        with quiet():
            client.setGravity(0.0, 0.0, -9.81)
            client.setTimeStep(_STEP_S)
            self._build()

    def drop(self, parcels: Sequence[Parcel]) -> None:
        """Let parcels fall together, as from a tray that tips, and wait until they lie."""
        client = self._client
        falling: dict[int, Parcel] = {}
        height = self.top_m + _ABOVE_M
        for parcel in parcels:
            falling[self._fall(parcel, height)] = parcel
            height += 2.0 * packed_size(parcel)[2]
            self.litres += parcel.litres
        for steps in range(1, _MOST_STEPS + 1):
            client.stepSimulation()
            if steps % _LOOK_STEPS == 0 and all(self._still(body) for body in falling):
                break
        for body, parcel in falling.items():
            self._freeze(body, parcel)

    def heights(self) -> Float64:
        """Return heights of the upper surface by vertical rays 1 cm apart, float64 (rows along y, columns along x).

        Bullet finds a surface to a fraction of a millimetre, and may miss a parcel by that at its edge. Rays are cast
        layer by layer from above: one through the whole heap would be tested against all of its parcels.
        """
        bay = self._bay
        columns, rows = round(bay.length_m / _RAY_M), round(bay.width_m / _RAY_M)
        xs = ((np.arange(columns) + 0.5) / columns - 0.5) * bay.length_m
        ys = ((np.arange(rows) + 0.5) / rows - 0.5) * bay.width_m
        x, y = (grid.ravel() for grid in np.meshgrid(xs, ys))
        heights = np.zeros(x.size)
        falling, above = np.arange(x.size), self.top_m + _RAY_M
        while falling.size and above > 0.0:
            hit, z = self._cast(x[falling], y[falling], above, above - _LAYER_M)
            heights[falling[hit]] = np.maximum(z[hit], 0.0)
            falling, above = falling[~hit], above - _LAYER_M
        return heights.reshape(rows, columns)

    def fraction(self) -> float:
        """Return how full the bay is: volume below the upper surface, up to the rim, over that of the bay."""
        return float(np.minimum(self.heights(), self._bay.height_m).mean()) / self._bay.height_m

    def _cast(self, x: Float64, y: Float64, above: float, below: float) -> tuple[Bool, Float64]:
        """Whether rays from one height down to another hit anything, and at which height."""
        begin, end = (np.column_stack([x, y, np.full(x.size, z)]).tolist() for z in (above, below))
        rays = []
        for first in range(0, x.size, _MOST_RAYS):
            part = slice(first, first + _MOST_RAYS)
            rays += self._client.rayTestBatch(begin[part], end[part], numThreads=1)
        return np.array([ray[0] >= 0 for ray in rays]), np.array([ray[3][2] for ray in rays])

    def _build(self) -> None:
        bay, thick = self._bay, WALL_M
        length, width, height = bay.length_m, bay.width_m, bay.height_m
        self._block((20.0, 20.0, 0.2), (0.0, 0.0, -0.1), FLOOR)
        for side in (-1, 1):
            at_x, at_y = side * (length + thick) / 2, side * (width + thick) / 2
            self._block((thick, width + 2 * thick, height), (at_x, 0.0, height / 2), WALL)
            self._block((length, thick, height), (0.0, at_y, height / 2), WALL)
            # Thick, so that nothing is pushed through.
            self._guide((0.2, width + 0.4, height + _GUIDE_M), (side * (length + 0.2) / 2, 0.0))
            self._guide((length + 0.4, 0.2, height + _GUIDE_M), (0.0, side * (width + 0.2) / 2))

    def _block(self, size: tuple[float, float, float], at: tuple[float, float, float], what: int) -> None:
        client, half = self._client, [edge / 2 for edge in size]
        body = client.createMultiBody(
            0.0,
            client.createCollisionShape(client.GEOM_BOX, halfExtents=half),
            client.createVisualShape(client.GEOM_BOX, halfExtents=half),
            at,
        )
        client.changeDynamics(body, -1, lateralFriction=_FRICTION)
        self.fixed[body] = what

    def _guide(self, size: tuple[float, float, float], middle: tuple[float, float]) -> None:
        """A wall that parcels feel, and nobody sees."""
        client, half = self._client, [edge / 2 for edge in size]
        shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=half)
        unseen = client.createVisualShape(client.GEOM_SPHERE, radius=1e-4)
        body = client.createMultiBody(0.0, shape, unseen, (*middle, size[2] / 2))
        self.fixed[body] = WALL

    def _fall(self, parcel: Parcel, height: float) -> int:
        """Make the body of a parcel, so high, turned at random about the vertical and a little askew."""
        bay, size = self._bay, packed_size(parcel)
        reach = (size[0] + size[1]) / 4  # about how far it reaches from its middle
        room = np.array((bay.length_m / 2 - reach, bay.width_m / 2 - reach)).clip(0.0)
        off = self._random.normal(0.0, self._spread, 2) * (bay.length_m / 2, bay.width_m / 2)
        x, y = off.clip(-room, room).tolist()
        turn = *self._random.normal(0.0, 0.15, 2).tolist(), self._random.uniform(-pi, pi)
        return self._parcel(parcel, parcel.mass_kg, (x, y, height), self._client.getQuaternionFromEuler(turn))

    def _freeze(self, body: int, parcel: Parcel) -> None:
        """Put a body that does not move in its place: a mass of 0 given to one that has moved does not stop it."""
        client = self._client
        place, attitude = client.getBasePositionAndOrientation(body)
        client.removeBody(body)
        frozen = self._parcel(parcel, 0.0, place, attitude)
        self.bodies.append(frozen)
        self.top_m = max(self.top_m, client.getAABB(frozen)[1][2])

    def _parcel(self, parcel: Parcel, mass_kg: float, place: Vector, attitude: Quaternion) -> int:
        client, half = self._client, [edge / 2 for edge in packed_size(parcel)]
        body: int = client.createMultiBody(
            mass_kg,
            client.createCollisionShape(client.GEOM_BOX, halfExtents=half),
            client.createVisualShape(client.GEOM_BOX, halfExtents=half),
            place,
            attitude,
            useMaximalCoordinates=mass_kg == 0,  # of frozen ones steps then take less time
        )
        client.changeDynamics(body, -1, lateralFriction=_FRICTION, angularDamping=0.2, linearDamping=0.05)
        return body

    def _still(self, body: int) -> bool:
        speed, spin = (sum(part * part for part in parts) for parts in self._client.getBaseVelocity(body))
        return bool(speed < _STILL_MPS**2 and spin < _STILL_RADPS**2)
