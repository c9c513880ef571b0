"""The plan auditor: checks every step against the rules of the floor. Shares no code with the planners.

Rules of one synchronous step (League of Robot Runners, "MAPF with turnings"): every robot does one of four actions; no
robot leaves the map, enters an obstacle or a closed cell, or drives over a closed edge; no two robots end in one cell;
no two robots swap cells. Where the model forbids it, robots do not all move around a ring in the same step either.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum

import numpy as np

from fleet.errors import AuditError
from fleet.grid.layout import COLUMN_STEP, ROW_STEP, Layout
from robots.arrays import Bool, Int8, Int32, Int64, UInt8


class Violation(Enum):
    """What a step did wrong."""

    ACTION = "unknown action"
    OBSTACLE = "enters an obstacle or leaves the map"
    CLOSED = "enters a closed cell"
    EDGE = "drives over a closed edge"
    HOLD = "moves while it must stay"
    VERTEX = "two robots in one cell"
    SWAP = "two robots swap cells"
    RING = "robots move around a ring in one step"
    STATE = "reported state is not where the actions lead"


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: when, what, which robots, where."""

    step: int
    kind: Violation
    robots: tuple[int, ...]
    cell: int

    def __str__(self) -> str:
        names = " and ".join(f"robot {robot}" for robot in self.robots)
        return f"step {self.step}: {names} in cell {self.cell}: {self.kind.value}"


class PlanAuditor:
    """Follows a fleet step by step and keeps every violation. Vectorised: linear in robots."""

    def __init__(self, layout: Layout, *, allow_rings: bool = True) -> None:
        self._passable = np.array(layout.passable, dtype=np.bool_)
        self._height, self._width = layout.height, layout.width
        self._allow_rings = allow_rings
        self.steps = 0
        self.findings: list[Finding] = []

    @property
    def count(self) -> int:
        """How many violations there were."""
        return len(self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """Violations so far by kind; kinds that did not occur are left out."""
        return dict(Counter(finding.kind.name.lower() for finding in self.findings))

    def check(
        self,
        cells: Int32,
        headings: Int8,
        actions: UInt8,
        hold: Bool | None = None,
        closed: Bool | None = None,
        closed_edges: Bool | None = None,
    ) -> tuple[Int32, Int8]:
        """Audit one step and return where it leads, (cells, headings), applying even what is not allowed.

        cells, headings, actions: columns (n,) before the step and what each robot does. hold: robots that must not
        move or turn. closed: bool (cells,), cells that nobody may enter. closed_edges: bool (cells, 4), moves forward
        that nobody may make, by the cell they begin in and the heading.
        """
        forward = actions == 0
        rows, columns = cells // self._width, cells % self._width
        to_rows = rows + np.where(forward, np.array(ROW_STEP)[headings], 0)
        to_columns = columns + np.where(forward, np.array(COLUMN_STEP)[headings], 0)
        inside = (to_rows >= 0) & (to_rows < self._height) & (to_columns >= 0) & (to_columns < self._width)
        to = np.where(inside, to_rows * self._width + to_columns, cells).astype(np.int32)
        self._record(Violation.ACTION, actions > 3, cells)
        self._record(Violation.OBSTACLE, ~inside | ~self._passable[to], cells)
        if closed is not None:
            self._record(Violation.CLOSED, closed[to] & (to != cells), to)
        if closed_edges is not None:
            self._record(Violation.EDGE, closed_edges[cells, headings] & forward, cells)
        if hold is not None:
            self._record(Violation.HOLD, hold & (actions != 3), cells)
        self._check_pairs(cells, to)
        if not self._allow_rings:
            self._check_rings(cells, to)
        turn = np.array([0, 1, 3, 0], dtype=np.int8)[np.minimum(actions, 3)]
        self.steps += 1
        return to, ((headings + turn) % 4).astype(np.int8)

    def check_state(self, expected: tuple[Int32, Int8], cells: Int32, headings: Int8) -> None:
        """Audit that the robots are where the last step led; call it with what `check` returned."""
        differs = (expected[0] != cells) | (expected[1] != headings)
        self._record(Violation.STATE, differs, cells, step=self.steps - 1)

    def raise_findings(self) -> None:
        """Raise AuditError naming the first violations, if there were any."""
        if self.findings:
            shown = "; ".join(str(finding) for finding in self.findings[:5])
            raise AuditError(f"{len(self.findings)} violations: {shown}")

    def _check_pairs(self, cells: Int32, to: Int32) -> None:
        order = np.argsort(to, kind="stable")
        same = np.flatnonzero(to[order][1:] == to[order][:-1])
        for k in same:
            self._add(Violation.VERTEX, (int(order[k]), int(order[k + 1])), int(to[order[k]]))
        moved = np.flatnonzero(to != cells)
        key = np.int64(self._height) * self._width
        there: Int64 = cells[moved].astype(np.int64) * key + to[moved]
        back: Int64 = to[moved].astype(np.int64) * key + cells[moved]
        ahead = np.argsort(there, kind="stable")
        if len(moved) == 0:
            return
        match = np.minimum(np.searchsorted(there[ahead], back), len(moved) - 1)
        other = ahead[match]
        for k in np.flatnonzero((there[other] == back) & (moved < moved[other])):
            self._add(Violation.SWAP, (int(moved[k]), int(moved[other[k]])), int(cells[moved[k]]))

    def _check_rings(self, cells: Int32, to: Int32) -> None:
        robot_at = {int(cell): robot for robot, cell in enumerate(cells)}
        seen: set[int] = set()
        for first in np.flatnonzero(to != cells).tolist():
            way: list[int] = []
            robot: int | None = first
            while robot is not None and robot not in seen and to[robot] != cells[robot]:
                seen.add(robot)
                way.append(robot)
                robot = robot_at.get(int(to[robot]))
            if robot is not None and robot in way and len(way) - way.index(robot) > 2:
                self._add(Violation.RING, tuple(way[way.index(robot) :]), int(cells[robot]))

    def _record(self, kind: Violation, where: Bool, cells: Int32, step: int | None = None) -> None:
        for robot in np.flatnonzero(where).tolist():
            self._add(kind, (robot,), int(cells[robot]), step)

    def _add(self, kind: Violation, robots: tuple[int, ...], cell: int, step: int | None = None) -> None:
        self.findings.append(Finding(self.steps if step is None else step, kind, robots, cell))
