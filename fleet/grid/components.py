"""Which parts of a floor hang together, whatever is closed at the moment."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import NO_CELL, Layout
from robots.arrays import Int32


def components(layout: Layout) -> Int32:
    """Return the number of each cell's connected component, int32 (cells,), from 1 in the order of cells.

    0 for obstacles. A way counts in both directions. Costs grow as cells times the square of their logarithm at worst.
    Algorithm S of Liu and Tarjan, "Simple Concurrent Labeling Algorithms for Connected Components", SOSA 2019: numpy
    alone, since whoever loads a world should not have to wait for scipy or numba.
    """
    start, heading = np.nonzero(layout.neighbours != NO_CELL)
    end = layout.neighbours[start, heading].astype(np.intp)
    lowest = np.arange(layout.cells)
    while len(start):
        # Both ends of a way that is left are the lowest known cells of their parts: the higher one joins the lower.
        np.minimum.at(lowest, np.maximum(start, end), np.minimum(start, end))
        while not np.array_equal(lowest, lower := lowest[lowest]):
            lowest = lower
        start, end = lowest[start], lowest[end]
        apart = start != end
        start, end = start[apart], end[apart]
    first = layout.passable & (lowest == np.arange(layout.cells))
    return np.where(layout.passable, np.cumsum(first)[lowest], 0).astype(np.int32)
