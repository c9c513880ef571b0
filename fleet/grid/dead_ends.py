"""Dead ends of a floor as it is now: cells from which all ways lead through one and the same next cell."""

from __future__ import annotations

import numpy as np

from fleet.grid import _dead_ends
from fleet.grid.distances import DistanceFields
from robots.arrays import Bool, Int32


class DeadEnds:
    """Tells who has to come out of a dead end; found again when `distances.version` says that the floor has changed.

    Memory is 8 bytes a cell; finding them is linear in cells.
    """

    def __init__(self, distances: DistanceFields) -> None:
        self._distances = distances
        self._version = -1
        self._first: Int32 = np.zeros(distances.layout.cells, dtype=np.int32)
        self._size: Int32 = np.zeros(distances.layout.cells, dtype=np.int32)
        self._any = False

    def leaving(self, cells: Int32, goals: Int32) -> Bool:
        """Return who is in a dead end and wants out of it or nearer to its mouth, bool (n,).

        cells, goals int32 (n,): where robots are and want to be, -1 for nowhere in particular.
        """
        distances = self._distances
        if self._version != distances.version:
            self._version = distances.version
            is_open = distances.layout.passable & ~distances.closed_cells
            self._any = bool(_dead_ends.find(distances.neighbours, is_open, self._first, self._size))
        if not self._any:
            return np.zeros(len(cells), dtype=np.bool_)
        first, goal = self._first[cells], self._first[goals]
        beyond = (goal >= first) & (goal < first + self._size[cells])
        leaving: Bool = (first >= 0) & (goals >= 0) & ~beyond
        return leaving
