"""Kernels of bodies on rails: they drive as fast as their firmware allows, and are exactly where they think they are.

Invariant: v^2 <= 2 a (way that is left to where it has to stop), so a robot never overshoots; it never leaves the
straight line from its confirmed cell to the end of its base. `rails.py` stands in front.
"""

from __future__ import annotations

from math import pi, sqrt

from numba import njit

from robots.arrays import Float64
from twin.fleet_records import Limits, Record, Records

FORWARD, TURN_CW, TURN_CCW = 0, 1, 2
NEAR = 1e-6  # metres or radians: there
QUARTER = pi / 2


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def driven(along: float, speed: float, target: float, top: float, acceleration: float, dt: float) -> tuple[float, float]:  # fmt: skip # noqa: E501
    """Position and speed after dt of the fastest drive that comes to rest at target, from anywhere on its line.

    The new speed v' solves v'^2 / 2a = room - (v + v') dt / 2: whatever comes after, the robot can stop in time.
    """
    room = target - along
    if abs(room) <= NEAR and abs(speed) <= acceleration * dt:
        return target, 0.0
    way = 1.0 if room > 0 else -1.0
    room *= way
    speed *= way
    if speed < 0:  # away from where it has to go: brake first
        along, speed = braked(along * way, speed, acceleration, dt)
        return along * way, speed * way
    half = 0.5 * acceleration * dt
    fastest = sqrt(max(half * half + acceleration * (2.0 * room - speed * dt), 0.0)) - half
    slowest = speed - acceleration * dt
    after = max(min(speed + acceleration * dt, top, fastest), slowest)
    if after <= 0:  # at rest before dt is over
        moved = min(room, speed * speed / (2.0 * acceleration))
        if room - moved <= NEAR:
            moved = room
        return along + way * moved, 0.0
    return along + way * 0.5 * (speed + after) * dt, way * after


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def braked(along: float, speed: float, acceleration: float, dt: float) -> tuple[float, float]:
    """Position and speed after dt of braking."""
    if abs(speed) <= acceleration * dt:
        return along + speed * abs(speed) / (2.0 * acceleration), 0.0
    after = speed - acceleration * dt if speed > 0 else speed + acceleration * dt
    return along + 0.5 * (speed + after) * dt, after


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _stand(robot: Record, shift: Float64, limits: Limits) -> None:
    """Write the robot's pose."""
    cell = robot["cell"]
    row = cell // limits.width
    heading = robot["heading"]
    along = robot["along"]
    theta = heading * QUARTER
    x = (cell - row * limits.width + 0.5) * limits.cell_m + shift[0]
    y = (row + 0.5) * limits.cell_m + shift[1]
    doing = robot["doing"]
    if doing == FORWARD:
        way = along if heading < 2 else -along
        if heading & 1:
            y += way
        else:
            x += way
    elif doing in (TURN_CW, TURN_CCW):
        theta += along if doing == TURN_CW else -along
        if theta < 0:
            theta += 4.0 * QUARTER
        elif theta >= 4.0 * QUARTER:
            theta -= 4.0 * QUARTER
    robot["x"] = x
    robot["y"] = y
    robot["theta"] = theta
    robot["guess_x"] = x
    robot["guess_y"] = y
    robot["guess_theta"] = theta


@njit(cache=True, nogil=True, error_model="numpy")
def stand(robots: Records, shift: Float64, limits: Limits) -> None:
    """Write the poses of robots; shift (n, 2) is how far each was pushed from where it thinks it is, metres."""
    for row in range(len(robots)):
        _stand(robots[row], shift[row], limits)


@njit(cache=True, nogil=True, error_model="numpy")
def drive(robots: Records, shift: Float64, limits: Limits) -> None:
    """Move every robot for one period of its firmware; shift as in `stand`."""
    for row in range(len(robots)):
        robot = robots[row]
        robot["drain"] = limits.idle
        doing = robot["doing"]
        if doing in (FORWARD, TURN_CW, TURN_CCW):
            straight = doing == FORWARD
            acceleration = limits.acceleration if straight else limits.turn_acceleration
            along, before = robot["along"], robot["speed"]
            if robot["go"]:
                along, speed = driven(along, before, robot["target"], robot["top"], acceleration, limits.dt)
            else:
                along, speed = braked(along, before, acceleration, limits.dt)
            robot["along"] = along
            robot["speed"] = speed
            if before != 0 or speed != 0:
                robot["drain"] = limits.drive if straight else limits.turn
        _stand(robot, shift[row], limits)
