"""How many units are in each bin: a Bayes filter over numbers, from readings and from work that was confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

import numpy as np

from fleet.errors import SettingError
from fleet.sensing import _stock_filter
from fleet.sensing.estimates import StockEstimate
from fleet.sensing.stock_params import StockFilterParams, WorkErrors
from robots.arrays import Float64, Int32, Int64
from robots.readings import RangeReadings

_SURE: Final = 0.95
_MOST_WRONG: Final = 6  # units by which people miscount
_MOST_UNITS: Final = 10_000


class Bins(Protocol):
    """The bins, as `sim_worlds.stock_layout.StockLayout` has them; see there."""

    @property
    def capacity(self) -> Int32: ...  # noqa: D102
    @property
    def pitch_m(self) -> Float64: ...  # noqa: D102
    @property
    def empty_m(self) -> Float64: ...  # noqa: D102
    @property
    def neighbours(self) -> Int32: ...  # noqa: D102
    @property
    def sensor_bin(self) -> Int32: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class StockWork:
    """Work that was done at bins; columns of length n, one row a work, in the order in which they were done.

    bin    int32, where it was to be done
    units  int32, how many were put in; below 0, taken out
    """

    bin: Int32
    units: Int32


class StockFilter:
    """Estimates the number of units in each bin, from 0 to its capacity.

    The controller tells it what work begins (`begin`) and what was confirmed (`confirm`), which may be wrong as often
    as the settings say: another quantity, or a bin beside it. Meanwhile readings of the bin and of those beside it are
    passed over, since nobody knows when exactly the units move. Readings (`observe`) weigh the numbers, and teach the
    errors of each sensor at the same time; without answer, out of reach or frozen they say nothing. A bin without a
    sensor is known by what was confirmed alone, and ever less surely.

    bins    the bins and which of them each sensor looks into
    params  what is assumed of sensors and work
    count   int32 (n,), units at the start, right with probability `params.known`; None if nothing is known

    Not assumed: that bins know of each other. Units that are taken from a bin by mistake make its neighbours' numbers
    a little less sure each for itself.

    Raises SettingError if a count is not from 0 to the bin's capacity.
    """

    def __init__(self, bins: Bins, params: StockFilterParams | None = None, count: Int32 | None = None) -> None:
        self._params = params or StockFilterParams()
        self._capacity = bins.capacity.astype(np.int64)
        rows = self._capacity + 1
        first = np.concatenate(([0], np.cumsum(rows))).astype(np.int64)
        self._lanes = _stock_filter.Lanes(
            first,
            bins.pitch_m.astype(np.float64),
            bins.empty_m.astype(np.float64),
            np.ascontiguousarray(bins.neighbours, dtype=np.int32),
            bins.sensor_bin.astype(np.int32),
        )
        self._settings = _settings(self._params)
        self._belief = _no_belief(self._lanes)
        self._sums = np.zeros((int(rows.max(initial=1)), _stock_filter.SIDES, _stock_filter.COLUMNS))
        self._now_s = -inf
        self.cleaned(np.arange(self.bins, dtype=np.int32))
        if count is not None:
            self._suppose(np.arange(self.bins, dtype=np.int32), count)

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self._capacity)

    def begin(self, bins: Int32) -> None:
        """Work begins at these bins: their readings and their neighbours' say nothing until it is over."""
        np.add.at(self._belief.at_work, self._known(bins), 1)

    def confirm(self, work: StockWork) -> None:
        """Work is over, and this is what is said to have been done; zero units for work that did not take place.

        Raises SettingError for bins that there are not, and for more than 10,000 units.
        """
        bins = self._known(work.bin)
        if len(work.units) and np.abs(work.units).max() > _MOST_UNITS:
            raise SettingError("stock", f"{_MOST_UNITS} units or more at once", "confirm what was done in reality")
        for number, units in zip(bins.tolist(), work.units.tolist(), strict=True):
            self._belief.at_work[number] = max(self._belief.at_work[number] - 1, 0)
            if units:
                self._move(number, units)

    def counted(self, bins: Int32, count: Int32) -> None:
        """Somebody has counted the units in these bins, or found them empty. Raises as the constructor does."""
        for number in self._known(bins).tolist():
            rows = self._rows(number)
            _stock_filter.unite(rows, 0, len(rows) - 1)
            # Whatever the number is, the sensor's offset is such that it explains the readings before.
            best = int(_stock_filter.best(rows, 0, len(rows) - 1))
            sides = rows[:, _stock_filter.CONFIRMED]
            sides[:, 1:] = sides[best, 1:]
            sides[:, _stock_filter.OFFSET] += (np.arange(len(rows)) - best) * self._lanes.pitch_m[number]
        self._suppose(bins, count)

    def cleaned(self, bins: Int32) -> None:
        """Somebody has wiped the sensors of these bins: their errors are others now, numbers are what they were."""
        fresh = (0.0, 0.0, self._params.offset_m**2, 0.0, self._params.scale**2)
        for number in self._known(bins).tolist():
            self._rows(number)[:, :, 1:] = fresh

    def observe(self, readings: RangeReadings) -> None:
        """Take readings into account; whatever they hold, even what is none of a sensor's values."""
        self._now_s = max(self._now_s, readings.time_s)
        sensor = np.ascontiguousarray(readings.sensor, dtype=np.int32)
        distance = np.ascontiguousarray(readings.distance_m, dtype=np.float32)
        ours = (sensor >= 0) & (sensor < len(self._lanes.sensor_bin))
        if not ours.all():
            sensor, distance = sensor[ours], distance[ours]
        _stock_filter.observe(sensor, distance, self._now_s, self._lanes, self._belief, self._settings)

    def estimate(self, now_s: float) -> StockEstimate:
        """Return what is believed now, at `now_s` seconds on the floor's clock."""
        count, low, high = (np.zeros(self.bins, dtype=np.int32) for _ in range(3))
        confidence = np.zeros(self.bins, dtype=np.float32)
        _stock_filter.estimate(self._lanes, self._belief, _SURE, count, confidence, low, high)
        age_s = np.maximum(now_s - self._belief.told_s, 0.0).astype(np.float32)
        return StockEstimate(now_s, count, confidence, low, high, age_s)

    def probabilities(self, number: int) -> Float64:
        """Return the probability of each number of units in a bin, from 0 to its capacity, float64, a copy."""
        chances: Float64 = self._rows(number)[:, :, _stock_filter.WEIGHT].sum(axis=1)
        return chances

    def _rows(self, number: int) -> Float64:
        return self._belief.rows[self._lanes.first[number] : self._lanes.first[number + 1]]

    def _known(self, bins: Int32) -> Int32:
        if len(bins) and not (bins.min() >= 0 and bins.max() < self.bins):
            raise SettingError("stock", f"there are {self.bins} bins, from 0 on", "name bins of this floor")
        return bins

    def _move(self, number: int, units: int) -> None:
        """Units came to a bin, or some other number did, or they came to one beside it."""
        errors = self._params.picks if units < 0 else self._params.fills
        beside = [int(one) for one in self._lanes.neighbours[number] if one >= 0]
        elsewhere = errors.wrong_bin if beside else 0.0
        moved, share = _moved(units, errors, elsewhere)
        _stock_filter.shift(number, moved, share, self._lanes, self._belief, self._sums)
        for other in beside if elsewhere else ():
            mistaken = elsewhere / len(beside)
            here = np.array([0, units], dtype=np.int32)
            chance = np.array([1.0 - mistaken, mistaken])
            _stock_filter.shift(other, here, chance, self._lanes, self._belief, self._sums)

    def _suppose(self, bins: Int32, count: Int32) -> None:
        """Let numbers of units be those that were counted, as surely as people count."""
        if not ((count >= 0) & (count <= self._capacity[bins])).all():
            raise SettingError("stock", "a bin holds more units than fit, or fewer than none", "count again")
        for number, units in zip(bins.tolist(), count.tolist(), strict=True):
            chances = _miscounted(np.arange(self._capacity[number] + 1) - units, self._params.known)
            self._rows(number)[:, _stock_filter.CONFIRMED, _stock_filter.WEIGHT] = chances
            self._rows(number)[:, _stock_filter.OTHERWISE, _stock_filter.WEIGHT] = 0.0
            likely = np.flatnonzero(chances)
            self._belief.low[number], self._belief.high[number] = likely[0], likely[-1]


