"""Where robots wait that have nothing to do: out of the way, each in a place of its own."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.assignment.candidates import candidate_mask
from fleet.assignment.matching import minimum_cost_matching
from fleet.assignment.travel import TravelTimes
from fleet.grid.distances import UNREACHABLE
from fleet.grid.layout import NO_CELL, NO_ROBOT, Layout
from robots.arrays import Bool, Int8, Int32, Int64

# Places looked at for each robot, the nearest by Manhattan distance.
_NEAREST: Final = 8
_NO_PLACE: Final = -1


class ParkingPolicy:
    """Sends robots without anything to do to free parking places, and keeps each place for its robot.

    A place belongs to a robot from the decision to send it until it has something to do and is no longer there. A robot
    that stands in a free place keeps it; others go where the ways are short in sum, chosen among the places nearest to
    each. A robot for which there is no place stays where it is (NO_PLACE); it is looked at again when a place becomes
    free or when it comes back from work.

    place_cell   int32 (n,), the place of each robot, NO_CELL for none: where an idle robot ought to be
    no_place     how often a robot found no place that was free and that it could reach

    Nothing is decided twice: a step without decisions costs a few vector operations over the robots. Deciding grows
    with robots to be parked x free places.
    """

    def __init__(self, travel: TravelTimes, layout: Layout, places: Int32, robots: int) -> None:
        self._travel = travel
        self._width = layout.width
        self._places: Int32 = np.array(places, dtype=np.int32)
        self._place_at: Int32 = np.full(layout.cells, _NO_PLACE, dtype=np.int32)
        self._place_at[self._places] = np.arange(len(places), dtype=np.int32)
        self._holder: Int32 = np.full(len(places), NO_ROBOT, dtype=np.int32)
        self._usable: Bool = np.ones(len(places), dtype=np.bool_)
        self._everybody: Bool = np.ones(robots, dtype=np.bool_)
        self._refused: Bool = np.zeros(robots, dtype=np.bool_)
        self.place_cell: Int32 = np.full(robots, NO_CELL, dtype=np.int32)
        self.no_place = 0

    def step(
        self, cells: Int32, headings: Int8, idle: Bool, *, fit: Bool | None = None, usable: Bool | None = None
    ) -> Int32:
        """Decide for all robots; return those that have now been given a place, ascending, int32.

        cells int32, headings int8: as the driver reported them. idle bool: the robot has no task and no charger. fit
        bool: whom decisions are made for, the others keep what they have; None: all. All columns have length n. usable
        bool (places,): a place that is not is taken from whoever fit holds it and given to nobody; None: all are.
        """
        fit = self._everybody if fit is None else fit
        has_place = self.place_cell != NO_CELL
        gone = ~idle & (cells != self.place_cell)
        if usable is not None and len(usable):
            self._use(usable)
            gone |= ~usable[self._place_at[self.place_cell]]
        gone &= has_place & fit
        if gone.any():
            self._holder[self._place_at[self.place_cell[gone]]] = NO_ROBOT
            self.place_cell[gone] = NO_CELL
            self._refused[:] = False
        self._refused &= idle
        wants = idle & fit & (self.place_cell == NO_CELL) & ~self._refused
        if not wants.any():
            return np.zeros(0, dtype=np.int32)
        wanting = np.flatnonzero(wants)
        self._stay(wanting, cells)
        self._send(wanting[self.place_cell[wanting] == NO_CELL], cells, headings)
        found: Bool = self.place_cell[wanting] != NO_CELL
        self._refused[wanting[~found]] = True
        self.no_place += int(len(wanting) - found.sum())
        sent: Int32 = wanting[found].astype(np.int32)
        return sent

    def ask_again(self) -> None:
        """Look again at robots for which there was no place: ways have changed."""
        self._refused[:] = False

    def _use(self, usable: Bool) -> None:
        if (usable & ~self._usable).any():
            self.ask_again()
        self._usable = usable.copy()

    def _free(self) -> Bool:
        free: Bool = (self._holder == NO_ROBOT) & self._usable
        return free

    def _stay(self, wanting: Int64, cells: Int32) -> None:
        """Give robots that stand in a free place that place."""
        wanting = wanting[self._place_at[cells[wanting]] != _NO_PLACE]
        places = self._place_at[cells[wanting]]
        free = self._free()[places]
        self._take(wanting[free], places[free])

    def _send(self, wanting: Int64, cells: Int32, headings: Int8) -> None:
        """Give robots free places by travel time, in rounds, until all have one or no free place can be reached."""
        nearest = _NEAREST
        while len(wanting):
            free = np.flatnonzero(self._free())
            taken = self._match(wanting, free, cells, headings, nearest)
            if taken == 0 and nearest >= len(free):
                return
            if taken == 0:
                nearest = len(free)
            wanting = wanting[self.place_cell[wanting] == NO_CELL]

    def _match(self, wanting: Int64, free: Int64, cells: Int32, headings: Int8, nearest: int) -> int:
        """Give robots places among the free ones nearest to each; return how many got one."""
        none = np.zeros(0, dtype=np.int64)
        mask = candidate_mask(cells[wanting], self._places[free], self._width, nearest, none)
        near = np.flatnonzero(mask.any(axis=0))
        steps = self._travel(self._places[free[near]], cells[wanting], headings[wanting]).T
        row, column = (mask[:, near] & (steps != UNREACHABLE)).nonzero()
        costs = steps[row, column].astype(np.float64)
        robots, to = minimum_cost_matching(row, near[column], costs, len(wanting))
        self._take(wanting[robots], free[to])
        return len(robots)

    def _take(self, robots: Int64, places: Int32 | Int64) -> None:
        self._holder[places] = robots
        self.place_cell[robots] = self._places[places]
