"""What really happened on a simulated floor: for auditors and pictures, never for the controller."""

from __future__ import annotations

from dataclasses import dataclass

from robots.arrays import Bool, Float64, Int32


@dataclass(slots=True)
class FloorTruth:
    """The floor after a tick. Columns of length n have one row a robot; poses as in robots.state.FleetState.

    x_m, y_m, theta_rad  float64 (n,), where the robots really are
    displaced   bool (n,), something moved the robot from where it drove, and nobody has put it back yet
    epoch, received, confirmed  int32 (n,), what the robots themselves have, before any report of it got through
    delivered_robot, delivered_epoch  int32 (d,), rows of commands that came to robots in this tick, in order
    effect_robot, effect_entry  int32 (e,), SERVICE entries that took effect in this tick: whose, and their number in
                the robot's base
    """

    time_s: float
    x_m: Float64
    y_m: Float64
    theta_rad: Float64
    displaced: Bool
    epoch: Int32
    received: Int32
    confirmed: Int32
    delivered_robot: Int32
    delivered_epoch: Int32
    effect_robot: Int32
    effect_entry: Int32
