"""The calibration run: what a robot has to drive so that its log tells every parameter of its body.

Needs 6 m of free, clean floor ahead, 1 m behind and 1 m to the sides, and a reference for the pose. Each manoeuvre is
there twice, so that one can be fitted and the other one held out.

small steps    of wheel speed: reaction and motor lag
hard steps     from standing to top speed and from there to a stop, empty: wheels slip, which tells traction
loaded steps   the same with the whole payload, where motors reach their limit before the floor does
coasting       motors off at speed: drag
ramps          gentle driving forwards and back: wheel scale, and the odometry's noise
turns          on the spot, both ways, several rounds: track
rests          between all of them: noise and bias of gyro and reference
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, pi
from typing import Final

import numpy as np

from robots.arrays import Float64
from robots.model import RobotModel
from twin.physics.body_model import BodyModel

_REST_S: Final = 0.8
_TURNS: Final = 2.0
_GENTLE: Final = 0.5  # share of the greatest acceleration
_RUN_M: Final = 3.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speeds of both wheels that change evenly, m/s, from the first to the last moment; NaN: motors are off."""

    seconds: float
    begin: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """What to drive, beginning and ending at rest, with so much load."""

    label: str
    load_kg: float
    stretches: tuple[Stretch, ...]

    @property
    def seconds(self) -> float:
        """Return how long it takes."""
        return sum(stretch.seconds for stretch in self.stretches)

    def told(self, period_s: float) -> Float64:
        """Return what the wheels are told at 0, period_s, ..., float64 (n, 2), m/s; NaN: motors are off."""
        rows = []
        for stretch in self.stretches:
            share = np.arange(round(stretch.seconds / period_s))[:, None] * period_s / stretch.seconds
            begin, end = np.array(stretch.begin), np.array(stretch.end)
            rows.append(begin + (end - begin) * share)
        return np.concatenate(rows)


def excitation(robot: RobotModel, body: BodyModel) -> list[Manoeuvre]:
    """Return the manoeuvres of a calibration run, in the order in which they are driven."""
    top, payload = robot.max_speed_mps, robot.payload_kg
    small = min(0.2 * top, 0.1)
    round_s = _TURNS * pi * body.track_m / (0.4 * top)
    one_round = [
        _manoeuvre("small steps", 0.0, *_steps((small, 2.0 * small, -small, small)), repeat=2),
        *(
            _manoeuvre(f"{name} {way}", load, *_hard(sign * top))
            for name, load in (("hard", 0.0), ("loaded", payload))
            for way, sign in (("forwards", 1.0), ("backwards", -1.0))
        ),
        _manoeuvre("turn clockwise", 0.0, *_ramped(0.4 * top, -0.4 * top, 0.5, round_s)),
        _manoeuvre("turn counter-clockwise", 0.0, *_ramped(-0.4 * top, 0.4 * top, 0.5, round_s)),
        *(_manoeuvre(f"coasting {way}", 0.0, *_coast(sign * 0.8 * top, robot)) for way, sign in _WAYS),
        *(_manoeuvre(f"ramp {way}", 0.0, *_gentle(sign * top, robot)) for way, sign in _WAYS),
    ]
    return one_round * 2


_WAYS: Final = (("forwards", 1.0), ("backwards", -1.0))


def _manoeuvre(label: str, load_kg: float, *stretches: Stretch, repeat: int = 1) -> Manoeuvre:
    rest = Stretch(_REST_S, (0.0, 0.0), (0.0, 0.0))
    return Manoeuvre(label, load_kg, (rest, *(stretches * repeat), rest))


def _even(seconds: float, left: float, right: float) -> Stretch:
    return Stretch(seconds, (left, right), (left, right))


def _steps(speeds: tuple[float, ...]) -> list[Stretch]:
    """Steps of both wheels, then of each against the other."""
    both = [_even(0.3, speed, speed) for speed in speeds]
    against = [_even(0.3, speed, -speed) for speed in speeds]
    return [*both, _even(0.3, 0.0, 0.0), *against, _even(0.3, 0.0, 0.0)]


def _hard(speed: float) -> list[Stretch]:
    return [_even(1.0, speed, speed), _even(_REST_S, 0.0, 0.0), _even(0.8, speed, speed)]


def _ramped(left: float, right: float, ramp_s: float, even_s: float) -> list[Stretch]:
    return [
        Stretch(ramp_s, (0.0, 0.0), (left, right)),
        _even(even_s, left, right),
        Stretch(ramp_s, (left, right), (0.0, 0.0)),
    ]


def _coast(speed: float, robot: RobotModel) -> list[Stretch]:
    ramp_s = abs(speed) / (_GENTLE * robot.max_acceleration_mps2)
    return [Stretch(ramp_s, (0.0, 0.0), (speed, speed)), _even(0.2, speed, speed), _even(1.5, nan, nan)]


def _gentle(speed: float, robot: RobotModel) -> list[Stretch]:
    ramp_s = abs(speed) / (_GENTLE * robot.max_acceleration_mps2)
    return _ramped(speed, speed, ramp_s, max(_RUN_M / abs(speed) - ramp_s, 0.2))
