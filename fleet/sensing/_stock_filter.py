"""Kernels of the stock filter. `stock_filter.py` stands in front and says what is assumed.

Of every bin and every number n of units in it there is one row: how probable n is, and what is known of the sensor's
errors if it is n: offset o and scale s, normally distributed. A reading z of a lane with n units is

    z = d + o + s d + noise,    d = empty - n pitch,

so for a given n learning o and s is a Kalman filter of two states, and the probability of the reading, by which n is
weighed, is normal, too. With a small probability a reading means nothing; a row then learns as much as it believes that
it does mean something (probabilistic data association: Bar-Shalom and Tse, "Tracking in a cluttered environment with
probabilistic data association", Automatica 1975).

After a work n units are there in two ways: the work was as confirmed, or it was not and there were others before. The
sensor's errors differ by a unit's pitch between the two, and readings soon tell them apart; so a row has two sides, one
for each. Only at the next work of the bin they become one normal distribution, with the mean and the covariance of
both (generalised pseudo-Bayes: Ackerson and Fu, "On state estimation in switching environments", IEEE TAC 1970).

Invariants: weights of a bin are >= 0 and sum to 1; only rows from `low` to `high` have any.
"""

from __future__ import annotations

from math import exp, inf, pi, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

from robots.arrays import Float32, Float64, Int32, Int64

WEIGHT, OFFSET, SCALE, VAR_OFFSET, COVARIANCE, VAR_SCALE = range(6)
COLUMNS = 6
CONFIRMED, OTHERWISE = range(2)
SIDES = 2
LEAST = 1e-7  # less probable numbers are forgotten
_AGREE = 4.0  # standard deviations within which readings agree
_HOUR_S = 3600.0
_OF_NORMAL = 1.0 / sqrt(2.0 * pi)


class Lanes(NamedTuple):
    """What never changes. first int64 (n + 1,): a bin's first row; the others as in `stock_filter.Bins`."""

    first: Int64
    pitch_m: Float64
    empty_m: Float64
    neighbours: Int32
    sensor_bin: Int32


class Belief(NamedTuple):
    """What is believed. rows float64 (rows, 2, 6); columns of bins and, last two, of sensors.

    aged_s   until when errors of the bin's sensor have been let wander
    told_s   when a reading last told something of it, -inf if never
    odd, level  readings in a row that no number explains and that agree, and their mean
    at_work  works that have begun at it and are not over
    last, same  the last reading, and how often it has come again
    """

    rows: Float64
    low: Int32
    high: Int32
    aged_s: Float64
    told_s: Float64
    odd: Int32
    level: Float64
    at_work: Int32
    last: Float32
    same: Int32


class Settings(NamedTuple):
    """Numbers of StockFilterParams that kernels need."""

    noise_m: float
    offset_drift_m: float
    scale_drift: float
    spurious: float
    reach_m: float
    most_same: int
    patience: int
    jump_m: float
    jump_scale: float
    unseen: float


@njit(cache=True, nogil=True, error_model="numpy")
def _learn(row: Float64, reading: float, distance: float, noise_var: float, spurious: float, nothing: float) -> float:  # fmt: skip # noqa: E501
    """Let a side of a row learn from a reading, and weigh it; return its weight if the reading means something.

    spurious: probability that it does not; nothing: that, times the density of such readings.
    """
    var_offset, covariance, var_scale = row[VAR_OFFSET], row[COVARIANCE], row[VAR_SCALE]
    to_offset = var_offset + distance * covariance
    to_scale = covariance + distance * var_scale
    precision = 1.0 / (to_offset + distance * to_scale + noise_var)
    surprise = reading - distance - row[OFFSET] - row[SCALE] * distance
    odd = surprise * surprise * precision
    density = (1.0 - spurious) * exp(-0.5 * odd) * sqrt(precision) * _OF_NORMAL
    trust = density / (density + nothing) if density > 0.0 else 0.0
    gain_offset, gain_scale = to_offset * precision, to_scale * precision
    row[OFFSET] += trust * gain_offset * surprise
    row[SCALE] += trust * gain_scale * surprise
    # The covariance of the mixture of having learnt and not having learnt.
    less = trust * (1.0 - (1.0 - trust) * odd)
    row[VAR_OFFSET] = var_offset - less * gain_offset * to_offset
    row[COVARIANCE] = covariance - less * gain_offset * to_scale
    row[VAR_SCALE] = var_scale - less * gain_scale * to_scale
    meant: float = row[WEIGHT] * density
    row[WEIGHT] = meant + row[WEIGHT] * nothing
    return meant


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(rows: Float64, low: int, high: int) -> tuple[int, int]:
    """Let weights sum to 1, forget the least ones at both ends, and return what is left."""
    total = 0.0
    for n in range(low, high + 1):
        total += rows[n, CONFIRMED, WEIGHT] + rows[n, OTHERWISE, WEIGHT]
    share = 1.0 / total
    for n in range(low, high + 1):
        for side in range(SIDES):
            weight = rows[n, side, WEIGHT] * share
            rows[n, side, WEIGHT] = weight if weight >= LEAST else 0.0
    while rows[low, CONFIRMED, WEIGHT] + rows[low, OTHERWISE, WEIGHT] == 0.0:
        low += 1
    while rows[high, CONFIRMED, WEIGHT] + rows[high, OTHERWISE, WEIGHT] == 0.0:
        high -= 1
    return low, high


