"""Bins for tests of what follows the stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robots.arrays import Float64, Int32
from robots.readings import RangeReadings


@dataclass(frozen=True)
class Lanes:
    """Bins in a row, each beside the next; a sensor each."""

    capacity: Int32
    pitch_m: Float64
    empty_m: Float64
    neighbours: Int32
    sensor_bin: Int32

    def reading(self, count, time_s: float, errors=0.0) -> RangeReadings:
        """What the sensors say of so many units."""
        distance = (self.empty_m - np.asarray(count) * self.pitch_m)[self.sensor_bin] + errors
        sensors = np.arange(len(self.sensor_bin), dtype=np.int32)
        return RangeReadings(time_s, sensors, distance.astype(np.float32))


def lanes(bins: int = 3, capacity: int = 20, pitch_m: float = 0.02, *, sensors: int | None = None) -> Lanes:
    """So many bins, the first of which have sensors."""
    number = np.arange(bins)
    beside = np.stack((number - 1, np.where(number + 1 < bins, number + 1, -1)), axis=1)
    return Lanes(
        np.full(bins, capacity, dtype=np.int32),
        np.full(bins, pitch_m),
        np.full(bins, capacity * pitch_m + 0.05),
        beside.astype(np.int32),
        np.arange(bins if sensors is None else sensors, dtype=np.int32),
    )
