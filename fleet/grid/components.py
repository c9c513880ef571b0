"""Which parts of a floor hang together, whatever is closed at the moment."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import NO_CELL, Layout
from robots.arrays import Int32


def components(layout: Layout) -> Int32:
    """Return the number of each cell's connected component, int32 (cells,), from 1 in the order of cells.

    0 for obstacles. Costs grow linearly in cells.
    """
    # Whoever only loads a world does not wait for scipy. Its ndimage has this in one call, and takes longer to import.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    free = layout.free_cells
    ahead = layout.neighbours[free]
    from_row, heading = np.nonzero(ahead != NO_CELL)
    ends = (free[from_row], ahead[from_row, heading])
    graph = csr_array((np.ones(len(from_row), dtype=np.int8), ends), shape=(layout.cells, layout.cells))
    _, labels = connected_components(graph, directed=False)
    found = np.zeros(layout.cells, dtype=np.int32)
    _, first, number = np.unique(labels[free], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1, dtype=np.int32)
    found[free] = rank[number]
    return found
