"""Work cells of a floor that run side by side with its robots, in this process or in others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from robots.errors import InputError
from twin.cells.parcel import Parcel
from twin.cells.station_cell import LineState, StationCell, Whereabouts

MakeCell = Callable[[], StationCell]


class Outcome(Enum):
    """What became of a robot at a cell."""

    TAKEN_ON = "taken_on"
    REFUSED = "refused"  # the cell cannot handle its parcels: a person does it
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Told:
    """What a cell tells of its robot, after a run.

    taken  ids of the parcels that the robot takes with it, of one that is finished
    why    why it was refused
    """

    dock: int
    outcome: Outcome
    taken: tuple[int, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class CellReport:
    """A cell after a run; `seconds` that it was in each state so far."""

    dock: int
    state: LineState
    whereabouts: Whereabouts
    seconds: dict[LineState, float]


class CellCrew(Protocol):
    """Cells by the cell of the floor (`dock`) where robots stand for them. Serve, run and done go in turns."""

    @property
    def docks(self) -> frozenset[int]:
        """Cells of the floor that have a work cell."""

    def serve(self, dock: int, parcels: Sequence[Parcel]) -> None:
        """A robot has come for these parcels, or with them; the next `done` tells whether the cell takes it on."""

    def run(self, steps: int) -> None:
        """Let all cells run for so many steps; does not wait for them."""

    def done(self) -> list[Told]:
        """Wait for the run, and return what the cells have to tell, by dock. A robot that is finished has left."""

    def reports(self) -> list[CellReport]:
        """Return how all cells are, by dock; between `done` and the next `serve`."""

    def checkpoint(self) -> Mapping[int, bytes]:
        """All there is to know of the cells, by dock; between `done` and the next `serve`."""

    def resume(self, checkpoint: Mapping[int, bytes], serving: Collection[int]) -> None:
        """Go on from a checkpoint of cells that were made with the same arguments; some were serving robots."""

    def close(self) -> None:
        """Let go of all cells. May be called twice."""


@runtime_checkable
class _WithCage(Protocol):
    """A cell that fills a roll cage."""

    @property
    def cage_full(self) -> bool:
        """Whether nothing more goes in."""

    def swap(self) -> tuple[int, ...]:
        """Put an empty one in its place."""


class LocalCells:
    """Cells in this process, one after the other. A cell that is not busy costs next to nothing.

    Somebody stands ready to swap the roll cage of a cell: a robot that finds it full waits for a tick or two.
    """

    def __init__(self, makers: Mapping[int, MakeCell]) -> None:
        self._cells = {dock: makers[dock]() for dock in sorted(makers)}
        self._serving: set[int] = set()
        self._told: list[Told] = []

    @property
    def docks(self) -> frozenset[int]:
        """Cells of the floor that have a work cell."""
        return frozenset(self._cells)

    def serve(self, dock: int, parcels: Sequence[Parcel]) -> None:
        """A robot has come."""
        cell = self._cells[dock]
        try:
            cell.feed(parcels)
            cell.begin([parcel.id for parcel in parcels])
        except InputError as refusal:
            self._told.append(Told(dock, Outcome.REFUSED, why=refusal.problem.split(":")[0]))
        else:
            self._serving.add(dock)
            self._told.append(Told(dock, Outcome.TAKEN_ON))

    def run(self, steps: int) -> None:
        """Let all cells run."""
        for dock, cell in self._cells.items():
            cell.advance(steps)
            if isinstance(cell, _WithCage) and cell.cage_full and not cell.busy:
                cell.swap()
            if dock in self._serving and cell.finished:
                self._serving.remove(dock)
                self._told.append(Told(dock, Outcome.FINISHED, cell.leave()))

    def done(self) -> list[Told]:
        """Return what the cells have to tell."""
        told = sorted(self._told, key=lambda one: one.dock)
        self._told.clear()
        return told

    def reports(self) -> list[CellReport]:
        """Return how all cells are."""
        return [
            CellReport(dock, cell.state, cell.whereabouts(), cell.seconds_in_states())
            for dock, cell in self._cells.items()
        ]

    def checkpoint(self) -> Mapping[int, bytes]:
        """All there is to know of the cells."""
        return {dock: cell.checkpoint() for dock, cell in self._cells.items()}

    def resume(self, checkpoint: Mapping[int, bytes], serving: Collection[int]) -> None:
        """Go on from a checkpoint."""
        self._told.clear()
        self._serving = set(serving)
        for dock, cell in self._cells.items():
            cell.resume(checkpoint[dock])

    def close(self) -> None:
        """Let go of all cells."""
        for cell in self._cells.values():
            cell.close()
