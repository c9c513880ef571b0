"""Kernels that tabulate which operations are possible where. `operations.py` stands in front."""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Int32, UInt8, UInt16, UInt64


@njit(cache=True, nogil=True)
def find_possible(cells: Int32, compact: Int32, neighbours: Int32, actions: UInt8, possible: UInt64) -> None:
    """Set the bits of `possible` (n_free * 4, words) for these cells: operations whose every move is allowed there.

    neighbours int32 (all cells, 4): the cell ahead by heading, -1 where the move is not allowed.
    """
    count, window = actions.shape
    for index in range(len(cells)):
        for heading in range(4):
            state = compact[cells[index]] * 4 + heading
            possible[state] = 0
            for operation in range(count):
                here = cells[index]
                facing = heading
                for step in range(window):
                    action = actions[operation, step]
                    if action == 0:
                        here = neighbours[here, facing]
                        if here < 0:
                            break
                    elif action == 1:
                        facing = (facing + 1) & 3
                    elif action == 2:
                        facing = (facing + 3) & 3
                if here >= 0:
                    possible[state, operation >> 6] |= np.uint64(1) << np.uint64(operation & 63)


@njit(cache=True, nogil=True)
def find_near(changed: Int32, neighbours: Int32, reach: int, distance: Int32, queue: Int32) -> int:
    """Write into `queue` the cells from which `reach` moves on the open floor lead to a changed cell; return how many.

    distance int32 (all cells), -1 throughout before and after; queue int32 (n_free,).
    """
    tail = 0
    for index in range(len(changed)):
        queue[tail] = changed[index]
        distance[changed[index]] = 0
        tail += 1
    head = 0
    while head < tail:
        here = queue[head]
        head += 1
        if distance[here] == reach:
            continue
        for heading in range(4):
            # The open floor has no one-way moves: what can be reached from here can reach here.
            there = neighbours[here, heading]
            if there >= 0 and distance[there] < 0:
                distance[there] = distance[here] + 1
                queue[tail] = there
                tail += 1
    for index in range(tail):
        distance[queue[index]] = -1
    return tail


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
