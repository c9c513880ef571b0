"""Stillness: for how long things have not moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Final

import msgspec

from twin.bullet.frames import Vector
from twin.cells.station_cell import STEP_S


class StillnessThen(msgspec.Struct, frozen=True, array_like=True):
    """What a Stillness remembers of each thing: since which step it has been still, and where."""

    since: dict[int, int]
    places: dict[int, Vector]


class Stillness:
    """Looks at places from time to time, and says for how long each of them has been the same.

    within_m  what moves no farther than this, along any axis and since it was first seen there, stands still: bodies
              that are shaken by a running belt under them, or lean on each other, are never quite at rest
    """

    def __init__(self, within_m: float) -> None:
        self._within_m: Final = within_m
        self._since: dict[int, int] = {}
        self._places: dict[int, Vector] = {}

    def look(self, places: Mapping[int, Vector], step: int) -> None:
        """See where all things are now, by number, at a step."""
        for gone in self._places.keys() - places.keys():
            del self._places[gone], self._since[gone]
        for thing, place in places.items():
            if thing not in self._places or self._moved(place, self._places[thing]):
                self._places[thing] = place
                self._since[thing] = step

    def seconds(self, things: Iterable[int], step: int) -> float:
        """For how long none of these has moved, at a step; 0 if one was never looked at, inf if there are none."""
        return min(((step - self._since.get(thing, step)) * STEP_S for thing in things), default=inf)

    def disturb(self) -> None:
        """Begin anew: something was done to them."""
        self._since.clear()
        self._places.clear()

    def then(self) -> StillnessThen:
        """What it remembers, for `resume`."""
        return StillnessThen(dict(self._since), dict(self._places))

    def resume(self, then: StillnessThen) -> None:
        """Remember this instead."""
        self._since, self._places = dict(then.since), dict(then.places)

    def _moved(self, place: Vector, before: Vector) -> bool:
        return any(abs(new - old) > self._within_m for new, old in zip(place, before, strict=True))
