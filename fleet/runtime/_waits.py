"""Kernels that find who is in whose way. `waits.py` stands in front and documents shapes and units."""

from __future__ import annotations

from numba import njit

from robots.arrays import Bool, Int8, Int32, UInt8, UInt16, UInt32

NOBODY = -1
NO_WAY = -2
UNKNOWN, ON_THE_WAY = -2, -3
UNREACHABLE = 65535


@njit(cache=True, nogil=True)
def _distance(fields: UInt32, slot: int, row: int, heading: int) -> int:
    """Distance from a compact cell and a heading, see `grid/distances.py`."""
    word = fields[slot, row]
    return int(word & 0xFFFF) + int((word >> (16 + 4 * heading)) & 15)


@njit(cache=True, nogil=True)
def look_ahead(
    fields: UInt32,
    slots: Int32,
    compact: Int32,
    neighbours: Int32,
    forward: UInt8,
    turn: int,
    cells: Int32,
    headings: Int8,
    end_cells: Int32,
    end_headings: Int8,
    holder: Int32,
    here: UInt16,
    ahead: UInt16,
    blocker: Int32,
) -> None:
    """Find how far robots are from their goals, and who holds the cell that each wants next.

    slots          int32 (n,), rows of `fields` of the robots' goals; nothing is found for those with -1
    cells, headings, end_cells, end_headings  (n,), where robots are, and where they will be when they have done what
                   they were granted: from there they look for the next cell
    holder         int32 (cells,), NOBODY for none
    here, ahead    uint16 (n,), written: distances of the two places
    blocker        int32 (n,), written: another robot that holds the first cell of the best way on; NOBODY if that cell
                   is free or none is left; NO_WAY if there is no way
    Of several best ways one whose first cell is free counts, else the one that begins straight ahead, to the right, to
    the left, behind.
    """
    for robot in range(len(slots)):
        blocker[robot] = NOBODY
        slot = slots[robot]
        if slot < 0:
            continue
        cell = end_cells[robot]
        here[robot] = _distance(fields, slot, compact[cells[robot]], headings[robot])
        left = _distance(fields, slot, compact[cell], end_headings[robot])
        ahead[robot] = left
        if left == UNREACHABLE:
            blocker[robot] = NO_WAY
            continue
        if left == 0:
            continue
        least = UNREACHABLE
        for side in (0, 1, 3, 2):
            heading = (end_headings[robot] + side) & 3
            place = neighbours[cell, heading]
            if place < 0:
                continue
            beyond = _distance(fields, slot, compact[place], heading)
            if beyond == UNREACHABLE:
                continue
            cost = turn * min(side, 4 - side) + int(forward[cell, heading]) + beyond
            held = holder[place] >= 0 and holder[place] != robot
            if cost < least or (cost == least and not held and blocker[robot] != NOBODY):
                least = cost
                blocker[robot] = holder[place] if held else NOBODY


@njit(cache=True, nogil=True)
def look_along(
    fields: UInt32,
    slots: Int32,
    compact: Int32,
    neighbours: Int32,
    forward: UInt8,
    turn: int,
    closed: Bool,
    closed_edges: Bool,
    end_cells: Int32,
    end_headings: Int8,
    holder: Int32,
    stands: Bool,
    blocker: Int32,
) -> None:
    """Find what is first in the way of robots along the ways that they would take if nothing were closed.

    fields, slots, neighbours as in `look_ahead`, of the floor with nothing closed
    closed, closed_edges  bool (cells,), (cells, 4), what is closed
    stands    bool (n,), robots that do not move on by themselves
    blocker   int32 (n,), written: another robot that stands and holds a cell of the way before anything closed, or the
              first closed cell; NOBODY if there is none; NO_WAY if there is no way
    Linear in the lengths of the ways, each a best one: every step of it costs at least one.
    """
    for robot in range(len(slots)):
        blocker[robot] = NOBODY
        slot = slots[robot]
        if slot < 0:
            continue
        cell = end_cells[robot]
        heading = int(end_headings[robot])
        left = _distance(fields, slot, compact[cell], heading)
        if left == UNREACHABLE:
            blocker[robot] = NO_WAY
            continue
        while left > 0:
            least = UNREACHABLE
            on = heading
            for side in (0, 1, 3, 2):
                toward = (heading + side) & 3
                place = neighbours[cell, toward]
                if place >= 0:
                    beyond = _distance(fields, slot, compact[place], toward)
                    cost = turn * min(side, 4 - side) + int(forward[cell, toward]) + beyond
                    if cost < least:
                        least, on, left = cost, toward, beyond
            place = neighbours[cell, on]
            if holder[place] >= 0 and holder[place] != robot and stands[holder[place]]:
                blocker[robot] = holder[place]
                break
            if closed[place] or closed_edges[cell, on]:
                break
            cell, heading = place, on


@njit(cache=True, nogil=True)
def follow(waits_for: Int32, end: Int32, ring: Int32) -> None:
    """Follow everybody's chain to its end; linear in robots, as no robot is passed twice but those of a ring.

    waits_for  int32 (n,), NOBODY for none
    end        int32 (n,), written: the last robot of each chain, the robot itself if it waits for nobody; NOBODY if the
               chain comes into a ring
    ring       int32 (n,), written: for robots in a ring its lowest one, NOBODY for all others
    """
    end[:] = UNKNOWN
    ring[:] = NOBODY
    for begin in range(len(waits_for)):
        robot = begin
        while end[robot] == UNKNOWN:
            end[robot] = ON_THE_WAY
            if waits_for[robot] >= 0:
                robot = waits_for[robot]
        last = end[robot]
        if last == ON_THE_WAY:
            last = robot
            if waits_for[robot] >= 0:
                # We came back to a robot of this very chain.
                last = NOBODY
                lowest = robot
                at = waits_for[robot]
                while at != robot:
                    lowest = min(lowest, at)
                    at = waits_for[at]
                ring[robot] = lowest
                at = waits_for[robot]
                while at != robot:
                    ring[at] = lowest
                    at = waits_for[at]
        robot = begin
        while end[robot] == ON_THE_WAY:
            end[robot] = last
            if waits_for[robot] >= 0:
                robot = waits_for[robot]