def _miscounted(off: Int64, right: float) -> Float64:
    """Return the probability of each error of somebody who counts, errors of whom get half as likely a unit."""
    chances = np.where(off == 0, 0.0, 0.5 ** np.minimum(np.abs(off), _MOST_WRONG))
    chances[np.abs(off) > _MOST_WRONG] = 0.0
    total = chances.sum()
    if total > 0:
        chances *= (1.0 - right) / total
    chances[off == 0] = 1.0 - chances.sum()
    return chances


def _moved(units: int, errors: WorkErrors, elsewhere: float) -> tuple[Int32, Float64]:
    """What came to a bin in reality, with probabilities, when `units` were confirmed; below 0, what went."""
    way, said = (-1, -units) if units < 0 else (1, units)
    off = np.array([one for one in range(-_MOST_WRONG, _MOST_WRONG + 1) if one and said + one >= 0])
    chances = errors.spread ** (np.abs(off) - 1.0)
    chances *= errors.wrong_quantity / chances.sum()
    moved = np.concatenate(([units, 0], way * (said + off))).astype(np.int32)
    return moved, np.concatenate(([1.0 - elsewhere - errors.wrong_quantity, elsewhere], chances))


def _settings(params: StockFilterParams) -> _stock_filter.Settings:
    return _stock_filter.Settings(
        noise_m=params.noise_m,
        offset_drift_m=params.offset_drift_m,
        scale_drift=params.scale_drift,
        spurious=params.spurious,
        reach_m=params.reach_m,
        most_same=params.most_same,
        patience=params.patience,
        jump_m=params.jump_m,
        jump_scale=params.jump_scale,
        unseen=params.unseen,
    )


def _no_belief(lanes: _stock_filter.Lanes) -> _stock_filter.Belief:
    """Any number of units is as likely as any other."""
    rooms = np.diff(lanes.first)
    bins, sensors = len(rooms), len(lanes.sensor_bin)
    rows = np.zeros((int(lanes.first[-1]), _stock_filter.SIDES, _stock_filter.COLUMNS))
    rows[:, _stock_filter.CONFIRMED, _stock_filter.WEIGHT] = np.repeat(1.0 / rooms, rooms)
    return _stock_filter.Belief(
        rows=rows,
        low=np.zeros(bins, dtype=np.int32),
        high=(rooms - 1).astype(np.int32),
        aged_s=np.full(bins, np.nan),
        told_s=np.full(bins, -np.inf),
        odd=np.zeros(bins, dtype=np.int32),
        level=np.zeros(bins),
        at_work=np.zeros(bins, dtype=np.int32),
        last=np.full(sensors, np.nan, dtype=np.float32),
        same=np.zeros(sensors, dtype=np.int32),
    )
