"""How long a straight run or a turn takes under speed and acceleration limits (trapezoidal profiles)."""

from __future__ import annotations

from math import pi, sqrt

from robots.model import RobotModel


def trapezoid_time(distance: float, speed: float, acceleration: float) -> float:
    """Seconds from rest to rest over `distance`, with limits on speed and acceleration (same length unit)."""
    ramp = speed * speed / acceleration
    if distance >= ramp:
        return distance / speed + speed / acceleration
    return 2.0 * sqrt(distance / acceleration)


def run_time(model: RobotModel, distance_m: float) -> float:
    """Seconds to drive `distance_m` straight, from rest to rest."""
    return trapezoid_time(distance_m, model.max_speed_mps, model.max_acceleration_mps2)


def turn_time(model: RobotModel, angle_rad: float) -> float:
    """Seconds to turn on the spot by `angle_rad` (its sign does not matter), from rest to rest."""
    return trapezoid_time(abs(angle_rad), model.max_turn_rate_radps, model.max_turn_acceleration_radps2)


def step_time(model: RobotModel, cell_m: float) -> float:
    """Seconds of one synchronous planning step on a grid of `cell_m` cells.

    A step is one cell forward at cruising speed or one quarter turn, whichever takes longer. Starting and braking are
    not in it: the ideal grid is the limit that continuous execution is measured against.
    """
    return max(cell_m / model.max_speed_mps, turn_time(model, pi / 2))
