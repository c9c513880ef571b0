"""A driver around a simulated fleet that lets others look at the floor after each tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from robots.driver import Commands
from robots.state import FleetState
from robots.truth import FloorTruth
from twin.cells.served_fleet import ServedFleet
from twin.recording.recording import Recording
from twin.simulated_fleet import SimulatedFleet


class AttendedFleet:
    """A FleetDriver that does what the fleet does, and calls each attendant with what happened in the tick."""

    def __init__(
        self, fleet: SimulatedFleet | Recording | ServedFleet, attendants: Sequence[Callable[[FloorTruth], None]] = ()
    ) -> None:
        self._fleet = fleet
        self._attendants = tuple(attendants)

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return self._fleet.entries_ahead

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh."""
        return self._fleet.charge_wh_used

    def open(self) -> FleetState:
        """Open the fleet; those who look see it as it begins."""
        state = self._fleet.open()
        self._attend()
        return state

    def submit(self, commands: Commands) -> None:
        """Hand the rows on."""
        self._fleet.submit(commands)

    def poll(self) -> FleetState:
        """Let a tick pass, and let everybody look."""
        state = self._fleet.poll()
        self._attend()
        return state

    def stop(self) -> None:
        """Stop the fleet."""
        self._fleet.stop()

    def close(self) -> None:
        """Close the fleet."""
        self._fleet.close()

    def _attend(self) -> None:
        truth = self._fleet.truth()
        for attendant in self._attendants:
            attendant(truth)
