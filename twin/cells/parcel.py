"""A parcel: one unit of a SKU, as a body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """One unit of a SKU, a box.

    id      unique in a run
    size_m  its edges as it lies, metres: along x, along y, height
    """

    id: int
    sku: str
    size_m: tuple[float, float, float]
    mass_kg: float

    @property
    def litres(self) -> float:
        """Volume."""
        length, width, height = self.size_m
        return length * width * height * 1000.0
