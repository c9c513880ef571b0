"""Kernels of the grant auditor. `grant_auditor.py` stands in front and explains what is checked.

Each robot's base is kept in a ring of slots, entry j in slot `j & (slots - 1)`: what it is, and where it ends. A robot
holds the cell where its last confirmed entry ended and the cells where the entries after it end. `holds[cell]` counts
how often the cell stands in that chain: a robot may come back to a cell, and keeps it until it has passed it for good.

Invariants: `holder[cell]` is NOBODY exactly where `holds[cell]` is 0; the cells of robot i's chain that are marked as
owned are the ones that it holds; a cell that was granted to a second robot stays with the first.
"""

from __future__ import annotations

from numba import njit

from robots.arrays import Bool, Int8, Int32, UInt8

FORWARD, TURN_CW, TURN_CCW, WAIT, SERVICE, CHARGE = 0, 1, 2, 3, 4, 5
NOBODY = -1
OFF_FLOOR = -1

# What a finding is about, by the property that it breaks; `TOLD` in grant_auditor.py has the words.
TAKEN, START_HELD = 100, 101
HOLE, GAP, CHANGED, NO_ENTRY, NO_WAY = 300, 301, 302, 303, 304
START_BLOCKED, START_SHARED = 400, 401
NO_ACTION, LEAVES_FLOOR, MEET, RING = 500, 501, 502, 503
TOO_MUCH_CONFIRMED, ASTRAY, FREED, LEAKED, NOT_ITS_HOLDER = 600, 601, 602, 603, 604
STALE_ROW, EARLY, EPOCH_FELL, EPOCH_UNSENT, EPOCH_CHANGED = 700, 701, 702, 703, 704
CONFIRMED_FELL, RECEIVED_UNSENT, RECEIVED_ROSE, UNRECEIVED = 705, 706, 707, 708
CLOSED_CELL, CLOSED_EDGE = 800, 801


@njit(cache=True, nogil=True)
def _tell(found: Int32, count: int, code: int, robot: int, other: int, cell: int) -> int:
    """Write down a finding if there is room; the count goes on."""
    if count < found.shape[0]:
        found[count, 0] = code
        found[count, 1] = robot
        found[count, 2] = other
        found[count, 3] = cell
    return count + 1


@njit(cache=True, nogil=True)
def _ahead(cell: int, heading: int, width: int, passable: Bool) -> int:
    """The cell one step ahead, or OFF_FLOOR."""
    row = cell // width
    column = cell - row * width
    if heading == 0:
        column += 1
    elif heading == 1:
        row += 1
    elif heading == 2:
        column -= 1
    else:
        row -= 1
    if row < 0 or column < 0 or column >= width or row * width >= len(passable):
        return OFF_FLOOR
    to = row * width + column
    return to if passable[to] else OFF_FLOOR


@njit(cache=True, nogil=True)
def _let_go(cell: int, holder: Int32, holds: Int32) -> None:
    """One occurrence of a cell in its holder's chain is over."""
    holds[cell] -= 1
    if holds[cell] == 0:
        holder[cell] = NOBODY


