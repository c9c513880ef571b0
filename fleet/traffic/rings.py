"""Rings in a plan: robots that each enter the next one's cell in the same step, all the way round.

Plans may have them, and in a synchronous simulation they turn. Robots that are squares as large as a cell cannot: at a
corner of the ring each must have left its cell before the next one may come in.
"""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import Layout
from fleet.traffic import _rings
from robots.arrays import Bool, Int8, Int32, UInt8


class RingFinder:
    """Finds the robots that cannot carry out a step of a valid plan where rings cannot turn."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._occupant: Int32 = np.full(layout.cells, _rings.NOBODY, dtype=np.int32)

    def find(self, cells: Int32, headings: Int8, actions: UInt8, shift: int = 0) -> tuple[Bool, Bool]:
        """Return who has to stay, and one robot of each ring, both bool (n,).

        cells int32 (n,), headings int8 (n,), actions uint8 (n,): a step that breaks no other rule of the floor. Who
        stays is in a ring or wants to enter a cell of one who stays. shift: which robot of a ring is told.
        """
        state: UInt8 = np.empty(len(cells), dtype=np.uint8)
        stay = _rings.find_stays(
            self._layout.neighbours, cells, headings, actions, shift, self._occupant, state
        )  # fmt: skip
        if stay == 0:
            nobody = np.zeros(len(cells), dtype=np.bool_)
            return nobody, nobody
        return state >= _rings.STAYS, state == _rings.PINNED
