"""What a tick of actions does to the robots (Start-Kit, ActionModel, edition 2026)."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import Layout
from fleet.runtime.league2026 import _moves
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.state import Action


class TickMoves:
    """Robots that start facing east; squares that may not overlap at any moment.

    cells     int32 (n,), headings int8 (n,): where the robots are; a robot is in its old cell until its move is done
    progress  int32 (n,), ticks of the action that is under way, 0 to action_ticks - 1
    out       int32 (n,), how far each is out of its cell, ahead, in action_ticks-th parts of a cell
    """

    def __init__(self, layout: Layout, starts: Int32, action_ticks: int, robot_size: float) -> None:
        n = len(starts)
        self.layout = layout
        self.action_ticks = action_ticks
        self.robot_size = robot_size
        self.cells: Int32 = np.array(starts, dtype=np.int32)
        self.headings: Int8 = np.zeros(n, dtype=np.int8)
        self.progress: Int32 = np.zeros(n, dtype=np.int32)
        self.out: Int32 = np.zeros(n, dtype=np.int32)
        self._first_in: Int32 = np.full(layout.cells, -1, dtype=np.int32)
        self._next_in: Int32 = np.empty(n, dtype=np.int32)
        self._ends: Int32 = np.empty(n, dtype=np.int32)
        self._state: UInt8 = np.empty(n, dtype=np.uint8)
        self._stack: Int32 = np.empty(n, dtype=np.int32)
        self._refused: Bool = np.empty(n, dtype=np.bool_)

    def apply(self, wanted: UInt8) -> UInt8:
        """Carry out a tick of actions, uint8 (n,); return what the robots did, WAIT for whoever could not go safely."""
        _moves.tick(
            self.layout.width, self.layout.height, self.layout.neighbours, self.cells, self.headings, self.progress,
            self.out, np.ascontiguousarray(wanted), self.action_ticks, self.robot_size * self.action_ticks,
            self._first_in, self._next_in, self._ends, self._state, self._stack, self._refused,
        )  # fmt: skip
        return np.where(self._refused, np.uint8(Action.WAIT), wanted)
