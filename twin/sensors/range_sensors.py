"""Range sensors as they are: what they say about the distances that there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from robots.arrays import Float32, Float64, Int32
from robots.errors import InputError
from robots.readings import RangeReadings
from twin.sensors.sensor_faults import SensorFaults

_HOUR_S: Final = 3600.0
# What random numbers are for: the errors that sensors come with, and those of each round of readings.
_MADE, _ROUND = 0, 1


class RangeSensors:
    """So many range sensors with faults of their own.

    Random numbers are a function of the seed and of how many rounds were read, so whoever puts `columns` back to what
    they were gets the same readings again.
    """

    def __init__(self, faults: SensorFaults, sensors: int, seed: int, start_s: float = 0.0) -> None:
        self._faults = faults
        self._seed = seed
        self._clock = np.array([start_s])
        self._rounds = np.zeros(1, dtype=np.int64)
        made = self._random(_MADE)
        self._offset = faults.offset_m * made.standard_normal(sensors)
        self._scale = faults.scale * made.standard_normal(sensors)
        self._soiling = faults.dirt_per_h * made.standard_exponential(sensors)
        self._dirt = np.zeros(sensors)
        self._stuck_until = np.full(sensors, -np.inf)
        self._last = np.full(sensors, np.nan)

    @property
    def sensors(self) -> int:
        """How many there are."""
        return len(self._offset)

    @property
    def dirt(self) -> Float64:
        """By what share dirt makes the readings of each sensor shorter, float64 (s,), a copy."""
        return self._dirt.copy()

    def read(self, time_s: float, distance_m: Float32) -> RangeReadings:
        """Return one reading of every sensor: nan where no answer came, inf where nothing is within reach.

        distance_m  float32 (s,), what is before the sensors, inf for nothing. Raises InputError if time goes back.
        """
        passed_h = (time_s - self._clock[0]) / _HOUR_S
        if not passed_h >= 0:
            raise InputError("sensors", f"time goes back to {time_s} s", f"go on from {self._clock[0]} s")
        self._clock[0] = time_s
        self._rounds[0] += 1
        random = self._random(_ROUND)
        self._age(random, passed_h)
        reading = self._measure(random, distance_m.astype(np.float64))
        begins = random.random(self.sensors) < self._faults.stuck_per_h * passed_h
        hang_s = self._faults.stuck_s * random.standard_exponential(self.sensors)
        self._stuck_until[begins] = time_s + hang_s[begins]
        stuck = time_s < self._stuck_until
        reading[stuck] = self._last[stuck]
        self._last[:] = reading
        return RangeReadings(time_s, np.arange(self.sensors, dtype=np.int32), reading.astype(np.float32))

    def clean(self, sensors: Int32) -> None:
        """Somebody wipes the glass of these sensors."""
        self._dirt[sensors] = 0.0

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """All that changes while they are read, in an order that never changes: for checkpoints."""
        return self._clock, self._rounds, self._offset, self._dirt, self._stuck_until, self._last

    def _random(self, use: int) -> np.random.Generator:
        seed = np.random.SeedSequence(self._seed, spawn_key=(use, int(self._rounds[0])))
        return np.random.Generator(np.random.SFC64(seed))

    def _age(self, random: np.random.Generator, passed_h: float) -> None:
        """Let offsets wander and glass get dirty."""
        faults = self._faults
        self._offset += faults.drift_m * np.sqrt(passed_h) * random.standard_normal(self.sensors)
        smeared = random.random(self.sensors) < faults.smears_per_h * passed_h
        share = random.random(self.sensors)
        self._dirt += self._soiling * passed_h + np.where(smeared, share, 0.0)

    def _measure(self, random: np.random.Generator, distance: Float64) -> Float64:
        faults = self._faults
        noise = faults.noise_m * random.standard_normal(self.sensors)
        seen = distance * (1.0 + self._scale) * (1.0 - np.minimum(self._dirt, 1.0)) + self._offset + noise
        steps = np.maximum(np.rint(seen / faults.resolution_m), 0.0)
        reading = np.where(distance > faults.reach_m, np.inf, steps * faults.resolution_m)
        silent = (random.random(self.sensors) < faults.dropout) | (self._dirt > faults.blind)
        reading[silent] = np.nan
        return reading
