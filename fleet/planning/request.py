"""Checks that every planner makes of what it is asked."""

from __future__ import annotations

import numpy as np

from fleet.errors import PlanError
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.planner import PlanRequest

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
    if request.blocked is not None and request.blocked.shape != (layout.cells,):
        raise PlanError(f"blocked has shape {request.blocked.shape}, not ({layout.cells},)")
