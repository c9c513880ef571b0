"""Calibration: a robot model from logs, with what each of its numbers is worth.

A part of the logs is held out: the errors over it say how far the fitted model is from a robot that does something it
was not fitted to. Errors are root mean squares over pieces of a log of at most 12 s, each begun where the robot was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from math import inf
from typing import Any, Final

import numpy as np

from robots.arrays import Float64
from twin.calibration.drive_log import DriveLog
from twin.calibration.errors import DriveLogError
from twin.calibration.estimate import Estimate
from twin.calibration.motion_fit import MotionFit, PieceOfRobot, beginning, compared, fit_motion, rolled
from twin.calibration.noise import fix_noise, greatest_gyro_bias, gyro_bias, gyro_noise
from twin.calibration.parameters import COMMON, OF_EACH_ROBOT
from twin.calibration.pieces import cut, held_out
from twin.calibration.residuals import rms_of
from twin.calibration.rolling import Course, Rolling
from twin.physics.body_model import BodyModel

_LEAST_PIECES: Final = 2
# What is only known from below if the robot never came near it.
_LIMITS: Final = ("traction", "motor_force_n")
_ABOVE: Final = 1.1
_TRACTION: Final = [parameter.name for parameter in COMMON].index("traction")


@dataclass(frozen=True, slots=True)
class Errors:
    """Root mean squares of what was measured less the model: wheels m/s, gyro rad/s, place m, heading rad.

    What was not measured is missing.
    """

    before: dict[str, float]  # of the model that was known before, on what is held out
    fitted: dict[str, float]  # of the fitted one on what it was fitted to
    held_out: dict[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What logs tell of a robot model.

    body      the model with all that they tell
    pieces    how many pieces of logs there were; held_out: how many of them were held out
    """

    body: BodyModel
    estimates: tuple[Estimate, ...]
    errors: Errors
    pieces: int
    held_out: int

    def provenance(self) -> dict[str, Any]:
        """Return how the numbers came about, as TOML values for a model file."""
        known = [one for one in self.estimates if one.identified]
        return {
            "pieces": self.pieces,
            "held_out": self.held_out,
            "held_out_errors": self.errors.held_out,
            "intervals": {one.name: [one.low, one.high] for one in known},
            "not_identified": {one.name: one.why for one in self.estimates if not one.identified},
        }


def calibrate(logs: Sequence[DriveLog], body: BodyModel) -> Calibration:
    """Fit a body model to logs, one a robot of that model; `body` has what logs do not tell, such as mass and track.

    Raises DriveLogError if there are not at least two pieces of a log to fit and one to hold out.
    """
    pieces, out = _pieces_of(logs, body)
    fitted = [piece for piece, held in zip(pieces, out, strict=True) if not held]
    kept = [piece for piece, held in zip(pieces, out, strict=True) if held]
    if len(fitted) < _LEAST_PIECES or not kept:
        problem = f"{len(pieces)} pieces are not enough to fit {_LEAST_PIECES} or more and hold out one"
        remedy = "record more: each manoeuvre of a calibration run twice, with a label in the column segment"
        raise DriveLogError(", ".join(log.name for log in logs), problem, remedy)
    begin = beginning(Rolling.of(body), len(logs))
    fit = fit_motion(fitted, begin)
    values, estimates = _motion_estimates(fit, fitted, begin, logs)
    estimates += [
        gyro_noise(logs, body.gyro_noise_radps),
        greatest_gyro_bias(logs, body.gyro_bias_radps),
        *fix_noise(logs, body.marker_noise_m, body.marker_noise_rad),
    ]
    errors = Errors(
        before=rms_of(compared(kept, begin)),
        fitted=rms_of(compared(fitted, values)),
        held_out=rms_of(compared(kept, values)),
    )
    return Calibration(_body(body, estimates), tuple(estimates), errors, len(pieces), len(kept))


def _pieces_of(logs: Sequence[DriveLog], body: BodyModel) -> tuple[list[PieceOfRobot], list[bool]]:
    pieces, out = [], []
    for robot, log in enumerate(logs):
        found, bias = cut(log), gyro_bias(log)
        pieces += [PieceOfRobot(robot, Course(log, one.first, one.last, body), bias) for one in found]
        out += held_out(found).tolist()
    return pieces, out


def _motion_estimates(
    fit: MotionFit, pieces: Sequence[PieceOfRobot], begin: Float64, logs: Sequence[DriveLog]
) -> tuple[Float64, list[Estimate]]:
    """Values to go on with, and what they are worth: where the logs do not tell, those from before."""
    values = np.where(fit.known, fit.values, begin)
    uses = [rolled(piece, fit.values) for piece in pieces]
    reached = {"traction": max(use.push for use in uses), "motor_force_n": max(use.push_n for use in uses)}
    estimates = []
    for number, parameter in enumerate(fit.parameters):
        low, high = fit.values[number] - fit.half[number], fit.values[number] + fit.half[number]
        if not fit.known[number]:
            # Of a limit that was never met the most is known that did not meet it; it has to lie above that.
            low, high = reached.get(parameter.name, 0.0), inf
            values[number] = max(values[number], _ABOVE * low)
        robot = (number - len(COMMON)) // len(OF_EACH_ROBOT)
        name = parameter.name if number < len(COMMON) or len(logs) == 1 else f"{parameter.name} of {logs[robot].name}"
        known = bool(fit.known[number])
        why = "" if known else parameter.missing
        estimates.append(Estimate(name, float(values[number]), max(float(low), 0.0), float(high), known, why))
    return values, [_creep(one, values) if one.name == "give" else one for one in estimates]


def _creep(give: Estimate, values: Float64) -> Estimate:
    """What the body model calls creep: slip speed at which all traction is used."""
    traction = float(values[_TRACTION])
    return replace(
        give, name="creep_mps", value=give.value * traction, low=give.low * traction, high=give.high * traction
    )


def _body(body: BodyModel, estimates: Sequence[Estimate]) -> BodyModel:
    """The body with all that is known."""
    found = {one.name: one.value for one in estimates if one.identified or one.name in _LIMITS}
    fields_of_it = {field.name for field in fields(BodyModel)}
    table: dict[str, Any] = asdict(body) | {name: value for name, value in found.items() if name in fields_of_it}
    for error, scales in (("scale_error", ("left_scale", "right_scale")), ("track_error", ("track_scale",))):
        off = [abs(value - 1.0) for name, value in found.items() if name.startswith(scales)]
        table[error] = max(off, default=table[error])
    return BodyModel(**table)
