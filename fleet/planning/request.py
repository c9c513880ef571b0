"""What every planner does with a request first: check it, and copy it into columns that the kernels know."""

from __future__ import annotations

import numpy as np

from fleet.errors import PlanError
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.planner import PlanRequest
from robots.arrays import Bool, Float32, Int8, Int32, UInt8

_DTYPES = {
    "cells": np.int32,
    "headings": np.int8,
    "goals": np.int32,
    "next_goals": np.int32,
    "priorities": np.float32,
    "dwell": np.bool_,
    "hold": np.bool_,
}


def check_request(request: PlanRequest, layout: Layout) -> None:
    """Raise PlanError if a column has another length or type than the protocol says, or a robot cannot be where it is.

    Linear in robots, a few vector operations: cheap beside any plan.
    """
    n = len(request.cells)
    for name, dtype in _DTYPES.items():
        column = getattr(request, name)
        if column.shape != (n,) or column.dtype != dtype:
            raise PlanError(f"{name} is {column.dtype} {column.shape}, not {np.dtype(dtype)} ({n},)")
    if n == 0:
        raise PlanError("there are no robots")
    if request.cells.min() < 0 or request.cells.max() >= layout.cells:
        raise PlanError(f"a robot's cell is outside the {layout.height} x {layout.width} map")
    if not layout.passable[request.cells].all():
        robot = int(np.argmin(layout.passable[request.cells]))
        raise PlanError(f"robot {robot} stands on obstacle cell {request.cells[robot]}")
    if np.bincount(request.cells, minlength=1).max() > 1:
        cell = int(np.argmax(np.bincount(request.cells)))
        robots = np.flatnonzero(request.cells == cell)
        raise PlanError(f"robots {robots.tolist()} are all in cell {cell}")
    if request.headings.min() < 0 or request.headings.max() > 3:
        raise PlanError("a heading is not 0, 1, 2 or 3")
    for name in ("goals", "next_goals"):
        goals = getattr(request, name)
        if goals.min() < NO_CELL or goals.max() >= layout.cells:
            raise PlanError(f"{name} has a cell outside the {layout.height} x {layout.width} map")
        if not layout.passable[goals[goals != NO_CELL]].all():
            raise PlanError(f"{name} has an obstacle cell")
    blocked = request.blocked
    if blocked is not None and (blocked.shape != (layout.cells,) or blocked.dtype != np.bool_):
        raise PlanError(f"blocked is {blocked.dtype} {blocked.shape}, not bool ({layout.cells},)")
    delays = request.delays
    if delays is not None and (delays.shape != (n,) or delays.dtype != np.uint8):
        raise PlanError(f"delays is {delays.dtype} {delays.shape}, not uint8 ({n},)")


class RequestColumns:
    """A planner's own copy of a request: contiguous and writeable, so that every kernel has one signature.

    Columns are those of `PlanRequest`, and
    order    int32 (n,), robots by descending priority; ties by robot number
    rank     int32 (n,), the place of each robot in `order`
    blocked  bool (cells,), read only where `has_blocked`
    delays   uint8 (n,), zero where the request has none
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.blocked: Bool = np.zeros(layout.cells, dtype=np.bool_)
        self.has_blocked = False
        self._allocate(0)

    @property
    def robots(self) -> int:
        """Number of robots in the last request."""
        return len(self.cells)

    def load(self, request: PlanRequest) -> bool:
        """Check and copy a request; return whether the number of robots has changed. Raises PlanError."""
        check_request(request, self._layout)
        resized = len(request.cells) != self.robots
        if resized:
            self._allocate(len(request.cells))
        self.cells[:] = request.cells
        self.headings[:] = request.headings
        self.goals[:] = request.goals
        self.next_goals[:] = request.next_goals
        self.dwell[:] = request.dwell
        self.hold[:] = request.hold
        np.negative(request.priorities, out=self._urgency)
        self.order[:] = np.argsort(self._urgency, kind="stable")
        self.rank[self.order] = self._places
        self.delays[:] = 0 if request.delays is None else request.delays
        self.has_blocked = request.blocked is not None
        if request.blocked is not None:
            self.blocked[:] = request.blocked
        return resized

    def _allocate(self, n: int) -> None:
        self.cells: Int32 = np.empty(n, dtype=np.int32)
        self.headings: Int8 = np.empty(n, dtype=np.int8)
        self.goals: Int32 = np.empty(n, dtype=np.int32)
        self.next_goals: Int32 = np.empty(n, dtype=np.int32)
        self.dwell: Bool = np.empty(n, dtype=np.bool_)
        self.hold: Bool = np.empty(n, dtype=np.bool_)
        self.delays: UInt8 = np.empty(n, dtype=np.uint8)
        self.order: Int32 = np.empty(n, dtype=np.int32)
        self.rank: Int32 = np.empty(n, dtype=np.int32)
        self._urgency: Float32 = np.empty(n, dtype=np.float32)
        self._places: Int32 = np.arange(n, dtype=np.int32)


def lone_robot(layout: Layout) -> PlanRequest:
    """Return the smallest request there is: one robot that is where it wants to be."""
    cell = layout.free_cells[:1]
    no = np.zeros(1, dtype=np.bool_)
    return PlanRequest(cell, np.zeros(1, dtype=np.int8), cell, cell, np.zeros(1, dtype=np.float32), no, no)
