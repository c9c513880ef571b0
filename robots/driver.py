"""FleetDriver: the one seam between the controller and robots, simulated or real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from robots.arrays import Bool, Float32, UInt8
from robots.state import FleetState


@dataclass(slots=True)
class Commands:
    """What every robot is to do in the next step; columns of length n.

    action     uint8, see robots.state.Action
    service_s  float32, > 0 starts a station action (pick, drop) of that many seconds where the robot stands; its
               action must be WAIT in this step and in every step until the action is done
    charge     bool, take energy from the charger on whose cell the robot stands; its action must be WAIT
    """

    action: UInt8
    service_s: Float32
    charge: Bool


class FleetDriver(Protocol):
    """Carries commands to robots and brings their states back.

    Life cycle: `open` once, then `submit` and `poll` in turns, `close` once; `stop` at any time in between. A driver
    raises `robots.errors.DriverError` when a command is impossible for a robot; nothing of that batch is carried out.
    """

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh."""

    def open(self) -> FleetState:
        """Connect to the robots and return where they are."""

    def submit(self, commands: Commands) -> None:
        """Hand over the commands of the next step; does not wait for the robots."""

    def poll(self) -> FleetState:
        """Return the states after the submitted step; a simulated driver advances its clock by one step here.

        The returned columns belong to the driver and are valid until the next `poll`.
        """

    def stop(self) -> None:
        """Make every robot stop where it stands; later commands are refused until the driver is opened again."""

    def close(self) -> None:
        """Let go of the robots and of every resource. May be called twice."""
