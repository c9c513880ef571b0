"""Minimum-cost matching of robots to tasks that lie on a floor, by auction: exact up to a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet.assignment import _auction
from fleet.grid.components import components
from fleet.grid.distances import DistanceFields
from robots.arrays import Float64, Int8, Int32, Int64

# Dearer than any way; a robot that could have a task only at this price for others goes without.
_GIVE_UP: Final = 1e6


@dataclass(frozen=True, slots=True)
class AuctionParams:
    """How a matching is made.

    stay       what a robot's current task is cheaper by
    tolerance  how far the total cost may be above the least, for each pair; more than 0
    listed     places that a bidder keeps in mind: a matter of speed only
    looks      looks at places after which the rest is matched first come, first served
    """

    stay: float
    tolerance: float
    listed: int
    looks: int


@dataclass(frozen=True, slots=True)
class Side:
    """Robots or tasks; columns of length k.

    cells    int32
    states   int32, 4 * column of the distance fields + heading, for robots; 0 for tasks
    slots    int32, the distance field of a task or -1 if it is not in memory; -1 for robots
    regions  int32, equal for cells between which there is a way
    extra    float64, what a task costs besides the way, 0 or more; 0 for robots
    """

    cells: Int32
    states: Int32
    slots: Int32
    regions: Int32
    extra: Float64

    def __len__(self) -> int:
        return len(self.cells)

    def take(self, rows: Int64) -> Side:
        """Return some of the rows."""
        return Side(self.cells[rows], self.states[rows], self.slots[rows], self.regions[rows], self.extra[rows])


class AuctionFloor:
    """Matches robots to tasks on a floor.

    A pair costs the free steps from the robot to the task, by the task's distance field if that is in memory and the
    Manhattan distance otherwise, plus the task's extra.
    """

    def __init__(self, distances: DistanceFields) -> None:
        layout = distances.layout
        self._distances = distances
        self._width = layout.width
        self._regions: Int32 = components(layout)

    def robots(self, cells: Int32, headings: Int8) -> Side:
        """Return robots as a side of a matching; cells int32, headings int8."""
        none = np.full(len(cells), -1, dtype=np.int32)
        states = (self._distances.compact[cells] * 4 + headings).astype(np.int32)
        return Side(cells, states, none, self._regions[cells], np.zeros(len(cells)))

    def tasks(self, cells: Int32, extra: Float64) -> Side:
        """Return tasks as a side of a matching; valid until a distance field is found."""
        held = np.flatnonzero(self._distances.holds(cells))
        slots = np.full(len(cells), -1, dtype=np.int32)
        slots[held] = self._distances.slots(cells[held])
        return Side(cells, np.zeros(len(cells), dtype=np.int32), slots, self._regions[cells], extra)

    def match(self, robots: Side, tasks: Side, current: Int32, params: AuctionParams) -> Int32:
        """Return the task of each robot, int32 (robots,), -1 for none.

        current: the task that each robot has now, int32 (robots,), -1 for none, none twice. In each connected region
        as many pairs are made as there can be, at a total cost that is at most `tolerance` a pair above the least,
        unless it takes more looks than allowed. Time grows with looks, about 10 ns each; without competition a bidder
        needs some dozens.
        """
        # The smaller side bids: the surplus of the larger would drive up prices until it gives up.
        robots_bid = len(robots) <= len(tasks)
        bidders, objects = (robots, tasks) if robots_bid else (tasks, robots)
        if not robots_bid:
            current = _inverse(current, len(tasks))
        some = np.flatnonzero(np.isin(bidders.regions, objects.regions))
        found = np.full(len(bidders), -1, dtype=np.int32)
        if len(some):
            tiles = _Tiles.of(objects, self._distances.layout.height, self._width)
            held = self._held(bidders.take(some), tiles, tiles.places(current[some]), robots_bid, params)
            found[some] = np.where(held >= 0, tiles.order[held], -1)
        return found if robots_bid else _inverse(found, len(robots))

    def _held(self, bidders: Side, tiles: _Tiles, current: Int32, robots_bid: bool, params: AuctionParams) -> Int32:
        """Return the object of each bidder, in order of tiles, int32, -1 for none."""
        objects, n, listed = tiles.side, len(bidders), params.listed
        held = np.empty(n, dtype=np.int32)
        _auction.auction(
            bidders.cells, bidders.states, bidders.slots, bidders.regions, bidders.extra, current, params.stay,
            robots_bid, self._width, tiles.across, tiles.starts, objects.cells, objects.states, objects.slots,
            objects.regions, objects.extra, np.empty(len(objects)), self._distances.fields, self._distances.unit,
            params.tolerance, _GIVE_UP, params.looks, np.empty((n, listed), dtype=np.int32), np.empty((n, listed)),
            np.empty(listed), np.empty(n, dtype=np.int32), np.empty(n), np.empty(n, dtype=np.int32),
            np.empty(len(objects), dtype=np.int32), held,
        )  # fmt: skip
        return held


@dataclass(frozen=True, slots=True)
class _Tiles:
    """A side in order of tile and, inside a tile, of extra. order: its rows; starts: where in it each tile begins."""

    side: Side
    order: Int64
    starts: Int64
    across: int

    @classmethod
    def of(cls, side: Side, height: int, width: int) -> _Tiles:
        size = _auction.TILE
        across, down = -(-width // size), -(-height // size)
        tile = side.cells // width // size * across + side.cells % width // size
        order = np.lexsort((side.extra, tile))
        starts = np.searchsorted(tile[order], np.arange(across * down + 1))
        return cls(side.take(order), order, starts.astype(np.int64), across)

    def places(self, rows: Int32) -> Int32:
        """Where rows of the original side are now, int32; -1 for -1."""
        where = np.empty(len(self.order) + 1, dtype=np.int32)
        where[self.order] = np.arange(len(self.order), dtype=np.int32)
        where[-1] = -1
        return where[rows]


def _inverse(of: Int32, n: int) -> Int32:
    """Turn the column of each row into the row of each of n columns; -1 for none."""
    inverse = np.full(n, -1, dtype=np.int32)
    rows = np.flatnonzero(of >= 0)
    inverse[of[rows]] = rows
    return inverse
