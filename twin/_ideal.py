"""Kernels of the ideal grid: the rules of the floor. `ideal.py` stands in front."""

from __future__ import annotations

from numba import njit

from robots.arrays import Int8, Int32, Int64, UInt8

FORWARD = 0
NOBODY = -1


@njit(cache=True, nogil=True)
def find_targets(neighbours: Int32, cell: Int64, heading: Int8, new: UInt8, doing: UInt8, target: Int64) -> int:
    """Fill in the cells that a step ends in; return the first robot whose new entry leads off the floor, or NOBODY.

    neighbours int32 (cells, 4), -1 where there is no way; new, doing: entries that robots got now and do in the step.
    """
    for robot in range(len(cell)):
        target[robot] = cell[robot]
        if doing[robot] == FORWARD or new[robot] == FORWARD:
            ahead = neighbours[cell[robot], heading[robot]]
            if ahead < 0:
                return robot
            if doing[robot] == FORWARD:
                target[robot] = ahead
    return NOBODY


@njit(cache=True, nogil=True)
def first_swap(cell: Int64, target: Int64, last_in: Int64) -> int:
    """The first robot that would swap cells with another, which `last_in[target[robot]]` names; or NOBODY.

    last_in int64 (cells,): scratch, may hold any robots. What it says of a cell is checked against `cell`.
    """
    for robot in range(len(cell)):
        last_in[cell[robot]] = robot
    for robot in range(len(cell)):
        other = last_in[target[robot]]
        if other != robot and cell[other] == target[robot] and target[other] == cell[robot]:
            return robot
    return NOBODY


@njit(cache=True, nogil=True)
def first_meeting(target: Int64, last_in: Int64) -> int:
    """The first robot that would share a cell with another, which `last_in[target[robot]]` names; or NOBODY."""
    for robot in range(len(target)):
        last_in[target[robot]] = robot
    for robot in range(len(target)):
        if last_in[target[robot]] != robot:
            return robot
    return NOBODY
