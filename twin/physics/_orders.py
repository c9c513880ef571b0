"""Kernels of what happens once a period: firmware's orders become places on a robot's way, and back.

`wheeled.py` stands in front; between the two are the substeps of `_wheels.py`.

Invariant: places on a way are places on the floor (headings for a turn), whatever of it is confirmed; so nothing adds
up from entry to entry.
"""

from __future__ import annotations

from math import pi, sqrt

from numba import njit

from robots.arrays import Bool
from twin.fleet_records import Limits, Record, Records
from twin.physics.chassis import Chassis

FORWARD, TURN_CW, TURN_CCW, SERVICE = 0, 1, 2, 4  # entries
STAND, DRIVE, CW, CCW = 0, 1, 2, 3  # duties
NO_MARKER, READ_AGAIN = -1, -2
QUARTER = pi / 2
EPS = 1e-9  # seconds: rounding
LEAST_PARCEL, MOST_PARCEL = 2.0, 8.0  # kg
SETTLED = 10.0  # 1/s: slower than that times how near it has to come, wheels that are told to stand count as standing
UNFIXED_CELLS = 2.5  # without a marker, until a robot knows that it is lost
LOST_RAD = 0.15
SPREAD = sqrt(6.0)  # of two uniform numbers to one of variance 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _mixed(word: int) -> int:
    """32 bits from 32 bits, each depending on all (lowbias32, C. Wellons, "Prospecting for hash functions", 2018)."""
    word = (word ^ (word >> 16)) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ (word >> 15)) * -0x7B935975 & 0xFFFFFFFF  # 0x846CA68B less 2^32: the product fits in 63 bits
    return int(word ^ (word >> 16))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _uniform(robot: Record, body: Record) -> float:
    """The body's next random number, 0 <= u < 1: a hash of the robot's key and how many it has drawn."""
    body["draws"] += 1
    return float(_mixed(robot["key"] ^ 0x5BD1E995 ^ _mixed(body["draws"] & 0xFFFFFFFF)) / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _error(robot: Record, body: Record, deviation: float) -> float:
    """A random error with that standard deviation."""
    if deviation == 0.0:
        return 0.0
    return float(deviation * SPREAD * (_uniform(robot, body) + _uniform(robot, body) - 1.0))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _unwrapped(angle: float, near: float) -> float:
    """The angle, whole turns on or back, that is nearest to another."""
    return float(angle + 2.0 * pi * round((near - angle) / (2.0 * pi)))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _wrapped(angle: float) -> float:
    """The angle within 0 to 2 pi."""
    return float(angle % (2.0 * pi))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _place(robot: Record, body: Record) -> float:
    """Where on its way the robot believes to be."""
    if body["duty"] == DRIVE:
        return float(robot["guess_x"] * body["ahead_x"] + robot["guess_y"] * body["ahead_y"])
    return float(body["bearing"] if body["duty"] == CW else -body["bearing"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _start_of_way(body: Record, middle_x: float, middle_y: float) -> float:
    """Place of the confirmed cell or heading on the way under way."""
    if body["duty"] == DRIVE:
        return float(middle_x * body["ahead_x"] + middle_y * body["ahead_y"])
    return float(body["course"] if body["duty"] == CW else -body["course"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _set_off(robot: Record, body: Record, duty: int) -> None:
    """Begin another duty from where the robot believes to be, at rest.

    It looks at its marker again: who turns and turns on one would not know any more where it faces.
    """
    body["duty"] = duty
    if body["marker"] >= 0:
        body["marker"] = READ_AGAIN
    body["wish"] = _place(robot, body)
    body["speed_wish"] = 0.0
    body["acceleration_wish"] = 0.0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _order(robot: Record, body: Record, chassis: Chassis, limits: Limits) -> None:
    """Take over what the firmware orders for the period to come."""
    entry = robot["doing"]
    duty = STAND
    if entry in (FORWARD, TURN_CW, TURN_CCW):
        duty = DRIVE if entry == FORWARD else CW if entry == TURN_CW else CCW
    heading = robot["heading"]
    body["go"] = robot["go"]
    body["ahead_x"] = 1.0 if heading == 0 else -1.0 if heading == 2 else 0.0
    body["ahead_y"] = 1.0 if heading == 1 else -1.0 if heading == 3 else 0.0
    body["course"] = _unwrapped(heading * QUARTER, body["bearing"])
    row = robot["cell"] // limits.width
    middle_x = (robot["cell"] - row * limits.width + 0.5) * limits.cell_m
    middle_y = (row + 0.5) * limits.cell_m
    body["offset"] = middle_y * body["ahead_x"] - middle_x * body["ahead_y"]
    if duty != body["duty"]:
        _set_off(robot, body, duty)
    if duty != STAND:
        slowed = 1.0 - chassis.load_slowdown * min(body["load_kg"] / chassis.payload, 1.0)
        body["goal"] = _start_of_way(body, middle_x, middle_y) + robot["target"]
        body["pace"] = robot["top"] * slowed
        body["spurt"] = (limits.acceleration if duty == DRIVE else limits.turn_acceleration) * slowed


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _served(robot: Record, body: Record, drops: Bool, chassis: Chassis) -> None:
    """Let a service that is over change the load: none after a drop cell, a parcel more elsewhere."""
    if body["serving"] >= 0 and robot["confirmed"] > body["serving"]:
        if drops[robot["cell"]]:
            body["load_kg"] = 0.0
        else:
            parcel = LEAST_PARCEL + (MOST_PARCEL - LEAST_PARCEL) * _uniform(robot, body)
            body["load_kg"] = max(body["load_kg"], min(body["load_kg"] + parcel, chassis.payload))
    body["serving"] = robot["confirmed"] if robot["doing"] == SERVICE else -1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _sleeps(body: Record, slots: int) -> bool:
    """Whether the robot will do nothing in this period."""
    return (
        body["duty"] == STAND
        and body["quiet"] > slots
        and body["touches"] == 0
        and not body["elsewhere"]
        and body["left"] == 0.0
        and body["right"] == 0.0
        and body["forward"] == 0.0
        and body["sideways"] == 0.0
        and body["turning"] == 0.0
    )


@njit(cache=True, nogil=True, error_model="numpy")
def begin(
    robots: Records, bodies: Records, slots: int, drops: Bool, awake: Bool, chassis: Chassis, limits: Limits
) -> None:
    """Take over what firmware orders for the period to come; awake (n,), written: who has anything to do."""
    for row in range(len(robots)):
        robot = robots[row]
        body = bodies[row]
        if body["serving"] >= 0 or robot["doing"] == SERVICE:
            _served(robot, body, drops, chassis)
        _order(robot, body, chassis, limits)
        awake[row] = not _sleeps(body, slots)
        if awake[row]:
            body["work_j"] = 0.0
            body["left_error"] = _error(robot, body, chassis.slip_noise)
            body["right_error"] = _error(robot, body, chassis.slip_noise)
            body["gyro_error"] = _error(robot, body, chassis.gyro_noise)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _believed_rate(body: Record, chassis: Chassis) -> float:
    """Rate on its way by the encoders."""
    left = body["left"] / body["left_scale"]
    right = body["right"] / body["right_scale"]
    if body["duty"] == DRIVE:
        return float(0.5 * (left + right))
    rate = (left - right) / (2.0 * chassis.arm)
    return float(rate if body["duty"] == CW else -rate)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _settled_rate(body: Record, chassis: Chassis, limits: Limits) -> float:
    """Rate on its way for the firmware: 0 as soon as the robot is in position, as servo drives report it.

    Nothing waits for the last millimetres a second to die away.
    """
    rate = _believed_rate(body, chassis)
    near = limits.near_m if body["duty"] == DRIVE else limits.near_rad
    if body["told_left"] == 0.0 and body["told_right"] == 0.0 and abs(rate) <= SETTLED * near:
        return 0.0
    return rate


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _is_lost(robot: Record, body: Record, now: float, chassis: Chassis, limits: Limits) -> bool:
    """Whether the robot can tell that it has left its way."""
    row = robot["cell"] // limits.width
    off_x = robot["guess_x"] - (robot["cell"] - row * limits.width + 0.5) * limits.cell_m
    off_y = robot["guess_y"] - (row + 0.5) * limits.cell_m
    across = off_y * body["ahead_x"] - off_x * body["ahead_y"]
    along = off_x * body["ahead_x"] + off_y * body["ahead_y"]
    if abs(across) > chassis.astray or body["unfixed_m"] > UNFIXED_CELLS * limits.cell_m:
        return True
    if body["duty"] in (CW, CCW):
        return bool(abs(along) > chassis.astray)
    if abs(body["bearing"] - body["course"]) > LOST_RAD:
        return True
    # In the middle of a cell it should see a marker.
    blind = body["blind_until"] > now + EPS
    return bool(abs(along) <= limits.near_m and body["left"] == 0.0 and body["marker"] == NO_MARKER and not blind)


@njit(cache=True, nogil=True, error_model="numpy")
def end(robots: Records, bodies: Records, awake: Bool, now: float, chassis: Chassis, limits: Limits) -> None:
    """Tell firmware where robots believe to be after a period, and write where they are."""
    for row in range(len(robots)):
        robot = robots[row]
        robot["drain"] = limits.idle
        if not awake[row]:
            continue
        body = bodies[row]
        robot["drain"] += body["work_j"] * chassis.percent_a_joule
        if body["duty"] != STAND:
            line = robot["cell"] // limits.width
            middle_x = (robot["cell"] - line * limits.width + 0.5) * limits.cell_m
            middle_y = (line + 0.5) * limits.cell_m
            robot["along"] = _place(robot, body) - _start_of_way(body, middle_x, middle_y)
            robot["speed"] = _settled_rate(body, chassis, limits)
        robot["x"] = body["x"]
        robot["y"] = body["y"]
        robot["theta"] = _wrapped(body["theta"])
        robot["guess_theta"] = _wrapped(body["bearing"])
        if not robot["lost"] and _is_lost(robot, body, now, chassis, limits):
            robot["lost"] = True
