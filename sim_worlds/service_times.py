"""How long services take, as measured: distributions by place and class of parcels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import shake_128
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from robots.arrays import Float64

# A distribution in a file has so many values at most; each then stands for a fortieth of what was measured.
VALUES: Final = 40

_DRAW_BITS: Final = 32


class PlaceKind(Enum):
    """Where a service is done."""

    PICK = "pick"  # at a dock of a pick station
    INDUCTION = "induction"  # at a dock of an induction station
    PICK_FACE = "pick_face"  # beside a rack
    DROP = "drop"  # at a chute


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a distribution was made of.

    by         who measured it, for people: "pick cell with kuka, seed 1, futurepark 0.1.0", or "a stopwatch"
    services   how many services, and `units` how many parcels in all of them
    mean_s, p5_s, p50_s, p95_s  seconds of a whole service: mean, and three percentiles
    retried    share of the units that took more than one try, 0 to 1
    recovered  share of the services in which something had to be put right, 0 to 1
    refused    share of the loads that could not be handled there at all, 0 to 1
    """

    by: str
    services: int
    units: int
    mean_s: float
    p5_s: float
    p50_s: float
    p95_s: float
    retried: float
    recovered: float
    refused: float


@dataclass(frozen=True, slots=True)
class ServiceDistribution:
    """Seconds of a service: those of one with a single unit, and those of each unit more, all drawn independently.

    first_s, more_s  equally likely seconds, ascending, one or more of each; more than 0, and 0 or more
    """

    first_s: tuple[float, ...]
    more_s: tuple[float, ...]
    measured: Measurement

    def mean_s(self, units: float) -> float:
        """Mean seconds of a service of so many units, one or more."""
        return fsum(self.first_s) / len(self.first_s) + (units - 1) * fsum(self.more_s) / len(self.more_s)

    def drawn_s(self, units: int, name: str) -> float:
        """Seconds of the service of this name, of one unit or more: for the same name the same in every process."""
        drawn = np.frombuffer(shake_128(name.encode()).digest(4 * units), dtype=">u4").astype(np.uint64)
        first = int(drawn[0]) * len(self.first_s) >> _DRAW_BITS
        more = drawn[1:] * np.uint64(len(self.more_s)) >> np.uint64(_DRAW_BITS)
        # fsum: exact, and so the same on every machine.
        return fsum((self.first_s[first], *(self.more_s[at] for at in more.tolist())))


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """The measured service times of a world.

    classes   of parcels; a mixed load counts as the first of them that is in it
    kinds     by kind of place and class; a kind that is missing was not measured
    stations  by name of the station and class, for stations that differ from others of their kind
    """

    classes: tuple[str, ...]
    kinds: Mapping[PlaceKind, Mapping[str, ServiceDistribution]]
    stations: Mapping[str, Mapping[str, ServiceDistribution]]


def class_of_load(classes: Sequence[str], present: Iterable[str]) -> str:
    """Return the class that a load counts as: the first in `classes` of those that are present in it."""
    return min(present, key=classes.index)


def equally_likely(samples: Sequence[float]) -> tuple[float, ...]:
    """Return VALUES equally likely values, or one a sample if those are fewer: ascending, with the mean of the samples.

    Each is the mean of its part of the sorted samples, so that rare long ones count as they should. Whole milliseconds.
    """
    in_order = np.sort(np.asarray(samples, dtype=np.float64))
    count = min(VALUES, len(in_order))
    total = np.concatenate([[0.0], np.cumsum(in_order)]) / len(in_order)
    share = np.interp(np.linspace(0.0, 1.0, count + 1), np.linspace(0.0, 1.0, len(in_order) + 1), total)
    means: Float64 = np.maximum.accumulate(np.round(np.diff(share) * count, 3))
    return tuple(means.tolist())
