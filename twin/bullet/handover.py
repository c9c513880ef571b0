"""Which robots Bullet simulates: chosen ones, or those that are near a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from robots.truth import FloorTruth
from twin.physics.wheeled import Wheeled

_NEAR_M: Final = 2.5
_AWAY_M: Final = 3.5  # more than near, or a robot at the border would be handed to and fro


class Handover:
    """Hands robots over to Bullet after a tick, and takes them back.

    bodies  of the fleet, with a host
    robots  that Bullet simulates from the beginning to the end
    around  (x, y) of places, metres: robots that come near to one of them are simulated by Bullet until they leave
    """

    def __init__(self, bodies: Wheeled, robots: Sequence[int] = (), around: Sequence[tuple[float, float]] = ()) -> None:
        self._bodies = bodies
        self._robots = tuple(robots)
        self._around = np.array(around, dtype=np.float64).reshape(-1, 2)

    def follow(self, truth: FloorTruth) -> None:
        """Hand over and take back by where robots are."""
        away_m = np.full(len(truth.x_m), np.inf)
        for x_m, y_m in self._around:
            np.minimum(away_m, np.hypot(truth.x_m - x_m, truth.y_m - y_m), out=away_m)
        away_m[list(self._robots)] = 0.0
        hosted = self._bodies.bodies["elsewhere"].copy()
        for row in np.flatnonzero(~hosted & (away_m <= _NEAR_M)).tolist():
            self._bodies.hand_over(row)
        for row in np.flatnonzero(hosted & (away_m > _AWAY_M)).tolist():
            self._bodies.take_back(row)
