"""The worst spots of a floor: neighbourhoods that do not overlap, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from robots.arrays import Int64

# A neighbourhood is a square of this many cells on each side of its centre: 5 x 5.
REACH: Final = 2


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A neighbourhood of 5 x 5 cells.

    row, column  its centre, a cell with a count
    around       counts in all its cells
    """

    row: int
    column: int
    around: int


def spot_cells(spot: HotSpot) -> tuple[slice, slice]:
    """Rows and columns of a neighbourhood, those outside the floor left out: an index for arrays (height, width)."""
    return _square(spot.row, spot.column, REACH)


def find_hot_spots(counts: Int64, most: int = 10) -> list[HotSpot]:
    """Return the neighbourhoods with the highest counts, `most` at the most; counts int64 (height, width).

    Counts may be negative, where they are changes: then only cells with a positive one can be a centre.
    Greedy non-maximum suppression: the cell with the most around it becomes a centre, and no centre whose neighbourhood
    would overlap comes after it. Ties go to the higher count in the centre itself, then to the lower row and column.
    """
    around = _sums_around(counts)
    order = np.lexsort((np.arange(counts.size), -counts.ravel(), -around.ravel()))
    free = counts > 0
    spots: list[HotSpot] = []
    for cell in order[free.ravel()[order]].tolist():
        row, column = divmod(cell, counts.shape[1])
        if not free[row, column]:
            continue
        spots.append(HotSpot(row, column, int(around[row, column])))
        if len(spots) == most:
            break
        free[_square(row, column, 2 * REACH)] = False
    return spots


def _sums_around(counts: Int64) -> Int64:
    """Sum of the counts in the neighbourhood of each cell, by an integral image."""
    side = 2 * REACH + 1
    integral = np.pad(counts, ((REACH + 1, REACH), (REACH + 1, REACH))).cumsum(axis=0).cumsum(axis=1)
    sums: Int64 = integral[side:, side:] - integral[:-side, side:] - integral[side:, :-side] + integral[:-side, :-side]
    return sums


def _square(row: int, column: int, reach: int) -> tuple[slice, slice]:
    return slice(max(row - reach, 0), row + reach + 1), slice(max(column - reach, 0), column + reach + 1)
