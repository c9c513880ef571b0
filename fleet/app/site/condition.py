"""What people call what a robot is up to, one word a robot."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, Protocol

import numpy as np

from fleet.runtime.activity import Activity, driving, turning
from robots.arrays import Bool, Float32, Int32, UInt8
from robots.state import Flag, FleetState


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


# The Condition of a robot that moves in step with the plan, by its Activity.
_IN_STEP: Final = np.array([Condition[activity.name] for activity in Activity], dtype=np.uint8)


class Watch(Protocol):
    """Who is in trouble, bool (n,) each; see fleet.traffic.robot_watch."""

    silent: Bool
    astray: Bool
    blocked: Bool


def conditions(state: FleetState, watch: Watch, goal: Int32) -> UInt8:
    """Return the Condition of every robot, uint8 (n,); goal: int32 (n,), the cell that each wants to be in, or -1."""
    condition = np.full(state.robots, Condition.IDLE, dtype=np.uint8)
    condition[(goal >= 0) & (goal != state.cell)] = Condition.WAITING
    condition[turning(state)] = Condition.TURNING
    condition[driving(state)] = Condition.DRIVING
    condition[state.service_left_s > 0] = Condition.SERVICE
    condition[state.charging] = Condition.CHARGING
    condition[(state.flags & Flag.HALTED) != 0] = Condition.HALTED
    condition[watch.blocked] = Condition.BLOCKED
    condition[state.charge_percent <= 0] = Condition.EMPTY
    condition[watch.astray] = Condition.LOST
    condition[(state.flags & Flag.FAILED) != 0] = Condition.FAILED
    condition[watch.silent] = Condition.SILENT
    return condition


def conditions_in_step(activity: UInt8, charge_percent: Float32) -> UInt8:
    """Return the Condition of robots that move in step with the plan, uint8 (n,): what each did in the last step."""
    condition: UInt8 = _IN_STEP[activity]
    condition[charge_percent <= 0] = Condition.EMPTY
    return condition


def count_conditions(condition: UInt8) -> dict[str, int]:
    """Return how many robots are in each condition that there is, by its name in small letters."""
    counts = np.bincount(condition, minlength=len(Condition))
    return {kind.name.lower(): int(counts[kind]) for kind in Condition if counts[kind]}
