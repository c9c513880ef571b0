"""Least squares of the rolling model over pieces of logs, with intervals.

Residuals count in standard deviations of their channel, with a robust loss, first with guessed noise and then with the
noise that the first fit leaves. Intervals are 95 %: the larger of what the curvature says (independent rows) and what
the spread of pieces says (A. C. Cameron and D. L. Miller, "A practitioner's guide to cluster-robust inference", Journal
of Human Resources 50 (2015), section II), by Student's distribution with pieces - 1 degrees of freedom.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import t as student

from robots.arrays import Bool, Float64
from twin.calibration.parameters import COMMON, OF_EACH_ROBOT, Parameter
from twin.calibration.residuals import GUESSED_NOISE, Noise, Residuals, noise_of, residuals
from twin.calibration.rolling import Course, Rolled, Rolling

_ROBUST: Final = 3.0  # standard deviations from which on residuals count less
_NUDGE: Final = 0.3  # step of derivatives, in useful widths: less, and they are those of the model's substeps
_TOLD: Final = 4.0  # change of cost by a useful width, from which on a parameter is worth fitting
# A limit counts as met if without it the cost, which is chi-square over 18, were larger by that much, and that share.
_MET: Final = 5.0
_MET_SHARE: Final = 0.005
_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class PieceOfRobot:
    """A piece of the log of a robot, which has a number and a known bias of its gyro."""

    robot: int
    course: Course
    gyro_bias: float


@dataclass(frozen=True, slots=True)
class MotionFit:
    """What was found, one entry a parameter: those of COMMON, then those of OF_EACH_ROBOT for each robot.

    half   float64, half of the 95 % intervals; infinite where the pieces do not tell
    known  bool, whether it is known well enough to be used
    noise  standard deviations of the channels
    """

    parameters: tuple[Parameter, ...]
    values: Float64
    half: Float64
    known: Bool
    noise: Noise

    def rolling(self, robot: int) -> Rolling:
        """Return how a robot rolls."""
        return rolling_of(self.values, robot)


def rolling_of(values: Float64, robot: int) -> Rolling:
    """Return how a robot rolls by values in the order of MotionFit."""
    own = len(COMMON) + robot * len(OF_EACH_ROBOT)
    names = tuple(parameter.name for parameter in (*COMMON, *OF_EACH_ROBOT))
    chosen = np.concatenate([values[: len(COMMON)], values[own : own + len(OF_EACH_ROBOT)]])
    return Rolling(**dict(zip(names, chosen.tolist(), strict=True)))


def rolled(piece: PieceOfRobot, values: Float64) -> Rolled:
    """Let a piece roll."""
    return piece.course.roll(rolling_of(values, piece.robot))


def compared(pieces: Sequence[PieceOfRobot], values: Float64) -> list[Residuals]:
    """Return the residuals of each piece."""
    return [residuals(piece.course, rolled(piece, values), piece.gyro_bias) for piece in pieces]


def beginning(rolling: Rolling, robots: int) -> Float64:
    """Return the values of a model, for so many robots."""
    common = [getattr(rolling, parameter.name) for parameter in COMMON]
    own = [getattr(rolling, parameter.name) for parameter in OF_EACH_ROBOT]
    return np.array(common + own * robots)


def fit_motion(pieces: Sequence[PieceOfRobot], begin: Float64) -> MotionFit:
    """Fit all parameters to some pieces, from the values of the model that is known before."""
    robots = max(piece.robot for piece in pieces) + 1
    parameters = (*COMMON, *OF_EACH_ROBOT * robots)
    noise: Noise = GUESSED_NOISE
    tried = [number for number, one in enumerate(parameters) if one.tried]
    values = _search(pieces, np.clip(begin, *_bounds(parameters)), parameters, tried)
    free = _told(pieces, robots)
    values[~free] = begin[~free]
    # Limits that looked as if they were never met while all else was wrong are looked for again once it fits.
    for again in ([number for number in tried if parameters[number].is_limit], []):
        values = _refined(pieces, values, parameters, noise, free)
        noise = noise_of(compared(pieces, values))
        values = _search(pieces, values, parameters, again)
    for number in np.flatnonzero([one.is_limit for one in parameters]):
        if not _is_met(pieces, values, parameters, noise, int(number)):
            values[number], free[number] = parameters[number].most, False
    if not free.all():
        values = _refined(pieces, values, parameters, noise, free)
    half = _half_intervals(pieces, values, parameters, noise, free)
    return MotionFit(parameters, values, half, half <= _widths(parameters, values), noise)


def _told(pieces: Sequence[PieceOfRobot], robots: int) -> Bool:
    """Which parameters logs can tell at all: not what they only tell where something else is exactly as assumed.

    Drag hides behind slip unless motors are off, and scales of a robot that is never seen hide behind its dynamics.
    """
    coasts = any(piece.course.coasts for piece in pieces)
    seen = {piece.robot for piece in pieces if np.isfinite(piece.course.pose[:, 0]).sum() > 1}
    own = [robot in seen for robot in range(robots) for _ in OF_EACH_ROBOT]
    return np.array([coasts or one.name != "drag" for one in COMMON] + own)


def _is_met(
    pieces: Sequence[PieceOfRobot], values: Float64, parameters: Sequence[Parameter], noise: Noise, limit: int
) -> bool:
    """Whether the logs are much less likely of a robot without that limit."""
    without = values.copy()
    without[limit] = parameters[limit].most
    cost = _cost(_joined(pieces, values, noise))
    more = _cost(_joined(pieces, without, noise)) - cost
    return more > max(_MET, _MET_SHARE * cost)


def _bounds(parameters: Sequence[Parameter]) -> tuple[Float64, Float64]:
    return np.array([one.least for one in parameters]), np.array([one.most for one in parameters])


def _widths(parameters: Sequence[Parameter], values: Float64) -> Float64:
    """How well a parameter has to be known."""
    return np.array([one.useful + one.share * value for one, value in zip(parameters, values, strict=True)])


def _search(
    pieces: Sequence[PieceOfRobot], begin: Float64, parameters: Sequence[Parameter], tried: Sequence[int]
) -> Float64:
    """The best of some values of what least squares does not find from afar: two at a time, in two rounds."""
    values = begin.copy()
    for _ in range(2):
        for first, second in itertools.pairwise(tried):
            options = []
            for pair in itertools.product(*([values[n], *parameters[n].tried] for n in (first, second))):
                option = values.copy()
                option[[first, second]] = pair
                options.append(option)
            costs = [_cost(_joined(pieces, option, GUESSED_NOISE)) for option in options]
            values = options[int(np.argmin(costs))]
    return values


def _refined(
    pieces: Sequence[PieceOfRobot], values: Float64, parameters: Sequence[Parameter], noise: Noise, free: Bool
) -> Float64:
    """The least squares of what is free, from some values on."""

    def whole(tried: Float64) -> Float64:
        found = values.copy()
        found[free] = tried
        return found

    def joined(tried: Float64) -> Float64:
        return _joined(pieces, whole(tried), noise)

    def derivatives(tried: Float64) -> Float64:
        return np.concatenate(_derivatives(pieces, whole(tried), parameters, noise, free))[:, free]

    least, most = _bounds(parameters)
    found = least_squares(
        joined,
        values[free],
        bounds=(least[free], most[free]),
        x_scale=np.maximum(_widths(parameters, values)[free], 1e-6),
        jac=derivatives,
        loss="soft_l1",
        f_scale=_ROBUST,
        xtol=1e-5,
        ftol=1e-6,
        max_nfev=40,
    )
    return whole(np.asarray(found.x, dtype=np.float64))


def _joined(pieces: Sequence[PieceOfRobot], values: Float64, noise: Noise) -> Float64:
    return np.concatenate([part.over(noise) for part in compared(pieces, values)])


def _cost(normal: Float64) -> float:
    return float(np.sum(np.sqrt(1.0 + (normal / _ROBUST) ** 2) - 1.0))


def _derivatives(
    pieces: Sequence[PieceOfRobot], values: Float64, parameters: Sequence[Parameter], noise: Noise, free: Bool
) -> list[Float64]:
    """Derivatives of the residuals of each piece, by differences; zero for what is not free or another robot's."""
    steps = _NUDGE * _widths(parameters, values)
    # Towards the inside where a parameter is at the most that it may be.
    steps = np.where(values + steps > _bounds(parameters)[1], -steps, steps)
    found = []
    for piece in pieces:
        own = len(COMMON) + piece.robot * len(OF_EACH_ROBOT)
        here = compared([piece], values)[0].over(noise)
        matrix = np.zeros((len(here), len(values)))
        for column in (*range(len(COMMON)), *range(own, own + len(OF_EACH_ROBOT))):
            if free[column]:
                there = values.copy()
                there[column] += steps[column]
                matrix[:, column] = (compared([piece], there)[0].over(noise) - here) / steps[column]
        found.append(matrix)
    return found


