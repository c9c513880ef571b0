"""Measuring how long services take in a station cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from robots.arrays import Float64
from robots.errors import FutureparkError, InputError
from sim_worlds.service_times import Measurement, ServiceDistribution, equally_likely
from twin.cells.parcel import Parcel
from twin.cells.station_cell import STEP_S, LineState, StationCell

# How often is looked at a cell: every 25 ms.
_LOOK_STEPS: Final = 6
# Parcels that come in lie still after this at the latest; what still moves then is served as it is.
_SETTLING_STEPS: Final = round(10.0 / STEP_S)
# Two minutes for each unit, and for the service: then a cell is stuck.
_STUCK_STEPS: Final = round(120.0 / STEP_S)


class StuckCellError(FutureparkError):
    """A cell does not come to an end with a service (a defect of the cell)."""


@dataclass(frozen=True, slots=True)
class TimedService:
    """One service in a cell.

    units      that the robot took with it, or left there
    seconds    from its begin until the robot may leave
    loaded_s   for each unit, when it was on the robot to stay, seconds after the begin, ascending; empty where a cell
               does not load robots but empties them
    recovered  whether something had to be put right
    retried    units that took more than one try
    """

    units: int
    seconds: float
    loaded_s: tuple[float, ...]
    recovered: bool
    retried: int = 0


@dataclass(frozen=True, slots=True)
class Timed:
    """Services that were done in cells, and how many loads were refused."""

    services: list[TimedService]
    refused: int


def timed_services(
    make_cell: Callable[[], StationCell],
    loads: Sequence[Sequence[Parcel]],
    *,
    most: int,
    loads_robots: bool,
    retried: Callable[[StationCell], int],
) -> Timed:
    """Do `most` services one after the other in a cell, or fewer if loads run out: what is picked or dropped in each.

    A cell that has no room left, for all that is in it, is replaced by a new one. A load that a new one refuses as well
    is counted, and the next one is tried; one of which a robot has room for a part only counts as that part. retried:
    asked after each service how many of its units took more than one try. Raises StuckCellError if a service takes more
    than two minutes a unit.
    """
    services: list[TimedService] = []
    refused = 0
    cell, new = make_cell(), True
    try:
        for load in loads:
            if len(services) == most:
                break
            fed = _fed(cell, load)
            if not (fed or new):
                cell.close()
                cell, new = make_cell(), True
                fed = _fed(cell, load)
            service = _timed(cell, load, loads_robots=loads_robots) if fed else None
            if service is not None:
                services.append(replace(service, retried=retried(cell)))
                new = False
                continue
            refused += 1
            if fed:  # it is in there now, and in the way
                cell.close()
                cell, new = make_cell(), True
    finally:
        cell.close()
    return Timed(services, refused)


def distribution(services: Sequence[TimedService], refused: int, by: str) -> ServiceDistribution:
    """Return the distribution of services in a cell, one or more; `by` says who measured them, for people.

    refused: loads that the cell did not take.

    Where robots are loaded, each unit after the first takes from the one before it until it is loaded; else units go
    together, and one more takes what a line through all services says. What is left is the service of a single unit.
    """
    units = np.array([service.units for service in services], dtype=np.float64)
    seconds = np.array([service.seconds for service in services])
    if all(service.loaded_s for service in services):
        more_s = [until - since for service in services for since, until in pairwise(service.loaded_s)]
        first_s = [service.seconds - (service.loaded_s[-1] - service.loaded_s[0]) for service in services]
        # Nobody has seen a second unit: it then takes as long as the first one.
        more_s = more_s or [service.loaded_s[0] for service in services]
    else:
        slope = _slope_s(units, seconds)
        more_s = [slope]
        first_s = np.maximum(seconds - slope * (units - 1.0), STEP_S).tolist()
    p5_s, p50_s, p95_s = np.percentile(seconds, (5, 50, 95)).round(3).tolist()
    return ServiceDistribution(
        first_s=equally_likely(first_s),
        more_s=equally_likely(more_s),
        measured=Measurement(
            by=by,
            services=len(services),
            units=int(units.sum()),
            mean_s=round(float(seconds.mean()), 3),
            p5_s=p5_s,
            p50_s=p50_s,
            p95_s=p95_s,
            retried=round(sum(service.retried for service in services) / int(units.sum()), 4),
            recovered=round(sum(service.recovered for service in services) / len(services), 4),
            refused=round(refused / (refused + len(services)), 4),
        ),
    )


def _fed(cell: StationCell, load: Sequence[Parcel]) -> bool:
    """Let a load come in; return whether the cell takes it."""
    try:
        cell.feed(load)
    except InputError:
        return False
    return True


def _timed(cell: StationCell, load: Sequence[Parcel], *, loads_robots: bool) -> TimedService | None:
    """Wait until what came in lies still, and do the service; None if the cell refuses it, or the robot."""
    settled = cell.steps + _SETTLING_STEPS
    while cell.busy and cell.steps < settled:
        cell.advance(_LOOK_STEPS)
    began, most = cell.steps, _STUCK_STEPS * (1 + len(load))
    try:
        cell.begin([parcel.id for parcel in load])
    except InputError:
        return None
    loaded_s: list[float] = []
    recovered = False
    while not cell.finished:
        if cell.steps - began > most:
            raise StuckCellError(f"a service of {len(load)} units does not come to an end: {cell.whereabouts()}")
        cell.advance(_LOOK_STEPS)
        recovered |= cell.state is LineState.RECOVERING
        if loads_robots:
            there = cell.whereabouts().loaded
            del loaded_s[there:]  # what fell off again was not there to stay
            loaded_s += [(cell.steps - began) * STEP_S] * (there - len(loaded_s))
    seconds = (cell.steps - began) * STEP_S
    taken = cell.leave()
    units = len(taken) if loads_robots else len(load)
    return TimedService(units, seconds, tuple(loaded_s), recovered) if units else None


def _slope_s(units: Float64, seconds: Float64) -> float:
    """Seconds that a unit more takes, none less than 0: the median of the slopes between any two services.

    The estimator of Theil and Sen: a rare service in which somebody had to help does not turn the line.
    """
    from scipy.stats import theilslopes

    return max(0.0, float(theilslopes(seconds, units)[0])) if np.ptp(units) else 0.0
