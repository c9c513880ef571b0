"""The numbers in rules of guidance as a point in the unit cube, which is where the optimiser searches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fleet.grid.guidance import HIGHEST_TURN, HIGHEST_WEIGHT
from fleet.grid.guidance_rules import GuidanceRules

if TYPE_CHECKING:
    from robots.arrays import Float64

# Extras are never below nothing: a distance divided by the cost of a free step must not fall short of the steps.
_MOST_EXTRA: Final = 1.5
# A profile follows a floor at this many points a side, and is left alone on floors of fewer cells.
_PROFILE_POINTS: Final = 5
_SHORTEST_SIDE: Final = 30
_MARGIN: Final = 0.01


@dataclass(frozen=True, slots=True)
class _Scale:
    """A number between bounds as one between 0 and 1; on a logarithmic scale where ratios are what counts."""

    low: float
    high: float
    ratios: bool = False

    def inward(self, value: float) -> float:
        """From the number to the unit interval, a little away from its ends."""
        value = min(max(value, self.low), self.high)
        place = (value - self.low) / (self.high - self.low)
        if self.ratios:
            place = log(value / self.low) / log(self.high / self.low)
        return min(max(place, _MARGIN), 1.0 - _MARGIN)

    def outward(self, place: float) -> float:
        """From the unit interval to the number."""
        if self.ratios:
            return float(self.low * (self.high / self.low) ** place)
        return self.low + place * (self.high - self.low)


class Parameters:
    """What is searched around some rules: lanes, their patterns and `along` stay, the other numbers move.

    against        the cost of `along` to the highest; not searched where there are no lanes
    turn           1 to twice `along`, which would lead planners astray that look a few steps ahead, or the highest
    station_extra  0 to twice `along`; not searched where there are no stations
    row_extra, column_extra  0 to one and a half times `along` at five points each; not on sides of less than 30 cells
    """

    def __init__(self, rules: GuidanceRules, height: int, width: int, *, stations: bool) -> None:
        self._rules = rules
        along = rules.along
        self._scales: dict[str, _Scale] = {}
        if rules.lanes != "none" and along < HIGHEST_WEIGHT:
            self._scales["against"] = _Scale(along, HIGHEST_WEIGHT, ratios=True)
        self._scales["turn"] = _Scale(1, min(2 * along, HIGHEST_TURN))
        if stations:
            self._scales["station_extra"] = _Scale(0, min(2 * along, HIGHEST_WEIGHT))
        self._profiles = {
            name: _Scale(0.0, min(_MOST_EXTRA * along, HIGHEST_WEIGHT))
            for name, side in (("row_extra", height), ("column_extra", width))
            if side >= _SHORTEST_SIDE
        }

    def start(self) -> Float64:
        """The point that stands for the rules themselves, but for rounding and for what the bounds leave out."""
        places = [scale.inward(float(getattr(self._rules, name))) for name, scale in self._scales.items()]
        for name, scale in self._profiles.items():
            places += [scale.inward(value) for value in _at_points(getattr(self._rules, name))]
        return np.array(places)

    def rules(self, point: Float64) -> GuidanceRules:
        """The rules that a point of the unit cube stands for, rounded: whole numbers, extras to a tenth."""
        places = iter(point.tolist())
        numbers: dict[str, Any] = {name: round(scale.outward(next(places))) for name, scale in self._scales.items()}
        profiles: dict[str, Any] = {
            name: tuple(round(scale.outward(next(places)), 1) for _ in range(_PROFILE_POINTS))
            for name, scale in self._profiles.items()
        }
        return replace(self._rules, **numbers, **profiles)


def _at_points(profile: tuple[float, ...]) -> list[float]:
    """The values of a profile of any number of points at the points that are searched."""
    if not profile:
        return [0.0] * _PROFILE_POINTS
    wanted = np.linspace(0.0, 1.0, _PROFILE_POINTS)
    found: list[float] = np.interp(wanted, np.linspace(0.0, 1.0, len(profile)), profile).tolist()
    return found
