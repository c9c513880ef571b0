"""A shift at the bins of a floor: picks, fills, their mistakes, and the readings of sensors in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from robots.arrays import Bool, Int32
from robots.readings import RangeReadings
from sim_worlds.stock_layout import StockLayout
from twin.sensors.range_sensors import RangeSensors
from twin.sensors.sensor_faults import SensorFaults
from twin.sensors.stock_on_hand import Mistakes, StockOnHand

ROUND_S: Final = 0.5
_SERVICE_S: Final = 6.0
_REFILL: Final = 0.3  # a bin that is believed to hold less than this share of its capacity is filled up
_FILL_AFTER_S: Final = (300.0, 900.0)
_LAST_S: Final = 60.0  # no work begins so shortly before the end
_MISCOUNTED: Final = 0.015


@dataclass(frozen=True, slots=True)
class Demand:
    """Order lines: their SKUs and units, one of them as likely as any other, and how many come in an hour."""

    sku: tuple[str, ...]
    units: tuple[int, ...]
    lines_per_h: float


class Work(NamedTuple):
    """A work that is over: units that are said to have been put in; below 0, taken out.

    found  what is in the bin now, if somebody found it empty or full in doing so; else -1
    """

    bin: int
    units: int
    found: int


class Moment(NamedTuple):
    """What the controller is told in a round: bins where work begins, work that is over, what sensors read."""

    time_s: float
    begun: list[int]
    over: list[Work]
    readings: RangeReadings


class Shift:
    """Some hours at the bins of a layout, which are half full or fuller at the start.

    Every line goes to a bin of its SKU; one work at a bin at a time, and units move at some time during it. A bin that
    is believed to be low is filled up minutes later by what it is believed to lack.

    counted  units in the bins at the start as people counted them, int32 (n,); a few are wrong
    """

    def __init__(
        self, layout: StockLayout, demand: Demand, faults: SensorFaults, mistakes: Mistakes, seed: int
    ) -> None:
        self._layout = layout
        self._random = random = np.random.default_rng((seed, 1))
        count = np.rint((0.5 + 0.5 * random.random(layout.bins)) * layout.capacity).astype(np.int32)
        off = np.where(random.random(layout.bins) < _MISCOUNTED, random.choice((-1, 1), layout.bins), 0)
        self.counted: Int32 = np.clip(count + off, 0, layout.capacity).astype(np.int32)
        self._stock = StockOnHand(layout, count, mistakes, seed)
        self._sensors = RangeSensors(faults, layout.sensors, seed)
        by_sku: dict[str, list[int]] = {}
        for number, sku in enumerate(layout.sku):
            by_sku.setdefault(sku, []).append(number)
        lines = zip(demand.sku, demand.units, strict=True)
        self._lines = [(by_sku[sku], units) for sku, units in lines if sku in by_sku]
        self._gap_s = 3600.0 / demand.lines_per_h
        self._free_s = np.zeros(layout.bins)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._dues = 0
        self._to_be_filled: set[int] = set()
        self._begun: list[int] = []
        self._over: list[Work] = []

    @property
    def count(self) -> Int32:
        """Units that are really in the bins, int32 (n,)."""
        return self._stock.count

    def at_rest(self, now_s: float) -> Bool:
        """Whether nobody works at a bin, bool (n,)."""
        rest: Bool = self._free_s <= now_s
        return rest

    def rounds(self, hours: float, believed: Callable[[int], int]) -> Iterator[Moment]:
        """Yield what happens in every round; `believed` says how many units the controller thinks are in a bin."""
        last_s = hours * 3600.0 - _LAST_S
        next_s = 0.0
        for number in range(1, round(hours * 3600.0 / ROUND_S) + 1):
            now_s = number * ROUND_S
            while next_s < min(now_s, last_s):
                bins, units = self._lines[self._random.integers(len(self._lines))]
                self._work(next_s, bins[self._random.integers(len(bins))], lambda units=units: -units)  # type: ignore[misc]
                next_s += self._random.exponential(self._gap_s)
            while self._due and self._due[0][0] <= now_s:
                heappop(self._due)[2]()
            for work in self._over if now_s < last_s else ():
                self._see_to(work.bin, now_s, last_s, believed)
            readings = self._sensors.read(now_s, self._layout.distance_m(self._stock.count))
            yield Moment(now_s, self._begun, self._over, readings)
            self._begun, self._over = [], []

    def _work(self, at_s: float, number: int, units: Callable[[], int]) -> None:
        """A work at a bin, as soon as it is free; what is to be done is asked for when it begins."""
        begins_s = max(at_s, float(self._free_s[number]))
        self._free_s[number] = begins_s + _SERVICE_S
        moves_s = begins_s + _SERVICE_S * self._random.random()

        def begin() -> None:
            self._begun.append(number)
            todo = units()
            self._at(moves_s, lambda: move(todo))

        def move(todo: int) -> None:
            handled = self._stock.fill(number, todo) if todo > 0 else self._stock.take(number, -todo)
            full = int(self._layout.capacity[number]) if todo > 0 else 0
            work = Work(number, handled.said, -1 if handled.said == todo else full)
            self._at(begins_s + _SERVICE_S, lambda: self._over.append(work))

        self._at(begins_s, begin)

    def _see_to(self, number: int, now_s: float, last_s: float, believed: Callable[[int], int]) -> None:
        """Have a bin filled up if it is low."""
        capacity = int(self._layout.capacity[number])
        if number in self._to_be_filled or believed(number) >= _REFILL * capacity:
            return
        self._to_be_filled.add(number)

        def lacking() -> int:
            self._to_be_filled.discard(number)
            return capacity - believed(number)

        def fill() -> None:
            self._work(fill_s, number, lacking)

        fill_s = min(now_s + self._random.uniform(*_FILL_AFTER_S), last_s)
        self._at(fill_s, fill)

    def _at(self, at_s: float, what: Callable[[], None]) -> None:
        self._dues += 1
        heappush(self._due, (at_s, self._dues, what))
