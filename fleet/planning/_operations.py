"""Kernel that tabulates which operations are possible where. `operations.py` stands in front."""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Int8, Int32, UInt8, UInt16, UInt64


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


@njit(cache=True, nogil=True)
def find_surcharges(
    free_cells: Int32,
    possible: UInt64,
    offsets: Int32,
    actions: UInt8,
    forward: UInt8,
    unit: int,
    surcharges: UInt16,
) -> None:
    """Write into `surcharges` (n_free * 4, operations) what the moves of an operation cost beyond free steps."""
    count, window = actions.shape
    for index in range(len(free_cells)):
        cell = free_cells[index]
        for heading in range(4):
            state = index * 4 + heading
            for operation in range(count):
                surcharges[state, operation] = 0
                if not (possible[state, operation >> 6] >> np.uint64(operation & 63)) & np.uint64(1):
                    continue
                before = cell
                facing = heading
                total = 0
                for step in range(window):
                    action = actions[operation, step]
                    if action == 0:
                        weight = np.int32(forward[before, facing])
                        if weight > unit:
                            total += weight - unit
                    elif action == 1:
                        facing = (facing + 1) & 3
                    elif action == 2:
                        facing = (facing + 3) & 3
                    before = cell + offsets[heading, operation, step]
                surcharges[state, operation] = total
