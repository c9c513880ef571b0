"""Staged plans, carried out tick by tick by robots that are not punctual.

A planner thinks in steps and is called now and then; a simulator goes on in ticks, its moves take several of them, and
robots are delayed. Between the two stands `StagedExecution`: it appends each new window of plans to what the robots
have still to do, and tells for every tick who goes on and who stops. A delayed robot holds up only those who need a
cell that it has to pass first; they never collide, and never wait for each other in a circle.

Sources: Hoenig et al., "Persistent and Robust Execution of MAPF Schedules in Warehouses", RA-L 2019, for the order of
passage; the two-rate loop and the rule for staged actions are those of the League of Robot Runners 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.errors import PlanError, SettingError
from fleet.grid.layout import Layout
from fleet.traffic import _staged_execution
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.state import Action


@dataclass(frozen=True, slots=True)
class Staged:
    """What the robots have still to do, and where that leads.

    actions   uint8 (n, longest), the actions of each robot in order, without waits; WAIT (3) fills the rows
    lengths   int32 (n,), actions of each robot
    cells     int32 (n,), headings int8 (n,): where each robot will be after its staged actions; all cells differ
    """

    actions: UInt8
    lengths: Int32
    cells: Int32
    headings: Int8


class StagedExecution:
    """Keeps the staged actions of a fleet and the order in which robots pass each cell.

    How it goes: `stage` a window that was planned from `staged.cells` and `staged.headings`, then for each tick `go`;
    while the next window is planned the ticks go on. All columns are plain numpy arrays, one row a robot.

    At every `stage` the staged actions, old and new, are played through as if nobody were delayed; what nobody would
    begin within `horizon_ticks` is dropped, and so is whatever could never be carried out (a ring). So what is staged
    can always be carried out, late robots get nothing more to do until they have caught up, and plans stay fresh.
    What a robot has begun is never dropped.
    """

    def __init__(
        self,
        layout: Layout,
        cells: Int32,
        headings: Int8,
        action_ticks: int,
        horizon_ticks: int,
        *,
        follow: bool = True,
    ) -> None:
        """Begin with robots at rest, all on different passable cells, and nothing staged.

        action_ticks   ticks that one cell forward or a quarter turn takes
        horizon_ticks  what is staged shall keep the robots busy for so many ticks: those between two plans
        follow         a robot may drive straight behind another that drives the same way, a whole cell behind it.
                       False: a cell is entered only when it has been left for good. Choose False for a simulator that
                       does not stop robots whose way is blocked by a delay that begins in this very tick.

        Raises SettingError if a number is below 1, PlanError if robots stand on each other or on obstacles.
        """
        for name, value in (("action_ticks", action_ticks), ("horizon_ticks", horizon_ticks)):
            if value < 1:
                raise SettingError(name, f"is {value}", "use 1 or more")
        self._layout = layout
        self._action_ticks = action_ticks
        self._horizon_ticks = horizon_ticks
        self._follow = follow
        self._cells: Int32 = np.array(cells, dtype=np.int32)
        self._headings: Int8 = np.array(headings, dtype=np.int8)
        n = len(self._cells)
        if len(np.unique(self._cells)) != n or not layout.passable[self._cells].all():
            raise PlanError("robots must be on different passable cells")
        self._progress: Int32 = np.zeros(n, dtype=np.int32)
        self._occupant: Int32 = np.full(layout.cells, _staged_execution.NOBODY, dtype=np.int32)
        self._occupant[self._cells] = np.arange(n, dtype=np.int32)
        self._left: Int32 = np.zeros(layout.cells, dtype=np.int32)
        self._issued: Int32 = np.zeros(layout.cells, dtype=np.int32)
        self._issued[self._cells] = 1
        self._actions: UInt8 = np.empty((n, 0), dtype=np.uint8)
        self._visits: Int32 = np.empty((n, 0), dtype=np.int32)
        self._first: Int32 = np.zeros(n, dtype=np.int32)
        self._lengths: Int32 = np.zeros(n, dtype=np.int32)
        self._decided: UInt8 = np.empty(n, dtype=np.uint8)
        self._may: Bool = np.empty(n, dtype=np.bool_)
        self._stack: Int32 = np.empty(n + 1, dtype=np.int32)
        self._end_cells = self._cells.copy()
        self._end_headings = self._headings.copy()

    @property
    def staged(self) -> Staged:
        """What is staged now, and where it leads: where the next window has to begin."""
        self._compact(0)
        actions = self._actions.copy()
        actions[np.arange(actions.shape[1])[None, :] >= self._lengths[:, None]] = Action.WAIT
        return Staged(actions, self._lengths.copy(), self._end_cells.copy(), self._end_headings.copy())

    def stage(self, window: UInt8) -> Staged:
        """Append a window, uint8 (w, n), planned from where the staged actions lead; return what is staged now.

        A window is a valid synchronous plan: step by step nobody enters a cell that is not free or left in that step.
        Raises PlanError for another shape, an unknown action or one that leaves the floor.
        """
        window = np.ascontiguousarray(window, dtype=np.uint8)
        if window.ndim != 2 or window.shape[1] != len(self._cells) or window.max(initial=0) > Action.WAIT:
            raise PlanError(f"a window has actions 0 to 3 in shape (w, {len(self._cells)}), not {window.shape}")
        self._compact(len(window))
        cells, headings = self._end_cells.copy(), self._end_headings.copy()
        astray = _staged_execution.append_window(
            window, self._layout.neighbours, cells, headings, self._issued, self._actions, self._visits, self._lengths
        )
        if astray >= 0:
            raise PlanError(f"the window leads robot {astray} off the floor")
        self._rehearse()
        return self.staged

    def go(self, cells: Int32, headings: Int8, progress: Int32, delayed: Bool | None = None) -> Bool:
        """Tell who goes on with its first staged action in this tick, bool (n,); the others stop.

        cells int32 (n,), headings int8 (n,): where the robots are now; a robot is in its old cell until its move is
        complete. progress int32 (n,): ticks of the action that they have begun, 0 for those who have begun none.
        delayed bool (n,): robots of which it is known that they cannot move in this tick.

        Raises PlanError if a robot did something else than finish its first staged action.
        """
        self._observe(cells, headings, progress)
        if delayed is None:
            self._may[:] = True
        else:
            np.logical_not(delayed, out=self._may)
        _staged_execution.decide(
            self._follow, self._layout.neighbours, self._cells, self._headings, self._progress, self._may,
            self._actions, self._visits, self._first, self._lengths, self._left, self._occupant, self._decided,
            self._stack,
        )  # fmt: skip
        going: Bool = self._decided == _staged_execution.GO
        return going

    def see(self, cells: Int32, headings: Int8, progress: Int32) -> None:
        """Take over where the robots are now, as `go` does; before `stage` if ticks have passed since the last `go`."""
        self._observe(cells, headings, progress)

    def warmup(self) -> None:
        """Compile the kernels, on one robot of its own."""
        alone = StagedExecution(self._layout, self._layout.free_cells[:1], np.zeros(1, dtype=np.int8), 1, 1)
        alone.stage(np.full((1, 1), Action.TURN_CW, dtype=np.uint8))
        alone.go(alone._cells, alone._headings, alone._progress)

    def _observe(self, cells: Int32, headings: Int8, progress: Int32) -> None:
        astray = _staged_execution.observe(
            np.ascontiguousarray(cells, dtype=np.int32), np.ascontiguousarray(headings, dtype=np.int8),
            self._layout.neighbours, self._cells, self._headings, self._actions, self._first, self._lengths,
            self._left, self._occupant,
        )  # fmt: skip
        if astray >= 0:
            raise PlanError(f"robot {astray} did something else than its first staged action")
        self._progress[:] = progress

    def _rehearse(self) -> None:
        cells, headings, progress = self._cells.copy(), self._headings.copy(), self._progress.copy()
        first, left, occupant = self._first.copy(), self._left.copy(), self._occupant.copy()
        _staged_execution.rehearse(
            self._horizon_ticks, self._action_ticks, self._follow, self._layout.neighbours, cells, headings, progress,
            self._may, self._actions, self._visits, first, self._lengths, left, occupant, self._decided, self._stack,
        )  # fmt: skip
        self._lengths[:] = first
        # Visits that were begun are the first of each cell, so the numbers after them are free again.
        self._issued[:] = left
        self._issued[cells] += 1
        self._end_cells, self._end_headings = cells, headings

    def _compact(self, more: int) -> None:
        """Move the rows to the left, over what is done, and make room for more actions."""
        held = self._lengths - self._first
        width = int(held.max(initial=0)) + more
        actions = np.full((len(held), width), Action.WAIT, dtype=np.uint8)
        visits = np.zeros((len(held), width), dtype=np.int32)
        columns = np.arange(width)[None, :]
        taken = columns < held[:, None]
        robots, places = np.nonzero(taken)
        sources = places + self._first[robots]
        actions[robots, places] = self._actions[robots, sources]
        visits[robots, places] = self._visits[robots, sources]
        self._actions, self._visits = actions, visits
        self._lengths[:] = held
        self._first[:] = 0
