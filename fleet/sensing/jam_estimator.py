"""In which chutes something is stuck, from the photo-eyes across their lower ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.sensing.estimates import JamEstimate
from robots.arrays import Bool
from robots.errors import InputError
from robots.readings import BeamReadings


@dataclass(frozen=True, slots=True)
class JamParams:
    """What darkens a photo-eye, and when a chute is called jammed.

    jams      share of all darkenings that are jams
    blind     share of them that are the eye's own fault, and last as long: dirt, knocked out of line, dead
    slide_s   the others are units that slide by; how many of them last longer falls by a factor e in each such time.
              It is well above what one unit takes, since those of a tray overlap
    call_at   probability of a jam from which on it is called. With the defaults it is 9 s of darkness; makers of belts
              wait for 5 s (Pulseroller, ConveyLinx-Ai2 user's guide, jam timer), where parcels come one by one
    change_s  mean time after which something may have changed of which no reading tells
    """

    jams: float = 2e-4
    blind: float = 5e-5
    slide_s: float = 1.0
    call_at: float = 0.5
    change_s: float = 7200.0

    def __post_init__(self) -> None:
        shares = self.jams > 0 and self.blind >= 0 and self.jams + self.blind < 1
        # However long it is dark, it is no more likely to be a jam than jams / (jams + blind).
        ever_called = shares and 0 < self.call_at < self.jams / (self.jams + self.blind)
        if not (ever_called and self.slide_s > 0 and self.change_s > 0):
            raise InputError("sensing.jams", f"cannot be: {self}", "see fleet.sensing.jam_estimator.JamParams")


class JamEstimator:
    """Estimates for n chutes with a photo-eye each, numbered alike.

    The longer a beam is dark without a pause, the less can units that slide by explain it (Bayes' rule over the three
    causes of a darkening). What remains is a jam or an eye at fault; only somebody who looks can tell the two apart.
    """

    def __init__(self, chutes: int, params: JamParams | None = None) -> None:
        self._params = params or JamParams()
        self._dark_s = np.zeros(chutes)
        self._seen_s = np.full(chutes, -np.inf)
        self._looked_s = np.full(chutes, -np.inf)

    def take(self, readings: BeamReadings) -> None:
        """Take in readings; those from before the last one of an eye, or before somebody looked, say nothing.

        Raises InputError if there is no chute for an eye.
        """
        unknown = readings.eye[(readings.eye < 0) | (readings.eye >= len(self._dark_s))]
        if len(unknown):
            raise InputError(f"photo-eye {unknown[0]}", f"is none of {len(self._dark_s)}", "number eyes as chutes")
        time_s = readings.time_s
        news = ~np.isnan(readings.dark_s) & (time_s >= self._seen_s[readings.eye])
        eye = readings.eye[news]
        # How long it was dark before somebody looked says nothing any more.
        self._dark_s[eye] = np.minimum(readings.dark_s[news], time_s - self._looked_s[eye])
        self._seen_s[eye] = time_s

    def freed(self, chute: int, time_s: float) -> None:
        """Take in that somebody has looked into a chute: nothing is stuck there now."""
        self._dark_s[chute] = 0.0
        self._looked_s[chute] = time_s
        self._seen_s[chute] = max(self._seen_s[chute], time_s)

    def estimate(self, time_s: float) -> JamEstimate:
        """Return what is known now; a chute whose eye never answered is not jammed, with confidence 0."""
        params = self._params
        slide = (1.0 - params.jams - params.blind) * np.exp(-self._dark_s / params.slide_s)
        jammed = np.where(self._dark_s > 0, params.jams / (params.jams + params.blind + slide), 0.0)
        age_s = np.maximum(time_s - self._seen_s, 0.0)
        confidence = np.maximum(jammed, 1.0 - jammed) * np.exp(-age_s / params.change_s)
        return JamEstimate(time_s, jammed.astype(np.float32), confidence.astype(np.float32), age_s.astype(np.float32))

    def called(self, time_s: float) -> Bool:
        """Return which chutes are called jammed, (n,)."""
        called: Bool = self.estimate(time_s).jammed >= self._params.call_at
        return called
