"""What a robot's body is like: mass, wheels, motors, floor contact and senses, in SI units."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, Final

from robots.errors import RobotModelError

_MAY_BE_ZERO: Final = frozenset(
    {
        "drag", "scale_error", "track_error", "slip_noise", "gyro_noise_radps", "gyro_bias_radps",
        "marker_noise_m", "marker_noise_rad", "motor_lag_s", "reaction_s", "load_slowdown",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BodyModel:
    """The physics of a differential-drive robot; what it is told to do at most is in robots.model.RobotModel.

    mass_kg, inertia_kgm2  of the empty robot; about the vertical axis. A load of m kg adds m to the mass, and m times
                      `inertia_kgm2 / mass_kg` to the inertia
    wheel_radius_m, track_m  of the two driven wheels, and the distance between them; the middle is the robot's origin
    driven_share      share of the weight that rests on the driven wheels; casters carry the rest
    caster_m          from the robot's middle to a caster; there is one before it and one behind
    traction          friction of a wheel on dry floor: it pushes with at most this share of the weight on it
    creep_mps         slip speed at which a wheel has all its traction; below it grows linearly with slip
    sideways          friction of the wheels across their way, as a share of `traction`
    drag              rolling resistance as a share of the weight, all of it at the casters: against turns, too
    motor_force_n     most force of one wheel at the floor
    motor_lag_s       time constant with which a wheel follows what it is told
    reaction_s        from a decision of the firmware to the moment when the wheels hear of it
    jerk_mps3, turn_jerk_radps3  how quickly the firmware lets acceleration change
    load_slowdown     with a full payload the robot drives at (1 - load_slowdown) of its speed and acceleration
    efficiency        mechanical work at the wheels for energy from the battery; braking gives nothing back
    scale_error, track_error  a wheel's true radius and the true track differ from what the firmware believes by a share
                      of the robot's own, at most this: odometry drifts with way and with angle
    slip_noise        standard deviation of odometry, as a share of each way driven
    gyro_noise_radps, gyro_bias_radps  of the turn rate sensor: standard deviation of a reading, greatest constant error
    marker_noise_m, marker_noise_rad  standard deviation of a fix over a floor marker
    marker_range_m    a marker in the middle of a cell is read when the robot's origin is that close to it

    Sources: coefficients of rubber on sealed concrete and of polyurethane casters as in R. Siegwart et al.,
    "Introduction to Autonomous Mobile Robots", 2nd ed., ch. 3 and 5; odometry errors as in J. Borenstein and L. Feng,
    "Measurement and correction of systematic odometry errors in mobile robots", IEEE Transactions on Robotics and
    Automation 12 (1996).
    """

    name: str = "sorter-s"
    mass_kg: float = 60.0
    inertia_kgm2: float = 4.8
    wheel_radius_m: float = 0.085
    track_m: float = 0.50
    driven_share: float = 0.7
    caster_m: float = 0.28
    traction: float = 0.6
    creep_mps: float = 0.02
    sideways: float = 0.9
    drag: float = 0.012
    motor_force_n: float = 160.0
    motor_lag_s: float = 0.03
    reaction_s: float = 0.02
    jerk_mps3: float = 16.0
    turn_jerk_radps3: float = 200.0
    load_slowdown: float = 0.15
    efficiency: float = 0.75
    scale_error: float = 0.002
    track_error: float = 0.003
    slip_noise: float = 0.002
    gyro_noise_radps: float = 0.002
    gyro_bias_radps: float = 0.0005
    marker_noise_m: float = 0.001
    marker_noise_rad: float = 0.002
    marker_range_m: float = 0.04

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "name":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise RobotModelError(f"body.{field.name}", f"is {value!r}, not a number", "give a number")
            least_ok = value >= 0 if field.name in _MAY_BE_ZERO else value > 0
            if not (isfinite(value) and least_ok):
                raise RobotModelError(f"body.{field.name}", f"is {value}", "give a number greater than zero")
        for name in ("driven_share", "efficiency"):
            if getattr(self, name) > 1:
                raise RobotModelError(f"body.{name}", f"is {getattr(self, name)}", "give a share of at most 1")
        if not self.load_slowdown < 1:
            raise RobotModelError("body.load_slowdown", f"is {self.load_slowdown}", "give a share below 1")

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> BodyModel:
        """Read a body from a TOML table; keys are the field names, missing ones take the defaults.

        Raises RobotModelError on an unknown key, a wrong type or an impossible value.
        """
        known = [field.name for field in fields(cls)]
        for key in table:
            if key not in known:
                raise RobotModelError(f"body.{key}", "unknown key", f"use one of: {', '.join(known)}")
        if not isinstance(table.get("name", ""), str):
            raise RobotModelError("body.name", f"is {table['name']!r}, not a string", "give a name in quotes")
        return cls(**table)
