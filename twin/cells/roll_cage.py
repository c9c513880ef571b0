"""A roll cage below a chute: an open box on castors, the heap that lies fast in it, and how full it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from twin.bullet.client import BulletClient
from twin.bullet.frames import Vector
from twin.cells.cell_world import BoxState
from twin.cells.driven_box import add_fixed
from twin.cells.stacking import Box

# Inside; a usual size of roll cages for parcels (720 x 810 x 1,600 mm outside, with castors 1,800 mm high).
LENGTH_M, WIDTH_M, HEIGHT_M = 0.8, 0.7, 1.6
FLOOR_M: Final = 0.2  # the castors
RIM_M: Final = FLOOR_M + HEIGHT_M
_THICK_M: Final = 0.03
_FRICTION: Final = 0.7
_GRID_M: Final = 0.02
OVERLOOKED: Final = 1 << 6  # a group of Bullet for what reaches over the cage and is no part of the heap
_SEEN: Final = 0xFFFF ^ OVERLOOKED
_ABOVE_M: Final = 1.2  # from the rim up to where rays begin: higher than any heap, and than the hood


class RollCage:
    """A cage that stands with its near wall at `near_m` along x, centred across y.

    Parcels that others lie on can be laid fast: they stay as bodies but do not move any more, and cost next to nothing.
    """

    def __init__(self, client: BulletClient, near_m: float) -> None:
        self._client = client
        self._near_m = near_m
        middle, high, half_wall = near_m + LENGTH_M / 2, FLOOR_M + HEIGHT_M / 2, _THICK_M / 2
        across = WIDTH_M / 2 + half_wall
        ends = (LENGTH_M / 2 + _THICK_M, half_wall, HEIGHT_M / 2)
        sides = (half_wall, WIDTH_M / 2, HEIGHT_M / 2)
        walls: tuple[tuple[Vector, Vector], ...] = (
            ((LENGTH_M / 2 + _THICK_M, WIDTH_M / 2 + _THICK_M, FLOOR_M / 2), (middle, 0.0, FLOOR_M / 2)),
            (ends, (middle, across, high)),
            (ends, (middle, -across, high)),
            (sides, (near_m - half_wall, 0.0, high)),
            (sides, (near_m + LENGTH_M + half_wall, 0.0, high)),
        )
        for half, place in walls:
            add_fixed(client, half, _FRICTION, place)
        self._heap: dict[int, tuple[BoxState, int]] = {}

    @property
    def heap(self) -> dict[int, BoxState]:
        """The parcels that lie fast, by id, in the order in which they were laid."""
        return {parcel: box for parcel, (box, _) in self._heap.items()}

    def boxes(self) -> list[Box]:
        """Return upright boxes around the parcels that lie fast."""
        return [Box(*self._client.getAABB(number)) for _, number in self._heap.values()]

    def lay_fast(self, parcel: int, box: BoxState) -> None:
        """Let a parcel that is nowhere else lie there from now on."""
        length, width, height = box.size_m
        half = (length / 2, width / 2, height / 2)
        self._heap[parcel] = box, add_fixed(self._client, half, box.friction, box.position, box.rotation)

    def restore(self, heap: Mapping[int, BoxState]) -> None:
        """Let these lie there, and in this order, in place of those that do; what is the same stays untouched."""
        same = 0
        for there, wanted in zip(self._heap.items(), heap.items(), strict=False):
            if (there[0], there[1][0]) != wanted:
                break
            same += 1
        for parcel in reversed(list(self._heap)[same:]):
            self._client.removeBody(self._heap.pop(parcel)[1])
        for parcel, box in list(heap.items())[same:]:
            self.lay_fast(parcel, box)

    @property
    def inside(self) -> Box:
        """The volume that is 1 when it is full."""
        half = WIDTH_M / 2
        return Box((self._near_m, -half, FLOOR_M), (self._near_m + LENGTH_M, half, RIM_M))

    def holds(self, point: Vector) -> bool:
        """Whether a point is in the cage, or above it: its walls are part of it."""
        ahead = -_THICK_M <= point[0] - self._near_m <= LENGTH_M + _THICK_M
        return ahead and abs(point[1]) <= WIDTH_M / 2 + _THICK_M and point[2] >= FLOOR_M - _THICK_M

    def heights(self) -> npt.NDArray[np.float64]:
        """Return how high the heap is, metres above the cage's floor, float64 (40, 35), row by row along x.

        By rays from above, one in the middle of every square of 2 cm: whatever flies above the cage counts.
        """
        xs = self._near_m + _GRID_M * (np.arange(round(LENGTH_M / _GRID_M)) + 0.5)
        ys = _GRID_M * (np.arange(round(WIDTH_M / _GRID_M)) + 0.5) - WIDTH_M / 2
        top = RIM_M + _ABOVE_M
        over = [(x, y, top) for x in xs.tolist() for y in ys.tolist()]
        under = [(x, y, FLOOR_M) for x, y, _ in over]
        hits = [hit[2] for hit in self._client.rayTestBatch(over, under, 1, collisionFilterMask=_SEEN)]
        down = np.array(hits, dtype=np.float64).reshape(len(xs), len(ys)) * (top - FLOOR_M)
        return top - FLOOR_M - down

    def fill_fraction(self) -> float:
        """Return the share of the cage that lies under the surface of the heap, hollows in it too, 0 to 1."""
        return float(np.clip(self.heights(), 0.0, HEIGHT_M).mean() / HEIGHT_M)