@njit(cache=True, nogil=True, error_model="numpy")
def best(rows: Float64, low: int, high: int) -> int:
    """The most probable number, the least of them if there are several."""
    found, most = low, -1.0
    for n in range(low, high + 1):
        weight = rows[n, CONFIRMED, WEIGHT] + rows[n, OTHERWISE, WEIGHT]
        if weight > most:
            found, most = n, weight
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _pour(row: Float64, weight: float, into: Float64) -> None:
    """Add a normal distribution to a mixture: weights and weighted moments about 0."""
    into[WEIGHT] += weight
    into[OFFSET] += weight * row[OFFSET]
    into[SCALE] += weight * row[SCALE]
    into[VAR_OFFSET] += weight * (row[VAR_OFFSET] + row[OFFSET] * row[OFFSET])
    into[COVARIANCE] += weight * (row[COVARIANCE] + row[OFFSET] * row[SCALE])
    into[VAR_SCALE] += weight * (row[VAR_SCALE] + row[SCALE] * row[SCALE])


@njit(cache=True, nogil=True, error_model="numpy")
def _scoop(mixture: Float64, row: Float64) -> None:
    """Take the normal distribution with the moments of a mixture."""
    row[:] = 0.0
    if mixture[WEIGHT] > 0.0:
        row[WEIGHT] = mixture[WEIGHT]
        for column in range(1, COLUMNS):
            row[column] = mixture[column] / mixture[WEIGHT]
        row[VAR_OFFSET] -= row[OFFSET] * row[OFFSET]
        row[COVARIANCE] -= row[OFFSET] * row[SCALE]
        row[VAR_SCALE] -= row[SCALE] * row[SCALE]


@njit(cache=True, nogil=True, error_model="numpy")
def unite(rows: Float64, low: int, high: int) -> None:
    """Let each row have one side."""
    both = np.empty(COLUMNS)
    for n in range(low, high + 1):
        if rows[n, OTHERWISE, WEIGHT] > 0.0:
            both[:] = 0.0
            _pour(rows[n, CONFIRMED], rows[n, CONFIRMED, WEIGHT], both)
            _pour(rows[n, OTHERWISE], rows[n, OTHERWISE, WEIGHT], both)
            _scoop(both, rows[n, CONFIRMED])
            rows[n, OTHERWISE, WEIGHT] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _change(rows: Float64, low: int, high: int, reading: float, empty: float, pitch: float, settings: Settings) -> tuple[int, int]:  # fmt: skip # noqa: E501
    """Something has changed at once: the errors of the sensor, or the stock. Weigh both by what is read now."""
    noise_var = settings.noise_m * settings.noise_m
    unite(rows, low, high)
    sensor = rows[best(rows, low, high), CONFIRMED].copy()
    most = len(rows) - 1
    for n in range(most + 1):
        distance = empty - n * pitch
        stock, row = rows[n, OTHERWISE], rows[n, CONFIRMED]
        before = row[WEIGHT]
        stock[:] = sensor
        stock[WEIGHT] = settings.unseen / (most + 1)
        _learn(stock, reading, distance, noise_var, 0.0, 0.0)
        row[:] = 0.0
        row[WEIGHT] = (1.0 - settings.unseen) * before
        row[VAR_OFFSET] = settings.jump_m * settings.jump_m
        row[VAR_SCALE] = settings.jump_scale * settings.jump_scale
        _learn(row, reading, distance, noise_var, 0.0, 0.0)
    return _settle(rows, 0, most)


