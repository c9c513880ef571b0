"""PIBT with headings: the classic one-step planner, here as the baseline.

Source: Okumura et al., "Priority Inheritance with Backtracking for Iterative Multi-agent Path Finding", AIJ 2022, with
the turning rule of the League of Robot Runners' default planner: every robot is given its next cell as if it could move
anywhere, turns towards it first, and enters it once it is free or being left.
"""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.planning import _pibt
from fleet.planning.planner import PlanRequest, PlanWindow
from fleet.planning.request import RequestColumns, lone_robot
from robots.arrays import Int32, UInt8


class PIBT:
    """Plans one step at a time and carries nothing over.

    Time grows linearly with robots (five candidate cells each); memory is 8 bytes a cell besides the distance fields.
    """

    def __init__(self, distances: DistanceFields) -> None:
        self.layout = distances.layout
        self._distances = distances
        self._forward: UInt8 = distances.guidance.forward
        self._occupied_now: Int32 = np.empty(self.layout.cells, dtype=np.int32)
        self._occupied_next: Int32 = np.empty(self.layout.cells, dtype=np.int32)
        self._costs: Int32 = np.empty(5, dtype=np.int32)
        self._request = RequestColumns(self.layout)

    def plan(self, request: PlanRequest, budget_s: float | None = None) -> PlanWindow:  # noqa: ARG002
        """Plan one step; see `Planner.plan`. Takes some microseconds a robot and is never cut short."""
        columns = self._request
        if columns.load(request):
            self._allocate(columns.robots)
        distances = self._distances
        slots = distances.slots(columns.goals)
        hold = columns.hold | (columns.delays > 0)
        _pibt.choose_targets(
            columns.cells, columns.headings, slots, hold, columns.order, distances.fields, distances.compact,
            distances.neighbours, self._forward, distances.guidance.turn, distances.unit, columns.blocked,
            columns.has_blocked, self._occupied_now, self._occupied_next, self._target_of, self._stack_robot,
            self._stack_choice, self._stack_cells, self._costs,
        )  # fmt: skip
        _pibt.choose_actions(
            columns.cells, columns.headings, distances.neighbours, self._occupied_now, self._target_of,
            self._stack_robot, self._actions[0],
        )  # fmt: skip
        return PlanWindow(self._actions)

    def forget(self) -> None:
        """Nothing is carried over from plan to plan."""

    def warmup(self) -> None:
        """Compile the kernels on a plan for one robot."""
        self.plan(lone_robot(self.layout))

    def _allocate(self, n: int) -> None:
        self._target_of: Int32 = np.empty(n, dtype=np.int32)
        self._stack_robot: Int32 = np.empty(n, dtype=np.int32)
        self._stack_choice: Int32 = np.empty(n, dtype=np.int32)
        self._stack_cells: Int32 = np.empty((n, 5), dtype=np.int32)
        self._actions: UInt8 = np.empty((1, n), dtype=np.uint8)
