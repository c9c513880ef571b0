"""Noise and bias of the gyro and of the reference, from the rests of a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

import numpy as np
from scipy.stats import chi2
from scipy.stats import t as student

from robots.arrays import Float64
from twin.calibration.drive_log import DriveLog
from twin.calibration.estimate import Estimate

_SETTLED_S: Final = 0.4  # after wheels are told to stand, until the robot does
_STILL_MPS: Final = 0.02
_LEAST: Final = 30  # readings
_CONFIDENCE: Final = 0.95
_NO_REST: Final = f"fewer than {_LEAST} readings at rest"


@dataclass(frozen=True, slots=True)
class _Spread:
    """Readings at rest, less the mean of each rest: their squares' sum and degrees of freedom, and the means."""

    squares: float
    freedom: int
    means: Float64
    counts: Float64


def rests(log: DriveLog) -> list[tuple[int, int]]:
    """Return where the robot stands: first row and the one after the last, of every rest."""
    stands = (log.told == 0.0).all(axis=1) & (np.abs(log.wheels) <= _STILL_MPS).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stands, [False]]).astype(np.int8)))
    found = []
    for begin, end in edges.reshape(-1, 2).tolist():
        settled = int(np.searchsorted(log.t, log.t[begin] + _SETTLED_S))
        if settled + 2 <= end:
            found.append((settled, end))
    return found


def gyro_bias(log: DriveLog) -> float:
    """Return what the gyro says at rest, rad/s; 0 if it never was."""
    spread = _spread([log.gyro[begin:end] for begin, end in rests(log)])
    return 0.0 if spread.freedom < _LEAST else float(np.average(spread.means, weights=spread.counts))


def gyro_noise(logs: Sequence[DriveLog], assumed: float) -> Estimate:
    """Estimate the standard deviation of a reading of the gyro, rad/s."""
    readings = [log.gyro[begin:end] for log in logs for begin, end in rests(log)]
    return _deviation("gyro_noise_radps", [readings], assumed)


def greatest_gyro_bias(logs: Sequence[DriveLog], assumed: float) -> Estimate:
    """Estimate the greatest constant error of these gyros, rad/s."""
    found = []
    for log in logs:
        spread = _spread([log.gyro[begin:end] for begin, end in rests(log)])
        if spread.freedom >= _LEAST:
            mean = abs(float(np.average(spread.means, weights=spread.counts)))
            error = sqrt(spread.squares / spread.freedom / (spread.freedom + len(spread.means)))
            found.append((mean, error * float(student.ppf(0.5 + _CONFIDENCE / 2, spread.freedom))))
    if not found:
        return Estimate("gyro_bias_radps", assumed, 0.0, inf, identified=False, why=_NO_REST)
    mean, half = max(found)
    return Estimate("gyro_bias_radps", mean, max(mean - half, 0.0), mean + half, identified=True, why="")


def fix_noise(logs: Sequence[DriveLog], place: float, heading: float) -> list[Estimate]:
    """Estimate the standard deviations of a fix, metres along one axis and radians."""
    places = [[log.pose[begin:end, axis] for log in logs for begin, end in rests(log)] for axis in range(2)]
    headings = [np.unwrap(_known(log.pose[begin:end, 2])) for log in logs for begin, end in rests(log)]
    return [_deviation("marker_noise_m", places, place), _deviation("marker_noise_rad", [headings], heading)]


def _known(values: Float64) -> Float64:
    return values[np.isfinite(values)]


def _spread(readings: Sequence[Float64]) -> _Spread:
    kept = [values for values in map(_known, readings) if len(values) > 1]
    means = np.array([values.mean() for values in kept])
    squares = sum(float(np.sum((values - values.mean()) ** 2)) for values in kept)
    counts = np.array([len(values) for values in kept], dtype=np.float64)
    return _Spread(squares, int(counts.sum()) - len(kept), means, counts)


def _deviation(name: str, axes: Sequence[Sequence[Float64]], assumed: float) -> Estimate:
    spreads = [_spread(readings) for readings in axes]
    freedom = sum(spread.freedom for spread in spreads)
    if freedom < _LEAST:
        return Estimate(name, assumed, 0.0, inf, identified=False, why=_NO_REST)
    squares = sum(spread.squares for spread in spreads)
    low, high = (
        sqrt(squares / float(chi2.ppf(share, freedom))) for share in (0.5 + _CONFIDENCE / 2, 0.5 - _CONFIDENCE / 2)
    )
    return Estimate(name, sqrt(squares / freedom), low, high, identified=True, why="")
