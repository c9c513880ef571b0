"""The state of a fleet: contiguous columns, one row a robot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

from robots.arrays import Bool, Float32, Float64, Int8, Int32, UInt8


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


class Entry(IntEnum):
    """What a base is made of, see robots.driver; the first four mean what they mean as an Action."""

    FORWARD = 0  # into the next cell where the robot faces; confirmed once nothing of it is in the cell before
    TURN_CW = 1  # a quarter turn where it stands
    TURN_CCW = 2
    WAIT = 3  # no entry: fills up a row
    SERVICE = 4  # a station action (pick, drop) where it stands; takes effect once, when it is confirmed
    CHARGE = 5  # take energy from the charger here, until another entry follows; confirmed when it has begun


class Flag(IntFlag):
    """What a robot says of itself besides numbers; as a column uint8."""

    HALTED = 1  # it stands, and will until it is told to go on
    BLOCKED = 2  # something that it did not expect is in its way; it stands before it and goes on when it is gone
    FAILED = 4  # it cannot move until somebody has seen to it
    LOST = 8  # it is not where its base says; it stands


@dataclass(slots=True)
class FleetState:
    """Robots as their driver last heard of them. Row i is robot i in every column; all columns have length n.

    cell            int32, row * width + column: where the last confirmed entry of its base led
    heading         int8, see Heading: how it faces after that entry
    charge_percent  float32, battery charge, 0 to 100
    service_left_s  float32, seconds left of the station action under way, 0 when there is none
    charging        bool, connected to a charger and taking energy
    epoch           int32, the epoch that the robot obeys, see robots.driver
    received        int32, entries of its base that the robot has, counted from the first `open`
    confirmed       int32, entries of its base that are done, likewise; never more than received
    x_m, y_m        float32, metres from the map's north-west corner; x grows east, y grows south
    theta_rad       float32, 0 east, clockwise seen from above (y grows south)
    speed_mps       float32
    flags           uint8, see Flag
    heard_s         float64, when the report was made that this row is from, in seconds on the driver's clock
    time_s          the driver's clock now, in seconds
    """

    time_s: float
    cell: Int32
    heading: Int8
    charge_percent: Float32
    service_left_s: Float32
    charging: Bool
    epoch: Int32
    received: Int32
    confirmed: Int32
    x_m: Float32
    y_m: Float32
    theta_rad: Float32
    speed_mps: Float32
    flags: UInt8
    heard_s: Float64

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.cell)

    @classmethod
    def at(
        cls,
        cell: Int32,
        heading: Int8 | None = None,
        charge_percent: Float32 | float = 100.0,
        *,
        width: int = 1,
        cell_m: float = 1.0,
    ) -> FleetState:
        """Robots at rest at time 0 in the middle of the given cells, facing east unless said, with an empty base.

        width, cell_m: columns of the map and side of a cell in metres, for the poses.
        """
        n = len(cell)
        cell = np.array(cell, dtype=np.int32)
        heading = np.zeros(n, dtype=np.int8) if heading is None else np.array(heading, dtype=np.int8)
        return cls(
            time_s=0.0,
            cell=cell,
            heading=heading,
            charge_percent=np.array(np.broadcast_to(np.float32(charge_percent), (n,)), dtype=np.float32),
            service_left_s=np.zeros(n, dtype=np.float32),
            charging=np.zeros(n, dtype=np.bool_),
            epoch=np.zeros(n, dtype=np.int32),
            received=np.zeros(n, dtype=np.int32),
            confirmed=np.zeros(n, dtype=np.int32),
            x_m=((cell % width + 0.5) * cell_m).astype(np.float32),
            y_m=((cell // width + 0.5) * cell_m).astype(np.float32),
            theta_rad=(heading * (np.pi / 2)).astype(np.float32),
            speed_mps=np.zeros(n, dtype=np.float32),
            flags=np.zeros(n, dtype=np.uint8),
            heard_s=np.zeros(n, dtype=np.float64),
        )
