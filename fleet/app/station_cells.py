"""Wires work cells into a run on the twin: which stations and chutes have one, and what robots are sent there for."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from itertools import count

from fleet.app.crew import Crew
from fleet.errors import SettingError
from fleet.grid.layout import NO_ROBOT, NO_TASK
from fleet.report.summary import CellSummary, WorkCells
from fleet.runtime.config import RunConfig
from fleet.runtime.roster import Roster
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from robots.model import RobotModel
from sim_worlds.world import StationKind, World
from twin.cells.cell_crew import CellCrew, LocalCells, MakeCell
from twin.cells.cell_processes import CellProcesses
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import ParcelSizes
from twin.cells.served_fleet import ServedFleet, Work, WorkKind
from twin.cells.station_cell import LineState, StationCell
from twin.recording.recording import Recording
from twin.simulated_fleet import SimulatedFleet

ALL_STATIONS = "stations"


def cell_names(text: str, world: World) -> tuple[str, ...]:
    """Return the stations and chutes that `--cells` names, with commas between; `stations` is all of them.

    Raises SettingError for one that there is not.
    """
    stations = [station.name for station in world.stations]
    known = [*stations, *(chute.name for chute in world.chutes)]
    names: list[str] = []
    for name in (part.strip() for part in text.split(",")):
        if name == ALL_STATIONS:
            names += stations
        elif name in known:
            names.append(name)
        else:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"use some of {', '.join(known[:8])}, ..."
            raise SettingError("--cells", f"{world.name} has no station or chute {name!r}", hint)
    return tuple(dict.fromkeys(names))


def cell_makers(world: World, names: tuple[str, ...], seed: int) -> dict[int, MakeCell]:
    """Return what makes the work cells of these stations and chutes, by the cell of the floor where robots stand.

    A station has a cell at each of its docks. Each has random numbers of its own, which follow from `seed`.
    """
    return {
        dock: partial(_new_cell, kind, seed * 1_000_003 + dock, world.robot)
        for name, kind, dock in _places(world)
        if name in names
    }


def served_by_cells(fleet: SimulatedFleet | Recording, crew: Crew, config: RunConfig, processes: int) -> ServedFleet:
    """Return the fleet with the work cells that the settings name, in so many processes, 0 for this one.

    Raises SettingError for a name that is none.
    """
    makers = cell_makers(crew.world, cell_names(config.cells, crew.world), config.seed)
    cells: CellCrew = CellProcesses(makers, processes) if processes else LocalCells(makers)
    errands = PoolErrands(crew.pool, crew.dispatcher.roster)
    return ServedFleet(fleet, cells, errands, robots=crew.robots, tick_s=config.grants.tick_s)


def dock_names(world: World) -> dict[int, str]:
    """Return the name of the station or chute at each cell of the floor that is a dock of one."""
    return {dock: name for name, _, dock in _places(world)}


def work_cells(served: ServedFleet, world: World) -> WorkCells:
    """Return what the cells of a run have done."""
    units, names = served.units(), dock_names(world)
    cells = {}
    for report in served.crew.reports():
        at, place = report.whereabouts, divmod(report.dock, world.layout.width)
        cells[f"{names[report.dock]}, {place[0]},{place[1]}"] = CellSummary(
            seconds={state.name.lower(): round(report.seconds.get(state, 0.0), 3) for state in LineState},
            units_in=at.came_in,
            units_out=at.gone,
        )
    cargo = served.cargo
    return WorkCells(cells, len(units.aboard), cargo.by_hand, cargo.short, dict(cargo.refusals))


class PoolErrands:
    """Knows from pool and roster what robots are sent for; a unit is the parcel that its litres and kilograms say."""

    def __init__(self, pool: TaskPool, roster: Roster) -> None:
        self._pool = pool
        self._roster = roster
        self._sizes = ParcelSizes.read()
        self._numbers = count()

    def work(self, robot: int) -> Work:
        """Return what the service is to do that a robot has begun."""
        task = int(self._roster.task[robot])
        if task == NO_TASK:
            return Work(WorkKind.LOAD)
        lost = int(self._pool.takeover_robot[task])
        if lost != NO_ROBOT:
            return Work(WorkKind.TAKE_OVER, source=lost)
        record = self._pool.task_record(task)
        errand = record.task.errands[int(self._pool.errand_index[task])]
        if errand.kind is not ErrandKind.PICK:
            return Work(WorkKind.UNLOAD)
        return Work(WorkKind.LOAD, self._units(record.task.order_id, errand.sku, errand.units))

    def _units(self, order_id: str, sku: str, units: int) -> tuple[Parcel, ...]:
        view = self._pool.order(order_id)
        line = next((line for line in view.order.lines if line.sku == sku), None) if view is not None else None
        if line is None:
            raise LookupError(f"order {order_id} has no line of {sku}")
        return tuple(
            self._sizes.of_line(next(self._numbers), sku, line.unit_litres, line.unit_kg) for _ in range(units)
        )


def _places(world: World) -> Iterator[tuple[str, StationKind | None, int]]:
    """Name, kind (None for a chute) and dock of every place that may have a work cell."""
    for station in world.stations:
        for dock in station.docks:
            yield station.name, station.kind, dock
    for chute in world.chutes:
        yield chute.name, None, chute.cell


def _new_cell(kind: StationKind | None, seed: int, robot: RobotModel) -> StationCell:
    if kind is StationKind.PICK:
        from twin.cells.pick_cell import PickCell

        return PickCell(seed, robot)
    if kind is StationKind.INDUCTION:
        from twin.cells.induction_cell import InductionCell

        return InductionCell(seed)
    from twin.cells.tip_cell import TipCell

    return TipCell(seed)
