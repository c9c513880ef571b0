"""Boxes that were let go, until they lie still: then they are without mass again and cost nothing."""

from __future__ import annotations

from math import dist
from typing import Final

import msgspec

from twin.bullet.frames import Vector
from twin.cells.cell_world import CellWorld

_LEAST_STEPS, _LOOK_STEPS = 24, 6  # when to look whether one lies still
_MOST_STEPS: Final = 1200  # then it is taken to
_STILL_MPS, _STILL_RADPS = 0.01, 0.1
_STILL: Final[Vector] = (0.0, 0.0, 0.0)


def settle(world: CellWorld, loose: dict[int, int], now: int) -> list[int]:
    """Return the boxes that lie still at step `now`, and let them stay where they are from now on.

    loose: since which step each has been loose; those that lie still are taken out.
    """
    still = [name for name, since in loose.items() if _lies_still(world, name, now - since)]
    for name in still:
        del loose[name]
        world.put(name, msgspec.structs.replace(world.box(name), mass_kg=0.0))
    return still


def _lies_still(world: CellWorld, name: int, steps: int) -> bool:
    if steps < _LEAST_STEPS or steps % _LOOK_STEPS:
        return False
    box = world.box(name)
    slow = dist(box.velocity, _STILL) < _STILL_MPS and dist(box.spin, _STILL) < _STILL_RADPS
    return slow or steps >= _MOST_STEPS