def _half_intervals(
    pieces: Sequence[PieceOfRobot], values: Float64, parameters: Sequence[Parameter], noise: Noise, free: Bool
) -> Float64:
    widths = _widths(parameters, values)
    curvature = np.zeros((len(values), len(values)))
    scores = []
    matrices = _derivatives(pieces, values, parameters, noise, free)
    for matrix, part in zip(matrices, compared(pieces, values), strict=True):
        normal = part.over(noise)
        weight = 1.0 / np.sqrt(1.0 + (normal / _ROBUST) ** 2)
        curvature += (matrix * weight[:, None]).T @ matrix
        scores.append(matrix.T @ (weight * normal))
    half = np.full(len(values), np.inf)
    told = np.flatnonzero(np.diag(curvature) * widths**2 > _TOLD)
    if not len(told) or len(pieces) < 2:
        return half
    # In useful widths, or the numbers would be of very different size.
    scale = widths[told]
    inverse = np.linalg.pinv(curvature[np.ix_(told, told)] * np.outer(scale, scale), rcond=1e-10, hermitian=True)
    score = np.array(scores)[:, told] * scale
    spread = inverse @ (score.T @ score) @ inverse * len(pieces) / (len(pieces) - 1)
    blur = (np.array([one.blur for one in parameters]) * values)[told]
    deviation = np.sqrt(np.maximum(np.diag(inverse), np.diag(spread)) * scale**2 + blur**2)
    half[told] = float(student.ppf(0.5 + _CONFIDENCE / 2, len(pieces) - 1)) * deviation
    return half
