"""What all work cells in Bullet have: a world, somebody who is called when something falls, and times of states."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from twin.cells.attendant import Attendant
from twin.cells.cell_world import CellWorld
from twin.cells.keyframed_cell import KeyframedCell
from twin.cells.line_times import LineTimes
from twin.cells.station_cell import LineState


class BulletCell(KeyframedCell):
    """A cell in a world of Bullet of its own, for a StationCell to be made from: see there for what methods do.

    seed      of everything random, how long an attendant takes included
    attend_s  median time until somebody has put right what fell or got stuck, seconds
    """

    def __init__(self, seed: int, attend_s: float) -> None:
        super().__init__()
        self._seed: Final = seed
        self._world: Final = CellWorld()
        self._attendant: Final = Attendant(seed, attend_s)
        self._times = LineTimes()

    @property
    @abstractmethod
    def state(self) -> LineState:
        """What it does now."""

    def seconds_in_states(self) -> dict[LineState, float]:
        """How long it was in each state, seconds; together as long as all its steps."""
        return self._times.seconds()

    def advance(self, steps: int) -> None:
        """Simulate so many steps of STEP_S; time alone passes while it is not busy."""
        super().advance(steps)
        self._times.add(self.state, self._steps - sum(self._times.steps))

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
        self._world.close()
