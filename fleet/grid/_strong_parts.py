"""Kernel of strongly connected parts. `strong_parts.py` stands in front.

Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1, 1972, without recursion. A cell's
place on the stack stands for its number, which is only ever compared among cells that are on the stack. Invariant: from
each cell on the stack one gets to all those above it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Int32

NONE = -1


@njit(cache=True, nogil=True)
def find(ahead: Int32, is_open: Bool) -> Int32:
    """Return the lowest cell of the part that each cell is in, int32 (cells,), NONE for cells that are not open.

    ahead int32 (cells, 4): the cell that each heading leads to, NONE for none; is_open bool (cells,).
    """
    cells = len(is_open)
    part = np.full(cells, NONE, dtype=np.int32)
    stack = np.empty(cells, dtype=np.int32)
    place = np.full(cells, NONE, dtype=np.int32)
    lowest = np.empty(cells, dtype=np.int32)  # the lowest place on the stack that the cell is known to get to
    came_from = np.full(cells, NONE, dtype=np.int32)
    tried = np.zeros(cells, dtype=np.int8)  # headings
    top = 0
    for start in range(cells):
        if not is_open[start] or place[start] != NONE:
            continue
        cell = start
        while cell != NONE:
            if place[cell] == NONE:
                place[cell] = top
                lowest[cell] = top
                stack[top] = cell
                top += 1
            if tried[cell] < 4:
                other = ahead[cell, tried[cell]]
                tried[cell] += 1
                if other == NONE or not is_open[other] or part[other] != NONE:
                    continue
                if place[other] == NONE:
                    came_from[other] = cell
                    cell = other
                else:
                    lowest[cell] = min(lowest[cell], place[other])
            else:
                if lowest[cell] == place[cell]:
                    whole = stack[place[cell] : top]
                    part[whole] = whole.min()
                    top = place[cell]
                before = came_from[cell]
                if before != NONE:
                    lowest[before] = min(lowest[before], lowest[cell])
                cell = before
    return part
