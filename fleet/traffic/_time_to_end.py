"""Kernel that estimates how long robots drive on with what they are granted. `ledger.py` stands in front."""

from __future__ import annotations

from math import pi

import numpy as np
from numba import njit

from robots.arrays import Float32, Int8, Int32, UInt8

FORWARD, TURN_CW, TURN_CCW, SERVICE = 0, 1, 2, 4


@njit(cache=True, nogil=True)
def estimate(
    kind: UInt8,
    after_heading: Int8,
    confirmed: Int32,
    granted: Int32,
    cell: Int32,
    heading: Int8,
    x_m: Float32,
    y_m: Float32,
    theta_rad: Float32,
    speed_mps: Float32,
    service_left_s: Float32,
    service_s: Float32,
    age_s: Float32,
    width: int,
    cell_m: float,
    limits: Float32,
    seconds: Float32,
) -> None:
    """Estimate how long each robot drives on at full speed before the end of its base makes it brake or stand.

    limits float32 (4,): greatest speed, acceleration, turn rate and turn acceleration. age_s float32 (n,): how old
    each report is. seconds float32 (n,), written; 0 for a robot at rest at its end. A turn or a service in the base is
    taken from rest to rest.
    """
    speed, acceleration, rate, turn_acceleration = limits[0], limits[1], limits[2], limits[3]
    quarter_s = np.float32(pi / 2) / rate + rate / turn_acceleration
    start_stop_s = speed / acceleration
    ring = kind.shape[1]
    for robot in range(len(granted)):
        at = confirmed[robot]
        left = granted[robot]
        total = np.float32(0.0)
        moving = speed_mps[robot]
        facing = heading[robot]
        first = True
        while at < left:
            column = at % ring
            what = kind[robot, column]
            if what == FORWARD:
                run = 0
                while at < left and kind[robot, at % ring] == FORWARD:
                    run += 1
                    at += 1
                metres = np.float32(run * cell_m)
                if first:
                    # How far the robot has come beyond the middle of its last confirmed cell.
                    ahead_x = 1.0 if facing == 0 else (-1.0 if facing == 2 else 0.0)
                    ahead_y = 1.0 if facing == 1 else (-1.0 if facing == 3 else 0.0)
                    centre_x = (cell[robot] % width + 0.5) * cell_m
                    centre_y = (cell[robot] // width + 0.5) * cell_m
                    metres -= np.float32((x_m[robot] - centre_x) * ahead_x + (y_m[robot] - centre_y) * ahead_y)
                metres -= moving * age_s[robot]
                if at < left:
                    # From the present speed to rest in the middle of the last cell of the run.
                    total += max(metres, np.float32(0.0)) / speed + start_stop_s
                    moving = np.float32(0.0)
                else:
                    # Until it has to brake: v^2 / 2a before the end.
                    gained = (speed * speed - moving * moving) / (2 * acceleration)
                    braking = speed * speed / (2 * acceleration)
                    if metres - gained >= braking:
                        total += (speed - moving) / acceleration + (metres - gained - braking) / speed
                    else:
                        top = np.sqrt(max(acceleration * metres + moving * moving / 2, np.float32(0.0)))
                        total += max(top - moving, np.float32(0.0)) / acceleration
                first = False
                continue
            if what in (TURN_CW, TURN_CCW):
                turn = quarter_s
                if first:
                    goal = after_heading[robot, column] * np.float32(pi / 2)
                    angle = abs((goal - theta_rad[robot] + np.float32(pi)) % np.float32(2 * pi) - np.float32(pi))
                    turn = max(min(turn, angle / rate + np.float32(0.1)) - age_s[robot], np.float32(0.0))
                total += turn
                facing = after_heading[robot, column]
            elif what == SERVICE:
                total += service_left_s[robot] if first and service_left_s[robot] > 0 else service_s[robot, column]
            at += 1
            first = False
        seconds[robot] = total
