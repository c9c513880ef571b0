"""Kernels of EPIBT (AAAI-26): the search for a collision-free set of operations. `epibt.py` stands in front.

Tables and state, all preallocated by the caller:

reserved  int32 (cells, w + 1): the robot in a cell after each step, -1 if none; column 0 is where robots are now
chosen    int32 (n,): the operation of each robot. Invariant outside a search: the chosen operations of all robots
          are exactly what `reserved` holds, and no two of them collide. Waiting everywhere is such a set, so the plan
          is valid whenever the search stops.
keys      int32 (n, operations): cost * KEY_STEP + operation, ascending in preference; NEVER for impossible operations
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64

NOBODY = -1
MANY = -2
NEVER = np.int32(2**31 - 1)
KEY_STEP = 256
# Costs of operations that meet the goal are below zero; keys are not.
COST_OFFSET = 4096
# Meeting the goal outweighs facing the wrong way afterwards, which costs at most two turns. In free steps.
MEETING_GAIN = 4
UNREACHABLE = 65535

# Rows of `counts`.
SEARCHES, TRIES, PUSHES, FAILURES, DEMOTED = 0, 1, 2, 3, 4


@njit(cache=True, nogil=True)
def _collider(robot: int, cell: int, offset: Int32, reserved: Int32, window: int) -> int:
    """The one robot that this way collides with, NOBODY, or MANY when there are several."""
    found = NOBODY
    before = cell
    for step in range(window):
        after = cell + offset[step]
        other = reserved[after, step + 1]
        if other >= 0 and other != robot and other != found:
            if found >= 0:
                return MANY
            found = other
        if after != before:
            # A swap: whoever is ahead now will be where this robot was.
            other = reserved[after, step]
            if other >= 0 and other != robot and other != found and reserved[before, step + 1] == other:
                if found >= 0:
                    return MANY
                found = other
        before = after
    return found


@njit(cache=True, nogil=True)
def _place(robot: int, cell: int, offset: Int32, reserved: Int32, window: int) -> None:
    for step in range(window):
        reserved[cell + offset[step], step + 1] = robot


@njit(cache=True, nogil=True)
def _lift(cell: int, offset: Int32, reserved: Int32, window: int) -> None:
    for step in range(window):
        reserved[cell + offset[step], step + 1] = NOBODY


@njit(cache=True, nogil=True)
def _distance(word: int, heading: int) -> int:
    """Read a word of a distance field, see `DistanceFields`."""
    return np.int32(word & 0xFFFF) + np.int32((word >> (16 + 4 * heading)) & 15)


@njit(cache=True, nogil=True)
def _steps_from(word: int, heading: int, spare: int) -> int:
    """Distance at the end of an operation whose last `spare` waits may be used to turn."""
    if spare >= 2:
        return np.int32(word & 0xFFFF)
    distance = _distance(word, heading)
    if spare == 1:
        distance = min(distance, _distance(word, (heading + 1) & 3), _distance(word, (heading + 3) & 3))
    return distance


@njit(cache=True, nogil=True)
def _rank_operations(
    robot: int,
    cells: Int32,
    headings: Int8,
    goals: Int32,
    slots: Int32,
    next_slots: Int32,
    next_base: Int32,
    dwell: Bool,
    blocked: Bool,
    has_blocked: bool,
    fields: UInt32,
    compact: Int32,
    offsets: Int32,
    end_headings: Int8,
    trailing: Int8,
    moves: Int16,
    possible: UInt64,
    surcharges: UInt16,
    unit: int,
    width: int,
    keys: Int32,
) -> int:
    """Fill the keys of a robot; return the smallest.

    Cost of an operation: the distance to the goal from its end, and what its moves cost beyond free steps. Where the
    operation meets the goal on the way, something negative takes the distance's place, by how early it does so, or, if
    the next goal is known, by how much of the way there is behind it. A robot that will dwell at its goal may not run
    through it on the way.
    """
    cell = cells[robot]
    heading = headings[robot]
    state = compact[cell] * 4 + heading
    count, window = offsets.shape[1], offsets.shape[2]
    slot = slots[robot]
    near = False
    wants = False
    goal = NOBODY
    guided = len(surcharges) > 0
    if slot >= 0:
        distance = _distance(fields[slot, compact[cell]], heading)
        wants = distance != UNREACHABLE
        goal = goals[robot]
        near = abs(goal // width - cell // width) + abs(goal % width - cell % width) <= window
    best = NEVER
    for operation in range(count):
        if not (possible[state, operation >> 6] >> np.uint64(operation & 63)) & np.uint64(1):
            keys[robot, operation] = NEVER
            continue
        end = cell + offsets[heading, operation, window - 1]
        if not wants:
            cost = np.int32(moves[operation])
        else:
            cost = _steps_from(fields[slot, compact[end]], end_headings[heading, operation], trailing[operation])
        if wants and operation == 0:
            cost = np.int32(65535)
        if near:
            meets = -1
            leaves = False
            for step in range(window):
                here = cell + offsets[heading, operation, step]
                if meets < 0 and here == goal:
                    meets = step + 1
                elif meets >= 0 and here != goal:
                    leaves = True
            if meets >= 0:
                if dwell[robot] and leaves:
                    # One that rests at its goal may be pushed away; one that comes to it must not be planned past it.
                    if cell != goal:
                        keys[robot, operation] = NEVER
                        continue
                elif not dwell[robot] and next_slots[robot] >= 0:
                    word = fields[next_slots[robot], compact[end]]
                    ahead = _steps_from(word, end_headings[heading, operation], trailing[operation])
                    cost = max(min(ahead - next_base[robot] - MEETING_GAIN * unit, 3 * unit), -COST_OFFSET)
                else:
                    cost = np.int32(meets - window)
        if guided:
            cost += np.int32(surcharges[state, operation])
        if has_blocked:
            enters = False
            before = cell
            for step in range(window):
                here = cell + offsets[heading, operation, step]
                if here != before and blocked[here]:
                    enters = True
                before = here
            if enters:
                keys[robot, operation] = NEVER
                continue
        key = np.int32((cost + COST_OFFSET) * KEY_STEP + operation)
        keys[robot, operation] = key
        best = min(best, key)
    return best


@njit(cache=True, nogil=True)
def _drop_early(within: UInt64, keys: Int32) -> int:
    """Take out of a robot's keys what moves before its delay is over; return the smallest that is left."""
    best = NEVER
    for operation in range(len(keys)):
        if not (within[operation >> 6] >> np.uint64(operation & 63)) & np.uint64(1):
            keys[operation] = NEVER
        best = min(best, keys[operation])
    return best


