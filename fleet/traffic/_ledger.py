"""Kernels of the traffic ledger: who holds which cell, and who is granted what next. `ledger.py` stands in front.

Invariants, between calls:

- robot r holds `cell[r]` and the cells that the FORWARD entries `confirmed[r]` to `granted[r] - 1` of its base lead to;
  `holds[c]` counts how often its holder holds cell c, and `holder[c]` is that robot, NOBODY where the count is 0;
- `end_cell[r]`, `end_heading[r]` are where the last of these entries leads;
- entry number i of robot r is in column i % RING of `kind`, `after_cell` and `after_heading`.

Only `confirm` (a report says that a cell was left) and `cut` (a robot that obeys a new epoch says what it has kept)
release cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from robots.arrays import Bool, Float32, Int8, Int32, UInt8

NOBODY = -1
RING = 32
FORWARD, TURN_CW, TURN_CCW, WAIT, SERVICE, CHARGE = 0, 1, 2, 3, 4, 5


@njit(cache=True, nogil=True)
def _release(cell: int, holder: Int32, holds: UInt8) -> None:
    holds[cell] -= 1
    if holds[cell] == 0:
        holder[cell] = NOBODY


@njit(cache=True, nogil=True)
def _append(
    robot: int,
    what: int,
    neighbours: Int32,
    kind: UInt8,
    after_cell: Int32,
    after_heading: Int8,
    granted: Int32,
    end_cell: Int32,
    end_heading: Int8,
    holder: Int32,
    holds: UInt8,
) -> None:
    """Add an entry at the end of a robot's base; a FORWARD entry must lead to a cell that nobody else holds."""
    column = granted[robot] % RING
    if what == FORWARD:
        end_cell[robot] = neighbours[end_cell[robot], end_heading[robot]]
        holder[end_cell[robot]] = robot
        holds[end_cell[robot]] += 1
    elif what == TURN_CW:
        end_heading[robot] = (end_heading[robot] + 1) & 3
    elif what == TURN_CCW:
        end_heading[robot] = (end_heading[robot] + 3) & 3
    kind[robot, column] = what
    after_cell[robot, column] = end_cell[robot]
    after_heading[robot, column] = end_heading[robot]
    granted[robot] += 1


@njit(cache=True, nogil=True)
def append(
    robots: Int32,
    what: int,
    neighbours: Int32,
    kind: UInt8,
    after_cell: Int32,
    after_heading: Int8,
    granted: Int32,
    end_cell: Int32,
    end_heading: Int8,
    holder: Int32,
    holds: UInt8,
) -> None:
    """Add one entry that does not move (SERVICE, CHARGE) to each of these robots' bases."""
    for robot in robots:
        _append(
            robot, what, neighbours, kind, after_cell, after_heading, granted, end_cell, end_heading, holder, holds
        )  # fmt: skip


@njit(cache=True, nogil=True)
def confirm(
    reported: Int32,
    kind: UInt8,
    after_cell: Int32,
    after_heading: Int8,
    confirmed: Int32,
    granted: Int32,
    cell: Int32,
    heading: Int8,
    holder: Int32,
    holds: UInt8,
    impossible: Bool,
) -> int:
    """Take in how many entries each robot has confirmed; release the cells that are left behind.

    impossible bool (n,), written: robots that claim more than they were ever granted; nothing is taken from them.
    Returns the number of cells released.
    """
    released = 0
    for robot in range(len(reported)):
        impossible[robot] = reported[robot] > granted[robot]
        if impossible[robot]:
            continue
        while confirmed[robot] < reported[robot]:
            column = confirmed[robot] % RING
            if kind[robot, column] == FORWARD:
                _release(cell[robot], holder, holds)
                released += 1
            cell[robot] = after_cell[robot, column]
            heading[robot] = after_heading[robot, column]
            confirmed[robot] += 1
    return released


@njit(cache=True, nogil=True)
def cut(
    robots: Int32,
    kept: Int32,
    kind: UInt8,
    after_cell: Int32,
    after_heading: Int8,
    confirmed: Int32,
    granted: Int32,
    cell: Int32,
    heading: Int8,
    end_cell: Int32,
    end_heading: Int8,
    holder: Int32,
    holds: UInt8,
) -> None:
    """Take back what these robots no longer have: entries from number kept[robot] on, and the cells they lead to."""
    for robot in robots:
        until = max(kept[robot], confirmed[robot])
        while granted[robot] > until:
            granted[robot] -= 1
            column = granted[robot] % RING
            if kind[robot, column] == FORWARD:
                _release(after_cell[robot, column], holder, holds)
        if granted[robot] == confirmed[robot]:
            end_cell[robot] = cell[robot]
            end_heading[robot] = heading[robot]
        else:
            column = (granted[robot] - 1) % RING
            end_cell[robot] = after_cell[robot, column]
            end_heading[robot] = after_heading[robot, column]


@njit(cache=True, nogil=True)
def write_rows(
    kind: UInt8, service_s: Float32, confirmed: Int32, granted: Int32, silent: Bool, entries: UInt8, seconds: Float32
) -> None:
    """Write each robot's unconfirmed entries into rows (n, k) that are filled up with WAIT; none for `silent` ones."""
    most = entries.shape[1]
    for robot in range(len(granted)):
        count = 0 if silent[robot] else min(granted[robot] - confirmed[robot], most)
        for k in range(most):
            if k < count:
                column = (confirmed[robot] + k) % RING
                entries[robot, k] = kind[robot, column]
                seconds[robot, k] = service_s[robot, column]
            else:
                entries[robot, k] = WAIT
                seconds[robot, k] = 0.0


