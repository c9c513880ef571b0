"""People who swap full cages and free jammed chutes, in simulation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from heapq import heapify, heappop, heappush, heapreplace
from typing import Final, NamedTuple

import numpy as np

from fleet.runtime.keeping.params import CageParams

# What random numbers are for.
_SWAP, _FREE = 7, 8


class Visit(NamedTuple):
    """Somebody has been at a chute.

    swapped  whether there is another cage below it, an empty one
    stuck    whether something was stuck in the chute; it is not any more, and fell into the cage that was there then
    """

    chute: int
    swapped: bool
    stuck: bool


class SimulatedVisits:
    """So many people, one chute after the other each; a `ChuteVisits` (fleet.runtime.keeping.chute_keeping).

    How long one takes follows from the seed, the chute, what it is for, and how often somebody came for that before.

    stuck  says what somebody finds who looks: whether something is stuck in a chute
    """

    def __init__(self, params: CageParams, seed: int, stuck: Callable[[int], bool]) -> None:
        self._seconds: Final = {
            _SWAP: (params.least_swap_s, params.most_swap_s),
            _FREE: (params.least_free_s, params.most_free_s),
        }
        self._seed = seed
        self._stuck = stuck
        self._free_s = [0.0] * params.people
        heapify(self._free_s)
        self._due: list[tuple[float, int, int]] = []
        self._visits: Counter[tuple[int, int]] = Counter()

    def swap(self, chute: int, now_s: float) -> None:
        """Have the cage below a chute swapped, and the chute freed, by whoever is free first."""
        self._send(_SWAP, chute, now_s)

    def free(self, chute: int, now_s: float) -> None:
        """Have a chute freed by whoever is free first."""
        self._send(_FREE, chute, now_s)

    def done(self, now_s: float) -> list[Visit]:
        """Return the visits that were over since the last call, in their order."""
        visits = []
        while self._due and self._due[0][0] <= now_s:
            _, chute, what = heappop(self._due)
            visits.append(Visit(chute, what == _SWAP, self._stuck(chute)))
        return visits

    def _send(self, what: int, chute: int, now_s: float) -> None:
        rng = np.random.default_rng([self._seed, what, chute, self._visits[what, chute]])
        self._visits[what, chute] += 1
        over_s = max(now_s, self._free_s[0]) + float(rng.uniform(*self._seconds[what]))
        heapreplace(self._free_s, over_s)
        heappush(self._due, (over_s, chute, what))
