"""When orders arrive: a Poisson process whose rate follows the time of day, from a seed.

The rates are those of online shops in outline: little in the small hours, a hump before noon, a higher one in the
evening; on a peak day more of everything and a sharp rush at night before the offers end.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import numpy as np

# A run begins with the early shift.
DAY_START_H: Final = 6

# Relative rate on each full hour of the day, 0 h to 23 h; in between it is interpolated. `daily` has a mean of one.
# fmt: off
_RELATIVE_RATES: Final = {
    "flat": (1.0,) * 24,
    "daily": (
        0.45, 0.25, 0.15, 0.10, 0.10, 0.15, 0.35, 0.70, 1.05, 1.35, 1.55, 1.60,
        1.45, 1.30, 1.20, 1.15, 1.15, 1.20, 1.35, 1.65, 1.85, 1.80, 1.35, 0.75,
    ),
    "peak": (
        0.80, 0.45, 0.25, 0.15, 0.15, 0.25, 0.60, 1.15, 1.70, 2.15, 2.45, 2.55,
        2.30, 2.10, 1.90, 1.85, 1.85, 1.90, 2.15, 3.60, 6.00, 5.20, 2.80, 1.30,
    ),
}
# fmt: on


class ArrivalProfile(StrEnum):
    """How the rate of arrivals changes over the day; hours count from the start of the run at 6 o'clock."""

    FLAT = "flat"
    DAILY = "daily"
    PEAK = "peak"

    def relative_rate(self, time_s: float) -> float:
        """Rate at a time of the run, as a multiple of the mean rate of an ordinary day."""
        rates = _RELATIVE_RATES[self.value]
        hour, fraction = divmod(DAY_START_H + time_s / 3600.0, 1.0)
        here, ahead = rates[int(hour) % 24], rates[(int(hour) + 1) % 24]
        return here + fraction * (ahead - here)

    @property
    def highest_rate(self) -> float:
        """The largest relative rate of the day."""
        return max(_RELATIVE_RATES[self.value])


def arrival_times(rate_per_hour: float, profile: ArrivalProfile, seed: int) -> Iterator[float]:
    """Yield arrival times in seconds, ascending, without end: the same for the same arguments.

    `rate_per_hour` is the mean rate of an ordinary day. Thinning: Lewis and Shedler, "Simulation of nonhomogeneous
    Poisson processes by thinning", Naval Research Logistics Quarterly 26 (1979): draw at the highest rate, keep each
    arrival with the probability of the rate then over the highest.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    highest = profile.highest_rate
    mean_gap_s = 3600.0 / (rate_per_hour * highest)
    time_s = 0.0
    while True:
        time_s += rng.exponential(mean_gap_s)
        if rng.random() * highest < profile.relative_rate(time_s):
            yield time_s