@njit(cache=True, nogil=True)
def place_inherited(
    cells: Int32,
    headings: Int8,
    order: Int32,
    blocked: Bool,
    has_blocked: bool,
    offsets: Int32,
    reserved: Int32,
    chosen: Int32,
    waiting: Int32,
    counts: Int64,
) -> None:
    """Reserve the inherited operations; robots whose operation collides or is blocked wait instead.

    A robot made to wait takes its own cell for the whole window from whoever planned to pass, who then waits as well:
    the number of waiting robots only grows, so this ends, at the latest with everybody waiting.
    """
    n = len(cells)
    window = offsets.shape[2]
    reserved[:] = NOBODY
    for robot in range(n):
        reserved[cells[robot], 0] = robot
        if chosen[robot] == 0:
            _place(robot, cells[robot], offsets[headings[robot], 0], reserved, window)
    pending = 0
    for position in range(n):
        robot = int(order[position])
        if chosen[robot] == 0:
            continue
        offset = offsets[headings[robot], chosen[robot]]
        ok = _collider(robot, cells[robot], offset, reserved, window) == NOBODY
        if ok and has_blocked:
            before = cells[robot]
            for step in range(window):
                here = cells[robot] + offset[step]
                if here != before and blocked[here]:
                    ok = False
                before = here
        if ok:
            _place(robot, cells[robot], offset, reserved, window)
            continue
        chosen[robot] = 0
        waiting[0] = robot
        pending = 1
        while pending > 0:
            pending -= 1
            stopped = int(waiting[pending])
            counts[DEMOTED] += 1
            cell = cells[stopped]
            for step in range(1, window + 1):
                other = reserved[cell, step]
                if other >= 0 and other != stopped:
                    _lift(cells[other], offsets[headings[other], chosen[other]], reserved, window)
                    chosen[other] = 0
                    waiting[pending] = other
                    pending += 1
            _place(stopped, cell, offsets[headings[stopped], 0], reserved, window)


