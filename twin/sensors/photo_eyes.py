"""Photo-eyes as they are: for how long each says that its beam has been broken."""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np

from robots.readings import BeamReadings
from twin.sensors.beam_faults import BeamFaults

_HOUR_S: Final = 3600.0

Span = tuple[float, float]  # begin and end, seconds


class PhotoEyes:
    """So many photo-eyes with faults of their own, all of them clean at first.

    random  decides about faults; each eye draws from a generator of its own, whatever happens to the others
    """

    def __init__(self, faults: BeamFaults, eyes: int, random: np.random.Generator) -> None:
        self._faults = faults
        self._answers, *self._random = random.spawn(eyes + 1)
        self._dark: dict[int, list[Span]] = {}
        self._spurious_s = np.array([self._next(eye, faults.spurious_per_h) for eye in range(eyes)])
        self._blind_s = np.array([self._next(eye, faults.blind_per_h) for eye in range(eyes)])

    @property
    def eyes(self) -> int:
        """How many there are."""
        return len(self._random)

    def pass_by(self, eye: int, begin_s: float, end_s: float) -> None:
        """Something is in the beam of an eye, from when to when; inf for what stays."""
        if self._random[eye].random() >= self._faults.missed:
            self._dark.setdefault(eye, []).append((begin_s, end_s))

    def clear(self, eye: int, time_s: float) -> None:
        """Somebody takes away whatever is in the beam, and wipes the eye or puts it right."""
        self._dark.pop(eye, None)
        self._blind_s[eye] = time_s + self._next(eye, self._faults.blind_per_h)

    def read(self, time_s: float) -> BeamReadings:
        """Return one reading of every eye; times must not go back."""
        for eye in np.flatnonzero(self._spurious_s <= time_s).tolist():
            self._flicker(eye, time_s)
        since = np.where(self._blind_s <= time_s, self._blind_s, inf)
        for eye in list(self._dark):
            since[eye] = min(since[eye], self._dark_since(eye, time_s))
        dark_s = np.maximum(time_s - since, 0.0)
        dark_s[self._answers.random(self.eyes) < self._faults.dropout] = np.nan
        return BeamReadings(time_s, np.arange(self.eyes, dtype=np.int32), dark_s.astype(np.float32))

    def _dark_since(self, eye: int, time_s: float) -> float:
        """Since when something has been in a beam without a pause, inf if nothing is; what is past is forgotten."""
        spans: list[Span] = []
        for begin_s, end_s in sorted(self._dark.pop(eye)):
            if spans and begin_s <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], end_s)
            else:
                spans.append((begin_s, end_s))
        left = [span for span in spans if span[1] > time_s]
        if left:
            self._dark[eye] = left
        return left[0][0] if left and left[0][0] <= time_s else inf

    def _flicker(self, eye: int, time_s: float) -> None:
        """Let an eye be dark for no reason as often as it was to be up to now."""
        while self._spurious_s[eye] <= time_s:
            begin_s = float(self._spurious_s[eye])
            long_s = self._faults.spurious_s * self._random[eye].standard_exponential()
            self._dark.setdefault(eye, []).append((begin_s, begin_s + long_s))
            self._spurious_s[eye] = begin_s + self._next(eye, self._faults.spurious_per_h)

    def _next(self, eye: int, per_h: float) -> float:
        """Seconds until something happens that happens so often."""
        return self._random[eye].exponential(_HOUR_S / per_h) if per_h else inf
