"""How far the rolling model is from a piece of a log, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.calibration.rolling import Course, Rolled

Noise = tuple[float, ...]  # standard deviations, one a channel
CHANNELS: Final = ("wheels", "gyro", "place", "heading")
# Standard deviations that are believed before anything is known, and the least that are believed after: m/s, rad/s,
# m, rad.
GUESSED_NOISE: Final[Noise] = (0.01, 0.02, 0.003, 0.005)
_LEAST_NOISE: Final = (1e-4, 1e-4, 1e-5, 1e-5)
_MAD: Final = 1.4826  # of a normal distribution, over its median absolute deviation


@dataclass(frozen=True, slots=True)
class Residuals:
    """Measured minus rolled, float64 of any length: both wheels one after the other, turn rate, x and y, theta."""

    wheels: Float64
    gyro: Float64
    place: Float64
    heading: Float64

    def over(self, noise: Noise) -> Float64:
        """Return all of them in standard deviations."""
        columns = (getattr(self, name) / each for name, each in zip(CHANNELS, noise, strict=True))
        return np.concatenate(list(columns))


def residuals(course: Course, rolled: Rolled, gyro_bias: float) -> Residuals:
    """Compare; where a piece begins is not known better than its fixes are, so the way is laid over them as it fits."""
    # The first row's encoders tell of the time before the piece.
    wheels = (course.wheels - rolled.wheels)[1:].T.ravel()
    gyro = course.gyro - gyro_bias - rolled.turning
    known = np.isfinite(course.pose[:, 0])
    place, heading = _laid_over(course.pose[known], rolled.pose[known])
    return Residuals(wheels[np.isfinite(wheels)], gyro[np.isfinite(gyro)], place, heading)


def _laid_over(fixes: Float64, rolled: Float64) -> tuple[Float64, Float64]:
    if len(fixes) < 2:
        return np.zeros(0), np.zeros(0)
    heading = (fixes[:, 2] - rolled[:, 2] + pi) % (2 * pi) - pi
    heading = (heading - heading[0] + pi) % (2 * pi) - pi
    shift = float(heading.mean())
    turn = shift + float(fixes[0, 2] - rolled[0, 2])
    rotation = np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]])
    place = fixes[:, :2] - rolled[:, :2] @ rotation.T
    return (place - place.mean(axis=0)).ravel(), heading - shift


def noise_of(parts: list[Residuals]) -> Noise:
    """Return robust standard deviations of the channels; what is not measured keeps its guess."""
    found = []
    for name, least, guess in zip(CHANNELS, _LEAST_NOISE, GUESSED_NOISE, strict=True):
        values = np.concatenate([getattr(part, name) for part in parts])
        found.append(max(_MAD * float(np.median(np.abs(values))), least) if len(values) else guess)
    return tuple(found)


def rms_of(parts: list[Residuals]) -> dict[str, float]:
    """Return root mean squares of the channels that were measured."""
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in CHANNELS}
    return {name: float(np.sqrt(np.mean(values**2))) for name, values in joined.items() if len(values)}
