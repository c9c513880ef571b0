"""A mixed pallet: boxes of many sizes on a EUR pallet, and where each of them is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Final

import numpy as np

from robots.arrays import Float64
from robots.errors import InputError
from twin.cells.parcel import Parcel

DECK_M: Final = (1.2, 0.8)  # EN 13698-1: a EUR pallet seen from above
PALLET_HEIGHT_M: Final = 0.144
HIGHEST_M: Final = 1.8 - PALLET_HEIGHT_M  # of a stack, above the deck: with its pallet it is 1.8 m


class PalletError(InputError):
    """Boxes, their places or a tool are impossible, or do not fit on a pallet."""


@dataclass(frozen=True, slots=True)
class Box:
    """A parcel on a pallet; `parcel.size_m` are its edges as it lies, parallel to the pallet's.

    x_m, y_m, z_m  its lowest corner, metres from a corner of the deck: x along 1.2 m, y along 0.8 m, z upwards
    """

    parcel: Parcel
    x_m: float
    y_m: float
    z_m: float

    @property
    def id(self) -> int:
        """The parcel's."""
        return self.parcel.id

    @property
    def top_m(self) -> float:
        """Height of its upper face above the deck."""
        return self.z_m + self.parcel.size_m[2]

    @property
    def middle_m(self) -> tuple[float, float]:
        """Its middle seen from above, which is where its weight acts."""
        length, width, _ = self.parcel.size_m
        return self.x_m + length / 2, self.y_m + width / 2


@dataclass(frozen=True)
class MixedPallet:
    """Boxes on a pallet, in the order in which they were put there. They may be known only roughly, from a camera.

    Raises PalletError if two have the same id, or a size, mass or place is no sensible number.
    """

    boxes: tuple[Box, ...]

    def __post_init__(self) -> None:
        seen: set[int] = set()
        for box in self.boxes:
            _check(box)
            if box.id in seen:
                raise PalletError(f"box {box.id}", "is on the pallet twice", "give every box an id of its own")
            seen.add(box.id)

    @cached_property
    def low(self) -> Float64:
        """Lowest corners, float64 (n, 3), metres."""
        return np.array([(box.x_m, box.y_m, box.z_m) for box in self.boxes], dtype=np.float64).reshape(-1, 3)

    @cached_property
    def high(self) -> Float64:
        """Highest corners, float64 (n, 3), metres."""
        sizes = np.array([box.parcel.size_m for box in self.boxes], dtype=np.float64).reshape(-1, 3)
        return self.low + sizes

    @property
    def height_m(self) -> float:
        """Of the stack, above the deck."""
        return max((box.top_m for box in self.boxes), default=0.0)

    @property
    def mass_kg(self) -> float:
        """Of all boxes."""
        return sum(box.parcel.mass_kg for box in self.boxes)

    def without(self, ids: Iterable[int]) -> MixedPallet:
        """Return the pallet after boxes were taken away, the others where they are."""
        gone = frozenset(ids)
        return MixedPallet(tuple(box for box in self.boxes if box.id not in gone))


def _check(box: Box) -> None:
    parcel = box.parcel
    if not all(isfinite(size) and size > 0.0 for size in parcel.size_m):
        raise PalletError(f"box {box.id}", f"has the size {parcel.size_m}", "give edges of more than 0 m")
    if not (isfinite(parcel.mass_kg) and parcel.mass_kg > 0.0):
        raise PalletError(f"box {box.id}", f"has the mass {parcel.mass_kg}", "give more than 0 kg")
    if not all(isfinite(place) for place in (box.x_m, box.y_m, box.z_m)):
        raise PalletError(f"box {box.id}", f"is at {box.x_m}, {box.y_m}, {box.z_m}", "give a place in metres")
