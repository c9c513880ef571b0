"""Kernel of the moves in a tick. `moves.py` stands in front.

Source: the Start-Kit's ActionModel, edition 2026. Lengths are in `unit`s, of which a cell has as many as an action has
ticks: a robot that goes forward goes one unit a tick.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Int8, Int32, UInt8

FORWARD, TURN_CW, TURN_CCW, WAIT = 0, 1, 2, 3
OPEN, ASKED, SETTLED = 0, 1, 2
GOES, STANDS = -1, -2
# Squares that touch do not overlap.
TOUCH = 1e-6


@njit(cache=True, nogil=True)
def _overlap(
    rows: int, columns: int, heading: int, begin: float, end: float,
    other_heading: int, other_begin: float, other_end: float, unit: int, size: float,
) -> bool:  # fmt: skip
    """Tell whether two squares overlap at any moment of a tick.

    rows, columns: cells from the other robot's cell to this one's. begin, end: how far each is out of its cell.
    """
    low = 0.0
    high = 1.0
    for axis in range(2):
        # Headings 0 and 2 are along columns, 1 and 3 along rows; 0 and 1 ahead, 2 and 3 back.
        step = (1.0 if heading < 2 else -1.0) if heading & 1 != axis else 0.0
        other_step = (1.0 if other_heading < 2 else -1.0) if other_heading & 1 != axis else 0.0
        apart = (rows if axis == 0 else columns) * float(unit) + step * begin - other_step * other_begin
        speed = step * (end - begin) - other_step * (other_end - other_begin)
        if abs(speed) < TOUCH:
            if abs(apart) >= size - TOUCH:
                return False
        else:
            enter = (-size - apart) / speed
            leave = (size - apart) / speed
            if enter > leave:
                enter, leave = leave, enter
            low = max(low, enter + TOUCH)
            high = min(high, leave - TOUCH)
    return low <= high


@njit(cache=True, nogil=True)
def _look(
    robot: int,
    width: int,
    height: int,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    progress: Int32,
    out: Int32,
    ends: Int32,
    wanted: UInt8,
    unit: int,
    size: float,
    first_in: Int32,
    next_in: Int32,
    state: UInt8,
) -> int:
    """Decide about a robot that wants to go forward: GOES, STANDS, or the robot that has to be decided before."""
    cell = cells[robot]
    heading = headings[robot]
    ahead = neighbours[cell, heading]
    end = progress[robot] + 1 if wanted[robot] == FORWARD else 0
    if ahead < 0:
        # The square lies at the upper left of its cell: only to the east and south there may be room before a wall.
        if heading >= 2 or end + size > unit + TOUCH:
            return STANDS
        ahead = cell
    row = cell // width
    column = cell % width
    top = min(row, ahead // width) - 1
    bottom = max(row, ahead // width) + 1
    west = min(column, ahead % width) - 1
    east = max(column, ahead % width) + 1
    for there_row in range(max(top, 0), min(bottom, height - 1) + 1):
        for there_column in range(max(west, 0), min(east, width - 1) + 1):
            other = first_in[there_row * width + there_column]
            while other >= 0:
                if other != robot:
                    settled = state[other] == SETTLED
                    if _overlap(
                        row - there_row, column - there_column, heading, out[robot], end,
                        headings[other], out[other], ends[other] if settled else out[other], unit, size,
                    ):  # fmt: skip
                        return STANDS if settled or state[other] == ASKED else other
                other = next_in[other]
    return GOES


@njit(cache=True, nogil=True)
def tick(
    width: int,
    height: int,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    progress: Int32,
    out: Int32,
    wanted: UInt8,
    unit: int,
    size: float,
    first_in: Int32,
    next_in: Int32,
    ends: Int32,
    state: UInt8,
    stack: Int32,
    refused: Bool,
) -> None:
    """Carry out a tick of the wanted actions, where an unsafe one becomes a wait.

    A robot goes if it overlaps nobody at any moment of the tick; who stands in its way is decided before it, who waits
    for itself all the way round stands.

    progress  ticks of the action that is under way; out  units that a robot is out of its cell, > 0 on the way only
    refused   written: who had to wait against its will. cells, headings, progress and out are moved on.
    first_in  int32 (cells,), -1 everywhere before and after
    """
    robots = len(cells)
    for robot in range(robots - 1, -1, -1):
        next_in[robot] = first_in[cells[robot]]
        first_in[cells[robot]] = robot
        refused[robot] = False
        ends[robot] = out[robot]
        # A turn begins and ends inside the own cell and can touch nobody, nor can a wait.
        moves = wanted[robot] == FORWARD or (wanted[robot] != WAIT and out[robot] > 0)
        state[robot] = OPEN if moves else SETTLED
    for begin in range(robots):
        if state[begin] != OPEN:
            continue
        depth = 0
        stack[0] = begin
        state[begin] = ASKED
        while depth >= 0:
            robot = stack[depth]
            found = _look(
                robot, width, height, neighbours, cells, headings, progress, out, ends, wanted, unit, size, first_in,
                next_in, state,
            )  # fmt: skip
            if found >= 0:
                depth += 1
                stack[depth] = found
                state[found] = ASKED
                continue
            if found == GOES:
                ends[robot] = progress[robot] + 1 if wanted[robot] == FORWARD else 0
            else:
                refused[robot] = True
            state[robot] = SETTLED
            depth -= 1
    for robot in range(robots):
        first_in[cells[robot]] = -1
    for robot in range(robots):
        action = wanted[robot]
        if action == WAIT or refused[robot]:
            continue
        progress[robot] += 1
        done = progress[robot] >= unit
        if done:
            progress[robot] = 0
        if action == FORWARD:
            out[robot] = 0 if done else progress[robot]
            if done:
                cells[robot] = neighbours[cells[robot], headings[robot]]
        else:
            out[robot] = 0
            if done:
                headings[robot] = np.int8((headings[robot] + (1 if action == TURN_CW else 3)) & 3)
