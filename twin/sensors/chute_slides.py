"""What slides down sort chutes, past their photo-eyes into the cages, and what gets stuck there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from math import inf, isfinite

import numpy as np

from robots.errors import InputError
from twin.cells.parcel import Parcel
from twin.sensors.photo_eyes import PhotoEyes


@dataclass(frozen=True, slots=True)
class SlideParams:
    """How units slide.

    unit_s   mean time for which one is in the beam at the lower end; from half to one and a half times that. A chute of
             28 degrees (twin.cells.sort_chute) lets go of parcels at about 1 m/s, and they are 0.2 to 0.4 m long
    apart_s  mean time from one unit to the next of those that are tipped at once
    sticks   share of units that get stuck: assumed, since sites do not publish it
    """

    unit_s: float = 0.3
    apart_s: float = 0.3
    sticks: float = 0.0002

    def __post_init__(self) -> None:
        if not (all(isfinite(value) and value >= 0 for value in astuple(self)) and self.sticks <= 1):
            raise InputError("slides", f"cannot be: {self}", "give times of 0 s or more, and a share up to 1")


class ChuteSlides:
    """Chutes with a photo-eye each, numbered alike.

    A unit that gets stuck stays in the beam, and everything that is dropped afterwards piles up behind it, until
    somebody frees the chute.

    random  decides how units slide; each chute draws from a generator of its own
    jams    how often a chute got stuck
    """

    def __init__(self, params: SlideParams, eyes: PhotoEyes, random: np.random.Generator) -> None:
        self._params = params
        self._eyes = eyes
        self._random = random.spawn(eyes.eyes)
        self._piles: list[list[Parcel]] = [[] for _ in range(eyes.eyes)]
        self.jams = 0

    def drop(self, chute: int, parcels: Sequence[Parcel], time_s: float) -> list[Parcel]:
        """Let parcels slide from this time on, one after another; return those that come through."""
        sticks = (self._random[chute].random(len(parcels)) < self._params.sticks).tolist()
        spans = self._spans(chute, len(parcels), time_s)
        pile = self._piles[chute]
        through: list[Parcel] = []
        for parcel, sticky, (begin_s, end_s) in zip(parcels, sticks, spans, strict=True):
            self.jams += sticky and not pile
            if sticky or pile:
                pile.append(parcel)
                self._eyes.pass_by(chute, begin_s, inf)
            else:
                through.append(parcel)
                self._eyes.pass_by(chute, begin_s, end_s)
        return through

    def free(self, chute: int, time_s: float) -> list[Parcel]:
        """Somebody lets down what is stuck, if anything is, and wipes the eye; return what comes through now."""
        self._eyes.clear(chute, time_s)
        through, self._piles[chute] = self._piles[chute], []
        for begin_s, end_s in self._spans(chute, len(through), time_s):
            self._eyes.pass_by(chute, begin_s, end_s)
        return through

    def stuck(self, chute: int) -> int:
        """Return how many units are stuck in a chute."""
        return len(self._piles[chute])

    def _spans(self, chute: int, units: int, time_s: float) -> list[tuple[float, float]]:
        """When each of so many units is in the beam."""
        random, params = self._random[chute], self._params
        begin_s = time_s + np.cumsum(params.apart_s * random.standard_exponential(units))
        end_s = begin_s + params.unit_s * random.uniform(0.5, 1.5, units)
        return list(zip(begin_s.tolist(), end_s.tolist(), strict=True))