@njit(cache=True, nogil=True)
def holders_in(mask: Bool, holder: Int32, found: Bool) -> None:
    """Set found[robot] for every robot that holds a cell of the mask."""
    found[:] = False
    for index in range(len(mask)):
        if mask[index] and holder[index] >= 0:
            found[holder[index]] = True


@njit(cache=True, nogil=True)
def cells_of(robots: Bool, holder: Int32, cells: Bool) -> int:
    """Set cells[c] where a robot of the mask holds c, clear it elsewhere; return how many cells changed."""
    changed = 0
    for index in range(len(holder)):
        held = holder[index] >= 0 and robots[holder[index]]
        if held != cells[index]:
            cells[index] = held
            changed += 1
    return changed


@njit(cache=True, nogil=True)
def outside(x_m: Float32, y_m: Float32, cell_m: float, height: int, width: int, holder: Int32, found: Bool) -> int:
    """Set found[robot] where a robot says that it is in a cell that it does not hold; return how many there are."""
    count = 0
    for robot in range(len(x_m)):
        row = int(np.floor(y_m[robot] / cell_m))
        column = int(np.floor(x_m[robot] / cell_m))
        inside = 0 <= row < height and 0 <= column < width
        found[robot] = not inside or holder[row * width + column] != robot
        count += found[robot]
    return count


@njit(cache=True, nogil=True)
def load_window(
    neighbours: Int32,
    cells: Int32,
    headings: Int8,
    actions: UInt8,
    steps: int,
    visitor: Int32,
    touched: Int32,
    touched_count: Int32,
) -> None:
    """Set up the queues of a window: visitor[c, t] is the robot that enters cell c in step t.

    visitor int32 (cells, steps), NOBODY throughout but for the first touched_count[0] cells of `touched`, which are
    left over from the last window and are cleared.
    """
    for k in range(touched_count[0]):
        visitor[touched[k], :] = NOBODY
    touched_count[0] = 0
    for robot in range(len(cells)):
        cell = cells[robot]
        heading = headings[robot]
        for step in range(steps):
            action = actions[step, robot]
            if action == FORWARD:
                cell = neighbours[cell, heading]
                visitor[cell, step] = robot
                touched[touched_count[0]] = cell
                touched_count[0] += 1
            elif action == TURN_CW:
                heading = (heading + 1) & 3
            elif action == TURN_CCW:
                heading = (heading + 3) & 3


@njit(cache=True, nogil=True)
def grant(
    order: Int32,
    may: Bool,
    seconds: Float32,
    need_s: float,
    most: int,
    most_cells: int,
    actions: UInt8,
    steps: int,
    cursor: Int32,
    visitor: Int32,
    closed: Bool,
    closed_edges: Bool,
    neighbours: Int32,
    kind: UInt8,
    service_s: Float32,
    after_cell: Int32,
    after_heading: Int8,
    confirmed: Int32,
    granted: Int32,
    end_cell: Int32,
    end_heading: Int8,
    holder: Int32,
    holds: UInt8,
    log_robot: Int32,
    log_kind: UInt8,
    refused: Int32,
) -> int:
    """Grant robots that will soon need it the next entry of their window; return how many entries were granted.

    order     int32, robots, the one to ask first first; may bool (n,): who may be granted anything
    seconds   float32 (n,), see `_time_to_end.estimate`; a robot is asked when it is below need_s
    most, most_cells  bounds on a robot's unconfirmed entries, and on the FORWARD ones among them
    cursor    int32 (n,), the next step of the window for each robot
    log_robot, log_kind  written: what was granted, in order
    refused   int32 (4,), counted up: next cell held by another, closed, queue, bounds
    A cell is granted when nobody holds it, it is open, and whoever the window lets pass it earlier has been granted it.
    """
    count = 0
    for robot in order:
        if not may[robot] or seconds[robot] >= need_s:
            continue
        while cursor[robot] < steps and actions[cursor[robot], robot] == WAIT:
            cursor[robot] += 1
        if cursor[robot] >= steps:
            continue
        step = cursor[robot]
        action = actions[step, robot]
        ahead = 0
        for number in range(confirmed[robot], granted[robot]):
            ahead += kind[robot, number % RING] == FORWARD
        if granted[robot] - confirmed[robot] >= most or (action == FORWARD and ahead >= most_cells):
            refused[3] += 1
            continue
        if action == FORWARD:
            cell = end_cell[robot]
            place = neighbours[cell, end_heading[robot]]
            if closed[place] or closed_edges[cell, end_heading[robot]]:
                refused[1] += 1
                continue
            # A robot that comes back to a cell of its own chain does not wait for itself.
            if holder[place] != NOBODY and holder[place] != robot:
                refused[0] += 1
                continue
            first = True
            for earlier in range(step):
                if visitor[place, earlier] != NOBODY and visitor[place, earlier] != robot:
                    first = False
            if not first:
                refused[2] += 1
                continue
            visitor[place, step] = NOBODY
        _append(
            robot, action, neighbours, kind, after_cell, after_heading, granted, end_cell, end_heading, holder, holds
        )  # fmt: skip
        service_s[robot, (granted[robot] - 1) % RING] = 0.0
        cursor[robot] += 1
        log_robot[count] = robot
        log_kind[count] = action
        count += 1
    return count
