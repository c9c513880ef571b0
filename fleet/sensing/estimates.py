"""What estimators publish: a value, how sure it is, and how old."""

from __future__ import annotations

from dataclasses import dataclass

from robots.arrays import Float32, Int32


@dataclass(frozen=True, slots=True)
class StockEstimate:
    """Units in each bin; columns of length n, one row a bin.

    time_s      seconds on the floor's clock
    count       int32, the most probable number of units
    confidence  float32, probability of `count`, 0 to 1
    low, high   int32, the smallest range around `count` that holds the truth with a probability of 95 % or more
    age_s       float32, seconds since the last reading that told something of the bin; inf if none ever did
    """

    time_s: float
    count: Int32
    confidence: Float32
    low: Int32
    high: Int32
    age_s: Float32


@dataclass(frozen=True, slots=True)
class FillEstimate:
    """How full roll cages, or bays, are; columns of length n, one row a cage.

    time_s      seconds on the floor's clock
    fraction    float32, of the volume in which parcels may lie, 0 to 1
    confidence  float32, probability that the truth is within 3 percentage points of `fraction`
    age_s       float32, seconds since the last image that it is from; inf if there was none
    """

    time_s: float
    fraction: Float32
    confidence: Float32
    age_s: Float32


@dataclass(frozen=True, slots=True)
class JamEstimate:
    """What is stuck in chutes; columns of length n, one row a chute.

    time_s      seconds on the floor's clock
    jammed      float32, probability that something is stuck
    confidence  float32, probability that it is so, or that it is not, whichever is the more probable
    age_s       float32, seconds since its photo-eye last answered, or somebody looked; inf if nobody ever did
    """

    time_s: float
    jammed: Float32
    confidence: Float32
    age_s: Float32
