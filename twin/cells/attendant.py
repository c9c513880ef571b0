"""The attendant: whoever comes to a cell when something has fallen or is stuck, some time after it has been seen."""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np

from twin.cells.station_cell import STEP_S

_SPREAD: Final = 0.5  # of the logarithm of the time: one call in six takes 1.6 times the median
_LEAST: Final = 0.3  # of the median


class Attendant:
    """Answers calls, one at a time.

    seed      of the times; the nth call takes as long whatever happened before
    median_s  until somebody has come and done it: half of the calls take longer
    """

    def __init__(self, seed: int, median_s: float) -> None:
        self._seed: Final = seed
        self._median_s: Final = median_s
        self.calls = 0
        self._done_at: int | None = None

    @property
    def called(self) -> bool:
        """Whether somebody is on the way, or at it."""
        return self._done_at is not None

    def call(self, step: int) -> None:
        """Something has to be put right, seen at this step. Who has been called need not be called again."""
        if self._done_at is None:
            random = np.random.default_rng((self._seed, self.calls))
            seconds = max(self._median_s * _LEAST, random.lognormal(log(self._median_s), _SPREAD))
            self._done_at = step + max(1, round(seconds / STEP_S))
            self.calls += 1

    def done(self, step: int) -> bool:
        """Whether it is being put right at this step; then the call is over."""
        if self._done_at is None or step < self._done_at:
            return False
        self._done_at = None
        return True

    def then(self) -> tuple[int, int | None]:
        """How many calls there were, and when this one is done, for `resume`."""
        return self.calls, self._done_at

    def resume(self, then: tuple[int, int | None]) -> None:
        """Go on from there."""
        self.calls, self._done_at = then
