"""Distance fields for goals, found within bounds: at the beginning everybody needs one at once."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.clock import Clock
from robots.arrays import Bool, Int32

# Between looks at the clock.
_AT_ONCE = 8


class GoalFields:
    """Finds missing distance fields, the most wanted first, so many or so long at a call.

    most      fields that may be found in one call
    seconds   seconds after which no more fields are found in a call: on a machine that keeps up with `most` this
              changes nothing
    """

    def __init__(self, distances: DistanceFields, clock: Clock, most: int, seconds: float) -> None:
        self._distances = distances
        self._clock = clock
        self._most = most
        self.seconds = seconds

    def ready(self, goals: Int32) -> Bool:
        """Find missing fields of goals, int32 (n,); tell whose goal has one now, bool (n,). NO_CELL has none."""
        wanted, robots = np.unique(goals, return_counts=True)
        missing = (wanted != NO_CELL) & ~self._distances.holds(wanted)
        wanted, robots = wanted[missing], robots[missing]
        wanted = wanted[np.argsort(-robots, kind="stable")][: self._most]
        begun = self._clock.now()
        for some in range(0, len(wanted), _AT_ONCE):
            self._distances.slots(wanted[some : some + _AT_ONCE])
            if self._clock.now() - begun > self.seconds:
                break
        return self._distances.holds(goals)
