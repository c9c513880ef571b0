"""What a robot spends its time on, one activity a step."""

from __future__ import annotations

from enum import IntEnum


class Activity(IntEnum):
    """What a robot did in a step; as a column uint8."""

    DRIVING = 0  # on its way into the next cell
    TURNING = 1  # a quarter turn on the spot
    WAITING = 2  # it has somewhere else to be and stood still
    SERVICE = 3  # at a station, a pick face or a chute, being served
    CHARGING = 4  # on a charger, taking energy
    IDLE = 5  # it has nowhere else to be and stood still
