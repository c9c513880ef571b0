"""The state of a fleet: contiguous columns, one row a robot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from robots.arrays import Bool, Float32, Int8, Int32


class Heading(IntEnum):
    """Where a robot faces; x grows east, y grows south."""

    EAST = 0
    SOUTH = 1
    WEST = 2
    NORTH = 3


class Action(IntEnum):
    """What a robot does in one step."""

    FORWARD = 0
    TURN_CW = 1
    TURN_CCW = 2
    WAIT = 3


@dataclass(slots=True)
class FleetState:
    """Robots as their driver last reported them. Row i is robot i in every column; all columns have length n.

    cell            int32, row * width + column
    heading         int8, see Heading
    charge_percent  float32, battery charge, 0 to 100
    service_left_s  float32, seconds left of the station action under way, 0 when there is none
    charging        bool, connected to a charger and taking energy
    time_s          time of the report on the driver's clock, in seconds
    """

    time_s: float
    cell: Int32
    heading: Int8
    charge_percent: Float32
    service_left_s: Float32
    charging: Bool

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.cell)

    @classmethod
    def at(cls, cell: Int32, heading: Int8 | None = None, charge_percent: Float32 | float = 100.0) -> FleetState:
        """Robots at rest at time 0 on the given cells, facing east unless said."""
        n = len(cell)
        return cls(
            time_s=0.0,
            cell=np.array(cell, dtype=np.int32),
            heading=np.zeros(n, dtype=np.int8) if heading is None else np.array(heading, dtype=np.int8),
            charge_percent=np.array(np.broadcast_to(np.float32(charge_percent), (n,)), dtype=np.float32),
            service_left_s=np.zeros(n, dtype=np.float32),
            charging=np.zeros(n, dtype=np.bool_),
        )