@njit(cache=True, nogil=True)
def follow_commands(
    epoch: Int32,
    index: Int32,
    rows: UInt8,
    width: int,
    passable: Bool,
    stopped: Int32,
    shut: Int32,
    closed_edge: Int32,
    commanded: Int32,
    seen: Int32,
    confirmed: Int32,
    granted: Int32,
    since: Int32,
    tip_cell: Int32,
    tip_heading: Int8,
    entry: UInt8,
    end_cell: Int32,
    end_heading: Int8,
    owned: Bool,
    holder: Int32,
    holds: Int32,
    found: Int32,
) -> int:
    """Read the rows of one `submit` into the bases; returns the number of findings.

    epoch, index (n,), rows (n, k): the columns of robots.driver.Commands. The rest is the auditor's own book; there
    must be k free slots for every robot. stopped, shut, closed_edge: how many restrictions are in force. Nobody enters
    a stopped cell; a shut one may only be entered on the way out of a shut area.
    """
    count = 0
    mask = entry.shape[1] - 1
    for robot in range(len(epoch)):
        if epoch[robot] < commanded[robot]:
            count = _tell(found, count, STALE_ROW, robot, NOBODY, tip_cell[robot])
            continue
        commanded[robot] = epoch[robot]
        ended = False
        for place in range(rows.shape[1]):
            what = rows[robot, place]
            if what == WAIT:
                ended = True
                continue
            number = index[robot] + place
            if ended:
                count = _tell(found, count, HOLE, robot, NOBODY, tip_cell[robot])
                break
            if commanded[robot] > seen[robot] and number >= confirmed[robot]:
                # The first row of a new epoch cuts the base; the same row, come twice, would extend it again.
                count = _tell(found, count, EARLY, robot, NOBODY, tip_cell[robot])
                break
            if number < granted[robot]:
                if number >= since[robot] and entry[robot, number & mask] != what:
                    count = _tell(found, count, CHANGED, robot, NOBODY, end_cell[robot, number & mask])
                    break
                continue
            if number > granted[robot]:
                count = _tell(found, count, GAP, robot, NOBODY, tip_cell[robot])
                break
            cell = tip_cell[robot]
            heading = tip_heading[robot]
            mine = False
            if what == FORWARD:
                to = _ahead(cell, heading, width, passable)
                if to == OFF_FLOOR:
                    count = _tell(found, count, NO_WAY, robot, NOBODY, cell)
                else:
                    if holder[to] == NOBODY or holder[to] == robot:
                        holder[to] = robot
                        holds[to] += 1
                        mine = True
                    else:
                        count = _tell(found, count, TAKEN, robot, holder[to], to)
                    if stopped[to] > 0 or (shut[to] > 0 and shut[cell] == 0):
                        count = _tell(found, count, CLOSED_CELL, robot, NOBODY, to)
                    if closed_edge[cell, heading] > 0:
                        count = _tell(found, count, CLOSED_EDGE, robot, NOBODY, cell)
                    cell = to
            elif what == TURN_CW:
                heading = (heading + 1) & 3
            elif what == TURN_CCW:
                heading = (heading + 3) & 3
            elif what > CHARGE:
                count = _tell(found, count, NO_ENTRY, robot, NOBODY, cell)
            slot = number & mask
            entry[robot, slot] = what
            end_cell[robot, slot] = cell
            end_heading[robot, slot] = heading
            owned[robot, slot] = mine
            tip_cell[robot] = cell
            tip_heading[robot] = heading
            granted[robot] = number + 1
            since[robot] = max(since[robot], number - mask)
    return count


