"""The parameters that are fitted: what they may be, and how well they have to be known to count as known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of `rolling.Rolling`.

    least, most       what it may be
    useful, share     it is known when half its 95 % interval is below `useful` plus `share` of its value
    missing           what a log lacks that does not tell it
    tried             values to begin the search from, besides the one that the model has
    blur              what the model's substeps make of it, as a share; no interval is finer
    is_limit          whether it is only felt when it is met
    """

    name: str
    least: float
    most: float
    useful: float
    share: float
    missing: str
    tried: tuple[float, ...] = ()
    blur: float = 0.002
    is_limit: bool = False


COMMON: Final = (
    Parameter("reaction_s", 0.0, 1.0, 0.004, 0.05, "no quick change of speed", (0.01, 0.06, 0.2)),
    Parameter("motor_lag_s", 0.0, 2.0, 0.004, 0.05, "no quick change of speed", (0.01, 0.06, 0.3)),
    Parameter("drag", 0.0, 0.5, 0.001, 0.15, "no coasting with motors off"),
    Parameter(
        *("traction", 0.01, 20.0, 0.0, 0.1, "no wheel slips", (0.15, 0.25, 0.35, 0.45, 0.55, 0.7, 1.5, 5.0)),
        is_limit=True,
    ),
    Parameter("give", 1e-5, 1.0, 0.002, 0.3, "no fixes while wheels push hard"),
    Parameter(
        *("motor_force_n", 1.0, 1e5, 0.0, 0.1, "motors never reach their limit", (40.0, 100.0, 250.0, 500.0, 1e3)),
        is_limit=True,
    ),
)
OF_EACH_ROBOT: Final = (
    Parameter("left_scale", 0.5, 2.0, 0.003, 0.0, "too few fixes along a way", blur=1e-5),
    Parameter("right_scale", 0.5, 2.0, 0.003, 0.0, "too few fixes along a way", blur=1e-5),
    Parameter("track_scale", 0.5, 2.0, 0.005, 0.0, "too few fixes around turns", blur=1e-5),
)
