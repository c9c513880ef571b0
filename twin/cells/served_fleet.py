"""A driver around a simulated fleet whose services are really done: by work cells, and units change hands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

import msgspec
import numpy as np

from robots.arrays import Bool, Int32
from robots.driver import Commands
from robots.errors import DriverError
from robots.state import FleetState
from robots.truth import FloorTruth
from twin.cells.cell_crew import CellCrew, Outcome, Told
from twin.cells.parcel import Parcel
from twin.cells.station_cell import STEP_S
from twin.fleet_checkpoint import CheckpointError
from twin.recording.recording import Recording
from twin.simulated_fleet import SimulatedFleet

_EPS_S: Final = 1e-9


class WorkKind(Enum):
    """What a service does with units."""

    LOAD = "load"  # units come onto the robot
    UNLOAD = "unload"  # all its units come off
    TAKE_OVER = "take_over"  # a person hands it the units of another robot


class Work(msgspec.Struct, frozen=True):
    """A service: what it does; the units that come onto the robot, of one that loads; whose units it takes over."""

    kind: WorkKind
    units: tuple[Parcel, ...] = ()
    source: int = -1


class Errands(Protocol):
    """Who knows what robots are sent for."""

    def work(self, robot: int) -> Work:
        """Return what the service that a robot has begun is to do; asked once for each, units have ids of their own."""


@dataclass(slots=True)
class Cargo:
    """Where the units of a floor are, outside of its work cells, and what became of services there.

    aboard     parcels on each robot, by id
    made       units that ever came to the floor
    delivered  units that left it where no work cell is
    left       units that a cell was busy with for a robot that was taken away: a person puts them back
    handed     units that cells have handed over, to robots or, of those that are left, to nobody
    short      units that robots did not get, or get rid of, since they had no room for them: they are still in the cell
    by_hand    services at work cells that a person did, since the cell could not; `refusals`, why
    """

    aboard: list[dict[int, Parcel]]
    made: int = 0
    delivered: int = 0
    left: int = 0
    handed: int = 0
    short: int = 0
    by_hand: int = 0
    refusals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FloorUnits:
    """All units that ever came to a floor, by where they are: see Cargo; `aboard` has the ids of those on robots.

    in_cells    in work cells: in totes, on belts, in grippers, on trays, in chutes and cages, on the floor there
    with_cages  gone with cages that were swapped
    """

    made: int
    aboard: tuple[int, ...]
    in_cells: int
    with_cages: int
    delivered: int
    left: int

    @property
    def missing(self) -> int:
        """Units that are nowhere; below 0 for units that are in two places."""
        return self.made - len(self.aboard) - self.in_cells - self.with_cages - self.delivered - self.left


class _Visit(msgspec.Struct):
    """A robot at a work cell, and the units that it brought; `told` once the cell has taken it on."""

    robot: int
    work: Work
    brought: tuple[Parcel, ...]
    told: bool = False


class _Service(msgspec.Struct):
    """A service under way. `dock`: of the cell that does it, -1 for none; `over` once units have changed hands."""

    work: Work
    dock: int = -1
    over: bool = False


class _Checkpoint(msgspec.Struct, frozen=True):
    fleet: bytes
    cells: dict[int, bytes]
    services: dict[int, _Service]
    visits: dict[int, _Visit]
    inside: list[Parcel]
    aboard: list[list[Parcel]]
    made: int
    delivered: int
    left: int
    handed: int
    short: int
    by_hand: int
    refusals: dict[str, int]


class ServedFleet:
    """A FleetDriver: the fleet, and cells that do the services where they stand.

    A robot in service at a cell's dock is held until the cell is finished, however long the controller thought that it
    takes; anywhere else a service lasts as long as the controller said. Cells run side by side with the fleet: what
    they tell is acted on one tick later. What a cell cannot handle, a person does in the time that the controller said.

    crew     the cells; closed with the fleet
    tick_s   seconds of a tick of the fleet, a multiple of the cells' step

    Costs grow with services that begin or end, and with cells that are busy; a tick adds a few vector operations over
    the robots.
    """

    def __init__(
        self, fleet: SimulatedFleet | Recording, crew: CellCrew, errands: Errands, *, robots: int, tick_s: float
    ) -> None:
        steps = round(tick_s / STEP_S)
        if steps < 1 or abs(steps * STEP_S - tick_s) > _EPS_S:
            raise DriverError(f"a tick of {tick_s} s is no multiple of 1/240 s, the step of work cells")
        self._fleet = fleet
        self._crew = crew
        self._errands = errands
        self._steps = steps
        self._begun: Bool = np.zeros(robots, dtype=np.bool_)
        self._services: dict[int, _Service] = {}  # under way, by robot
        self._visits: dict[int, _Visit] = {}  # by dock
        self._inside: dict[int, Parcel] = {}  # units that came into cells and did not leave them with a robot
        self.cargo = Cargo([{} for _ in range(robots)])

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return self._fleet.entries_ahead

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh."""
        return self._fleet.charge_wh_used

    @property
    def crew(self) -> CellCrew:
        """The cells."""
        return self._crew

    def units(self) -> FloorUnits:
        """Count the units of the floor after a tick: those in cells by their bodies, all others by what robots did."""
        self._settle()
        cargo, places = self.cargo, [report.whereabouts for report in self._crew.reports()]
        return FloorUnits(
            made=cargo.made,
            aboard=tuple(number for parcels in cargo.aboard for number in parcels),
            in_cells=sum(place.waiting + place.held + place.loaded + place.fallen for place in places),
            with_cages=sum(place.gone for place in places) - cargo.handed,
            delivered=cargo.delivered,
            left=cargo.left,
        )

    def open(self) -> FleetState:
        """Open the fleet."""
        return self._fleet.open()

    def submit(self, commands: Commands) -> None:
        """Hand the rows on."""
        self._fleet.submit(commands)

    def poll(self) -> FleetState:
        """Let a tick pass, for robots and cells."""
        self._settle()
        state = self._fleet.poll()
        rows, cells = self._fleet.serving()
        for robot in self._fleet.truth().effect_robot.tolist():
            self._conclude(robot)
        self._forget_dropped(rows)
        fresh = ~self._begun[rows]
        for robot, cell in zip(rows[fresh].tolist(), cells[fresh].tolist(), strict=True):
            self._begin(robot, cell)
        self._crew.run(self._steps)
        return state

    def stop(self) -> None:
        """Stop the fleet; cells finish what they do."""
        self._fleet.stop()

    def close(self) -> None:
        """Close cells and fleet."""
        self._crew.close()
        self._fleet.close()

    def truth(self) -> FloorTruth:
        """What really happened in the last tick."""
        return self._fleet.truth()

    def checkpoint(self) -> bytes:
        """All there is to know of fleet and cells between two ticks, for `resume`."""
        self._settle()
        cargo = self.cargo
        return msgspec.msgpack.encode(
            _Checkpoint(
                fleet=self._fleet.checkpoint(),
                cells=dict(self._crew.checkpoint()),
                services=self._services,
                visits=self._visits,
                inside=list(self._inside.values()),
                aboard=[list(parcels.values()) for parcels in cargo.aboard],
                made=cargo.made,
                delivered=cargo.delivered,
                left=cargo.left,
                handed=cargo.handed,
                short=cargo.short,
                by_hand=cargo.by_hand,
                refusals=cargo.refusals,
            )
        )

    def resume(self, checkpoint: bytes) -> FleetState:
        """Go on where another one was that was made with the same arguments, instead of `open`.

        Raises CheckpointError if the checkpoint is not of such a fleet.
        """
        try:
            then = msgspec.msgpack.decode(checkpoint, type=_Checkpoint)
        except msgspec.MsgspecError as failure:
            raise CheckpointError("checkpoint", f"is not of fleet and cells: {failure}", "start without it") from None
        state = self._fleet.resume(then.fleet)
        self._crew.resume(then.cells, [dock for dock, visit in then.visits.items() if visit.told])
        self._services, self._visits = then.services, then.visits
        self._inside = {parcel.id: parcel for parcel in then.inside}
        self._begun[:] = False
        self._begun[list(then.services)] = True
        aboard = [{parcel.id: parcel for parcel in parcels} for parcels in then.aboard]
        self.cargo = Cargo(
            aboard, then.made, then.delivered, then.left, then.handed, then.short, then.by_hand, then.refusals
        )
        return state

    def _settle(self) -> None:
        for told in self._crew.done():
            self._hear(told)

    def _begin(self, robot: int, cell: int) -> None:
        """A robot has begun a service: a free work cell there takes it on."""
        self._begun[robot] = True
        service = self._services[robot] = _Service(self._errands.work(robot))
        if cell not in self._crew.docks or service.work.kind is WorkKind.TAKE_OVER:
            return
        if cell in self._visits:
            self.cargo.by_hand += 1  # the cell is still busy for one that was taken away
            return
        service.dock = cell
        brought: tuple[Parcel, ...] = ()
        if service.work.kind is WorkKind.UNLOAD:
            brought = tuple(self.cargo.aboard[robot].values())
            self.cargo.aboard[robot] = {}
        self._visits[cell] = _Visit(robot, service.work, brought)
        self._crew.serve(cell, brought or service.work.units)

    def _hear(self, told: Told) -> None:
        """Act on what a cell tells."""
        visit = self._visits[told.dock]
        service = self._services.get(visit.robot)
        there = service is not None and service.dock == told.dock
        if told.outcome is Outcome.TAKEN_ON:
            visit.told = True
            self.cargo.made += len(visit.work.units)
            self._inside.update({parcel.id: parcel for parcel in (*visit.work.units, *visit.brought)})
            if there:
                self._fleet.hold(visit.robot, held=True)
            return
        del self._visits[told.dock]
        if told.outcome is Outcome.REFUSED:
            self._refused(visit, service if there else None, told.why)
            return
        taken = {number: self._inside.pop(number) for number in told.taken}
        self.cargo.handed += len(taken)
        if service is not None and there:
            self.cargo.aboard[visit.robot].update(taken)
            loads = visit.work.kind is WorkKind.LOAD
            self.cargo.short += sum((unit.id in taken) is not loads for unit in (*visit.work.units, *visit.brought))
            service.over = True
            self._fleet.hold(visit.robot, held=False)
        else:
            self.cargo.left += len(taken)

    def _refused(self, visit: _Visit, service: _Service | None, why: str) -> None:
        """A person does what a cell cannot; `service` is None if the robot is not there any more."""
        self.cargo.by_hand += 1
        self.cargo.refusals[why] = self.cargo.refusals.get(why, 0) + 1
        if service is not None:
            service.dock = -1
            self.cargo.aboard[visit.robot].update({parcel.id: parcel for parcel in visit.brought})
        else:
            self.cargo.delivered += len(visit.brought)

    def _conclude(self, robot: int) -> None:
        """A service took effect: where no cell did it, units change hands now."""
        service = self._services.pop(robot, None) or _Service(self._errands.work(robot))
        self._begun[robot] = False
        if service.over or (service.dock >= 0 and service.work.kind is WorkKind.UNLOAD):
            return
        aboard = self.cargo.aboard[robot]
        if service.work.kind is WorkKind.LOAD:
            aboard.update({parcel.id: parcel for parcel in service.work.units})
            self.cargo.made += len(service.work.units)
        elif service.work.kind is WorkKind.TAKE_OVER:
            aboard.update(self.cargo.aboard[service.work.source])
            self.cargo.aboard[service.work.source].clear()
        else:
            self.cargo.delivered += len(aboard)
            aboard.clear()

    def _forget_dropped(self, serving: Int32) -> None:
        """Services that robots have dropped will begin anew; a cell that works on one goes on."""
        dropped = self._begun.copy()
        dropped[serving] = False
        for robot in np.flatnonzero(dropped).tolist():
            del self._services[robot]
        self._begun &= ~dropped
