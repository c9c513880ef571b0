"""Which cages are full, or will be when what is on its way has come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.sensing.estimates import FillEstimate
from robots.arrays import Bool, Float64
from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class FullParams:
    """When a cage is called full.

    call_at          fill fraction, with what is on its way
    least_confidence of an estimate; with less, a cage is called full only when it would be full to the rim
    heap_litres      that a litre of goods takes in a heap, with its packing and the gaps
    """

    call_at: float = 0.95
    least_confidence: float = 0.8
    heap_litres: float = 4.8

    def __post_init__(self) -> None:
        if not (0 < self.call_at <= 1 and 0 <= self.least_confidence <= 1 and self.heap_litres > 0):
            raise InputError("sensing.full", f"cannot be: {self}", "see fleet.sensing.fill_watch.FullParams")


class FillWatch:
    """Calls n cages full; one that was called stays so until it is swapped.

    litres  float64 (n,), volume in which parcels may lie
    """

    def __init__(self, litres: Float64, params: FullParams | None = None) -> None:
        if not (litres > 0).all():
            raise InputError("cages", "have a volume that is not above zero", "give litres")
        self._litres = litres
        self._params = params or FullParams()
        self._called = np.zeros(litres.shape, dtype=np.bool_)

    def full(self, estimate: FillEstimate, coming_litres: Float64) -> Bool:
        """Return which cages are full, or will be, (n,).

        coming_litres  float64 (n,), volume of the goods that the image of the estimate does not show yet: expected to
                       come, or come since
        """
        params = self._params
        expected = estimate.fraction + params.heap_litres * coming_litres / self._litres
        sure = estimate.confidence >= params.least_confidence
        self._called |= expected >= np.where(sure, params.call_at, 1.0)
        return self._called.copy()

    def swapped(self, row: int) -> None:
        """An empty cage stands there now."""
        self._called[row] = False
