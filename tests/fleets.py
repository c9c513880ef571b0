"""Fleets for planner tests: requests with defaults, windows checked step by step and carried out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from fleet.grid.distances import DistanceFields
from fleet.grid.guidance import Guidance
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.auditor import PlanAuditor
from fleet.planning.planner import Planner, PlanRequest
from fleet.planning.registry import PLANNERS, make_planner
from robots.arrays import UInt8
from tests.floors import flags, places, shut
from tests.oracles import rules

# Windows of every length run the same lines; long ones take long when interpreted.
_SHORT = {"pibt", "epibt3", "epibt3+lns"}
_NAMES = [name if name in _SHORT else pytest.param(name, marks=pytest.mark.slow) for name in PLANNERS]
every_planner = pytest.mark.parametrize("name", _NAMES)
multi_action = pytest.mark.parametrize("name", _NAMES[1:])

_TYPES = {
    "headings": (np.int8, 0),
    "goals": (np.int32, NO_CELL),
    "next_goals": (np.int32, NO_CELL),
    "priorities": (np.float32, 0.0),
    "dwell": (np.bool_, False),
    "hold": (np.bool_, False),
}


def planner(name: str, layout: Layout, guidance: Guidance | None = None) -> Planner:
    """A new planner of the registry."""
    return make_planner(name, DistanceFields(layout, guidance=guidance))


def request(
    layout: Layout, cells: Sequence[int], closed: Sequence[int] = (), **columns: Sequence[float]
) -> PlanRequest:
    """A request for robots in these cells, with the cells `closed` blocked.

    Columns left out say: facing east, no goal, no next goal, priority 0, no dwell, no hold, no delays.
    """
    blocked = np.zeros(layout.cells, dtype=np.bool_)
    blocked[list(closed)] = True
    filled = {
        name: np.array(np.broadcast_to(np.array(columns.get(name, default), dtype=dtype), (len(cells),)))
        for name, (dtype, default) in _TYPES.items()
    }
    delays = np.array(columns["delays"], dtype=np.uint8) if "delays" in columns else None
    blocked = blocked if len(closed) else None
    return PlanRequest(cells=np.array(cells, dtype=np.int32), blocked=blocked, delays=delays, **filled)


def robots_at(layout: Layout, cells: Sequence[int], headings: Sequence[int]) -> list[rules.Robot]:
    """(row, column, heading) of each robot."""
    return [(*divmod(cell, layout.width), heading) for cell, heading in zip(cells, headings, strict=True)]


def check_window(layout: Layout, request: PlanRequest, actions: UInt8, distances: DistanceFields | None = None) -> None:
    """Every step of a window keeps the rules of the floor: by the plain rules, and by the auditor.

    distances: what is closed in them is closed.
    """
    n = len(request.cells)
    assert actions.dtype == np.uint8
    assert actions.ndim == 2
    assert actions.shape[1] == n
    assert actions.shape[0] >= 1
    blocked = np.zeros(layout.cells, dtype=np.bool_) if request.blocked is None else request.blocked
    closed_edges = np.zeros((layout.cells, 4), dtype=np.bool_)
    if distances is not None:
        blocked, closed_edges = blocked | distances.closed_cells, distances.closed_edges
    closed, edges = shut(layout, blocked), shut(layout, flags(layout), closed_edges)
    hold = set(np.flatnonzero(request.hold).tolist())
    passable = places(layout)
    robots = robots_at(layout, request.cells.tolist(), request.headings.tolist())
    auditor, cells, headings = PlanAuditor(layout), request.cells, request.headings
    for now, row in enumerate(actions):
        if request.delays is not None:
            assert (row[request.delays > now] == rules.WAIT).all(), f"step {now} of {actions.tolist()}"
        broken = rules.broken_rules(layout.height, layout.width, passable, robots, row.tolist(), hold, closed, edges)
        assert not broken, f"step {now} of {actions.tolist()}"
        robots = [rules.step(robot, action) for robot, action in zip(robots, row.tolist(), strict=True)]
        cells, headings = auditor.check(cells, headings, row, request.hold, blocked, closed_edges)
    auditor.raise_findings()


def after(layout: Layout, cells: Sequence[int], headings: Sequence[int], actions: UInt8) -> tuple[list[int], list[int]]:
    """Cells and headings after the given steps, (steps, n)."""
    robots = robots_at(layout, cells, headings)
    for row in actions.tolist():
        robots = [rules.step(robot, action) for robot, action in zip(robots, row, strict=True)]
    return [row * layout.width + column for row, column, _ in robots], [heading for *_, heading in robots]


class Fleet:
    """Robots on a floor with their planner. Every window is checked in full, whatever part of it is carried out."""

    def __init__(
        self,
        layout: Layout,
        name: str,
        cells: Sequence[int],
        headings: Sequence[int] | int = 0,
        guidance: Guidance | None = None,
    ) -> None:
        self.layout = layout
        self.distances = DistanceFields(layout, guidance=guidance)
        self.planner = make_planner(name, self.distances)
        self.cells = list(cells)
        self.headings = np.broadcast_to(headings, len(self.cells)).tolist()

    def plan(self, **columns: Sequence[float]) -> UInt8:
        """Plan a window for the robots where they are; `columns` as in `request`."""
        asked = request(self.layout, self.cells, headings=self.headings, **columns)
        actions = self.planner.plan(asked).actions.copy()
        check_window(self.layout, asked, actions, self.distances)
        return actions

    def step(self, **columns: Sequence[float]) -> UInt8:
        """Plan a window, carry out its first step, and return it."""
        actions = self.plan(**columns)
        self.cells, self.headings = after(self.layout, self.cells, self.headings, actions[:1])
        return actions

    def steps_until_there(self, goals: Sequence[int], limit: int, **columns: Sequence[float]) -> int | None:
        """Steps until every robot with a goal has been in it at least once; None if that takes more than `limit`."""
        wanting = {robot for robot, goal in enumerate(goals) if goal != NO_CELL}
        for steps in range(limit + 1):
            wanting -= {robot for robot in wanting if self.cells[robot] == goals[robot]}
            if not wanting:
                return steps
            self.step(goals=goals, **columns)
        return None
