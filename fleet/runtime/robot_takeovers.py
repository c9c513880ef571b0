"""Where loads of lost robots are taken over, given where the controller last knew the robots to be."""

from __future__ import annotations

from fleet.runtime.takeover_places import TakeoverPlaces
from robots.arrays import Int32


class RobotTakeovers:
    """A `TakeoverCells` over robots instead of cells.

    cells  int32 (n,), where each robot was last confirmed; whoever drives the robots keeps it up to date
    """

    def __init__(self, places: TakeoverPlaces, cells: Int32) -> None:
        self._places = places
        self.cells = cells

    def __call__(self, robots: Int32) -> Int32:
        """Return a cell beside each of these robots where another one can take its load over, NO_CELL for none now."""
        return self._places.near(self.cells[robots])
