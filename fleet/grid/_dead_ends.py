"""Kernel of dead ends. `dead_ends.py` stands in front.

Cells with at most one way on are taken away again and again; what is left is the 2-core of the floor (Seidman, "Network
structure and minimum degree", Social Networks 5, 1983), and what was taken away are trees that hang on it: dead ends.
Invariant of the numbers: the cells beyond cell c are those with the numbers first[c] + 1 to first[c] + size[c] - 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Int32

NONE = -1


@njit(cache=True, nogil=True)
def find(ahead: Int32, is_open: Bool, first: Int32, size: Int32) -> int:
    """Number the cells of dead ends; returns how many there are.

    ahead int32 (cells, 4): the cell that each heading leads to, NONE for none; a way counts whichever way it leads.
    first, size int32 (cells,), written: NONE and 0 for cells that are in no dead end.
    """
    cells = len(is_open)
    ways = np.zeros(cells, dtype=np.int32)
    order = np.empty(cells, dtype=np.int32)
    parent = np.full(cells, NONE, dtype=np.int32)
    to = np.full((cells, 4), NONE, dtype=np.int32)
    for cell in range(cells):
        for heading in range(4):
            other = ahead[cell, heading]
            if other != NONE and is_open[cell] and is_open[other]:
                to[cell, heading] = other
                to[other, heading ^ 2] = cell
    count = 0
    for cell in range(cells):
        first[cell] = NONE
        size[cell] = 0
        for heading in range(4):
            ways[cell] += to[cell, heading] != NONE
        if is_open[cell] and ways[cell] <= 1:
            order[count] = cell
            size[cell] = 1
            count += 1
    at = 0
    while at < count:
        cell = order[at]
        at += 1
        for heading in range(4):
            other = to[cell, heading]
            if other == NONE or first[other] != NONE:
                continue
            parent[cell] = other
            ways[other] -= 1
            if ways[other] <= 1 and size[other] == 0:
                order[count] = other
                size[other] = 1
                count += 1
        first[cell] = 0  # taken away
    for k in range(count):
        above = parent[order[k]]
        if above != NONE and size[above] > 0:
            size[above] += size[order[k]]
    number = 0
    for k in range(count - 1, -1, -1):
        cell = order[k]
        above = parent[cell]
        if above != NONE and size[above] > 0:
            # ways[above] has served its turn: it is where the next subtree of the cell above begins.
            first[cell] = ways[above]
            ways[above] += size[cell]
        else:
            first[cell] = number
            number += size[cell]
        ways[cell] = first[cell] + 1
    return count
