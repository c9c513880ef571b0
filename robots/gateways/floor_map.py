"""A floor as robots know it: where a drive leads, where one can charge."""

from __future__ import annotations

from dataclasses import dataclass

from robots.arrays import Bool, Int32


@dataclass(frozen=True, slots=True)
class FloorMap:
    """A floor of square cells.

    name        of the map, in nodes and poses
    width       cells in a row
    cell_m      side of a cell, metres
    neighbours  int32 (cells, 4), the cell ahead of each by heading, -1 where there is none
    charger     bool (cells,)
    """

    name: str
    width: int
    cell_m: float
    neighbours: Int32
    charger: Bool

    def ahead(self, cell: int, heading: int) -> int:
        """Cell that a drive from here leads into, -1 if there is none."""
        return int(self.neighbours[cell, heading])