@njit(cache=True, nogil=True)
def follow_states(
    epoch: Int32,
    received: Int32,
    done: Int32,
    cell: Int32,
    heading: Int8,
    commanded: Int32,
    seen: Int32,
    confirmed: Int32,
    granted: Int32,
    at_cell: Int32,
    at_heading: Int8,
    at_owned: Bool,
    tip_cell: Int32,
    tip_heading: Int8,
    entry: UInt8,
    end_cell: Int32,
    end_heading: Int8,
    owned: Bool,
    holder: Int32,
    holds: Int32,
    found: Int32,
) -> int:
    """Take over what the controller has heard; returns the number of findings.

    epoch, received, done (confirmed), cell, heading (n,): the columns of robots.state.FleetState. Confirmed entries let
    go of the cells before them; a robot that shows the newest epoch loses what it has not received.
    """
    count = 0
    mask = entry.shape[1] - 1
    for robot in range(len(epoch)):
        now = done[robot]
        if epoch[robot] < seen[robot]:
            count = _tell(found, count, EPOCH_FELL, robot, NOBODY, at_cell[robot])
            continue
        if epoch[robot] > commanded[robot]:
            count = _tell(found, count, EPOCH_UNSENT, robot, NOBODY, at_cell[robot])
            continue
        if now < confirmed[robot]:
            count = _tell(found, count, CONFIRMED_FELL, robot, NOBODY, at_cell[robot])
            continue
        if now > granted[robot]:
            count = _tell(found, count, TOO_MUCH_CONFIRMED, robot, NOBODY, at_cell[robot])
            continue
        if received[robot] > granted[robot]:
            count = _tell(found, count, RECEIVED_UNSENT, robot, NOBODY, at_cell[robot])
        if received[robot] < now:
            count = _tell(found, count, UNRECEIVED, robot, NOBODY, at_cell[robot])
        for number in range(confirmed[robot], now):
            slot = number & mask
            if entry[robot, slot] == FORWARD:
                if at_owned[robot]:
                    _let_go(at_cell[robot], holder, holds)
                at_cell[robot] = end_cell[robot, slot]
                at_owned[robot] = owned[robot, slot]
            at_heading[robot] = end_heading[robot, slot]
        confirmed[robot] = now
        if cell[robot] != at_cell[robot] or heading[robot] != at_heading[robot]:
            count = _tell(found, count, ASTRAY, robot, NOBODY, at_cell[robot])
        if epoch[robot] > seen[robot]:
            seen[robot] = epoch[robot]
            if epoch[robot] == commanded[robot]:
                keep = max(now, min(received[robot], granted[robot]))
                for number in range(keep, granted[robot]):
                    slot = number & mask
                    if owned[robot, slot]:
                        _let_go(end_cell[robot, slot], holder, holds)
                granted[robot] = keep
                last = (keep - 1) & mask
                tip_cell[robot] = at_cell[robot] if keep == now else end_cell[robot, last]
                tip_heading[robot] = at_heading[robot] if keep == now else end_heading[robot, last]
    return count


@njit(cache=True, nogil=True)
def compare_holders(theirs: Int32, holder: Int32, found: Int32) -> int:
    """Compare the ledger's table of holders with the auditor's; returns the number of findings."""
    count = 0
    for cell in range(len(holder)):
        if theirs[cell] != holder[cell]:
            if theirs[cell] == NOBODY:
                count = _tell(found, count, FREED, holder[cell], NOBODY, cell)
            elif holder[cell] == NOBODY:
                count = _tell(found, count, LEAKED, theirs[cell], NOBODY, cell)
            else:
                count = _tell(found, count, NOT_ITS_HOLDER, theirs[cell], holder[cell], cell)
    return count


@njit(cache=True, nogil=True)
def check_obedience(
    epoch: Int32,
    received: Int32,
    done: Int32,
    to: Int32,
    row_epoch: Int32,
    commanded: Int32,
    granted: Int32,
    at_cell: Int32,
    last: Int32,
    newest: Int32,
    grew: Int32,
    found: Int32,
) -> int:
    """Check that robots obeyed the epochs of the rows that came to them; returns the number of findings.

    epoch, received, done (confirmed) (n,); to, row_epoch (d,): delivered rows, see robots.truth.FloorTruth.
    last int32 (n, 3): epoch, received and confirmed after the tick before; moved on. newest, grew int32 (n,): scratch,
    the epoch that each robot was told to obey last, and whether a row came that may have made its base grow.
    """
    count = 0
    for robot in range(len(epoch)):
        newest[robot] = last[robot, 0]
        grew[robot] = 0
    for row in range(len(to)):
        robot = to[row]
        if row_epoch[row] > newest[robot]:
            # Entries in the row that raises the epoch are passed over.
            newest[robot] = row_epoch[row]
        elif row_epoch[row] == newest[robot]:
            grew[robot] = 1
    for robot in range(len(epoch)):
        before = last[robot, 0]
        cell = at_cell[robot]
        if epoch[robot] < before:
            count = _tell(found, count, EPOCH_FELL, robot, NOBODY, cell)
        elif epoch[robot] > commanded[robot]:
            count = _tell(found, count, EPOCH_UNSENT, robot, NOBODY, cell)
        elif epoch[robot] != newest[robot]:
            count = _tell(found, count, EPOCH_CHANGED, robot, NOBODY, cell)
        if received[robot] > last[robot, 1] and grew[robot] == 0:
            count = _tell(found, count, RECEIVED_ROSE, robot, NOBODY, cell)
        if received[robot] > granted[robot]:
            count = _tell(found, count, RECEIVED_UNSENT, robot, NOBODY, cell)
        if done[robot] < last[robot, 2]:
            count = _tell(found, count, CONFIRMED_FELL, robot, NOBODY, cell)
        if done[robot] > received[robot]:
            count = _tell(found, count, UNRECEIVED, robot, NOBODY, cell)
        last[robot, 0] = epoch[robot]
        last[robot, 1] = received[robot]
        last[robot, 2] = done[robot]
    return count


