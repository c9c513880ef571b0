"""Kernels of the link, controller's side: `simulated_fleet.py` stands in front. Records: fleet_records.py.

Invariant: whatever a robot can have of its base is in the ring `given`: an entry is sent only after it was recorded
there, under the epoch it was recorded for; and nothing is sent under a new epoch before a report has told what is left
of the base.
"""

from __future__ import annotations

from math import inf

from numba import njit

from robots.arrays import Bool, Int32, Int64
from twin.fleet_records import Air, Heard, Record, Records, Rows

FORWARD, TURN_CW, TURN_CCW, WAIT, SERVICE, CHARGE = 0, 1, 2, 3, 4, 5
ENTRIES_AHEAD, GIVEN, IN_FLIGHT = 16, 64, 64
(
    FINE,
    BAD_NUMBER,
    BAD_ENTRY,
    BAD_ORDER,
    BAD_SERVICE,
    BAD_SECONDS,
    BAD_LIMIT,
    TOO_MANY,
    NO_WAY,
    NO_CHARGER,
) = range(10)
EPS = 1e-9
LOST_COMMANDS = 2


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _mixed(word: int) -> int:
    """32 bits from 32 bits, each depending on all (lowbias32, C. Wellons, "Prospecting for hash functions", 2018)."""
    word = (word ^ (word >> 16)) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ (word >> 15)) * -0x7B935975 & 0xFFFFFFFF  # 0x846CA68B less 2^32: the product fits in 63 bits
    return int(word ^ (word >> 16))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _uniform(robot: Record) -> float:
    """The robot's next random number, 0 <= u < 1: a hash of its key and how many it has drawn."""
    robot["draws"] += 1
    return float(_mixed(robot["key"] ^ _mixed(robot["draws"] & 0xFFFFFFFF)) / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _entries_in(rows: Rows, robot: int) -> int:
    """How many entries the row has."""
    for place in range(rows.entries.shape[1]):
        if rows.entries[robot, place] == WAIT:
            return place
    return int(rows.entries.shape[1])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _wrong_in_row(rows: Rows, robot: int, count: int) -> int:
    """What is wrong with the row whatever the robot has: a reason, FINE if nothing is."""
    if rows.epoch[robot] < 0 or rows.first[robot] < 0:
        return BAD_NUMBER
    if not rows.speed_limit_mps[robot] > 0:
        return BAD_LIMIT
    for place in range(rows.entries.shape[1]):
        entry = rows.entries[robot, place]
        if entry > CHARGE:
            return BAD_ENTRY
        if place > count and entry != WAIT:
            return BAD_ORDER
        seconds = rows.service_s[robot, place]
        if entry == SERVICE:
            if not (seconds > 0 and seconds < inf):
                return BAD_SERVICE
        elif seconds != 0:
            return BAD_SECONDS
    return FINE


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _wrong_for_robot(rows: Rows, contact: Record, neighbours: Int32, charger: Bool, robot: int, count: int) -> int:
    """What makes the entries that are new impossible after those that the robot was given: a reason."""
    index = rows.first[robot]
    end = contact["end"]
    if index + count > contact["heard_confirmed"] + ENTRIES_AHEAD:
        return TOO_MANY
    if index > end:
        return FINE  # a gap: passed over
    cell = contact["cells"][end % GIVEN]
    heading = contact["headings"][end % GIVEN]
    for place in range(end - index, count):
        entry = rows.entries[robot, place]
        if entry == FORWARD:
            cell = neighbours[cell, heading]
            if cell < 0:
                return NO_WAY
        elif entry == TURN_CW:
            heading = (heading + 1) & 3
        elif entry == TURN_CCW:
            heading = (heading + 3) & 3
        elif entry == CHARGE and not charger[cell]:
            return NO_CHARGER
    return FINE


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _record(rows: Rows, contact: Record, neighbours: Int32, robot: int, count: int) -> None:
    """Append what is new in the row to the robot's base as given."""
    index = rows.first[robot]
    for number in range(contact["end"], index + count):
        entry = rows.entries[robot, number - index]
        cell = contact["cells"][number % GIVEN]
        heading = contact["headings"][number % GIVEN]
        contact["entries"][number % GIVEN] = entry
        contact["service_s"][number % GIVEN] = rows.service_s[robot, number - index]
        if entry == FORWARD:
            cell = neighbours[cell, heading]
        elif entry == TURN_CW:
            heading = (heading + 1) & 3
        elif entry == TURN_CCW:
            heading = (heading + 3) & 3
        contact["cells"][(number + 1) % GIVEN] = cell
        contact["headings"][(number + 1) % GIVEN] = heading
        contact["end"] = number + 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _write(command: Record, contact: Record, number: int, due: float) -> None:
    """Write the row last sent to the robot, as it is now, into a message."""
    first, end = contact["sent_first"], contact["sent_end"]
    command["due"] = due
    command["number"] = number
    command["epoch"] = contact["sent_epoch"]
    command["first"] = first
    command["end"] = end
    command["halt"] = contact["sent_halt"]
    command["limit"] = contact["sent_limit"]
    for place in range(end - first):
        command["entries"][place] = contact["entries"][(first + place) % GIVEN]
        command["service_s"][place] = contact["service_s"][(first + place) % GIVEN]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _send(
    robot: Record, commands: Records, row: int, contact: Record, air: Air, number: int, now: float, counts: Int64
) -> None:
    """Send the row: it may be lost, and come twice. The oldest message gives way when there is no room."""
    copies = 1
    if air.duplication > 0 and _uniform(robot) < air.duplication:
        copies = 2
    for _ in range(copies):
        if air.loss > 0 and _uniform(robot) < air.loss:
            continue
        delay = air.least_s + air.spread_s * _uniform(robot)
        if air.later_s > 0:
            delay += air.later_s * _uniform(robot)
        slot = robot["commands"]
        if slot == IN_FLIGHT:
            slot = 0
            for other in range(1, IN_FLIGHT):
                if commands[row, other]["number"] < commands[row, slot]["number"]:
                    slot = other
            counts[LOST_COMMANDS] += 1
        else:
            robot["commands"] += 1
        _write(commands[row, slot], contact, number, now + delay + air.actuation_s)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _take_over(rows: Rows, contact: Record, neighbours: Int32, robot: int, now: float, resend_s: float) -> bool:
    """Take over a row that is fine; returns whether it has to be sent, and is written to contact.sent_* then."""
    epoch = rows.epoch[robot]
    if epoch > contact["epoch"]:
        contact["epoch"] = epoch
        contact["awaited"] = True
    first = rows.first[robot]
    end = first
    if epoch == contact["epoch"] and not contact["awaited"] and first <= contact["end"]:
        count = _entries_in(rows, robot)
        _record(rows, contact, neighbours, robot, count)
        end = first + count
        if end <= contact["heard_confirmed"]:
            first = end
        elif count > ENTRIES_AHEAD:
            first = end - ENTRIES_AHEAD
    halt = rows.halt[robot]
    limit = rows.speed_limit_mps[robot]
    levels_same = halt == contact["sent_halt"] and limit == contact["sent_limit"]
    # Levels and epochs sent before may still be on their way, so one that differs from the last has to be sent as well.
    tells = (
        (end > first and end > contact["heard_received"])
        or epoch != contact["heard_epoch"]
        or epoch != contact["sent_epoch"]
        or halt != contact["heard_halt"]
        or limit != contact["heard_limit"]
        or not levels_same
    )
    if not tells:
        return False
    if (
        levels_same
        and epoch == contact["sent_epoch"]
        and first == contact["sent_first"]
        and end == contact["sent_end"]
        and now - contact["sent_s"] < resend_s - EPS
    ):
        return False
    contact["sent_s"] = now
    contact["sent_epoch"] = epoch
    contact["sent_first"] = first
    contact["sent_end"] = end
    contact["sent_halt"] = halt
    contact["sent_limit"] = limit
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def submit(
    robots: Records,
    commands: Records,
    contacts: Records,
    neighbours: Int32,
    charger: Bool,
    rows: Rows,
    air: Air,
    number: int,
    now: float,
    counts: Int64,
) -> tuple[int, int]:
    """Check all rows; if they are fine take them over, and send those that tell their robot something.

    Returns (robot, reason) of the first row that is not fine; nothing has happened then.
    """
    for robot in range(len(robots)):
        contact = contacts[robot]
        count = _entries_in(rows, robot)
        reason = _wrong_in_row(rows, robot, count)
        if reason == FINE and rows.epoch[robot] == contact["epoch"] and not contact["awaited"]:
            reason = _wrong_for_robot(rows, contact, neighbours, charger, robot, count)
        if reason != FINE:
            return robot, reason
    for robot in range(len(robots)):
        contact = contacts[robot]
        if _take_over(rows, contact, neighbours, robot, now, air.resend_s):
            _send(robots[robot], commands, robot, contact, air, number, now, counts)
    return -1, FINE


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _newest(robot: Record, row: int, reports: Records, now: float, number: int) -> int:
    """Slot after the last in use, with the newest report that has come in it; -1 if none is newer than `number`.

    All that have come are taken away.
    """
    found = -1
    slot = 0
    while slot < robot["reports"]:
        if reports[row, slot]["due"] > now + EPS:
            slot += 1
            continue
        if reports[row, slot]["number"] > number:
            number = reports[row, slot]["number"]
            reports[row, IN_FLIGHT] = reports[row, slot]
            found = IN_FLIGHT
        last = robot["reports"] - 1
        robot["reports"] = last
        if slot != last:
            reports[row, slot] = reports[row, last]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def hear(robots: Records, reports: Records, contacts: Records, heard: Heard, now: float) -> None:
    """Take over the newest report that has come from each robot, if it is newer than what was heard before."""
    for row in range(len(robots)):
        contact = contacts[row]
        slot = _newest(robots[row], row, reports, now, contact["heard_number"])
        if slot < 0:
            continue
        report = reports[row, slot]
        heard.cell[row] = report["cell"]
        heard.heading[row] = report["heading"]
        heard.charge_percent[row] = report["percent"]
        heard.service_left_s[row] = report["service_left"]
        heard.charging[row] = report["charging"]
        heard.epoch[row] = report["epoch"]
        heard.received[row] = report["received"]
        heard.confirmed[row] = report["confirmed"]
        heard.x_m[row] = report["x"]
        heard.y_m[row] = report["y"]
        heard.theta_rad[row] = report["theta"]
        heard.speed_mps[row] = report["speed"]
        heard.flags[row] = report["flags"]
        heard.heard_s[row] = report["heard_s"]
        contact["heard_number"] = report["number"]
        contact["heard_epoch"] = report["epoch"]
        contact["heard_received"] = report["received"]
        contact["heard_confirmed"] = report["confirmed"]
        contact["heard_halt"] = report["halt"]
        contact["heard_limit"] = report["limit"]
        if contact["awaited"] and contact["heard_epoch"] == contact["epoch"]:
            contact["awaited"] = False
            contact["end"] = contact["heard_received"]
