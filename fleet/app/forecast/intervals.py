"""How sure a forecast is: what its intervals are made of, and how wrong forks were where it could be measured.

A number of tasks is uncertain for three reasons, which add up as variances:

- arrivals: nobody knows how many orders will come, and what they hold. Forks are run with more and fewer of them; by
  how much tasks done follow is the slope: close to 1 on a floor with robots to spare, and to 0 on one that has more
  work than it can do;
- chance: two runs of the same floor with the same orders differ;
- the model: forks run in step at a pace, robots on wheels do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from fleet.app.forecast.coming_orders import ComingOrders
from fleet.app.forecast.tally import ForkResult
from robots.arrays import Float64

CONFIDENCE: Final = 0.9
# Standard deviations of what was done in the twin from what forks had done that knew the orders, in the share of it: of
# half an hour, and of five minutes. Of half an hour: on 20 floors of 500 robots (seeds 201 to 220) 0.5 % root mean
# square where robots are to spare, and 3.0 % on those that have more work than they can do, all of which did less. By
# slice: 2.5 % root mean square over 32 slices, 0.8 to 3.6 % by floor.
_MODEL: Final = 0.03
_MODEL_SLICE: Final = 0.03
# Likewise of one fork from another with the same orders; two of them differed by 0.1 % below saturation, 0.4 % in it.
_CHANCE: Final = 0.005
# Standard deviation of when an order was done in the twin from when forks had it done, seconds: 23 below saturation
# (2,144 orders), 65 in it (3,300), where forks were 30 later on average.
DONE_SIGMA_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Interval:
    """What is expected, and between what it lies with the forecast's confidence."""

    mean: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return it in another unit."""
        return Interval(self.mean * factor, self.low * factor, self.high * factor)


def interval(mean: float, variance: float, least: float = -np.inf) -> Interval:
    """Return the interval of a normal variable that is never below `least`."""
    reach = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * sqrt(variance)
    return Interval(mean, max(mean - reach, least), mean + reach)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How tasks done follow orders that come.

    slope   tasks done for each task that comes in, from 0 to 1
    coming  variance of the tasks that come in during the whole forecast, and during a slice
    """

    slope: float
    coming: float
    coming_in_slice: float

    @classmethod
    def of(cls, results: Sequence[ForkResult], coming: ComingOrders, seconds: float, slice_s: float) -> Uncertainty:
        """Read it off forks that differ in how many orders came."""
        came = np.array([result.tasks_in for result in results], dtype=np.float64)
        done = np.array([result.tasks_done.sum() for result in results], dtype=np.float64)
        orders = max(1, sum(result.orders_in for result in results))
        mean = sum(result.tasks_in for result in results) / orders
        of_order = sum(result.tasks_in_squared for result in results) / orders - mean**2

        def variance(in_s: float) -> float:
            return coming.variance(in_s) * mean**2 + coming.contents(in_s) * of_order

        coming_tasks = variance(seconds)
        return cls(_slope(came, done, coming_tasks), coming_tasks, variance(slice_s))

    def tasks(self, done: Float64) -> Interval:
        """Return the interval of all tasks done, float64 (forks,)."""
        mean = float(done.mean())
        chance = (_CHANCE * mean) ** 2 * (1 + 1 / len(done))
        return interval(mean, self.slope**2 * self.coming + chance + (_MODEL * mean) ** 2, 0.0)

    def tasks_of_slice(self, done: Float64) -> Interval:
        """Return the interval of the tasks done in a slice, float64 (forks,)."""
        mean = float(done.mean())
        return interval(mean, self.slope**2 * self.coming_in_slice + (_MODEL_SLICE * mean) ** 2, 0.0)


def _slope(came: Float64, done: Float64, coming: float) -> float:
    """Tasks done for each task that comes in, by two signs, float64 (forks,) each; the greater counts.

    By what forks with more orders did more; that is uncertain, as forks are few. And by the work that piles up: where
    that is little beside the uncertainty of what comes, there are robots to spare, and all that comes is done.
    """
    spread = float(((came - came.mean()) ** 2).sum())
    by_forks = float(((came - came.mean()) * (done - done.mean())).sum()) / spread if spread > 0 else 0.0
    piled_up = max(float(came.mean() - done.mean()), 0.0)
    by_pile = 1.0 - piled_up / (2.0 * sqrt(coming)) if coming > 0 else 0.0
    return min(max(by_forks, by_pile, 0.0), 1.0)


def difference(now: Float64, changed: Float64, arrivals: float) -> Interval:
    """Return the interval of what a change does to a number of tasks, float64 (forks,) each, fork by fork.

    Both kinds of forks have the same errors, so only that share of the model's counts in which they differ.
    arrivals: variance of the difference for want of knowing what comes.
    """
    by_fork = changed - now
    mean, forks = float(by_fork.mean()), len(by_fork)
    seen = float(by_fork.var(ddof=1)) / forks if forks > 1 else 0.0
    least = 2.0 * (_CHANCE * float(now.mean())) ** 2 / forks
    return interval(mean, arrivals + max(seen, least) + (_MODEL * mean) ** 2)
