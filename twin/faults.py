"""What can go wrong on a simulated floor, as data: a fault has a moment, a kind and what it hits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Final


class FaultKind(Enum):
    """Kinds of faults, and which fields of a Fault they use besides `at_s`.

    Faults overlap freely. Of two of one kind on the same robot, cell or link the one that ends later counts.

    A robot that comes back from DEAD or REBOOT keeps of its base only the cell (the quarter turn) that it stands half
    in, and begins a service anew; so its body stays between `confirmed` and the end of `received`. It keeps its epoch,
    halt and speed limit. An OBSTACLE that appears where a robot is, or before one that cannot stop any more, does not
    hold it. SLIP to PERSON need robots with wheels (twin.physics). A displaced robot stands, and takes its base up
    again after `put_back`, from its confirmed cell.
    """

    DEAD = "dead"  # robot, seconds: brakes to a stop, says and hears nothing; comes back as after REBOOT
    REBOOT = (
        "reboot"  # robot, seconds: as DEAD, short: entries that it has not confirmed are forgotten (received falls)
    )
    MUTE = "mute"  # robot, seconds: no message gets to it or from it; it drives on as far as its base goes
    STUCK = "stuck"  # robot, seconds: its wheels are blocked, but it talks (flag FAILED)
    SLOW = "slow"  # robot, seconds, value: drives at `value` times its speed
    DISPLACED = "displaced"  # robot, value: pushed `value` metres to its left, until `put_back` (flag LOST)
    SLIP = "slip"  # cell, seconds, value: wheels have `value` times their traction there
    STALL = "stall"  # robot, seconds, value: one motor has no force: 0 the left one, 1 the right one
    DRIFT = "drift"  # robot, seconds, value: odometry measures (1 + value) times the way
    BLIND = "blind"  # robot, seconds: reads no floor markers
    DROPPED_LOAD = "dropped_load"  # robot, seconds: its load falls, and lies in its cell; others stop before it
    PERSON = "person"  # cell, seconds, value: somebody walks from there at `value` m/s; robots stop before them
    OBSTACLE = "obstacle"  # cell, seconds: something stands there; robots stop before it (flag BLOCKED)
    CHARGER_OUT = "charger_out"  # cell, seconds: the charger there gives nothing
    DRAINED = "drained"  # robot, value: its battery falls to `value` percent
    LOSS = "loss"  # seconds, value: every message is lost with probability `value`
    DELAY = "delay"  # seconds, value: every message takes up to `value` seconds longer, so they overtake each other
    DUPLICATION = "duplication"  # seconds, value: every message comes twice with probability `value`


# Only bodies with wheels know these.
OF_WHEELS: Final = frozenset(
    {
        FaultKind.SLIP,
        FaultKind.STALL,
        FaultKind.DRIFT,
        FaultKind.BLIND,
        FaultKind.DROPPED_LOAD,
        FaultKind.PERSON,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: from `at_s` on for `seconds` (inf: for good), in seconds on the driver's clock."""

    at_s: float
    kind: FaultKind
    robot: int = -1
    cell: int = -1
    seconds: float = inf
    value: float = 0.0