@njit(cache=True, nogil=True)
def search(
    cells: Int32,
    headings: Int8,
    goals: Int32,
    slots: Int32,
    next_slots: Int32,
    next_base: Int32,
    dwell: Bool,
    delays: UInt8,
    hold: Bool,
    order: Int32,
    first: int,
    last: int,
    rank: Int32,
    blocked: Bool,
    has_blocked: bool,
    fields: UInt32,
    compact: Int32,
    offsets: Int32,
    end_headings: Int8,
    trailing: Int8,
    moves: Int16,
    possible: UInt64,
    within: UInt64,
    surcharges: UInt16,
    unit: int,
    width: int,
    revisits: int,
    max_tries: int,
    reserved: Int32,
    chosen: Int32,
    keys: Int32,
    best_key: Int32,
    visits: Int32,
    visited_by: Int32,
    stack_robot: Int32,
    stack_key: Int32,
    stack_old: Int32,
    counts: Int64,
) -> None:
    """Let robots, in order of priority, take the best operation that they can get by pushing lower-ranked robots.

    Only those at places first to last - 1 of the order begin a search; a plan begins with the call whose `first` is 0.
    Every search either succeeds, and every robot on the stack has a new operation, or puts everything back.
    """
    window = offsets.shape[2]
    count = offsets.shape[1]
    depth_limit = len(stack_robot)
    if first == 0:
        best_key[:] = -1
        visited_by[:] = -1
    for position in range(first, last):
        root = int(order[position])
        if hold[root]:
            continue
        if best_key[root] < 0:
            best_key[root] = _rank_operations(
                root, cells, headings, goals, slots, next_slots, next_base, dwell, blocked, has_blocked,
                fields, compact, offsets, end_headings, trailing, moves, possible, surcharges, unit, width, keys,
            )  # fmt: skip
            if delays[root] > 0:
                best_key[root] = _drop_early(within[delays[root]], keys[root])
        if best_key[root] & (KEY_STEP - 1) == chosen[root]:
            continue
        counts[SEARCHES] += 1
        tries = 0
        depth = 0
        stack_robot[0] = root
        stack_key[0] = -1
        stack_old[0] = chosen[root]
        visits[root] = 1
        visited_by[root] = root
        limit = keys[root, chosen[root]]
        _lift(cells[root], offsets[headings[root], chosen[root]], reserved, window)
        while True:
            robot = int(stack_robot[depth])
            cell = cells[robot]
            last = stack_key[depth]
            key = limit if depth == 0 else NEVER
            bound = key
            if tries < max_tries:
                for operation in range(count):
                    candidate = keys[robot, operation]
                    if last < candidate < key:
                        key = candidate
            if key == bound:
                # No operation left: put this robot back where it was, after whoever pushed it has stepped back.
                if depth > 0:
                    pusher = int(stack_robot[depth - 1])
                    _lift(cells[pusher], offsets[headings[pusher], chosen[pusher]], reserved, window)
                chosen[robot] = stack_old[depth]
                _place(robot, cell, offsets[headings[robot], chosen[robot]], reserved, window)
                if depth == 0:
                    counts[FAILURES] += 1
                    break
                depth -= 1
                continue
            tries += 1
            stack_key[depth] = key
            operation = key & (KEY_STEP - 1)
            offset = offsets[headings[robot], operation]
            other = int(_collider(robot, cell, offset, reserved, window))
            if other == NOBODY:
                chosen[robot] = operation
                _place(robot, cell, offset, reserved, window)
                break
            if other == MANY or hold[other] or rank[other] <= rank[root] or depth + 1 >= depth_limit:
                continue
            if visited_by[other] != root:
                visited_by[other] = root
                visits[other] = 0
            if visits[other] >= revisits:
                continue
            visits[other] += 1
            if best_key[other] < 0:
                best_key[other] = _rank_operations(
                    other, cells, headings, goals, slots, next_slots, next_base, dwell, blocked, has_blocked,
                    fields, compact, offsets, end_headings, trailing, moves, possible, surcharges, unit, width, keys,
                )  # fmt: skip
                if delays[other] > 0:
                    best_key[other] = _drop_early(within[delays[other]], keys[other])
            counts[PUSHES] += 1
            _lift(cells[other], offsets[headings[other], chosen[other]], reserved, window)
            chosen[robot] = operation
            _place(robot, cell, offset, reserved, window)
            depth += 1
            stack_robot[depth] = other
            stack_key[depth] = -1
            stack_old[depth] = chosen[other]
        counts[TRIES] += tries


@njit(cache=True, nogil=True)
def write_actions(
    cells: Int32,
    headings: Int8,
    slots: Int32,
    hold: Bool,
    delays: UInt8,
    fields: UInt32,
    compact: Int32,
    offsets: Int32,
    end_headings: Int8,
    trailing: Int8,
    operation_actions: UInt8,
    chosen: Int32,
    actions: UInt8,
) -> None:
    """Write the actions (w, n) of the chosen operations; waits at the end turn towards the goal.

    Turning changes no cell, so the window stays free of collisions.
    operation_actions: uint8 (delays, operations, w), what to do after a delay to be where the operation says.
    """
    window = operation_actions.shape[2]
    for robot in range(len(cells)):
        operation = chosen[robot]
        for step in range(window):
            actions[step, robot] = operation_actions[delays[robot], operation, step]
        if trailing[operation] == 0 or slots[robot] < 0 or hold[robot]:
            continue
        end = cells[robot] + offsets[headings[robot], operation, window - 1]
        word = fields[slots[robot], compact[end]]
        heading = end_headings[headings[robot], operation]
        for step in range(max(window - trailing[operation], delays[robot]), window):
            clockwise = (heading + 1) & 3
            counter = (heading + 3) & 3
            behind = (heading + 2) & 3
            here = _distance(word, heading)
            right = _distance(word, clockwise)
            left = _distance(word, counter)
            if right < here and right <= left:
                actions[step, robot] = 1
                heading = clockwise
            elif left < here:
                actions[step, robot] = 2
                heading = counter
            elif _distance(word, behind) < here and step + 1 < window:
                # Both quarter turns cost as much as the gain; go on only if the second turn still fits.
                actions[step, robot] = 1
                heading = clockwise
