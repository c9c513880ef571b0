"""Where the load of a robot that dropped out is handed over to another one."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.grid.strong_parts import largest_part
from robots.arrays import Bool, Int32


class TakeoverCells(Protocol):
    """Finds where the loads of robots are taken over."""

    def __call__(self, robots: Int32) -> Int32:
        """Return a cell for each of these robots, int32 (k,), NO_CELL if there is none now; same floor, same answer."""


class TakeoverPlaces:
    """Finds the nearest open cell from which the floor can be reached, and which can be reached from there.

    The floor is the largest part of what is open whose cells all reach each other, on a tie the one with the lowest
    cell; it is found again when `distances.version` says that something was closed or opened.
    """

    def __init__(self, distances: DistanceFields) -> None:
        self._distances = distances
        self._version = -1
        self._floor: Bool = np.zeros(0, dtype=np.bool_)

    def near(self, cells: Int32) -> Int32:
        """Return the nearest such cell for a robot in each of these cells, never the cell itself; int32 (k,).

        Near is the number of cells on a way that may lead through closed ones, as people can; on a tie the one that
        comes first by direction: east, south, west, north. NO_CELL if there is none.
        """
        if self._version != self._distances.version:
            is_open = self._distances.layout.passable & ~self._distances.closed_cells
            self._floor = largest_part(self._distances.neighbours, is_open)
            self._version = self._distances.version
        if not self._floor.any():
            return np.full(len(cells), NO_CELL, dtype=np.int32)
        return np.array([self._nearest(cell) for cell in cells.tolist()], dtype=np.int32)

    def _nearest(self, cell: int) -> int:
        ahead = self._distances.layout.neighbours
        ring, seen = [cell], {cell}
        while ring:
            reached = [at for here in ring for at in ahead[here].tolist() if at != NO_CELL]
            ring = []
            at: int
            for at in reached:
                if at in seen:
                    continue
                if self._floor[at]:
                    return at
                seen.add(at)
                ring.append(at)
        return NO_CELL
