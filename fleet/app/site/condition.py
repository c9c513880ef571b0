"""What people call what a robot is up to, one word a robot."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Protocol

import numpy as np

from robots.arrays import Bool, Int32, UInt8
from robots.state import Flag, FleetState

# A robot slower than this stands, metres a second; one that is this far off a quarter turn is turning, radians.
_STANDS_MPS: Final = 0.02
_TURNS_RAD: Final = 0.02


class Condition(IntEnum):
    """What a robot is up to; of several, the last one here. As a column uint8."""

    IDLE = 0  # it has nowhere else to be
    WAITING = 1  # it has somewhere else to be and stands still
    TURNING = 2
    DRIVING = 3
    SERVICE = 4  # at a station, a pick face or a chute, being served
    CHARGING = 5
    HALTED = 6  # it stands until it is told to go on
    BLOCKED = 7  # it has stood before something unexpected for a while
    EMPTY = 8  # its battery is
    LOST = 9  # it is, or says that it is, where it should not be
    FAILED = 10  # somebody has to see to it
    SILENT = 11  # nothing has been heard of it for a while


# Those that a person ought to look at.
TROUBLED: Final = (Condition.BLOCKED, Condition.EMPTY, Condition.LOST, Condition.FAILED, Condition.SILENT)


class Watch(Protocol):
    """Who is in trouble, bool (n,) each; see fleet.traffic.robot_watch."""

    silent: Bool
    astray: Bool
    blocked: Bool


def conditions(state: FleetState, watch: Watch, goal: Int32) -> UInt8:
    """Return the Condition of every robot, uint8 (n,); goal: int32 (n,), the cell that each wants to be in, or -1."""
    condition = np.full(state.robots, Condition.IDLE, dtype=np.uint8)
    condition[(goal >= 0) & (goal != state.cell)] = Condition.WAITING
    quarters = state.theta_rad / np.float32(np.pi / 2)
    condition[np.abs(quarters - np.rint(quarters)) > _TURNS_RAD / (np.pi / 2)] = Condition.TURNING
    condition[state.speed_mps > _STANDS_MPS] = Condition.DRIVING
    condition[state.service_left_s > 0] = Condition.SERVICE
    condition[state.charging] = Condition.CHARGING
    condition[(state.flags & Flag.HALTED) != 0] = Condition.HALTED
    condition[watch.blocked] = Condition.BLOCKED
    condition[state.charge_percent <= 0] = Condition.EMPTY
    condition[watch.astray] = Condition.LOST
    condition[(state.flags & Flag.FAILED) != 0] = Condition.FAILED
    condition[watch.silent] = Condition.SILENT
    return condition


def count_conditions(condition: UInt8) -> dict[str, int]:
    """Return how many robots are in each condition that there is, by its name in small letters."""
    counts = np.bincount(condition, minlength=len(Condition))
    return {kind.name.lower(): int(counts[kind]) for kind in Condition if counts[kind]}
