"""Kernel that finds rings in a step of a plan. `rings.py` stands in front."""

from __future__ import annotations

from numba import njit

from robots.arrays import Int8, Int32, UInt8

FORWARD = 0
NOBODY = -1
UNKNOWN, MOVES, STAYS, PINNED, ON_THE_WAY = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def find_stays(
    neighbours: Int32, cells: Int32, headings: Int8, actions: UInt8, shift: int, occupant: Int32, state: UInt8
) -> int:
    """Find who cannot carry out a step if rings cannot, robots that each go into the next one's cell.

    state     uint8 (n,), written: MOVES for those who can carry out their action; STAYS for robots in a ring and for
              those behind them; PINNED for one robot of each ring, `shift` robots on from where it was met
    occupant  int32 (cells,), NOBODY everywhere before and after
    Returns the number of robots that stay against their will.
    """
    robots = len(cells)
    for robot in range(robots):
        occupant[cells[robot]] = robot
        state[robot] = UNKNOWN if actions[robot] == FORWARD else MOVES
    stay = 0
    for begin in range(robots):
        if state[begin] != UNKNOWN:
            continue
        # Along the line of robots to its end: a free cell, one who is known, or the line itself.
        robot = begin
        outcome = UNKNOWN
        pinned = NOBODY
        while outcome == UNKNOWN:
            state[robot] = ON_THE_WAY
            ahead = occupant[neighbours[cells[robot], headings[robot]]]
            if ahead == NOBODY:
                outcome = MOVES
            elif state[ahead] == UNKNOWN:
                robot = ahead
            elif state[ahead] == ON_THE_WAY:
                outcome = STAYS
                pinned = ahead
                for _ in range(shift):
                    pinned = occupant[neighbours[cells[pinned], headings[pinned]]]
            elif state[ahead] == MOVES and actions[ahead] == FORWARD:
                outcome = MOVES
            else:
                outcome = STAYS
        robot = begin
        while robot != NOBODY and state[robot] == ON_THE_WAY:
            state[robot] = outcome
            stay += outcome == STAYS
            robot = occupant[neighbours[cells[robot], headings[robot]]]
        if pinned != NOBODY:
            state[pinned] = PINNED
    for robot in range(robots):
        occupant[cells[robot]] = NOBODY
    return stay
