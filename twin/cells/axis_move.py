"""Moves of several axes from rest to rest, all in the time of the slowest.

Along each axis the place is a polynomial of fifth degree, so that speed and acceleration begin and end with zero and
stay within the axis' limits. What axes then do is up to their motors, which have inertia, loads and gravity against
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Final, Self

import msgspec

from twin.cells.station_cell import STEP_S

_PEAK_SPEED: Final = 15 / 8  # of a move of length 1 in time 1, and its greatest acceleration
_PEAK_ACCELERATION: Final = 10 / sqrt(3)


class AxisMove(msgspec.Struct, frozen=True, array_like=True):
    """A move: from where to where, how many steps of STEP_S it takes, and how many of them are done."""

    begin: tuple[float, ...]
    end: tuple[float, ...]
    steps: int = 0
    done: int = 0

    @classmethod
    def within(
        cls, begin: tuple[float, ...], end: tuple[float, ...], speed: Sequence[float], acceleration: Sequence[float]
    ) -> Self:
        """Return the quickest move that keeps to the limits of each axis, its units by second and by second squared."""
        seconds = 0.0
        for start, stop, most, most_change in zip(begin, end, speed, acceleration, strict=True):
            way = abs(stop - start)
            seconds = max(seconds, _PEAK_SPEED * way / most, sqrt(_PEAK_ACCELERATION * way / most_change))
        return cls(begin, end, ceil(seconds / STEP_S))

    @property
    def under_way(self) -> bool:
        """Whether steps of it are still to be done."""
        return self.done < self.steps

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.steps * STEP_S

    def stepped(self) -> AxisMove:
        """Return the move with one more step done, if any is left."""
        return AxisMove(self.begin, self.end, self.steps, self.done + 1) if self.under_way else self

    def places_and_speeds(self) -> tuple[list[float], list[float]]:
        """Return where each axis is to be now, and how fast."""
        if not self.under_way:
            return list(self.end), [0.0] * len(self.end)
        t = self.done / self.steps
        share = t * t * t * (10 + t * (6 * t - 15))
        rate = 30 * t * t * (1 - t) ** 2 / self.seconds
        ways = [b - a for a, b in zip(self.begin, self.end, strict=True)]
        places = [a + share * way for a, way in zip(self.begin, ways, strict=True)]
        return places, [rate * way for way in ways]
