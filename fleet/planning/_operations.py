"""Kernel that tabulates which operations are possible where. `operations.py` stands in front."""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Int8, Int32, UInt64


@njit(cache=True, nogil=True)
def find_possible(
    free_cells: Int32, compact: Int32, rows: Int8, columns: Int8, height: int, width: int, possible: UInt64
) -> None:
    """Set the bits of `possible` (n_free * 4, words): operations that stay on passable cells, by (cell, heading)."""
    count, window = rows.shape[1], rows.shape[2]
    possible[:] = 0
    for index in range(len(free_cells)):
        row = free_cells[index] // width
        column = free_cells[index] % width
        for heading in range(4):
            for operation in range(count):
                ok = True
                for step in range(window):
                    r = row + rows[heading, operation, step]
                    c = column + columns[heading, operation, step]
                    if r < 0 or r >= height or c < 0 or c >= width or compact[r * width + c] < 0:
                        ok = False
                        break
                if ok:
                    bit = np.uint64(1) << np.uint64(operation & 63)
                    possible[index * 4 + heading, operation >> 6] |= bit