@njit(cache=True, nogil=True)
def check_window(
    cells: Int32,
    headings: Int8,
    actions: UInt8,
    width: int,
    passable: Bool,
    occupant: Int32,
    entrant: Int32,
    at: Int32,
    facing: Int8,
    to: Int32,
    mark: Int32,
    found: Int32,
) -> int:
    """Check a planner's starts and window, actions (w, n); returns the number of findings.

    occupant, entrant int32 (cells,): NOBODY everywhere before and after. at, facing, to, mark (n,): scratch.
    """
    robots = len(cells)
    count = 0
    for robot in range(robots):
        if cells[robot] < 0 or cells[robot] >= len(passable) or not passable[cells[robot]]:
            count = _tell(found, count, START_BLOCKED, robot, NOBODY, cells[robot])
    if count > 0:
        return count
    for robot in range(robots):
        at[robot] = cells[robot]
        facing[robot] = headings[robot]
        if occupant[at[robot]] == NOBODY:
            occupant[at[robot]] = robot
        else:
            count = _tell(found, count, START_SHARED, robot, occupant[at[robot]], at[robot])
    for step in range(actions.shape[0]):
        for robot in range(robots):
            action = actions[step, robot]
            to[robot] = at[robot]
            mark[robot] = 0
            if action == FORWARD:
                ahead = _ahead(at[robot], facing[robot], width, passable)
                if ahead == OFF_FLOOR:
                    count = _tell(found, count, LEAVES_FLOOR, robot, NOBODY, at[robot])
                else:
                    to[robot] = ahead
            elif action == TURN_CW:
                facing[robot] = (facing[robot] + 1) & 3
            elif action == TURN_CCW:
                facing[robot] = (facing[robot] + 3) & 3
            elif action != WAIT:
                count = _tell(found, count, NO_ACTION, robot, NOBODY, at[robot])
        for begin in range(robots):
            if entrant[to[begin]] == NOBODY:
                entrant[to[begin]] = begin
            elif at[entrant[to[begin]]] != at[begin] or to[begin] != at[begin]:
                count = _tell(found, count, MEET, begin, entrant[to[begin]], to[begin])
            robot = begin
            while robot != NOBODY and mark[robot] == 0 and to[robot] != at[robot]:
                mark[robot] = begin + 1
                robot = occupant[to[robot]]
            if robot != NOBODY and mark[robot] == begin + 1:
                count = _tell(found, count, RING, robot, occupant[to[robot]], at[robot])
        for robot in range(robots):
            occupant[at[robot]] = NOBODY
        for robot in range(robots):
            entrant[to[robot]] = NOBODY
            at[robot] = to[robot]
            if occupant[at[robot]] == NOBODY:
                occupant[at[robot]] = robot
    for robot in range(robots):
        occupant[at[robot]] = NOBODY
    return count
