"""Kernels for heading-aware distance fields. `distances.py` stands in front and documents shapes and units.

A field is a backward search over (cell, heading) states from all four headings of the goal. Where one step costs one (a
cell forward, a quarter turn), it is breadth-first: a first-in-first-out queue visits states in order of distance.
Where moves have weights, it is Dijkstra's algorithm with one bucket a distance (Dial, "Algorithm 360", CACM 1969).
Closures may be directed, so the search asks who may come into a cell, not where one may go from it.

The search works on one cost a state, which is then packed into one word a cell: the least cost of the four headings in
the low 16 bits, and how much more each heading costs, at most two turns, in four bits each from bit 16 up.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Int8, Int32, UInt8, UInt16, UInt32

UNREACHABLE = np.uint16(65535)


@njit(cache=True, nogil=True)
def _pack(costs: UInt16, field: UInt32) -> None:
    """Pack costs (n_free * 4) into words (n_free): least cost, and what each heading costs on top."""
    for cell in range(len(field)):
        first = 4 * cell
        east, south = np.uint32(costs[first]), np.uint32(costs[first + 1])
        west, north = np.uint32(costs[first + 2]), np.uint32(costs[first + 3])
        least = min(east, south, west, north)
        more = (east - least) | ((south - least) << 4) | ((west - least) << 8) | ((north - least) << 12)
        field[cell] = least | (more << 16)


@njit(cache=True, nogil=True)
def fill_fields(predecessors: Int32, goals: Int32, slots: Int32, fields: UInt32, costs: UInt16, queue: Int32) -> None:
    """Fill `fields[slots[k]]` with steps to reach `goals[k]` (compact cell indices) for every state.

    predecessors int32 (n_free, 4) compact index of the cell from which one may come in by heading, or -1;
    fields uint32 (capacity, n_free); costs uint16 and queue int32 scratch (n_free * 4).
    """
    for k in range(len(goals)):
        costs[:] = 65535
        goal = goals[k] * 4
        for heading in range(4):
            costs[goal + heading] = 0
            queue[heading] = goal + heading
        head = 0
        tail = 4
        while head < tail:
            state = queue[head]
            head += 1
            cell = state >> 2
            heading = state & 3
            # Longer ways than 65,534 steps keep that figure: the field stays monotone and never reads as unreachable.
            steps = np.int32(min(np.int32(costs[state]) + 1, 65534))
            before = (cell << 2) | ((heading + 1) & 3)
            if costs[before] == 65535:
                costs[before] = steps
                queue[tail] = before
                tail += 1
            before = (cell << 2) | ((heading + 3) & 3)
            if costs[before] == 65535:
                costs[before] = steps
                queue[tail] = before
                tail += 1
            behind = predecessors[cell, heading]
            if behind >= 0:
                before = (behind << 2) | heading
                if costs[before] == 65535:
                    costs[before] = steps
                    queue[tail] = before
                    tail += 1
        _pack(costs, fields[slots[k]])


@njit(cache=True, nogil=True)
def fill_weighted_fields(
    predecessors: Int32,
    forward: UInt8,
    turn: int,
    goals: Int32,
    slots: Int32,
    fields: UInt32,
    costs: UInt16,
    entry_state: Int32,
    entry_next: Int32,
    bucket: Int32,
) -> None:
    """Fill `fields[slots[k]]` with the least cost of ways to `goals[k]` (compact cell indices) for every state.

    predecessors as in `fill_fields`; forward uint8 (n_free, 4) cost of a move by heading; turn: cost of a quarter turn.
    entry_state, entry_next int32 scratch (n_free * 12 + 4): a state enters a bucket whenever its cost is lowered, at
    most once for each of the three moves that leave it. bucket int32 scratch (256,): the buckets are lists through
    entry_next, and all costs in the queue lie within 255 of each other. Entries whose cost was lowered since are
    passed over when their turn comes.
    """
    for k in range(len(goals)):
        costs[:] = 65535
        bucket[:] = -1
        entries = np.int32(0)
        goal = goals[k] * 4
        for heading in range(4):
            costs[goal + heading] = 0
            entry_state[entries] = goal + heading
            entry_next[entries] = bucket[0]
            bucket[0] = entries
            entries += 1
        waiting = np.int32(4)
        cost = np.int32(0)
        while waiting > 0:
            entry = bucket[cost & 255]
            bucket[cost & 255] = -1
            while entry >= 0:
                state = entry_state[entry]
                entry = entry_next[entry]
                waiting -= 1
                # Dearer ways than 65,534 keep that figure: they never read as unreachable.
                if min(cost, 65534) != np.int32(costs[state]):
                    continue
                cell = state >> 2
                heading = state & 3
                behind = predecessors[cell, heading]
                for way in range(3):
                    if way < 2:
                        before = (cell << 2) | ((heading + 1 + 2 * way) & 3)
                        later = cost + turn
                    elif behind >= 0:
                        before = (behind << 2) | heading
                        later = cost + np.int32(forward[behind, heading])
                    else:
                        continue
                    kept = np.int32(min(later, 65534))
                    if kept < np.int32(costs[before]):
                        costs[before] = kept
                        entry_state[entries] = before
                        entry_next[entries] = bucket[later & 255]
                        bucket[later & 255] = entries
                        entries += 1
                        waiting += 1
            cost += 1
        _pack(costs, fields[slots[k]])


@njit(cache=True, nogil=True)
def read_fields(fields: UInt32, slots: Int32, cells: Int32, headings: Int8, unit: int, out: UInt16) -> None:
    """Write the way from state (cells[j], headings[j]) to the goal of slots[i] into out[i, j]; compact cells.

    In free steps, rounded up: distance / unit. A slot of -1 stands for no goal, which nobody reaches.
    """
    for i in range(len(slots)):
        if slots[i] < 0:
            out[i, :] = UNREACHABLE
            continue
        field = fields[slots[i]]
        for j in range(len(cells)):
            word = field[cells[j]]
            distance = np.int32(word & 0xFFFF) + np.int32((word >> (16 + 4 * headings[j])) & 15)
            out[i, j] = UNREACHABLE if distance == 65535 else (distance + unit - 1) // unit


@njit(cache=True, nogil=True)
def read_worst(fields: UInt32, slots: Int32, cells: Int32, unit: int, out: UInt16) -> None:
    """Write the way from compact cell cells[j] to the goal of slots[j] into out[j], from the heading farthest from it.

    In free steps, rounded up. A slot of -1 stands for no goal, which nobody reaches. Every heading of a cell reaches a
    goal if one of them does, by turning.
    """
    for j in range(len(slots)):
        out[j] = UNREACHABLE
        if slots[j] < 0:
            continue
        word = fields[slots[j], cells[j]]
        more = np.int32(0)
        for heading in range(4):
            more = max(more, np.int32((word >> (16 + 4 * heading)) & 15))
        distance = np.int32(word & 0xFFFF) + more
        if distance != 65535:
            out[j] = (distance + unit - 1) // unit
