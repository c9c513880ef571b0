"""How long a line was in each of its states."""

from __future__ import annotations

from collections.abc import Sequence

from twin.cells.station_cell import STEP_S, LineState


class LineTimes:
    """Steps that a cell spent in each LineState: whole numbers, so that they add up to its `steps` exactly.

    steps  of an earlier `steps`, by value of LineState; none if left out
    """

    def __init__(self, steps: Sequence[int] | None = None) -> None:
        self._steps = [0] * len(LineState) if steps is None else list(steps)

    @property
    def steps(self) -> tuple[int, ...]:
        """By value of LineState."""
        return tuple(self._steps)

    def add(self, state: LineState, steps: int) -> None:
        """Count so many steps in a state."""
        self._steps[state] += steps

    def seconds(self) -> dict[LineState, float]:
        """Return the time in every state, seconds."""
        return {state: self._steps[state] * STEP_S for state in LineState}
