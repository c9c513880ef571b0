"""Parcels as they really are: sizes and weights from the order lines that are shipped."""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path
from random import Random
from typing import Final, Self

from fleet.text_file import read_text
from robots.errors import InputError
from twin.cells.parcel import Parcel

SHIPPED: Final = Path(str(files("sim_worlds"))) / "orders" / "order_lines.csv"

FLAT_M: Final = 0.010
SMALL_M: Final = 0.150
LARGE_M: Final = 0.320
HEAVY_KG: Final = 1.0
PARCEL_CLASSES: Final = ("heavy", "flat", "small", "large", "medium")


@dataclass(frozen=True, slots=True)
class Measures:
    """What one unit of an order line is: edges in metres, longest, middle and shortest, as it lies; kg."""

    size_m: tuple[float, float, float]
    mass_kg: float

    @property
    def litres(self) -> float:
        """Volume."""
        length, width, height = self.size_m
        return length * width * height * 1000.0


class ParcelSizes:
    """Draws parcels of real order lines, and finds the parcel of a line of which only volume and weight are known.

    lines  SKU and measures, one entry an order line, so that what is ordered often is drawn often. Raises InputError if
           there are none.
    """

    def __init__(self, lines: Iterable[tuple[str, Measures]]) -> None:
        self._lines = tuple(lines)
        if not self._lines:
            raise InputError("parcel sizes", "there are no order lines", "give a file with some")
        self._same = {_key(one.litres, one.mass_kg): one for _, one in reversed(self._lines)}
        self._by_volume = sorted({one for _, one in self._lines}, key=lambda one: (one.litres, one.mass_kg, one.size_m))
        self._litres = [one.litres for one in self._by_volume]

    @classmethod
    def read(cls, path: Path = SHIPPED) -> Self:
        """Read order lines, CSV with sku, width_mm, length_mm, depth_mm and weight_g. Raises InputError for others."""
        rows = csv.DictReader(StringIO(read_text(path, InputError, "file of order lines")))
        try:
            return cls((row["sku"], _measures(row)) for row in rows)
        except (KeyError, TypeError, ValueError) as failure:
            raise InputError(
                f"{path}, line {rows.line_num}", f"is no order line: {failure}", "see sim_worlds/orders"
            ) from None

    @property
    def lines(self) -> tuple[tuple[str, Measures], ...]:
        """SKU and measures of every order line."""
        return self._lines

    def draw(self, random: Random, number: int) -> Parcel:
        """Draw a parcel; number: its id."""
        sku, measures = random.choice(self._lines)
        return Parcel(number, sku, measures.size_m, measures.mass_kg)

    def of_line(self, number: int, sku: str, litres: float, kg: float) -> Parcel:
        """Return one unit of an order line, volume in litres and kg: a real one if there is one with these figures,
        else the nearest in volume, scaled to this volume.

        Raises InputError unless both are positive.
        """
        if not (litres > 0 and kg > 0):
            raise InputError(f"parcel of {sku}", f"is {litres} litres and {kg} kg", "give positive numbers")
        same = self._same.get(_key(litres, kg))
        if same is not None:
            return Parcel(number, sku, same.size_m, same.mass_kg)
        after = bisect_left(self._litres, litres)
        near = min(self._by_volume[max(0, after - 1) : after + 1], key=lambda one: abs(one.litres - litres))
        scale = (litres / near.litres) ** (1 / 3)
        length, width, height = near.size_m
        return Parcel(number, sku, (length * scale, width * scale, height * scale), kg)


def parcel_class(parcel: Parcel) -> str:
    """Return what a parcel is to a gripper: one of PARCEL_CLASSES, the first of these that fits.

    heavy   1 kg or more: accelerations have to be held
    flat    less than 10 mm high, magazines and envelopes: they bend, and a cup leaks
    small   top not longer than 150 mm: little room for a cup beside its middle
    large   an edge longer than 320 mm
    medium  all others
    """
    if parcel.mass_kg >= HEAVY_KG:
        return "heavy"
    length, width, height = parcel.size_m
    if height < FLAT_M:
        return "flat"
    if max(length, width) <= SMALL_M:
        return "small"
    return "large" if max(parcel.size_m) > LARGE_M else "medium"


def _measures(row: dict[str, str]) -> Measures:
    edges = sorted((float(row[name]) / 1000 for name in ("width_mm", "length_mm", "depth_mm")), reverse=True)
    mass_kg = float(row["weight_g"]) / 1000
    if not (edges[-1] > 0 and mass_kg > 0):
        raise ValueError("measures and weight have to be greater than zero")
    return Measures((edges[0], edges[1], edges[2]), mass_kg)


def _key(litres: float, kg: float) -> tuple[float, float]:
    return round(litres, 9), round(kg, 9)
