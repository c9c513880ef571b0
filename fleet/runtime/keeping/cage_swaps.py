"""People who swap full cages, in simulation."""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace

import numpy as np

from fleet.runtime.keeping.params import CageParams


class SimulatedSwaps:
    """So many people, each of whom swaps one cage after the other; a `CageSwaps` (fleet.runtime.keeping.chute_keeping).

    How long a swap takes follows from the seed, the cage, and how often it was swapped before.
    """

    def __init__(self, params: CageParams, seed: int) -> None:
        self._params = params
        self._seed = seed
        self._free_s = [0.0] * params.people
        heapify(self._free_s)
        self._due: list[tuple[float, int]] = []
        self._swaps: dict[int, int] = {}

    def ask(self, cage: int, now_s: float) -> None:
        """Have a cage swapped by whoever is free first."""
        number = self._swaps.get(cage, 0)
        self._swaps[cage] = number + 1
        rng = np.random.default_rng([self._seed, 7, cage, number])
        takes_s = float(rng.uniform(self._params.least_swap_s, self._params.most_swap_s))
        over_s = max(now_s, self._free_s[0]) + takes_s
        heapreplace(self._free_s, over_s)
        heappush(self._due, (over_s, cage))

    def done(self, now_s: float) -> list[int]:
        """Return the cages that were swapped since the last call, in the order of the swaps."""
        cages = []
        while self._due and self._due[0][0] <= now_s:
            cages.append(heappop(self._due)[1])
        return cages
