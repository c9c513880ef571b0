"""Kernels of simulated firmware: messages become a base, a base becomes orders to a body. `firmware.py` has the seam.

A robot is at `along` metres (radians) from the middle of its confirmed cell (from its confirmed heading) on the entry
under way, as far as it knows. Every period it hears its messages and decides (`decide`) where its body is to come to
rest and how fast it may get there; the body drives; then it concludes what of its base is done (`conclude`).
Invariant: confirmed <= received <= confirmed + ENTRIES_AHEAD.

Small kernels are inlined and divisions unchecked: then numba drops its counting of references (4 times as fast).
"""

from __future__ import annotations

from math import ceil, pi

from numba import njit

from robots.arrays import Float64, Int32, Int64
from twin.fleet_records import Air, Floor, Happened, Limits, Record, Records

FORWARD, TURN_CW, TURN_CCW, WAIT, SERVICE, CHARGE = 0, 1, 2, 3, 4, 5
HALTED, BLOCKED, FAILED, LOST = 1, 2, 4, 8
ENTRIES_AHEAD, IN_FLIGHT = 16, 64
DELIVERED, EFFECTS, LOST_REPORTS = 0, 1, 3
EPS = 1e-9  # seconds: rounding
QUARTER = pi / 2


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
def _run(robot: Record) -> int:
    """How many entries like the one under way come next in the base."""
    first = robot["confirmed"]
    length = int(robot["received"] - first)
    for ahead in range(length):
        if robot["entries"][(first + ahead) % ENTRIES_AHEAD] != robot["doing"]:
            return ahead
    return length


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _reach(robot: Record, acceleration: float, limits: Limits) -> float:
    """How far along the robot comes if it brakes now."""
    speed = robot["speed"]
    if speed <= 0:
        return float(robot["along"])
    return float(robot["along"] + speed * limits.lag_s + speed * speed / (2.0 * acceleration))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _free(robot: Record, neighbours: Int32, obstacle_until: Float64, limits: Limits, run: int, now: float) -> int:
    """How many cells of a run come before an obstacle, leaving out those before which the robot cannot stop."""
    cell = robot["cell"]
    reach = _reach(robot, limits.acceleration, limits)
    for ahead in range(run):
        cell = neighbours[cell, robot["heading"]]
        if obstacle_until[cell] > now + EPS and reach <= ahead * limits.cell_m + limits.brink + limits.near_m:
            return ahead
    return run


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _drop(robot: Record, floor: Floor, limits: Limits, now: float) -> None:
    """Forget the entries that have not begun: the base ends where the robot can first come to rest."""
    keep = 0
    doing = robot["doing"]
    if doing == SERVICE:
        keep = 1
    elif doing != WAIT:
        unit = limits.cell_m if doing == FORWARD else QUARTER
        acceleration = limits.acceleration if doing == FORWARD else limits.turn_acceleration
        near = limits.near_m if doing == FORWARD else limits.near_rad
        reach = _reach(robot, acceleration, limits)
        keep = min(max(ceil((reach - near) / unit), 0), _run(robot))
        if doing == FORWARD:
            keep = _free(robot, floor.neighbours, floor.obstacle_until, limits, keep, now)
    robot["received"] = robot["confirmed"] + keep


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _reboot(robot: Record, floor: Floor, limits: Limits, now: float) -> None:
    """Come back: what was not confirmed is forgotten, but for the cell (or quarter turn) that it stands half in."""
    if robot["doing"] == SERVICE:
        robot["doing"] = WAIT
        robot["service_left"] = 0.0
    _drop(robot, floor, limits, now)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _obey(robot: Record, command: Record, floor: Floor, limits: Limits, now: float) -> None:
    """What the firmware makes of a message: rules 1 to 4 of robots.driver."""
    if command["epoch"] < robot["epoch"]:
        return
    if command["epoch"] > robot["epoch"]:
        _drop(robot, floor, limits, now)
        robot["epoch"] = command["epoch"]
    elif command["first"] <= robot["received"]:
        for number in range(robot["received"], command["end"]):
            place = number - command["first"]
            robot["entries"][number % ENTRIES_AHEAD] = command["entries"][place]
            robot["service_s"][number % ENTRIES_AHEAD] = command["service_s"][place]
            robot["received"] = number + 1
    if command["number"] > robot["level_number"]:
        robot["level_number"] = command["number"]
        robot["halt"] = command["halt"]
        robot["limit"] = command["limit"]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _receive(
    robot: Record, row: int, commands: Records, floor: Floor, limits: Limits, happened: Happened, now: float
) -> None:
    """Give the robot the messages that are due, in order of their coming."""
    while True:
        slot = -1
        for other in range(robot["commands"]):
            due = commands[row, other]["due"]
            if due <= now + EPS and (slot < 0 or due < commands[row, slot]["due"]):
                slot = other
        if slot < 0:
            return
        if not robot["down"] and robot["mute_until"] <= now + EPS:
            place = happened.counts[DELIVERED]
            happened.delivered_robot[place] = row
            happened.delivered_epoch[place] = commands[row, slot]["epoch"]
            happened.counts[DELIVERED] = place + 1
            _obey(robot, commands[row, slot], floor, limits, now)
        last = robot["commands"] - 1
        robot["commands"] = last
        if slot != last:
            commands[row, slot] = commands[row, last]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _begin(robot: Record, can_move: bool) -> None:
    """Begin the next entry of a robot at rest in the middle of a cell."""
    place = robot["confirmed"] % ENTRIES_AHEAD
    entry = robot["entries"][place]
    if entry == CHARGE:
        robot["connected"] = True
        robot["confirmed"] += 1
    elif entry == SERVICE:
        robot["connected"] = False
        robot["doing"] = SERVICE
        robot["service_left"] = robot["service_s"][place]
        robot["held"] = False
    elif can_move:
        robot["connected"] = False
        robot["doing"] = entry


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _aim(robot: Record, floor: Floor, limits: Limits, now: float, watch: bool) -> None:
    """Say where the body is to come to rest on the entries under way, and how fast it may be."""
    run = _run(robot)
    slow = robot["slow_to"] if robot["slow_until"] > now + EPS else 1.0
    if robot["doing"] != FORWARD:
        robot["top"] = limits.turn_rate * slow
        robot["target"] = run * QUARTER
        return
    robot["top"] = min(robot["top_speed"] * slow, robot["limit"])
    robot["target"] = run * limits.cell_m
    if watch:
        free = _free(robot, floor.neighbours, floor.obstacle_until, limits, run, now)
        if free < run:
            target = free * limits.cell_m + limits.brink
            robot["target"] = target
            robot["blocked"] = abs(target - robot["along"]) <= limits.near_m and robot["speed"] == 0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _confirm(robot: Record, neighbours: Int32, limits: Limits) -> None:
    """Confirm the entries of the run that the robot has behind it; at rest in the middle it is done."""
    doing = robot["doing"]
    run = _run(robot)
    unit = limits.cell_m if doing == FORWARD else QUARTER
    near = limits.near_m if doing == FORWARD else limits.near_rad
    enough = limits.confirm_at if doing == FORWARD else QUARTER - near
    while run > 0 and robot["along"] >= enough:
        run -= 1
        robot["confirmed"] += 1
        robot["along"] -= unit
        if doing == FORWARD:
            robot["cell"] = neighbours[robot["cell"], robot["heading"]]
        else:
            robot["heading"] = (robot["heading"] + (1 if doing == TURN_CW else 3)) & 3
    if robot["speed"] == 0 and abs(robot["along"]) <= near:
        robot["along"] = 0.0
        robot["doing"] = WAIT


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _serve(robot: Record, row: int, dt: float, happened: Happened) -> None:
    """Count a service down, unless a station holds the robot; at its end it takes effect."""
    if robot["held"]:
        return
    robot["service_left"] -= dt
    if robot["service_left"] > EPS:
        return
    place = happened.counts[EFFECTS]
    happened.effect_robot[place] = row
    happened.effect_entry[place] = robot["confirmed"]
    happened.counts[EFFECTS] = place + 1
    robot["service_left"] = 0.0
    robot["confirmed"] += 1
    robot["doing"] = WAIT


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _tell(robot: Record, report: Record, now: float, noise: float) -> None:
    """Write what the robot says of itself; its pose is up to `noise` metres off in x and in y."""
    flags = HALTED if robot["halt"] and robot["speed"] == 0 else 0
    flags |= BLOCKED if robot["blocked"] else 0
    flags |= FAILED if robot["stuck_until"] > now + EPS else 0
    flags |= LOST if robot["lost"] else 0
    report["number"] = robot["made"]
    report["heard_s"] = now
    report["epoch"] = robot["epoch"]
    report["received"] = robot["received"]
    report["confirmed"] = robot["confirmed"]
    report["cell"] = robot["cell"]
    report["heading"] = robot["heading"]
    report["x"] = robot["guess_x"] + noise * (_uniform(robot) + _uniform(robot) - 1.0)
    report["y"] = robot["guess_y"] + noise * (_uniform(robot) + _uniform(robot) - 1.0)
    report["theta"] = robot["guess_theta"]
    report["speed"] = abs(robot["speed"]) if robot["doing"] == FORWARD else 0.0
    report["percent"] = robot["percent"]
    report["service_left"] = robot["service_left"]
    report["charging"] = robot["charging"]
    report["flags"] = flags
    report["halt"] = robot["halt"]
    report["limit"] = robot["limit"]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _report(robot: Record, row: int, reports: Records, air: Air, counts: Int64, now: float) -> None:
    """Send a report: it may be lost, and come twice. The oldest one gives way when there is no room."""
    copies = 1
    if air.duplication > 0 and _uniform(robot) < air.duplication:
        copies = 2
    written = -1
    for _ in range(copies):
        if air.loss > 0 and _uniform(robot) < air.loss:
            continue
        delay = air.least_s + air.spread_s * _uniform(robot)
        if air.later_s > 0:
            delay += air.later_s * _uniform(robot)
        slot = robot["reports"]
        if slot == IN_FLIGHT:
            slot = 0
            for other in range(1, IN_FLIGHT):
                if reports[row, other]["number"] < reports[row, slot]["number"]:
                    slot = other
            counts[LOST_REPORTS] += 1
        else:
            robot["reports"] += 1
        if written < 0:
            _tell(robot, reports[row, slot], now, air.noise_m)
            written = slot
        else:
            reports[row, slot] = reports[row, written]
        reports[row, slot]["due"] = now + delay
    robot["made"] += 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _can_act(robot: Record) -> bool:
    return not (robot["down"] or robot["lost"] or robot["halt"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _spend(robot: Record, floor: Floor, limits: Limits, now: float) -> float:
    """Charge, or take from the battery what the body and a service need; returns percent taken."""
    robot["charging"] = robot["connected"] and floor.charger_out_until[robot["cell"]] <= now + EPS
    if robot["charging"]:
        robot["percent"] = min(robot["percent"] + limits.charge, 100.0)
        return 0.0
    drain = min(robot["drain"], robot["percent"])
    robot["percent"] -= drain
    return float(drain)


@njit(cache=True, nogil=True, error_model="numpy")
def decide(
    robots: Records, commands: Records, floor: Floor, happened: Happened, limits: Limits, now: float, watch: bool
) -> None:
    """Every robot hears what has come and tells its body what to do for a period from now on.

    watch: there are obstacles on the floor.
    """
    for row in range(len(robots)):
        robot = robots[row]
        if robot["down"] and robot["down_until"] <= now + EPS:
            robot["down"] = False
            _reboot(robot, floor, limits, now)
        if robot["commands"] > 0:
            _receive(robot, row, commands, floor, limits, happened, now)
        can_act = _can_act(robot)
        can_move = can_act and robot["percent"] > 0 and robot["stuck_until"] <= now + EPS
        robot["blocked"] = False
        if robot["doing"] == WAIT and can_act and robot["received"] > robot["confirmed"]:
            _begin(robot, can_move)
        robot["go"] = can_move
        doing = robot["doing"]
        if doing in (FORWARD, TURN_CW, TURN_CCW):
            _aim(robot, floor, limits, now, watch)


@njit(cache=True, nogil=True, error_model="numpy")
def conclude(
    robots: Records, reports: Records, floor: Floor, happened: Happened, limits: Limits, air: Air, before: float
) -> float:
    """Every robot confirms what it has done in the period from `before` on, and reports when it is time.

    Returns the percent of a battery that they have used together.
    """
    used = 0.0
    after = before + limits.dt
    for row in range(len(robots)):
        robot = robots[row]
        doing = robot["doing"]
        if doing == SERVICE:
            if _can_act(robot):
                robot["drain"] = limits.service
                _serve(robot, row, limits.dt, happened)
        elif doing != WAIT:
            _confirm(robot, floor.neighbours, limits)
        used += _spend(robot, floor, limits, before)
        if robot["next_report_s"] <= after + EPS:
            robot["next_report_s"] += air.report_s
            if not robot["down"] and robot["mute_until"] <= after + EPS:
                _report(robot, row, reports, air, happened.counts, after)
    return used


@njit(cache=True, nogil=True, error_model="numpy")
def greet(robots: Records, reports: Records, now: float) -> None:
    """Have a report, exact and without delay, from every robot that can talk; others on their way are void."""
    for row in range(len(robots)):
        robot = robots[row]
        robot["reports"] = 0
        if not robot["down"] and robot["mute_until"] <= now + EPS:
            _tell(robot, reports[row, 0], now, 0.0)
            reports[row, 0]["due"] = now
            robot["reports"] = 1
            robot["made"] += 1


@njit(cache=True, nogil=True, error_model="numpy")
def stop(robots: Records, floor: Floor, limits: Limits, now: float) -> None:
    """Have every robot drop its base: it comes to rest in the middle of the next cell where it can."""
    for row in range(len(robots)):
        robot = robots[row]
        robot["connected"] = False
        robot["charging"] = False
        robot["commands"] = 0
        robot["reports"] = 0
        _reboot(robot, floor, limits, now)
