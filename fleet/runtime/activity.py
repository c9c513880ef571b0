"""What a robot spends its time on, one activity a step."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np

from robots.arrays import Bool
from robots.state import FleetState

# A robot slower than this stands, metres a second; one that is this far off a quarter turn is turning, radians.
_STANDS_MPS: Final = 0.02
_TURNS_RAD: Final = 0.02


class Activity(IntEnum):
    """What a robot did in a step; as a column uint8."""

    DRIVING = 0  # on its way into the next cell
    TURNING = 1  # a quarter turn on the spot
    WAITING = 2  # it has somewhere else to be and stood still
    SERVICE = 3  # at a station, a pick face or a chute, being served
    CHARGING = 4  # on a charger, taking energy
    IDLE = 5  # it has nowhere else to be and stood still


def driving(state: FleetState) -> Bool:
    """Return which robots are not at rest, bool (n,)."""
    moves: Bool = state.speed_mps > _STANDS_MPS
    return moves


def turning(state: FleetState) -> Bool:
    """Return which robots are between two headings, bool (n,)."""
    off: Bool = np.abs((state.theta_rad / (np.pi / 2) + 0.5) % 1.0 - 0.5) * (np.pi / 2) > _TURNS_RAD
    return off
