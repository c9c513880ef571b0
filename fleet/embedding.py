"""futurepark inside another simulator: planner, scheduler and executor from plain numpy arrays.

`docs/embedding.md` explains it with examples that run. The simulator owns
the robots and the time; it hands in arrays and gets arrays back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fleet.assignment.league_scheduler import LeagueScheduler, steps_each
from fleet.errors import PlanError
from fleet.grid.distances import DistanceFields
from fleet.grid.guidance_rules import GuidanceRules
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.planner import PlanRequest
from fleet.planning.registry import make_planner
from fleet.runtime.clock import WallClock
from fleet.runtime.goal_fields import GoalFields
from fleet.traffic.rolling_plan import RollingPlan
from fleet.traffic.staged_execution import Staged, StagedExecution
from robots.arrays import Int32, UInt8

__all__ = ["EmbeddedFleet", "GuidanceRules", "PlanError", "Staged", "StagedExecution"]


class EmbeddedFleet:
    """Plans and assigns for the robots of a foreign simulator.

    Cells are row * width + column; headings 0 east, 1 south (rows grow southwards), 2 west, 3 north; actions 0 forward,
    1 clockwise, 2 counter-clockwise, 3 wait; -1 is no cell and no task. Arrays may have any integer type; one entry a
    robot, always in the same order.
    """

    def __init__(
        self,
        passable: npt.ArrayLike,
        planner: str = "epibt",
        memory_mb: int = 4096,
        guidance: GuidanceRules | None = None,
    ) -> None:
        """passable: bool (rows, columns), where robots may be. memory_mb bounds the distances that are kept.

        guidance: rules of what moves cost, see docs/guidance.md. Raises ValueError if `passable` has not two
        dimensions, SettingError for an unknown planner.
        """
        grid = np.asarray(passable, dtype=np.bool_)
        if grid.ndim != 2:
            raise ValueError(f"passable has {grid.ndim} dimensions, not rows and columns")
        self.layout = Layout(grid.shape[0], grid.shape[1], grid)
        no_stations: Int32 = np.zeros(0, dtype=np.int32)
        weights = None if guidance is None else guidance.guidance(self.layout, no_stations)
        self._clock = WallClock()
        self._distances = DistanceFields(self.layout, memory_mb, weights)
        self._planner = make_planner(planner, self._distances, now=self._clock.now)
        self._rolling = RollingPlan(self._distances, self._planner)
        self._scheduler = LeagueScheduler(self._distances)
        self._fields = GoalFields(self._distances, self._clock, self._distances.capacity, np.inf)

    def warmup(self) -> None:
        """Compile everything, which takes seconds the first time on a machine."""
        self._rolling.warmup()
        self._scheduler.warmup()

    def plan(
        self,
        cells: npt.ArrayLike,
        headings: npt.ArrayLike,
        goals: npt.ArrayLike,
        time_limit_s: float = np.inf,
        *,
        next_goals: npt.ArrayLike | None = None,
        priorities: npt.ArrayLike | None = None,
        hold: npt.ArrayLike | None = None,
        blocked: npt.ArrayLike | None = None,
    ) -> UInt8:
        """Return the next steps of all robots, uint8 (window, n). Call it once a step and carry out the first row.

        The window is free of collisions for as long as all robots carry it out in step: nobody enters a cell that is
        not free or left in that step, nobody swaps. Rings may turn. goals: -1 for a robot that wants nothing.
        time_limit_s: distances to goals that were never asked for are found while half of it lasts, the most wanted
        first; robots whose goal has to wait for a later call make way meanwhile. The search is cut short when the time
        is over, and a planner whose name ends in "+lns" improves its plan until then. Without a limit the answer
        follows from the calls so far alone.
        next_goals: what comes after. priorities: the larger goes first; without them the nearest to its goal does.
        hold: bool (n,), robots that cannot move. blocked: bool (rows, columns), cells that nobody may enter now.

        Raises PlanError on an impossible request: robots on obstacles or on each other, columns of different lengths.
        """
        begun = self._clock.now()
        robots, facing, wanted = _column(cells, np.int32), _column(headings, np.int8), _column(goals, np.int32)
        n = len(robots)
        if len(facing) != n or len(wanted) != n:
            raise PlanError(f"{n} cells, {len(facing)} headings and {len(wanted)} goals do not go together")
        self._fields.seconds = time_limit_s / 2
        usable = np.where(self._fields.ready(wanted), wanted, np.int32(NO_CELL))
        later = np.full(n, NO_CELL, dtype=np.int32) if next_goals is None else _column(next_goals, np.int32)
        nearest = -steps_each(self._distances, usable, robots, facing)
        request = PlanRequest(
            cells=robots,
            headings=facing,
            goals=usable,
            next_goals=np.where(usable == NO_CELL, np.int32(NO_CELL), later),
            priorities=_column(nearest if priorities is None else priorities, np.float32),
            dwell=np.zeros(n, dtype=np.bool_),
            hold=np.zeros(n, dtype=np.bool_) if hold is None else _column(hold, np.bool_),
            blocked=None if blocked is None else np.asarray(blocked, dtype=np.bool_).reshape(-1),
        )
        return self._planner.plan(request, self._left(begun, time_limit_s)).actions.copy()

    def plan_ahead(
        self,
        cells: npt.ArrayLike,
        headings: npt.ArrayLike,
        goals: npt.ArrayLike,
        steps: int,
        time_limit_s: float = np.inf,
    ) -> UInt8:
        """Return a number of steps, uint8 (steps, n), each as good as the first row of `plan`, and without rings.

        For simulators that ask now and then, not at every step, and for `StagedExecution`. goals: int (n,), or (g, n)
        for the goals one after the other; a goal is done as soon as the robot is on its cell. Otherwise as `plan`.
        """
        begun = self._clock.now()
        robots, facing = _column(cells, np.int32), _column(headings, np.int8)
        lists: Int32 = np.atleast_2d(np.array(goals, dtype=np.int32))
        if len(facing) != len(robots) or lists.shape[1] != len(robots):
            raise PlanError(
                f"{len(robots)} cells, {len(facing)} headings and {lists.shape[1]} goals do not go together"
            )
        self._fields.seconds = time_limit_s / 2
        lists[:, ~self._fields.ready(lists[0])] = NO_CELL
        return self._rolling.plan(robots, facing, lists, steps, budget_s=self._left(begun, time_limit_s))

    def _left(self, begun: float, time_limit_s: float) -> float | None:
        """Return the seconds left of a call's time limit, None if it has none."""
        return max(begun + time_limit_s - self._clock.now(), 0.0) if np.isfinite(time_limit_s) else None

    def assign(
        self, cells: npt.ArrayLike, headings: npt.ArrayLike, first: npt.ArrayLike, last: npt.ArrayLike | None = None
    ) -> Int32:
        """Return a task for each of these robots, int32 (n,), -1 for a robot that gets none; no task twice.

        first, last: int (tasks,), the cells where tasks begin and end; without `last` they are all equally long.
        """
        begin = _column(first, np.int32)
        end = begin if last is None else _column(last, np.int32)
        return self._scheduler.match(_column(cells, np.int32), _column(headings, np.int8), begin, end)

    def executor(
        self,
        cells: npt.ArrayLike,
        headings: npt.ArrayLike,
        action_ticks: int,
        horizon_ticks: int,
        *,
        follow: bool = True,
    ) -> StagedExecution:
        """Return an executor for robots that begin here, at rest; see `StagedExecution`."""
        robots, facing = _column(cells, np.int32), _column(headings, np.int8)
        return StagedExecution(self.layout, robots, facing, action_ticks, horizon_ticks, follow=follow)


def _column(values: npt.ArrayLike, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Return a contiguous one-dimensional copy of that type; raises PlanError if there are more dimensions."""
    column = np.array(values, dtype=dtype)
    if column.ndim != 1:
        raise PlanError(f"a column has one entry a robot, not shape {column.shape}")
    return column
