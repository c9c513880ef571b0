"""Measuring the stations of a world: errands of real orders, done in the cells of the twin."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import count
from typing import Final

import numpy as np

from fleet.app.errand_loads import Load, errand_loads
from fleet.app.worker_process import end_with_parent
from robots.errors import FutureparkError
from robots.model import RobotModel
from sim_worlds.errors import WorldError
from sim_worlds.service_times import PlaceKind, ServiceDistribution, ServiceTimes
from sim_worlds.world import World
from twin.cells.measuring import Timed, distribution, timed_services
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import PARCEL_CLASSES, Measures, ParcelSizes
from twin.cells.station_cell import StationCell

_ROUND: Final = 10  # services that a cell does before a new one takes its place
_SPARE: Final = 8  # loads that are drawn for each of them: cells refuse some


class MeasuringError(FutureparkError):
    """A process that measured is lost."""


@dataclass(frozen=True, slots=True)
class MeasureParams:
    """How stations are measured.

    samples    services of each class at each kind of place
    seed       of the loads that are drawn, and of everything random in cells
    arm        at pick stations: kuka or panda
    processes  that measure at the same time; what they find does not depend on it
    """

    samples: int = 200
    seed: int = 1
    arm: str = "kuka"
    processes: int = 1


@dataclass(frozen=True, slots=True)
class Round:
    """Services that one cell does one after the other, with loads to spare for those that it refuses."""

    kind: PlaceKind
    arm: str
    robot: RobotModel
    seed: int
    services: int
    loads: tuple[tuple[Parcel, ...], ...]


def measure_stations(world: World, params: MeasureParams, done: Callable[[int, int], None]) -> ServiceTimes:
    """Measure the pick stations, inductions and chutes that a world has. Nothing stands at pick faces to be measured.

    done: is told how many rounds are over, of how many. Raises WorldError for a world without places to pick or drop,
    or whose robots carry none of the parcels of a class; MeasuringError if a process is lost.
    """
    plan = planned_rounds(world, params)
    outcomes = iter(_outcomes([one for rounds in plan.values() for one in rounds], params.processes, done))
    kinds: dict[PlaceKind, dict[str, ServiceDistribution]] = {}
    for (kind, name), rounds in plan.items():
        timed = [next(outcomes) for _ in rounds]
        services = [service for one in timed for service in one.services]
        if not services:
            remedy = "choose another arm, or more --samples"
            raise WorldError(str(world.path), f"no load of class {name} can be handled in a {kind.value} cell", remedy)
        cell = f"{params.arm} pick cell" if kind is PlaceKind.PICK else f"{kind.value} cell"
        by = f"{cell}, seed {params.seed}, futurepark {version('futurepark')}"
        kinds.setdefault(kind, {})[name] = distribution(services, sum(one.refused for one in timed), by)
    return ServiceTimes(PARCEL_CLASSES, kinds, {})


def planned_rounds(world: World, params: MeasureParams) -> dict[tuple[PlaceKind, str], list[Round]]:
    """Return rounds by kind of place and class, with loads that are drawn from all those of the class.

    Raises WorldError as `measure_stations` does.
    """
    loads = errand_loads(world)
    sizes = dict(ParcelSizes.read().lines)
    here = {PlaceKind(station.kind.value) for station in world.stations} | {PlaceKind.DROP}
    plan = {}
    for place, kind in enumerate(PlaceKind):
        for rank, name in enumerate(PARCEL_CLASSES) if kind in here else ():
            some = (loads.drops if kind is PlaceKind.DROP else loads.picks)[name]
            if not some:
                remedy = "measure a world whose robots carry them"
                raise WorldError(str(world.path), f"no robot can carry a parcel of class {name}", remedy)
            rng = np.random.default_rng([params.seed, place, rank])
            plan[kind, name] = [
                Round(
                    kind,
                    params.arm,
                    world.robot,
                    seed=int(rng.integers(2**31)),
                    services=min(_ROUND, params.samples - first),
                    loads=_parcels([some[at] for at in rng.integers(len(some), size=_SPARE * _ROUND)], sizes),
                )
                for first in range(0, params.samples, _ROUND)
            ]
    return plan


def _parcels(loads: Sequence[Load], sizes: dict[str, Measures]) -> tuple[tuple[Parcel, ...], ...]:
    """The units of loads as parcels; no two of them have the same number."""
    numbers = count()
    return tuple(
        tuple(
            Parcel(next(numbers), sku, sizes[sku].size_m, sizes[sku].mass_kg)
            for sku, units in load
            for _ in range(units)
        )
        for load in loads
    )


def _outcomes(rounds: Sequence[Round], processes: int, done: Callable[[int, int], None]) -> Iterator[Timed]:
    """Services of every round, in their order."""
    if processes == 1:
        for number, one in enumerate(rounds, start=1):
            yield measured_round(one)
            done(number, len(rounds))
        return
    # Fresh processes: a fork of one that has threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_join) as executor:
        try:
            for number, services in enumerate(executor.map(measured_round, rounds), start=1):
                yield services
                done(number, len(rounds))
        except BrokenProcessPool:
            raise MeasuringError("a process that measured has died; take fewer --processes") from None
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def _join() -> None:
    """In a process of the pool: end without a word with Ctrl-C, which goes to all processes, and with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()


def measured_round(one: Round) -> Timed:
    """Do the services of a round in cells; the same for the same round, in any process."""
    loads_robots = one.kind is not PlaceKind.DROP
    make = partial(_new_cell, one)
    return timed_services(make, one.loads, most=one.services, loads_robots=loads_robots, retried=_retried)


def _new_cell(one: Round) -> StationCell:
    if one.kind is PlaceKind.PICK:
        from twin.cells.arm import ARMS
        from twin.cells.pick_cell import PickCell

        return PickCell(one.seed, one.robot, arm=ARMS[one.arm])
    if one.kind is PlaceKind.INDUCTION:
        from twin.cells.induction_cell import InductionCell

        return InductionCell(one.seed)
    from twin.cells.tip_cell import TipCell

    return TipCell(one.seed)


def _retried(cell: StationCell) -> int:
    """Units of the last service for which an arm needed more than one grasp."""
    from twin.cells.pick_cell import PickCell

    return sum(pick.grasps > 1 for pick in cell.picks) if isinstance(cell, PickCell) else 0
