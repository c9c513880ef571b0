"""Kernels of the staged execution. `staged_execution.py` stands in front and explains the columns.

Order of passage (the idea of the action dependency graph: Hoenig et al., RA-L 2019; Ma et al., AAAI 2017), kept as
numbers instead of a graph: the visits of a cell are numbered 0, 1, 2, ... in the order in which they were planned.
`left[cell]` counts the visits that are over, so visit k may begin when `left[cell]` is k.

Invariants: a robot's visit of the cell in which it stands is number `left[cell]`; nobody is in or on the way to a cell
of which he does not hold the visit with number `left[cell]`, or the next one while the robot before drives out ahead
of him in the same direction.
"""

from __future__ import annotations

from numba import njit

from robots.arrays import Bool, Int8, Int32, UInt8

FORWARD, TURN_CW, TURN_CCW, WAIT = 0, 1, 2, 3
NOBODY = -1
UNDECIDED, GO, STOP = 0, 1, 2


@njit(cache=True, nogil=True)
def append_window(
    window: UInt8,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    issued: Int32,
    actions: UInt8,
    visits: Int32,
    lengths: Int32,
) -> int:
    """Append a window of steps, waits left out, for robots that will be at cells and headings; number the visits.

    Returns the first robot that would leave the floor, -1 if none would. cells and headings are moved on.
    """
    for step in range(window.shape[0]):
        for robot in range(len(cells)):
            action = window[step, robot]
            if action == WAIT:
                continue
            place = lengths[robot]
            actions[robot, place] = action
            if action == FORWARD:
                ahead = neighbours[cells[robot], headings[robot]]
                if ahead < 0:
                    return robot
                cells[robot] = ahead
                visits[robot, place] = issued[ahead]
                issued[ahead] += 1
            else:
                headings[robot] = (headings[robot] + (1 if action == TURN_CW else 3)) & 3
            lengths[robot] += 1
    return -1


@njit(cache=True, nogil=True)
def _next_to_ask(
    robot: int,
    follow: bool,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    progress: Int32,
    may: Bool,
    actions: UInt8,
    visits: Int32,
    first: Int32,
    lengths: Int32,
    left: Int32,
    occupant: Int32,
    decided: UInt8,
) -> int:
    """Decide about one robot; or return the robot ahead, whose decision comes first, else -1."""
    place = first[robot]
    if not may[robot] or place >= lengths[robot]:
        decided[robot] = STOP
        return -1
    if actions[robot, place] != FORWARD:
        decided[robot] = GO
        return -1
    ahead = neighbours[cells[robot], headings[robot]]
    gone = left[ahead]
    number = visits[robot, place]
    if number == gone and occupant[ahead] == NOBODY:
        decided[robot] = GO
        return -1
    decided[robot] = STOP
    leader = occupant[ahead]
    if not follow or number != gone + 1 or leader == NOBODY:
        return -1
    place = first[leader]
    if place >= lengths[leader] or actions[leader, place] != FORWARD or headings[leader] != headings[robot]:
        return -1
    # Straight behind each other: what counts is that the gap stays a whole cell at the end of the tick.
    if progress[leader] > progress[robot]:
        decided[robot] = GO
    elif progress[leader] == progress[robot]:
        if decided[leader] == UNDECIDED:
            decided[robot] = UNDECIDED
            return int(leader)
        decided[robot] = decided[leader]
    return -1


@njit(cache=True, nogil=True)
def decide(
    follow: bool,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    progress: Int32,
    may: Bool,
    actions: UInt8,
    visits: Int32,
    first: Int32,
    lengths: Int32,
    left: Int32,
    occupant: Int32,
    decided: UInt8,
    stack: Int32,
) -> None:
    """Decide for every robot whether it goes on with its first staged action in this tick (GO) or not (STOP).

    Robots that follow each other straight are asked from the first of the line on; such a line has an end, since it
    never turns.
    """
    decided[:] = UNDECIDED
    for robot in range(len(cells)):
        if decided[robot] != UNDECIDED:
            continue
        depth = 0
        stack[0] = robot
        while depth >= 0:
            asked = _next_to_ask(
                stack[depth], follow, neighbours, cells, headings, progress, may, actions, visits, first, lengths, left,
                occupant, decided,
            )  # fmt: skip
            if asked >= 0:
                depth += 1
                stack[depth] = asked
            else:
                depth -= 1


@njit(cache=True, nogil=True)
def rehearse(
    ticks: int,
    action_ticks: int,
    follow: bool,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    progress: Int32,
    may: Bool,
    actions: UInt8,
    visits: Int32,
    first: Int32,
    lengths: Int32,
    left: Int32,
    occupant: Int32,
    decided: UInt8,
    stack: Int32,
) -> None:
    """Play the staged actions for a number of ticks as if nobody were delayed, then finish what has begun.

    Every column is moved on: `first` to the first action that was not begun, the others to where the robots end up.
    """
    robots = len(cells)
    may[:] = True
    tick = 0
    busy = True
    while tick < ticks or busy:
        if tick >= ticks:
            for robot in range(robots):
                may[robot] = progress[robot] > 0
        decide(
            follow, neighbours, cells, headings, progress, may, actions, visits, first, lengths, left, occupant,
            decided, stack,
        )  # fmt: skip
        busy = False
        for robot in range(robots):
            if decided[robot] == GO:
                progress[robot] += 1
                busy = busy or progress[robot] < action_ticks
        # Cells are left before they are entered, whatever the robots' numbers.
        for robot in range(robots):
            if decided[robot] == GO and progress[robot] == action_ticks:
                action = actions[robot, first[robot]]
                if action == FORWARD:
                    occupant[cells[robot]] = NOBODY
                    left[cells[robot]] += 1
                    cells[robot] = neighbours[cells[robot], headings[robot]]
                else:
                    headings[robot] = (headings[robot] + (1 if action == TURN_CW else 3)) & 3
        for robot in range(robots):
            if decided[robot] == GO and progress[robot] == action_ticks:
                occupant[cells[robot]] = robot
                first[robot] += 1
                progress[robot] = 0
        tick += 1


@njit(cache=True, nogil=True)
def observe(
    seen_cells: Int32,
    seen_headings: Int8,
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    actions: UInt8,
    first: Int32,
    lengths: Int32,
    left: Int32,
    occupant: Int32,
) -> int:
    """Take over where the robots are now; what they finished leaves the staged actions.

    Returns the first robot that did something else than finish its first staged action or nothing; -1 if none did.
    """
    for robot in range(len(cells)):
        if seen_cells[robot] == cells[robot] and seen_headings[robot] == headings[robot]:
            continue
        place = first[robot]
        if place >= lengths[robot]:
            return robot
        cell = cells[robot]
        heading = headings[robot]
        action = actions[robot, place]
        if action == FORWARD:
            cell = neighbours[cell, heading]
        else:
            heading = (heading + (1 if action == TURN_CW else 3)) & 3
        if seen_cells[robot] != cell or seen_headings[robot] != heading:
            return robot
    for robot in range(len(cells)):
        if seen_cells[robot] != cells[robot]:
            left[cells[robot]] += 1
            if occupant[cells[robot]] == robot:
                occupant[cells[robot]] = NOBODY
            cells[robot] = seen_cells[robot]
            occupant[cells[robot]] = robot
            first[robot] += 1
        elif seen_headings[robot] != headings[robot]:
            headings[robot] = seen_headings[robot]
            first[robot] += 1
    return -1
