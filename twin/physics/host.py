"""Who simulates the bodies of single robots instead of the fleet kernel: the seam to Bullet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from robots.arrays import Float64
from twin.fleet_records import Record, Records


class BodyHost(Protocol):
    """Simulates bodies that were handed to it, substep by substep, with wheels of its own.

    The firmware, the trajectory controller and the senses of such a robot stay what they are: what the host reads are
    `heard_left` and `heard_right` of its `body_records.BODY`, what it writes are `x`, `y`, `theta` (not wrapped),
    `forward`, `sideways`, `turning`, `left`, `right`, `work_j` (added to) and `slipping`. A wheel's tread is to move at
    what it hears times `left_scale` (`right_scale`), after the motor's lag. `touches` is written by the fleet kernel,
    from where bodies are; robots that the kernel moves are pushed by those of the host, which must stop at them itself.
    """

    def take(self, row: int, body: Record) -> None:
        """Go on with a robot from the state that its body has now; it may have been carried since the host had it."""

    def let_go(self, row: int) -> None:
        """Forget a robot: the kernel goes on from its record, as the last step has left it."""

    def step(self, bodies: Records, dt: float, now_s: float) -> None:
        """Let `dt` seconds pass for the robots that were taken. The others are where their records say.

        now_s: when the period of the firmware began, for faults that have an end.
        """

    def stand_on(self, grip: Float64) -> None:
        """Read in every step from now on what share of its traction a wheel has on each cell, float64 (cells,)."""

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """What goes on in the host besides body records, in an order that never changes: for checkpoints."""
