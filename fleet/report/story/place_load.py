"""What stations and chutes had to do, and how many robots waited in front of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.story.time_bins import TimeBins
    from fleet.report.story.work_history import WorkHistory
    from fleet.report.trace import Trace
    from robots.arrays import Float64, Int64
    from sim_worlds.world import World

    _Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int32]]

# A robot that is on its way to a place and stands still this near to it, along rows and columns, is in its queue.
FRONT_CELLS: Final = 10
_NO_PLACE: Final = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A station or a chute: its cells, and what people call it."""

    name: str
    kind: str
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlaceLoad:
    """What a place had to do.

    services    services that were done; service_s: seconds of one, mean
    busy        share of the time of its docks in which a robot was served
    taken       share in which a robot stood there at all: beside services, coming in and leaving
    queue       float64 (bins,), robots that waited in front of it, mean over each part of the run
    waited_h    robot-hours waited in front of it
    """

    place: Place
    services: int
    service_s: float
    busy: float
    taken: float
    queue: Float64
    waited_h: float

    @property
    def longest_queue(self) -> float:
        """The most robots that waited in front of it, mean over a part of the run."""
        return float(self.queue.max())


def places_of(world: World) -> list[Place]:
    """Return stations and chutes of a world, in its order."""
    stations = [Place(station.name, station.kind.value, station.docks) for station in world.stations]
    return stations + [Place(chute.name, "chute", (chute.cell,)) for chute in world.chutes]


def load_of_places(trace: Trace, history: WorkHistory, world: World, bins: TimeBins) -> list[PlaceLoad]:
    """Return what each station and chute had to do, in the order of `places_of`. Linear in robot-steps and legs."""
    places = places_of(world)
    place_of = np.full(trace.cells, _NO_PLACE, dtype=np.int32)
    for number, place in enumerate(places):
        place_of[list(place.cells)] = number
    services = _count(place_of[[service.cell for service in history.services]], len(places))
    standing = place_of[trace.cell]
    taken = _count(standing, len(places))
    busy = _count(standing[trace.activity == np.uint8(Activity.SERVICE)], len(places))
    waits = _waits(trace, history, place_of, places, bins)
    steps_of_bin = np.bincount(bins.of_step, minlength=bins.count)
    return [
        PlaceLoad(
            place,
            services=int(services[number]),
            service_s=float(busy[number] * trace.step_s / max(services[number], 1)),
            busy=float(busy[number] / (trace.steps * len(place.cells))),
            taken=float(taken[number] / (trace.steps * len(place.cells))),
            queue=waits[:, number] / steps_of_bin,
            waited_h=float(waits[:, number].sum() * trace.step_s / 3600.0),
        )
        for number, place in enumerate(places)
    ]


def _count(numbers: _Numbers, places: int) -> Int64:
    counts: Int64 = np.bincount(numbers[numbers != _NO_PLACE], minlength=places)
    return counts


def _waits(trace: Trace, history: WorkHistory, place_of: _Numbers, places: Sequence[Place], bins: TimeBins) -> Int64:
    """Robot-steps in which robots bound for a place waited in front of it, int64 (bins, places)."""
    bound_for = np.full((trace.steps, trace.robots), _NO_PLACE, dtype=np.int32)
    for leg in history.legs:
        first, end = (round(time_s / trace.step_s) for time_s in (leg.from_s, leg.to_s))
        bound_for[first:end, leg.robot] = place_of[leg.cell]
    steps, robots = np.nonzero((trace.activity == np.uint8(Activity.WAITING)) & (bound_for != _NO_PLACE))
    number, cell = bound_for[steps, robots], trace.cell[steps, robots]
    near = _cells_away(cell, number, places, trace.width) <= FRONT_CELLS
    slot = bins.of_step[steps[near]] * len(places) + number[near]
    waits: Int64 = np.bincount(slot, minlength=bins.count * len(places)).reshape(bins.count, len(places))
    return waits


def _cells_away(cell: _Numbers, number: _Numbers, places: Sequence[Place], width: int) -> Int64:
    """How many cells along rows and columns it is from each cell to the nearest one of the place of that number."""
    most = max((len(place.cells) for place in places), default=1)
    docks = np.array([[*place.cells, *([place.cells[-1]] * (most - len(place.cells)))] for place in places])
    docks = docks.reshape(-1, most)[number]
    away: Int64 = (
        np.abs(docks // width - (cell // width)[:, None]) + np.abs(docks % width - (cell % width)[:, None])
    ).min(axis=1, initial=np.iinfo(np.int64).max)
    return away
