"""What carries simulated robots: the seam between their firmware (`_firmware.py`) and how they really move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from robots.arrays import Int64
from twin.faults import Fault, FaultKind


class Bodies(Protocol):
    """Bodies of a fleet. They share the fleet's robot records (`fleet_records.ROBOT`) with the firmware.

    Read: `doing`, `cell`, `heading`, and the firmware's orders for the period to come: `go` (drive; else brake and
    stand), `target` (way from the middle of the confirmed cell, or angle from the confirmed heading, on the entry
    under way, where the robot is to come to rest) and `top` (speed that it may not pass, m/s or rad/s).

    Write: `along` and `speed` as the robot itself believes them (`speed` is 0 once it stands), `x`, `y`, `theta` where
    it really is, `drain` (percent of a battery that wheels and electronics took in the period; a service and charging
    are the firmware's), and `lost` of a robot that knows that it has left its way.
    """

    @property
    def faults(self) -> frozenset[FaultKind]:
        """Of the kinds of faults that hit bodies, those that these know."""

    def drive(self, start_s: float) -> None:
        """Let one period of the firmware pass, from `start_s` on."""

    def set_down(self, robot: int) -> None:
        """A robot was set at rest in the middle of its confirmed cell, as it faces there."""

    def hit(self, fault: Fault, until_s: float) -> None:
        """Let a fault of one of `faults` happen, which ends at `until_s`."""

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """All that changes in them besides the robot records, in an order that never changes: for checkpoints."""

    def contacts(self) -> Int64:
        """How often robots have begun to touch so far, int64 (3,): each other, racks and walls, people."""
