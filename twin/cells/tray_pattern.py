"""Where the next parcel goes on a tray: flat on what is there, low, near a corner, and nothing on an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from robots.arrays import Bool, Float64
from twin.bullet.frames import Vector

_GRID_M: Final = 0.01
_STRIDE: Final = 2  # every second place is looked at
_GAP_M: Final = 0.008  # around every parcel, for what placing is off
_LEVEL_M: Final = 0.002  # what is so much lower still carries
_CARRIED: Final = 0.7  # share of a parcel's base that has to rest on something

Reach = Callable[[Float64, Float64, Float64], Bool]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a parcel goes: the middle of its base, metres, and whether it lies along the tray's x or turned by 90°."""

    base: Vector
    turned: bool


class TrayPattern:
    """What lies on a tray, as heights over a grid of 10 mm. The tray is `size_m` along x and y, `middle` its surface.

    highest_m  above the tray that anything may reach
    """

    def __init__(self, size_m: tuple[float, float], middle: Vector, highest_m: float) -> None:
        self._middle: Final = middle
        self._highest_m: Final = highest_m
        self._corner: Final = (middle[0] - size_m[0] / 2, middle[1] - size_m[1] / 2)
        self._heights = np.zeros((int(size_m[0] / _GRID_M + 1e-6), int(size_m[1] / _GRID_M + 1e-6)))

    @property
    def highest_m(self) -> float:
        """How high what lies on the tray reaches above it."""
        return float(self._heights.max())

    def clear(self) -> None:
        """Nothing lies on it."""
        self._heights[:] = 0.0

    def add(self, size_m: Vector, middle: Vector, *, turned: bool) -> None:
        """Something lies on it, its middle there; size_m: of the parcel before it was turned."""
        length, width = (size_m[1], size_m[0]) if turned else (size_m[0], size_m[1])
        west, south = middle[0] - length / 2 - self._corner[0], middle[1] - width / 2 - self._corner[1]
        rows = _covered(west, length, self._heights.shape[0])
        columns = _covered(south, width, self._heights.shape[1])
        top = middle[2] + size_m[2] / 2 - self._middle[2]
        part = self._heights[rows, columns]
        np.maximum(part, top, out=part)

    def spot(self, size_m: Vector, reach: Reach) -> Spot | None:
        """Return where to put a parcel, or None if there is no place left for it.

        reach: tells for x, y and z of the middle of its top, arrays of one shape, where it can be set down

        The lowest place that carries its middle and most of its base; of these the one nearest to the corner of the
        tray that is farthest from the arm, so that parcels are set down behind and beside one another.
        """
        found = [self._best(size_m, reach, turned=turned) for turned in (False, True)]
        best = min((one for one in found if one is not None), key=lambda one: one[0], default=None)
        return None if best is None else best[1]

    def _best(self, size_m: Vector, reach: Reach, *, turned: bool) -> tuple[float, Spot] | None:
        length, width = (size_m[1], size_m[0]) if turned else (size_m[0], size_m[1])
        cells = ceil((length + 2 * _GAP_M) / _GRID_M - 1e-6), ceil((width + 2 * _GAP_M) / _GRID_M - 1e-6)
        if cells[0] > self._heights.shape[0] or cells[1] > self._heights.shape[1]:
            return None
        windows = sliding_window_view(self._heights, cells)[::_STRIDE, ::_STRIDE]
        base = windows.max(axis=(2, 3))
        lowest = (base - _LEVEL_M)[:, :, None, None]
        level = (windows[:, :, 1:-1, 1:-1] >= lowest).mean(axis=(2, 3))  # without the gap
        carried = windows[:, :, cells[0] // 2, cells[1] // 2] >= base - _LEVEL_M
        x = self._corner[0] + (_STRIDE * np.arange(base.shape[0]) + cells[0] / 2) * _GRID_M
        y = self._corner[1] + (_STRIDE * np.arange(base.shape[1]) + cells[1] / 2) * _GRID_M
        east, north = np.broadcast_arrays(x[:, None], y[None, :])
        top = self._middle[2] + base + size_m[2]
        possible = (level >= _CARRIED) & carried & (base + size_m[2] <= self._highest_m)
        possible &= reach(east, north, top)
        if not possible.any():
            return None
        aside = np.abs(y - self._middle[1])[None, :] - x[:, None]  # near the middle, far from the arm
        order = np.where(possible, np.round(base, 3) * 1e3 + aside, np.inf)
        row, column = np.unravel_index(int(order.argmin()), order.shape)
        spot = Spot((float(x[row]), float(y[column]), self._middle[2] + float(base[row, column])), turned)
        return float(order[row, column]), spot


def _covered(begin: float, length: float, cells: int) -> slice:
    """Cells of the grid that a stretch touches."""
    first, last = int(begin / _GRID_M + 1e-6), ceil((begin + length) / _GRID_M - 1e-6)
    return slice(max(first, 0), min(max(last, 0), cells))
