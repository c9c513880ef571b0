"""Means over seeds, and differences between two settings, with 95 % confidence intervals by Student's t.

Runs with the same seed share their orders, so much of what differs from seed to seed is the same in both settings and
cancels out when they are compared seed by seed: common random numbers, as in Law, "Simulation Modeling and Analysis",
chapters 10 and 11. Where the seeds are not the same, Welch's method is used (Biometrika 34, 1947).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from robots.arrays import Float64

CONFIDENCE: Final = 0.95
# What differs by less than this share of the numbers themselves is the rounding of floats.
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of `n` values and its confidence interval, None for a single value."""

    n: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the mean of one setting is above that of another, and its confidence interval, None if too few seeds.

    paired  whether it was taken seed by seed, over `n` of them; else n is the number of values in both
    p       chance of a difference this large or larger if there is none; None if there are too few seeds
    """

    n: int
    paired: bool
    mean: float
    low: float | None
    high: float | None
    p: float | None


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of values, one a seed, and its interval; raises ValueError if there are none."""
    if not values:
        raise ValueError("there is no value to take the mean of")
    sample = np.array(values, dtype=np.float64)
    mean = float(sample.mean())
    if len(sample) == 1:
        return Estimate(1, mean, None, None)
    reach = _reach(_standard_error(sample), len(sample) - 1)
    return Estimate(len(sample), mean, mean - reach, mean + reach)


def difference(values: Mapping[int, float], base: Mapping[int, float]) -> Difference:
    """Compare a setting with another, values by seed; raises ValueError if one has none.

    Seed by seed if the seeds of one are all among those of the other, over these; otherwise by Welch's method.
    """
    if not values or not base:
        raise ValueError("there is nothing to compare")
    common = sorted(values.keys() & base.keys())
    if len(common) == min(len(values), len(base)):
        return _paired(np.array([[values[seed], base[seed]] for seed in common], dtype=np.float64))
    return _welch(np.array(list(values.values()), dtype=np.float64), np.array(list(base.values()), dtype=np.float64))


def significant(p_values: Sequence[float | None], level: float = 1.0 - CONFIDENCE) -> list[bool]:
    """Return which of several differences are more than chance: the odds that any is not are at most `level`.

    Holm's method (Scandinavian Journal of Statistics 6, 1979): the smallest p is held against level / m, the next
    against level / (m - 1), and so on until one fails. Differences without a p are never significant.
    """
    known = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    found = [False] * len(p_values)
    for rank, (p, place) in enumerate(known):
        if p > level / (len(known) - rank):
            break
        found[place] = True
    return found


def _paired(pairs: Float64) -> Difference:
    apart = pairs[:, 0] - pairs[:, 1]
    mean, n = float(apart.mean()), len(apart)
    if n == 1:
        return Difference(1, paired=True, mean=mean, low=None, high=None, p=None)
    return _result(n, mean, _standard_error(apart), n - 1.0, float(np.abs(pairs).max()), paired=True)


def _welch(values: Float64, base: Float64) -> Difference:
    mean, n = float(values.mean() - base.mean()), len(values) + len(base)
    if min(len(values), len(base)) == 1:
        return Difference(n, paired=False, mean=mean, low=None, high=None, p=None)
    first, second = _standard_error(values) ** 2, _standard_error(base) ** 2
    together = first**2 / (len(values) - 1) + second**2 / (len(base) - 1)
    freedom = (first + second) ** 2 / together if together > 0 else float(n - 2)
    scale = float(max(np.abs(values).max(), np.abs(base).max()))
    return _result(n, mean, sqrt(first + second), freedom, scale, paired=False)


def _result(n: int, mean: float, error: float, freedom: float, scale: float, *, paired: bool) -> Difference:
    mean = 0.0 if abs(mean) <= _ROUNDING * scale else mean
    if error <= _ROUNDING * scale:
        return Difference(n, paired, mean, mean, mean, 1.0 if mean == 0.0 else 0.0)
    reach = _reach(error, freedom)
    p = 2.0 * float(stdtr(freedom, -abs(mean) / error))
    return Difference(n, paired, mean, mean - reach, mean + reach, p)


def _standard_error(sample: Float64) -> float:
    return float(sample.std(ddof=1)) / sqrt(len(sample))


def _reach(error: float, freedom: float) -> float:
    """How far an interval goes to each side of the mean."""
    return error * float(stdtrit(freedom, 0.5 + CONFIDENCE / 2))
