"""PIBT with headings: the classic one-step planner, here as the baseline.

Source: Okumura et al., "Priority Inheritance with Backtracking for Iterative Multi-agent Path Finding", AIJ 2022, with
the turning rule of the League of Robot Runners' default planner: every robot is given its next cell as if it could move
anywhere, turns towards it first, and enters it once it is free or being left.
"""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning import _pibt
from fleet.planning.planner import PlanRequest, PlanWindow
from fleet.planning.request import check_request
from robots.arrays import Bool, Int32, UInt8


class PIBT:
    """Plans one step at a time and carries nothing over.

    Time grows linearly with robots (five candidate cells each); memory is 8 bytes a cell besides the distance fields.
    """

    def __init__(self, distances: DistanceFields) -> None:
        self.layout = distances.layout
        self._distances = distances
        self._occupied_now: Int32 = np.empty(self.layout.cells, dtype=np.int32)
        self._occupied_next: Int32 = np.empty(self.layout.cells, dtype=np.int32)
        self._no_blocked: Bool = np.zeros(1, dtype=np.bool_)
        self._costs: Int32 = np.empty(5, dtype=np.int32)
        self._robots = -1

    def plan(self, request: PlanRequest) -> PlanWindow:
        """Plan one step; see `Planner.plan`."""
        check_request(request, self.layout)
        n = len(request.cells)
        if n != self._robots:
            self._allocate(n)
        goals = np.where(request.goals == request.cells, NO_CELL, request.goals) if request.dwell.any() else request.goals
        slots = self._distances.slots(goals)
        order = np.argsort(-request.priorities, kind="stable").astype(np.int32)
        blocked = request.blocked if request.blocked is not None else self._no_blocked
        distances = self._distances
        _pibt.choose_targets(
            request.cells, request.headings, slots, request.hold, order, distances.fields, distances.compact,
            self.layout.neighbours, blocked, request.blocked is not None, self._occupied_now, self._occupied_next,
            self._target_of, self._stack_robot, self._stack_choice, self._stack_cells, self._costs,
        )  # fmt: skip
        _pibt.choose_actions(
            request.cells, request.headings, self.layout.neighbours, self._occupied_now, self._target_of,
            self._stack_robot, self._actions[0],
        )  # fmt: skip
        return PlanWindow(self._actions)

    def forget(self) -> None:
        """Nothing is carried over from plan to plan."""

    def warmup(self) -> None:
        """Compile the kernels on a plan for one robot."""
        cell = self.layout.free_cells[:1]
        no = np.zeros(1, dtype=np.bool_)
        self.plan(
            PlanRequest(
                cells=cell,
                headings=np.zeros(1, dtype=np.int8),
                goals=cell,
                next_goals=cell,
                priorities=np.zeros(1, dtype=np.float32),
                dwell=no,
                hold=no,
            )
        )

    def _allocate(self, n: int) -> None:
        self._robots = n
        self._target_of: Int32 = np.empty(n, dtype=np.int32)
        self._stack_robot: Int32 = np.empty(n, dtype=np.int32)
        self._stack_choice: Int32 = np.empty(n, dtype=np.int32)
        self._stack_cells: Int32 = np.empty((n, 5), dtype=np.int32)
        self._actions: UInt8 = np.empty((1, n), dtype=np.uint8)
