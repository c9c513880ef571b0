"""When robots charge: settings, apart from the policy so that reading a file of settings loads no kernels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fleet.errors import SettingError

_MOST_TRIP_FACTOR: Final = 100.0


@dataclass(frozen=True, slots=True)
class ChargingParams:
    """When robots charge, in percent of a full battery. critical < low < opportunity < full.

    critical_percent     charge that a robot should still have when it gets to a charger. Whatever it is doing, it
                         leaves for one while the way there leaves it that much
    low_percent          a robot without a task goes to charge at this or less
    opportunity_percent  a robot without a task goes to charge below this when a charger is free and no task waits; at
                         this or more a charging robot may be called to work and gives way to a robot that is low
    full_percent         a robot leaves its charger at this or more
    trip_factor          how much longer a trip may take than it would on an empty floor; what a robot keeps for the way
                         to a charger and what a task is taken to need are multiplied by it
    """

    critical_percent: float = 10.0
    low_percent: float = 25.0
    opportunity_percent: float = 60.0
    full_percent: float = 90.0
    trip_factor: float = 1.5

    def __post_init__(self) -> None:
        names = ("critical_percent", "low_percent", "opportunity_percent", "full_percent")
        for name in names:
            if not 0 < getattr(self, name) <= 100:
                raise SettingError(name, f"is {getattr(self, name)}", "use a percentage greater than 0, at most 100")
        for lower, upper in pairwise(names):
            if not getattr(self, lower) < getattr(self, upper):
                problem = f"is {getattr(self, lower)}, not less than {upper}, {getattr(self, upper)}"
                raise SettingError(lower, problem, f"keep {' < '.join(names)}")
        if not 1 <= self.trip_factor <= _MOST_TRIP_FACTOR:
            raise SettingError("trip_factor", f"is {self.trip_factor}", f"use 1 to {_MOST_TRIP_FACTOR:g}")
