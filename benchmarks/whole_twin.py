"""How much faster than real time the whole twin is: fleet with its controller, busy work cells, rays and a camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.machine import all_cores
from benchmarks.stock import first_bins
from fleet.app.compose import Simulation, compose
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from fleet.runtime.grant_control import GrantLoop
from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from robots.model import RobotModel
from robots.truth import FloorTruth
from sim_worlds.assortment import read_assortment
from sim_worlds.stock_layout import lay_out_stock
from sim_worlds.world import World
from twin.bullet.client import BulletClient
from twin.cells.arm import ARMS
from twin.cells.cell_crew import CellCrew, LocalCells, MakeCell, Outcome
from twin.cells.cell_processes import CellProcesses
from twin.cells.induction_cell import InductionCell
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import SHIPPED, ParcelSizes
from twin.cells.pick_cell import PickCell
from twin.cells.station_cell import STEP_S, StationCell
from twin.cells.tip_cell import TipCell
from twin.sensors.cage_heap import CageHeap
from twin.sensors.depth_camera import DepthCamera
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.sensor_world import SensorWorld
from twin.simulated_fleet import SimulatedFleet

_ROBOTS: Final = 500
_KINDS: Final = ("kuka", "kuka", "kuka", "panda", "panda", "panda", "induction", "induction", "tip", "tip")
_RAYS: Final = 500
_UNITS: Final = (3, 8)  # of a visit
_TICK_STEPS: Final = round(0.1 / STEP_S)
_TICKS_A_SECOND: Final = 10
_SETTLED_S, _SHORT_S, _FULL_S = 10, 10, 60
_ONE_CORE_TARGET, _TWO_CORES_TARGET = 1.3, 2.0
_COLUMNS = ("what", "cores", "x real time", "target", "visits of robots at cells")
_PARTS = ("part", "% of real time")
_NOTES = (
    "future_park, 500 robots with physics, poisson:9000, with controller; 10 cells, a new robot at each as soon as one "
    "leaves: 3 Kuka and 3 Panda arms, 2 inductions, 2 tip trays; 500 robots mirrored and 500 rays at 20 Hz; a depth "
    "image of 320 x 240 a second; all in simulated time, wall time of all of it",
    "two cores: cells in two processes beside the fleet",
)


def run(options: Options) -> Report:
    """On one core, then on two; a minute each in the full form."""
    seconds = _FULL_S if options.full else _SHORT_S
    config = RunConfig(
        world="future_park",
        robots=_ROBOTS,
        orders="poisson:9000",
        execution="grants",
        driver="twin",
        duration_s=86400.0,
    )
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    rows: list[tuple[Cell, ...]] = []
    try:
        with _sensors(simulation.world) as sensors:
            options.say("one core")
            with _cells() as cells:
                whole = _Whole(simulation, sensors, _Visits(cells))
                whole.run(_SETTLED_S)
                realtime, visits = whole.timed(seconds)
            rows.append(("the whole twin", 1, realtime, _ONE_CORE_TARGET, visits))
            parts = whole.shares(seconds)
            options.say("two cores")
            with all_cores(), _cells(processes=2) as cells:
                whole = _Whole(simulation, sensors, _Visits(cells))
                whole.run(_SETTLED_S)
                realtime, visits = whole.timed(seconds)
            rows.append(("the whole twin", 2, realtime, _TWO_CORES_TARGET, visits))
    finally:
        simulation.driver.close()
    return Report((Table("the whole twin", _COLUMNS, tuple(rows)), Table("on one core", _PARTS, parts)), _NOTES)


class _Visits:
    """Robots come to cells again and again."""

    def __init__(self, cells: CellCrew) -> None:
        self._cells = cells
        self._sizes = ParcelSizes.read()
        self._random = Random(1)
        self._numbers = 0
        self._free = set(cells.docks)
        self.over = 0

    def tick(self) -> None:
        """Let a tick begin."""
        for dock in sorted(self._free):
            units = self._random.randrange(*_UNITS)
            self._cells.serve(dock, [self._draw() for _ in range(units)])
        self._free.clear()
        self._cells.run(_TICK_STEPS)

    def wait(self) -> None:
        """Wait until it is over in all cells. Loads that a cell cannot handle are drawn anew."""
        for told in self._cells.done():
            if told.outcome is not Outcome.TAKEN_ON:
                self._free.add(told.dock)
                self.over += told.outcome is Outcome.FINISHED

    def _draw(self) -> Parcel:
        self._numbers += 1
        return self._sizes.draw(self._random, self._numbers)


class _Sensors:
    """Rays into lanes beside mirrored robots, and a camera over a roll cage."""

    def __init__(self, floor: SensorWorld, camera: DepthCamera) -> None:
        self._floor, self._camera = floor, camera

    def tick(self, truth: FloorTruth, tick: int) -> None:
        """Look twice in a tick of 0.1 s, and take an image once a second."""
        for _ in range(2):
            self._floor.mirror(truth)
            self._floor.distances()
        if tick % _TICKS_A_SECOND == 0:
            self._camera.look(truth.time_s)


class _Whole:
    """All of it, tick by tick; `spent` has wall seconds by part, of those that do not run beside others."""

    def __init__(self, simulation: Simulation, sensors: _Sensors, visits: _Visits) -> None:
        assert isinstance(simulation.driver, SimulatedFleet)
        assert isinstance(simulation.loop, GrantLoop)
        self._loop, self._fleet = simulation.loop, simulation.driver
        self._sensors, self._visits = sensors, visits
        self._spent = {"work cells": 0.0, "fleet and controller": 0.0, "rays and camera": 0.0}

    def run(self, seconds: int) -> None:
        """Let simulated time pass."""
        loop, spent = self._loop, self._spent
        for tick in range(seconds * _TICKS_A_SECOND):
            times = [perf_counter()]
            self._visits.tick()
            times.append(perf_counter())
            loop.tick()
            times.append(perf_counter())
            self._sensors.tick(self._fleet.truth(), tick)
            times.append(perf_counter())
            self._visits.wait()
            for part, since, until in zip(spent, times, times[1:], strict=False):
                spent[part] += until - since

    def timed(self, seconds: int) -> tuple[float, int]:
        """Return how many times as fast as real time it is, and the visits that were over."""
        over = self._visits.over
        self._spent = dict.fromkeys(self._spent, 0.0)
        started = perf_counter()
        self.run(seconds)
        return seconds / (perf_counter() - started), self._visits.over - over

    def shares(self, seconds: int) -> tuple[tuple[Cell, ...], ...]:
        """Return what each part took of `seconds`, in percent."""
        return tuple((part, 100.0 * spent / seconds) for part, spent in self._spent.items())


@contextmanager
def _cells(processes: int = 0) -> Iterator[CellCrew]:
    makers: dict[int, MakeCell] = {dock: partial(_new_cell, kind, dock) for dock, kind in enumerate(_KINDS)}
    cells: CellCrew = CellProcesses(makers, processes) if processes else LocalCells(makers)
    try:
        yield cells
    finally:
        cells.close()


def _new_cell(kind: str, seed: int) -> StationCell:
    if kind == "induction":
        return InductionCell(seed)
    return TipCell(seed) if kind == "tip" else PickCell(seed, RobotModel(), arm=ARMS[kind])


@contextmanager
def _sensors(world: World) -> Iterator[_Sensors]:
    layout = lay_out_stock(world, read_assortment(SHIPPED))
    random = np.random.default_rng(1)
    client = BulletClient()
    try:
        heap = CageHeap(client, ROLL_CAGE, random)
        draw, sizes = Random(2), ParcelSizes.read()
        for number in range(10):
            heap.drop([sizes.draw(draw, number)])
        believed = BayCamera.above(ROLL_CAGE, Lens())
        camera = DepthCamera(client, 0, believed, DepthFaults(), heap.fixed, random)
        with SensorWorld(world, first_bins(layout, _RAYS), _ROBOTS) as floor:
            floor.stock(layout.capacity[:_RAYS] // 2)
            yield _Sensors(floor, camera)
    finally:
        client.close()


BENCHMARK = Benchmark("whole_twin", "the whole twin: 500 robots, 10 busy cells, 500 rays, a camera", run)
