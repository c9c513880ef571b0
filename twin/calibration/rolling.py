"""The model that calibration fits: a robot on two wheels (`twin.physics.body_model`), from what its wheels are told.

A wheel hears what it is told `reaction` later and follows it as a first-order lag. The floor pushes it in proportion to
its slip, at most by traction times the weight on it, and at most by the motor's force: behind a motor at its limit a
wheel gives way. Its casters' rolling resistance brakes the robot, straight on and in turns, and what is left
accelerates mass and inertia. Across its wheels it does not slip. Substeps are STEP_S or shorter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.calibration import _rolling
from twin.calibration.drive_log import DriveLog
from twin.physics.body_model import BodyModel

STEP_S: Final = 1 / 480
_GRAVITY: Final = 9.81
# Told before a log began: what it begins with.
_BEFORE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Rolling:
    """What is fitted, in SI units; `give` is slip speed for each share of the weight that a wheel pushes with.

    scales: true radius of left and right wheel over what the firmware believes; track_scale the same of the track.
    """

    reaction_s: float
    motor_lag_s: float
    drag: float
    traction: float
    give: float
    motor_force_n: float
    left_scale: float = 1.0
    right_scale: float = 1.0
    track_scale: float = 1.0

    @classmethod
    def of(cls, body: BodyModel) -> Rolling:
        """Return what a body model says, without errors of scale."""
        return cls(
            reaction_s=body.reaction_s,
            motor_lag_s=body.motor_lag_s,
            drag=body.drag,
            traction=body.traction,
            give=body.creep_mps / body.traction,
            motor_force_n=body.motor_force_n,
        )

    def with_values(self, names: tuple[str, ...], values: Float64) -> Rolling:
        """Return a copy with other values of some fields."""
        return replace(self, **dict(zip(names, values.tolist(), strict=True)))


@dataclass(frozen=True, slots=True)
class Rolled:
    """What the model does at the rows of a log.

    wheels   float64 (n, 2), as encoders show them: mean speeds since the row before, m/s; the first row is NaN
    pose     float64 (n, 3), x, y, theta
    turning  float64 (n,), rad/s
    forward  float64 (n,), m/s
    push     greatest force of a wheel, as a share of the weight on it; push_n: in newtons
    """

    wheels: Float64
    pose: Float64
    turning: Float64
    forward: Float64
    push: float
    push_n: float


class Course:
    """Rows `first` to `last` of a log, ready to be rolled along. `coasts`: motors are off in some of them."""

    def __init__(self, log: DriveLog, first: int, last: int, body: BodyModel) -> None:
        self.t: Float64 = log.t[first : last + 1]
        self.wheels: Float64 = log.wheels[first : last + 1]
        self.pose: Float64 = log.pose[first : last + 1]
        self.gyro: Float64 = log.gyro[first : last + 1]
        self.told: Float64 = log.told[first : last + 1]
        self.coasts = bool(np.isnan(self.told).any())
        self.load_kg = float(log.load[first])
        self._body = body
        steps = max(int(np.ceil((self.t[-1] - self.t[0]) / STEP_S - 1e-6)), 1)
        self._times: Float64 = np.linspace(self.t[0], self.t[-1], steps + 1)
        self._knots: Float64 = np.concatenate([[log.t[0] - _BEFORE_S], log.t])
        on = np.isfinite(log.told[:, 0])
        told = np.where(on[:, None], log.told, 0.0)
        self._told = _integral(self._knots, told)
        self._on = _integral(self._knots, on.astype(np.float64)[:, None])

    def roll(self, rolling: Rolling) -> Rolled:
        """Let the model drive what the robot was told, from the state that the log begins with."""
        body, dt = self._body, float(self._times[1] - self._times[0])
        heard, on = self._heard(rolling.reaction_s, dt)
        mass = body.mass_kg + self.load_kg
        weight = 0.5 * body.driven_share * mass * _GRAVITY
        lag = rolling.motor_lag_s
        states, force = np.empty((len(heard) + 1, 7)), np.empty(len(heard))
        known = np.flatnonzero(np.isfinite(self.pose[:, 0]))
        pose = self.pose[known[0]] if len(known) else np.zeros(3)
        begin = np.concatenate([np.nan_to_num(self.wheels[0]), pose])
        _rolling.roll(
            begin, heard, on, dt, mass, body.inertia_kgm2 * mass / body.mass_kg, body.track_m * rolling.track_scale,
            np.array([rolling.left_scale, rolling.right_scale]), 1.0 - exp(-dt / lag) if lag > 0 else 1.0,
            rolling.traction * weight, rolling.give / weight, rolling.motor_force_n, rolling.drag * mass * _GRAVITY,
            body.caster_m, states, force,
        )  # fmt: skip
        rows = np.column_stack([np.interp(self.t, self._times, states[:, i]) for i in range(states.shape[1])])
        wheels = np.full((len(self.t), 2), np.nan)
        wheels[1:] = np.diff(rows[:, :2], axis=0) / np.diff(self.t)[:, None]
        push = float(force.max())
        return Rolled(wheels, rows[:, 2:5], rows[:, 6], rows[:, 5], push / weight, push)

    def _heard(self, reaction_s: float, dt: float) -> tuple[Float64, Float64]:
        """What the wheels hear in each substep, on average, and in which share of it motors are on."""
        at = self._times - reaction_s
        on = np.diff(np.interp(at, self._knots, self._on[:, 0])) / dt
        heard = np.column_stack([np.diff(np.interp(at, self._knots, self._told[:, i])) / dt for i in range(2)])
        return heard / np.maximum(on, 1e-9)[:, None], np.clip(on, 0.0, 1.0)


def _integral(knots: Float64, values: Float64) -> Float64:
    """Integrals over time of columns that keep their value from one knot to the next; the first also before it."""
    held = np.concatenate([values[:1], values[:-1]])
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(held * np.diff(knots)[:, None], axis=0)])
