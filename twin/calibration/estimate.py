"""What calibration says about one parameter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A parameter of a robot, with its 95 % interval from `low` to `high`.

    identified   whether the log tells it. If not, `value` is what was assumed before, the interval has only the bounds
                 that the log gives (0 and infinity if none), and `why` says what is missing
    """

    name: str
    value: float
    low: float
    high: float
    identified: bool
    why: str
