"""What is wrong with infrared and time-of-flight sensors: how much of it, and where the figures are from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class SensorFaults:
    """How wrong range sensors are; each sensor gets its own errors from this. The defaults are the nominal faults.

    noise_m            standard deviation of one reading
    offset_m           standard deviation of the constant error of a sensor
    scale              standard deviation of its error in proportion to the distance
    drift_m            standard deviation of how far its offset wanders in an hour, as a random walk: temperature
    resolution_m       readings are whole multiples of it
    reach_m            farther away it sees nothing
    dropout            share of readings that do not come
    dirt_per_h         mean share by which dirt makes readings shorter after an hour; each sensor gets dirty at a rate
                       of its own, exponentially distributed
    smears_per_h       how often something sticks to the glass, which makes readings shorter by any share at once
    blind              share of dirt at which no reading comes any more
    stuck_per_h        how often a sensor begins to repeat its last reading
    stuck_s            mean time for which it does

    Sources of the nominal values. ST, user manual of the VL53L1X in the BlueCoin kit: error within 20 mm in the dark,
    as the sum of repeatability and accuracy, which is offset, temperature and supply; whole millimetres; up to 1.3 m
    in the mode for short distances. SparkFun, on the same sensor: repeats to 1 mm, accurate to 5 mm. Caroleo, Albini
    and Maiolino, "On the characterisation of the time-of-flight VL53L5CX sensor": an error that grows with the
    distance, a warm-up drift, below 10 % of readings invalid. Noise is of a cheap sensor read at 2 Hz; sigma up to
    15 mm still counts as valid by ST's default. Nobody publishes how fast racks get dirty or how often sensors hang:
    those are assumptions, on the bad side.

    Raises InputError for a value that cannot be.
    """

    noise_m: float = 0.004
    offset_m: float = 0.005
    scale: float = 0.005
    drift_m: float = 0.001
    resolution_m: float = 0.001
    reach_m: float = 1.3
    dropout: float = 0.02
    dirt_per_h: float = 0.001
    smears_per_h: float = 0.001
    blind: float = 0.4
    stuck_per_h: float = 0.005
    stuck_s: float = 600.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isfinite(value) and value >= 0):
                raise InputError(f"sensor faults, {field.name}", f"is {value}", "give a number, 0 or greater")
        for name in ("dropout", "blind"):
            if getattr(self, name) > 1:
                raise InputError(f"sensor faults, {name}", f"is {getattr(self, name)}", "give a share from 0 to 1")
        for name in ("resolution_m", "reach_m"):
            if getattr(self, name) == 0:
                raise InputError(f"sensor faults, {name}", "is 0", "give a number greater than 0")

    @classmethod
    def none(cls) -> SensorFaults:
        """Return sensors that read to the millimetre and never fail."""
        return cls(0.0, 0.0, 0.0, 0.0, dropout=0.0, dirt_per_h=0.0, smears_per_h=0.0, blind=1.0, stuck_per_h=0.0)
