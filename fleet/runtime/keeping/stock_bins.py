"""The bins that sensors look into, as whoever refills them sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.errors import SettingError
from fleet.tasks.model import OrderLine
from robots.arrays import Int32, Int64


@dataclass(frozen=True, slots=True)
class StockBins:
    """Bins, one row each, in the order of a `StockEstimate`.

    cell      int32, the pick face from which each is picked, and at which it is refilled
    capacity  int32, units that fit, 1 or more
    units     one unit of the SKU that it holds, with its measures; its quantity says nothing
    put_s     seconds that a robot's load for a bin takes at a pick face
    """

    cell: Int32
    capacity: Int32
    units: tuple[OrderLine, ...]
    put_s: float

    @classmethod
    def of(
        cls, cell: Int32, skus: tuple[str, ...], capacity: Int32, measures: Mapping[str, OrderLine], put_s: float
    ) -> StockBins:
        """Return the bins of these SKUs; raises SettingError for a SKU whose measures nobody knows."""
        unknown = next((sku for sku in skus if sku not in measures), None)
        if unknown is not None:
            problem = f"has a bin of {unknown!r}, whose measures are unknown"
            raise SettingError("stock", problem, "name a catalogue with it")
        return cls(np.asarray(cell), np.asarray(capacity), tuple(measures[sku] for sku in skus), put_s)

    def share(self, share: float) -> Int64:
        """Return whole units that are this share of each bin, int64 (n,), rounded down."""
        units: Int64 = np.floor(share * self.capacity + 1e-9).astype(np.int64)
        return units

    def by_place(self) -> dict[tuple[int, str], int]:
        """Return the row of each cell and SKU."""
        return {(int(cell), unit.sku): row for row, (cell, unit) in enumerate(zip(self.cell, self.units, strict=True))}
