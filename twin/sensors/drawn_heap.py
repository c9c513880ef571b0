"""A load as columns on a grid: how a heap grows, without physics, for hundreds of bays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from robots.arrays import Float64, Int32
from robots.depth_cameras import Bay
from twin.cells.parcel import Parcel
from twin.sensors.exact_depth import FLOOR
from twin.sensors.packing import packed_size

_COLUMNS: Final = 32  # along the longer edge of a bay
# Fitted to heaps of Bullet, see benchmarks/fill.py.
_SINK: Final = 0.62  # a parcel comes to rest on this quantile of what is below it: it leans, and corners sink in
_LEAN: Final = 0.22  # standard deviation of its slopes


class DrawnHeap:
    """Parcels in a bay, as far as cameras see them.

    heights_m  float64 (rows along y, columns along x), upper surface
    parcels    int32, the same shape: number of the parcel on top, or FLOOR
    random     where parcels fall; spread as for a CageHeap
    """

    def __init__(self, bay: Bay, random: np.random.Generator, *, spread: float = 0.6) -> None:
        self._bay, self._random, self._spread = bay, random, spread
        self._cell_m = max(bay.length_m, bay.width_m) / _COLUMNS
        shape = max(1, round(bay.width_m / self._cell_m)), max(1, round(bay.length_m / self._cell_m))
        self.heights_m: Float64 = np.zeros(shape)
        self.parcels: Int32 = np.full(shape, FLOOR, dtype=np.int32)
        self.litres = 0.0

    def drop(self, parcels: Sequence[Parcel]) -> None:
        """Let parcels fall, one after another."""
        for parcel in parcels:
            self._lay(parcel)
            self.litres += parcel.litres

    def clear(self) -> None:
        """The cage is swapped: an empty one stands there."""
        self.heights_m[:] = 0.0
        self.parcels[:] = FLOOR
        self.litres = 0.0

    def fraction(self) -> float:
        """Return how full the bay is: volume below the upper surface, up to the rim, over that of the bay."""
        return float(np.minimum(self.heights_m, self._bay.height_m).mean()) / self._bay.height_m

    def _lay(self, parcel: Parcel) -> None:
        longer, shorter, height = packed_size(parcel)
        along, across = (longer, shorter) if self._random.random() < 0.5 else (shorter, longer)
        rows, columns = self._cells(across, self.heights_m.shape[0]), self._cells(along, self.heights_m.shape[1])
        if not rows * columns:
            return  # it has slipped in between others
        (row, column), slopes = self._place(rows, columns), self._random.normal(0.0, _LEAN, 2)
        there = slice(row, row + rows), slice(column, column + columns)
        below = self.heights_m[there]
        rank = round(_SINK * (rows * columns - 1))
        top = float(np.partition(below, rank, axis=None)[rank]) + height
        leaning = slopes[0] * (np.arange(rows) - (rows - 1) / 2)[:, None] + slopes[1] * (
            np.arange(columns) - (columns - 1) / 2
        )
        surface = top + self._cell_m * leaning
        covered = below < surface
        below[covered] = surface[covered]
        self.parcels[there][covered] = parcel.id

    def _cells(self, edge_m: float, most: int) -> int:
        """How many cells an edge takes: rounded up or down by chance, so that it is right on the average."""
        return min(most, int(edge_m / self._cell_m + self._random.random()))

    def _place(self, rows: int, columns: int) -> tuple[int, int]:
        """First row and column of the place where a parcel so large falls."""
        room = np.array(self.heights_m.shape) - (rows, columns)
        off = self._random.normal(0.0, self._spread, 2) * np.array(self.heights_m.shape) / 2
        row, column = np.rint(room / 2 + off).clip(0, room).astype(int).tolist()
        return row, column
