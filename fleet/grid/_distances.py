"""Kernels for heading-aware distance fields. `distances.py` stands in front and documents shapes and units.

A field is a backward breadth-first search over (cell, heading) states from all four headings of the goal. One step is
one cell forward, a quarter turn, or a wait, so every edge costs one and a first-in-first-out queue visits states in
order of distance. Invariant: a state is queued exactly once, when its final distance is written.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Int8, Int32, UInt16

UNREACHABLE = np.uint16(65535)


@njit(cache=True, nogil=True)
def fill_fields(neighbours: Int32, goals: Int32, slots: Int32, fields: UInt16, queue: Int32) -> None:
    """Fill `fields[slots[k]]` with steps to reach `goals[k]` (compact cell indices) for every state.

    neighbours int32 (n_free, 4) compact index ahead by heading or -1; fields uint16 (capacity, n_free * 4);
    queue int32 scratch (n_free * 4).
    """
    for k in range(len(goals)):
        field = fields[slots[k]]
        field[:] = 65535
        goal = goals[k] * 4
        for heading in range(4):
            field[goal + heading] = 0
            queue[heading] = goal + heading
        head = 0
        tail = 4
        while head < tail:
            state = queue[head]
            head += 1
            cell = state >> 2
            heading = state & 3
            # Longer ways than 65,534 steps keep that figure: the field stays monotone and never reads as unreachable.
            steps = min(np.int32(field[state]) + 1, 65534)
            before = (cell << 2) | ((heading + 1) & 3)
            if field[before] == 65535:
                field[before] = steps
                queue[tail] = before
                tail += 1
            before = (cell << 2) | ((heading + 3) & 3)
            if field[before] == 65535:
                field[before] = steps
                queue[tail] = before
                tail += 1
            behind = neighbours[cell, (heading + 2) & 3]
            if behind >= 0:
                before = (behind << 2) | heading
                if field[before] == 65535:
                    field[before] = steps
                    queue[tail] = before
                    tail += 1


@njit(cache=True, nogil=True)
def read_fields(fields: UInt16, slots: Int32, cells: Int32, headings: Int8, out: UInt16) -> None:
    """Write steps from state (cells[j], headings[j]) to the goal of slots[i] into out[i, j]; compact cells.

    A slot of -1 stands for no goal, which nobody reaches.
    """
    for i in range(len(slots)):
        if slots[i] < 0:
            out[i, :] = UNREACHABLE
            continue
        field = fields[slots[i]]
        for j in range(len(cells)):
            out[i, j] = field[(cells[j] << 2) + headings[j]]