@njit(cache=True, nogil=True, error_model="numpy")
def _weigh(rows: Float64, number: int, reading: float, now_s: float, lanes: Lanes, belief: Belief, settings: Settings) -> None:  # fmt: skip # noqa: E501
    """Take a reading of a bin into account."""
    low, high = belief.low[number], belief.high[number]
    empty, pitch = lanes.empty_m[number], lanes.pitch_m[number]
    passed_h = (now_s - belief.aged_s[number]) / _HOUR_S
    if not passed_h >= 0.0:  # nothing was ever read
        passed_h = 0.0
    belief.aged_s[number] = now_s
    more_offset = settings.offset_drift_m * settings.offset_drift_m * passed_h
    more_scale = settings.scale_drift * settings.scale_drift * passed_h
    noise_var = settings.noise_m * settings.noise_m
    nothing = settings.spurious / settings.reach_m
    meant = 0.0
    for n in range(low, high + 1):
        for side in range(SIDES):
            row = rows[n, side]
            if row[WEIGHT] > 0.0:
                row[VAR_OFFSET] += more_offset
                row[VAR_SCALE] += more_scale
                meant += _learn(row, reading, empty - n * pitch, noise_var, settings.spurious, nothing)
    if meant < nothing:
        if abs(reading - belief.level[number]) > _AGREE * settings.noise_m:
            belief.odd[number] = 0
        belief.odd[number] += 1
        share = 1.0 / belief.odd[number]
        belief.level[number] = (1.0 - share) * belief.level[number] + share * reading
    else:
        belief.odd[number] = 0
        belief.told_s[number] = now_s
    low, high = _settle(rows, low, high)
    if belief.odd[number] >= settings.patience:
        low, high = _change(rows, low, high, belief.level[number], empty, pitch, settings)
        belief.odd[number] = 0
    belief.low[number] = low
    belief.high[number] = high


@njit(cache=True, nogil=True, error_model="numpy")
def observe(sensor: Int32, distance: Float32, now_s: float, lanes: Lanes, belief: Belief, settings: Settings) -> None:
    """Take readings into account; those that say nothing of the stock are passed over."""
    for k in range(len(sensor)):
        one = sensor[k]
        # Not a number is neither greater nor less than anything.
        if not (0.0 <= distance[k] <= settings.reach_m):
            continue
        if distance[k] == belief.last[one]:
            belief.same[one] += 1
        else:
            belief.same[one] = 0
        belief.last[one] = distance[k]
        if belief.same[one] > settings.most_same:
            continue
        number = lanes.sensor_bin[one]
        before, after = lanes.neighbours[number]
        busy = belief.at_work[number]
        if before >= 0:
            busy += belief.at_work[before]
        if after >= 0:
            busy += belief.at_work[after]
        if busy == 0:
            rows = belief.rows[lanes.first[number] : lanes.first[number + 1]]
            _weigh(rows, number, float(distance[k]), now_s, lanes, belief, settings)


@njit(cache=True, nogil=True, error_model="numpy")
def shift(number: int, units: Int32, share: Float64, lanes: Lanes, belief: Belief, sums: Float64) -> None:
    """Let `units[k]` units have come into a bin (gone, if negative) with probability `share[k]`; they sum to 1.

    The first is what was confirmed. A lane can be no fuller than full and no emptier than empty. sums is scratch,
    float64 (most rows of a bin, 2, 6).
    """
    rows = belief.rows[lanes.first[number] : lanes.first[number + 1]]
    most = len(rows) - 1
    unite(rows, belief.low[number], belief.high[number])
    sums[: most + 1] = 0.0
    low, high = most, 0
    for n in range(belief.low[number], belief.high[number] + 1):
        row = rows[n, CONFIRMED]
        for k in range(len(units)):
            weight = row[WEIGHT] * share[k]
            if weight > 0.0:
                to = min(max(n + units[k], 0), most)
                low, high = min(low, to), max(high, to)
                _pour(row, weight, sums[to, CONFIRMED if k == 0 else OTHERWISE])
    for n in range(min(low, belief.low[number]), max(high, belief.high[number]) + 1):
        for side in range(SIDES):
            _scoop(sums[n, side], rows[n, side])
    belief.low[number], belief.high[number] = _settle(rows, low, high)
    belief.odd[number] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def estimate(lanes: Lanes, belief: Belief, sure: float, count: Int32, share: Float32, low: Int32, high: Int32) -> None:
    """Write the most probable number of each bin, its probability, and the smallest range that is `sure` to hold it.

    The range has the most probable number in it. Of ranges of the same size it is the most probable one.
    """
    for number in range(len(count)):
        rows = belief.rows[lanes.first[number] : lanes.first[number + 1]]
        first, last = belief.low[number], belief.high[number]
        likeliest = best(rows, first, last)
        count[number] = likeliest
        share[number] = rows[likeliest, CONFIRMED, WEIGHT] + rows[likeliest, OTHERWISE, WEIGHT]
        fewest, most = last - first + 2, -inf
        held = 0.0
        begin = first
        for end in range(first, last + 1):
            held += rows[end, CONFIRMED, WEIGHT] + rows[end, OTHERWISE, WEIGHT]
            least = rows[begin, CONFIRMED, WEIGHT] + rows[begin, OTHERWISE, WEIGHT]
            while begin < likeliest and held - least >= sure:
                held -= least
                begin += 1
                least = rows[begin, CONFIRMED, WEIGHT] + rows[begin, OTHERWISE, WEIGHT]
            size = end - begin + 1
            if end >= likeliest and held >= sure and (size < fewest or (size == fewest and held > most)):
                fewest, most = size, held
                low[number], high[number] = begin, end
