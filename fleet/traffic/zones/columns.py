"""The columns that say what is restricted where, and for whom: the union of all restrictions in force."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fleet.traffic.zones.restriction import Restriction, ZoneKind
from robots.arrays import Bool, Float32


class ZoneColumns:
    """Columns by cell, which keep their place in memory.

    closed           bool (cells,), may not be entered
    closed_edges     bool (cells, 4), the move forward from the cell in that heading is forbidden
    halted           bool (cells,), robots that hold one of these cells stand still
    speed_limit_mps  float32 (cells,), inf where there is none
    """

    def __init__(self, cells: int) -> None:
        self.closed: Bool = np.zeros(cells, dtype=np.bool_)
        self.closed_edges: Bool = np.zeros((cells, 4), dtype=np.bool_)
        self.halted: Bool = np.zeros(cells, dtype=np.bool_)
        self.speed_limit_mps: Float32 = np.full(cells, np.inf, dtype=np.float32)

    def rebuild(self, restrictions: Iterable[Restriction]) -> bool:
        """Set the columns to the union of the restrictions, the least limit where several hold; whether any changed."""
        fresh = ZoneColumns(len(self.closed))
        for restriction in restrictions:
            cells, edges = restriction.cells, restriction.edges
            fresh.closed[cells] |= restriction.kind.closes
            fresh.halted[cells] |= restriction.kind.halts
            fresh.closed_edges[edges[:, 0], edges[:, 1]] = True
            limits = fresh.speed_limit_mps[cells]
            fresh.speed_limit_mps[cells] = np.minimum(limits, np.float32(restriction.limit_mps))
        changed = False
        for old, new in (
            (self.closed, fresh.closed),
            (self.closed_edges, fresh.closed_edges),
            (self.halted, fresh.halted),
            (self.speed_limit_mps, fresh.speed_limit_mps),
        ):
            if not np.array_equal(old, new):
                old[:] = new
                changed = True
        return changed


class RobotColumns:
    """Columns by robot, which keep their place in memory.

    paused          bool (robots,), stands where it is
    out_of_service  bool (robots,), gets no new task
    """

    def __init__(self, robots: int) -> None:
        self.paused: Bool = np.zeros(robots, dtype=np.bool_)
        self.out_of_service: Bool = np.zeros(robots, dtype=np.bool_)

    def rebuild(self, restrictions: Iterable[Restriction]) -> None:
        """Set the columns to what the restrictions say."""
        self.paused[:] = False
        self.out_of_service[:] = False
        for restriction in restrictions:
            if restriction.kind is ZoneKind.PAUSE:
                self.paused[restriction.robot] = True
            elif restriction.kind is ZoneKind.OUT_OF_SERVICE:
                self.out_of_service[restriction.robot] = True
