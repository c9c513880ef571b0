"""Kernels of the improvement of a plan by large neighbourhood search. `improvement.py` stands in front.

Tables and state are those of `_epibt.py`, and

keys        int32 (n, operations), as EPIBT ranked them; a row is sorted when it is first needed
chosen_key  int32 (n,): the key of each robot's chosen operation
weights     int64 (n,): what a robot's key counts in the objective, the sum of weight * key over all robots

Invariant between attempts: `reserved` holds just the chosen operations, and no two of them collide. An attempt reads
and writes `reserved` only in cells that robots of its part can reach, and the rest only in rows of robots of its part:
two parts whose robots cannot reach a common cell may be improved at the same time.

`_collider`, `_place` and `_lift` are copies of those in `_epibt.py`: a cached kernel must not call one of another file,
since numba keeps the old callee after an edit. A test holds the copies equal.
"""

from __future__ import annotations

from numba import njit

from robots.arrays import Bool, Int8, Int32, Int64, UInt32

NOBODY = -1
MANY = -2
NEVER = 2**31 - 1
KEY_STEP = 256
COST_OFFSET = 4096
# The cost that EPIBT gives to waiting, so that it comes last.
LAST = 65535

# Rows of `counts`.
ATTEMPTS, IMPROVED = 0, 1


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
def _next_random(state: int) -> int:
    """Marsaglia's xorshift (2003) on 32 bits, in an integer that has room for the shifts; `state` is not 0."""
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ ((state << 5) & 0xFFFFFFFF)


@njit(cache=True, nogil=True)
def price_waiting(
    cells: Int32,
    slots: Int32,
    hold: Bool,
    fields: UInt32,
    compact: Int32,
    patience: int,
    chosen: Int32,
    keys: Int32,
    best_key: Int32,
    chosen_key: Int32,
) -> None:
    """Let waiting cost the distance that is left and `patience`, instead of coming last; write `chosen_key`.

    Waiting leaves time to turn, so the distance is that of the best heading.
    """
    for robot in range(len(cells)):
        if hold[robot]:
            continue
        if keys[robot, 0] == (LAST + COST_OFFSET) * KEY_STEP:
            left = int(fields[slots[robot], compact[cells[robot]]] & 0xFFFF)
            keys[robot, 0] = (left + patience + COST_OFFSET) * KEY_STEP
            best_key[robot] = min(best_key[robot], keys[robot, 0])
        if keys[robot, chosen[robot]] == NEVER:
            # Carried over from before the robot was given the goal that it now runs through: whatever else is better.
            keys[robot, chosen[robot]] = (LAST + COST_OFFSET) * KEY_STEP + chosen[robot]
        chosen_key[robot] = keys[robot, chosen[robot]]


@njit(cache=True, nogil=True)
def improve(
    cells: Int32,
    headings: Int8,
    rank: Int32,
    claim: Int32,
    part_of: Int8,
    part: int,
    roots: Int32,
    offsets: Int32,
    weights: Int64,
    attempts: int,
    max_tries: int,
    skipped: int,
    seed: int,
    reserved: Int32,
    chosen: Int32,
    keys: Int32,
    chosen_key: Int32,
    is_sorted: Bool,
    on_stack: Bool,
    stack_robot: Int32,
    stack_next: Int32,
    stack_old: Int32,
    stack_gain: Int64,
    counts: Int64,
) -> None:
    """Make attempts, each from a robot drawn from `roots`, to lower the objective; it never rises.

    The robot takes a better operation than it has; whoever is in its way is pushed and takes another one, best first,
    and so on. As in Lin and Kernighan's search (1973) the chain goes on only while its sum of gains is positive. The
    attempt succeeds when nobody is in the way any more; when nothing is left to try, or after `max_tries` operations,
    everybody is back where they were. Of 1024 robots that could be pushed `skipped` are passed over, which makes every
    attempt another one. A robot whose `claim` is not above the rank of the root is not pushed.
    """
    window = offsets.shape[2]
    count = offsets.shape[1]
    depth_limit = len(stack_robot)
    state = seed
    for _ in range(attempts):
        counts[ATTEMPTS] += 1
        state = _next_random(state)
        root = int(roots[state % len(roots)])
        depth = 0
        tries = 0
        total = 0
        stack_robot[0] = root
        stack_next[0] = 0
        stack_old[0] = chosen_key[root]
        on_stack[root] = True
        if not is_sorted[root]:
            keys[root].sort()
            is_sorted[root] = True
        _lift(cells[root], offsets[headings[root], chosen[root]], reserved, window)
        while True:
            robot = int(stack_robot[depth])
            cell = cells[robot]
            old = int(stack_old[depth])
            key = NEVER
            gain = 0
            if stack_next[depth] < count and tries < max_tries:
                key = int(keys[robot, stack_next[depth]])
                gain = weights[robot] * (old - key)
            # Keys ascend: if this one is no gain on the whole, nor are all that follow.
            if key == NEVER or total + gain <= 0:
                if depth > 0:
                    pusher = int(stack_robot[depth - 1])
                    _lift(cells[pusher], offsets[headings[pusher], chosen[pusher]], reserved, window)
                    total -= stack_gain[depth - 1]
                chosen[robot] = old & (KEY_STEP - 1)
                chosen_key[robot] = old
                on_stack[robot] = False
                _place(robot, cell, offsets[headings[robot], chosen[robot]], reserved, window)
                if depth == 0:
                    break
                depth -= 1
                continue
            tries += 1
            stack_next[depth] += 1
            operation = key & (KEY_STEP - 1)
            offset = offsets[headings[robot], operation]
            other = int(_collider(robot, cell, offset, reserved, window))
            if other == NOBODY:
                chosen[robot] = operation
                chosen_key[robot] = key
                _place(robot, cell, offset, reserved, window)
                for level in range(depth + 1):
                    on_stack[stack_robot[level]] = False
                counts[IMPROVED] += 1
                break
            if other == MANY or part_of[other] != part or on_stack[other] or claim[other] <= rank[root]:
                continue
            if depth + 1 >= depth_limit:
                continue
            state = _next_random(state)
            if state & 1023 < skipped:
                continue
            if not is_sorted[other]:
                keys[other].sort()
                is_sorted[other] = True
            _lift(cells[other], offsets[headings[other], chosen[other]], reserved, window)
            chosen[robot] = operation
            chosen_key[robot] = key
            _place(robot, cell, offset, reserved, window)
            total += gain
            stack_gain[depth] = gain
            depth += 1
            stack_robot[depth] = other
            stack_next[depth] = 0
            stack_old[depth] = chosen_key[other]
            on_stack[other] = True
