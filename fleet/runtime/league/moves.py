"""What a joint action does to the robots, and why the League refuses one (Start-Kit, ActionModel)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Int8, Int32, UInt8
from robots.state import Action

# Change of heading by action: forward, clockwise, counter-clockwise, wait.
_TURN: Int8 = np.array([0, 1, -1, 0], dtype=np.int8)


@dataclass(frozen=True, slots=True)
class MoveError:
    """Why a joint action is refused. `other` is -1 if only one robot is to blame."""

    robot: int
    other: int
    reason: str


class LeagueMoves:
    """Applies joint actions to robots that start facing east; refuses invalid ones as a whole.

    cells     int32 (n,), headings int8 (n,): where the robots are now
    """

    def __init__(self, layout: Layout, starts: Int32) -> None:
        self.layout = layout
        self.cells: Int32 = np.array(starts, dtype=np.int32)
        self.headings: Int8 = np.zeros(len(starts), dtype=np.int8)
        self._numbers: Int32 = np.arange(len(starts), dtype=np.int32)
        self._in_cell: Int32 = np.full(layout.cells, -1, dtype=np.int32)

    def apply(self, actions: UInt8) -> MoveError | None:
        """Carry out one action a robot, uint8 (n,), or nothing at all if the joint action is invalid.

        Returns what is wrong for the first robot that the League would name, or None.
        """
        after = self._targets(actions)
        if not self._is_valid(after):
            return self._first_error(after)
        self.headings = (self.headings + _TURN[actions]) & np.int8(3)
        self.cells = after
        return None

    def _targets(self, actions: UInt8) -> Int32:
        """Where the actions lead; -1 for a robot that would leave the floor or do something unknown."""
        forward = actions == Action.FORWARD
        after = np.where(forward, self.layout.neighbours[self.cells, self.headings], self.cells)
        return np.where(actions <= Action.WAIT, after, np.int32(-1))

    def _is_valid(self, after: Int32) -> bool:
        if after.min(initial=0) < 0:
            return False
        in_cell = self._in_cell
        in_cell[after] = self._numbers
        alone = bool((in_cell[after] == self._numbers).all())
        # Robots that stand where another stood swap with it if that one now stands where they stood.
        came = in_cell[self.cells]
        swapped = (came >= 0) & (came != self._numbers) & (in_cell[self.cells[came]] == self._numbers)
        in_cell[after] = -1
        return alone and not bool(swapped.any())

    def _first_error(self, after: Int32) -> MoveError:
        taken: dict[int, int] = {}
        travelled: dict[tuple[int, int], int] = {}
        for robot, (here, there) in enumerate(zip(self.cells.tolist(), after.tolist(), strict=True)):
            if there < 0:
                return MoveError(robot, -1, "unallowed move")
            if there in taken:
                return MoveError(robot, taken[there], "vertex conflict")
            if (there, here) in travelled:
                return MoveError(robot, travelled[there, here], "edge conflict")
            taken[there] = robot
            travelled[here, there] = robot
        raise AssertionError("a joint action is refused only for a reason")
