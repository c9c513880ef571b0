"""Does to a fleet what a block of a trace says was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from robots.driver import Commands
from robots.state import FleetState
from twin.faults import Fault
from twin.recording.command_log import CommandReader
from twin.recording.trace_parts import OTHER, POLL, OtherCall, TickBlock


class Playable(Protocol):
    """What can be done to a simulated fleet: SimulatedFleet and Recording, see there."""

    def open(self) -> FleetState:
        """Open the fleet again after a stop."""

    def submit(self, commands: Commands) -> None:
        """Hand rows over."""

    def poll(self) -> FleetState:
        """Let one tick pass."""

    def stop(self) -> None:
        """Stop all robots."""

    def inject(self, fault: Fault) -> None:
        """Let a fault happen."""

    def put_back(self, robot: int) -> bool:
        """Set a displaced robot down."""

    def cancel(self, robot: int) -> None:
        """Have a robot drop its base."""

    def place(self, robot: int, cell: int, heading: int) -> bool:
        """Carry a robot to a cell."""

    def recharge(self, robot: int, percent: float) -> None:
        """Bring a robot energy."""

    def hold(self, robot: int, *, held: bool) -> None:
        """Let a service last until it is held no more."""


def play(fleet: Playable, block: TickBlock) -> Iterator[FleetState]:
    """Go through the ticks of a block with a fleet that stands at its beginning; the state after each of them.

    What was done after the last tick is done too, unless the caller stops there. The states are overwritten by the next
    tick. Raises DriverError if the fleet cannot do what it did when this was recorded: it is another fleet.
    """
    commands = CommandReader(block.commands, len(block.charge_percent))
    calls = iter(block.calls)
    for place in range(len(block.script)):
        item = block.script[place : place + 1]
        if item == POLL:
            yield fleet.poll()
        elif item == OTHER:
            _call(fleet, next(calls))
        else:
            fleet.submit(commands.next())


def _call(fleet: Playable, call: OtherCall) -> None:
    if call.fault is not None:
        fleet.inject(call.fault)
    elif call.method in ("hold", "let_go"):
        fleet.hold(int(call.arguments[0]), held=call.method == "hold")
    else:
        getattr(fleet, call.method)(*call.arguments)
