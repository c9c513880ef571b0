"""Slotting that looks into the bins: picks go where stock is believed to be."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fleet.runtime.keeping.bin_stock import BinStock
from fleet.tasks.model import Slotting
from robots.arrays import Int32


class KnownPlaces(Slotting, Protocol):
    """A slotting that can name every place of a SKU."""

    def pick_places(self, sku: str) -> Int32:
        """Return every cell where the SKU is kept, int32, ascending."""


class StockedSlotting:
    """A `Slotting` over a world's: of a SKU's places, the closest of those that have stock beyond what is promised.

    Places that surely have it come before those that perhaps have it, and those before places that do not. Where all
    are alike, it is the world's. So its answers change with what is believed of bins: the same at the same time, in
    every run of the same seed.
    """

    def __init__(self, places: KnownPlaces, stock: BinStock, width: int) -> None:
        self._places = places
        self._stock = stock
        self._width = width

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        """Return a cell where the SKU is picked, and the seconds of one pick errand there."""
        cells = self._places.pick_places(sku)
        ranks = np.array([self._stock.rank(cell, sku) for cell in cells.tolist()])
        if (ranks == ranks[0]).all():
            return self._places.pick_place(sku, near)
        best = cells[ranks == ranks.min()]
        row, column = divmod(near, self._width)
        away = np.abs(best // self._width - row) + np.abs(best % self._width - column)
        return self._places.pick_place(sku, int(best[np.argmin(away)]))

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        """Return what the world's slotting does."""
        return self._places.drop_place(order_id, destination)
