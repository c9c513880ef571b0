"""A suction cup at the tip of an arm: it holds what it touches from above, by as much as its vacuum does.

A box hangs on a weld that yields where the force along an axis becomes more than the cup holds. Then it slides; and
when it has slid far enough for air to come in, the cup lets go. So whether a parcel is lost depends on what really
happens to it: weight, acceleration, and what it bumps into.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.bullet.frames import Vector
from twin.cells.arm import Arm
from twin.cells.cell_world import CellWorld, yaw_of

_RINGS, _SPOKES = 6, 24


@dataclass(frozen=True, slots=True)
class SuctionCup:
    """A bellows cup of 40 mm at 60 kPa below the air's pressure; both are common for parcels and bags.

    give_m   by how much its lip may be above or below a face and still touch it
    slide_m  by how much a parcel may slide before the vacuum is gone
    """

    diameter_m: float = 0.040
    vacuum_pa: float = 60_000.0
    give_m: float = 0.006
    slide_m: float = 0.002

    @property
    def hold_n(self) -> float:
        """Force by which a cup holds that lies on a tight face with all its lip."""
        return self.vacuum_pa * np.pi * self.diameter_m**2 / 4


class SuctionGripper:
    """A cup on an arm."""

    def __init__(self, world: CellWorld, arm: Arm, cup: SuctionCup) -> None:
        self._world: Final = world
        self._arm: Final = arm
        self.cup: Final = cup

    @property
    def held(self) -> int | None:
        """Name of the box that hangs at it."""
        welded = self._world.welded
        return welded[0] if welded else None

    def coverage(self, name: int) -> float:
        """Return which share of the cup lies on the top of a box as the two are now; 0 if it does not touch it."""
        tip, _ = self._arm.tip()
        box = self._world.box(name)
        top = box.position[2] + box.size_m[2] / 2
        if abs(tip[2] - top) > self.cup.give_m:
            return 0.0
        yaw = yaw_of(box.rotation)
        east, north = tip[0] - box.position[0], tip[1] - box.position[1]
        along, across = east * cos(yaw) + north * sin(yaw), north * cos(yaw) - east * sin(yaw)
        return covered(self.cup.diameter_m, along, across, box.size_m)

    def grip(self, name: int, hold_n: float) -> None:
        """Hold a box, which moves freely else, by at most so much along each axis."""
        self._world.weld(name, self._arm.number, self._arm.model.flange, hold_n)

    def release(self) -> None:
        """Let go of what it holds."""
        held = self.held
        if held is not None:
            self._world.unweld(held)

    def lets_go(self, lost_n: float = 0.0) -> bool:
        """Hold by so much less than a step ago, and let go of what has slid too far; return whether it did."""
        held = self.held
        if held is None:
            return False
        if lost_n:
            self._world.weaken(held, lost_n)
        if self._world.weld_slide(held) <= self.cup.slide_m:
            return False
        self.release()
        return True


def covered(diameter_m: float, along_m: float, across_m: float, size_m: Vector) -> float:
    """Return which share of a disc lies on a rectangle's face; along, across: of its middle from the face's middle."""
    half_length, half_width = size_m[0] / 2, size_m[1] / 2
    points = _DISC * (diameter_m / 2) + (along_m, across_m)
    inside = (np.abs(points[:, 0]) <= half_length) & (np.abs(points[:, 1]) <= half_width)
    return float(inside.mean())


def _disc() -> Float64:
    """Points of the unit disc, each for the same area, (n, 2)."""
    radii = np.sqrt((np.arange(_RINGS) + 0.5) / _RINGS)
    turns = 2 * np.pi * (np.arange(_SPOKES) + 0.5) / _SPOKES
    points: Float64 = np.stack([np.outer(radii, np.cos(turns)).ravel(), np.outer(radii, np.sin(turns)).ravel()], axis=1)
    return points


_DISC: Final = _disc()
