"""Wires chutes into a simulation in which units get stuck now and then, and the photo-eyes that see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fleet.sensing.jam_estimator import JamEstimator
from robots.arrays import Bool
from twin.cells.parcel import Parcel
from twin.sensors.beam_faults import BeamFaults
from twin.sensors.chute_slides import ChuteSlides, SlideParams
from twin.sensors.photo_eyes import PhotoEyes

# What random numbers are for.
_CHUTES: Final = 13


class SimulatedChutes:
    """A `JamSource`: photo-eyes are read when somebody wants to know, and the estimator knows nothing else."""

    def __init__(
        self, chutes: int, seed: int, slides: SlideParams | None = None, faults: BeamFaults | None = None
    ) -> None:
        of_slides, of_eyes = np.random.default_rng([seed, _CHUTES]).spawn(2)
        self._eyes = PhotoEyes(faults or BeamFaults(), chutes, of_eyes)
        self._slides = ChuteSlides(slides or SlideParams(), self._eyes, of_slides)
        self._estimator = JamEstimator(chutes)

    def dropped(self, chute: int, parcels: Sequence[Parcel], now_s: float) -> Sequence[Parcel]:
        """Parcels were dropped into a chute; return those that come through."""
        return self._slides.drop(chute, parcels, now_s)

    def freed(self, chute: int, now_s: float) -> Sequence[Parcel]:
        """Somebody has freed a chute, and says so; return what comes through now."""
        self._estimator.freed(chute, now_s)
        return self._slides.free(chute, now_s)

    def stuck(self, chute: int) -> bool:
        """Whether somebody who looks finds something stuck in a chute."""
        return self._slides.stuck(chute) > 0

    def jammed(self, now_s: float) -> Bool:
        """Read all photo-eyes, and return which chutes are called jammed."""
        self._estimator.take(self._eyes.read(now_s))
        return self._estimator.called(now_s)

    def counts(self) -> dict[str, int]:
        """Return what there really was: how often a chute got stuck, and units that are stuck now."""
        stuck = sum(self._slides.stuck(chute) for chute in range(self._eyes.eyes))
        return {"happened": self._slides.jams, "units_stuck": stuck}
