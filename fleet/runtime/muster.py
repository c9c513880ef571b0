"""Where everybody goes in a fire alarm: a muster cell each, as near as can be, and nobody in doors and corridors."""

from __future__ import annotations

import numpy as np

from fleet.assignment.parking import ParkingPolicy
from fleet.assignment.travel import TravelTimes
from fleet.grid.layout import NO_CELL, Layout
from robots.arrays import Bool, Int32
from robots.state import FleetState


class Muster:
    """Gives every robot a place of its own for as long as an alarm lasts.

    muster      int32, cells to gather in; keep_clear int32, cells that must be free of robots

    Robots that find no muster cell free stay where they are, but for those in a cell to be kept clear: they go to the
    nearest cell that is neither. Deciding grows with robots x places, once an alarm.
    """

    def __init__(self, travel: TravelTimes, layout: Layout, muster: Int32, keep_clear: Int32, robots: int) -> None:
        self._travel = travel
        self._layout = layout
        self._robots = robots
        clear = np.zeros(layout.cells, dtype=np.bool_)
        clear[keep_clear] = True
        other = layout.passable & ~clear
        other[muster] = False
        self._keep_clear: Bool = clear
        self._places: Int32 = muster[~clear[muster]].astype(np.int32)
        self._others: Int32 = np.flatnonzero(other).astype(np.int32)
        self._first: ParkingPolicy | None = None
        self._second: ParkingPolicy | None = None

    def places(self, committed: FleetState, unfit: Bool) -> Int32:
        """Return the cell where each robot is to be, int32 (n,); its own for one that finds no place."""
        cells, headings = committed.cell, committed.heading
        if self._first is None or self._second is None:
            self._first = ParkingPolicy(self._travel, self._layout, self._places, self._robots)
            self._second = ParkingPolicy(self._travel, self._layout, self._others, self._robots)
        self._first.step(cells, headings, ~unfit)
        without = (self._first.place_cell == NO_CELL) & ~unfit
        in_the_way = without & (self._keep_clear[cells] | (self._second.place_cell != NO_CELL))
        self._second.step(cells, headings, in_the_way)
        places = np.where(self._first.place_cell != NO_CELL, self._first.place_cell, self._second.place_cell)
        return np.where(places != NO_CELL, places, cells)

    def over(self) -> None:
        """The alarm is over: the next one begins from where robots are then."""
        self._first = self._second = None
