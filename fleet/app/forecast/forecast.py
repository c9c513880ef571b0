"""What the next half hour of a floor looks like, with and without a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import msgspec
import numpy as np

from fleet.app.forecast.change import Change, with_robots
from fleet.app.forecast.coming_orders import ComingOrders, coming_orders
from fleet.app.forecast.fork import ForkParams, Scenario
from fleet.app.forecast.intervals import CONFIDENCE, DONE_SIGMA_S, Interval, Uncertainty, difference
from fleet.app.forecast.snapshot import FloorSnapshot
from fleet.app.forecast.tally import ForkResult, places_of
from fleet.app.forecast.workers import run_forks
from fleet.errors import SettingError
from fleet.report.heat.hot_spots import find_hot_spots
from fleet.report.place_names import place_name
from fleet.traffic.zones.area import extent_of
from fleet.traffic.zones.refusal import ZoneRefusal
from robots.arrays import Int32
from sim_worlds.world import World

_HOT_SPOTS: Final = 5
_QUEUES: Final = 5
# An order is named when it is at least this likely to be late.
_LIKELY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the time, in seconds from now."""

    from_s: float
    to_s: float
    tasks_per_hour: Interval


@dataclass(frozen=True, slots=True)
class LateOrder:
    """An order that is known now and may be late.

    due_in_s     seconds from now; negative if it should be done already
    late_s       for how many seconds, on average over forks; at least so many if it is not done at the end
    probability  that it is late
    """

    order: str
    due_in_s: float
    late_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class HotSpotAhead:
    """A neighbourhood where robots will lose time: hours of robots."""

    place: str
    row: int
    column: int
    robot_hours: float


@dataclass(frozen=True, slots=True)
class Queue:
    """Robots that lose time on their way to a station or chute: on average, and most of them at one moment."""

    place: str
    robots: float
    most: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """The time ahead.

    tasks           that will be done
    late            orders known now that may be late, the likeliest first
    late_expected   how many of those will be, on average; late_to_come: how many of those that are still to come
    unfinished      tasks that came in and are not done at the end, on average
    closed_entries  how often robots come into what the change closes, on average
    """

    robots: int
    tasks: Interval
    slices: tuple[Slice, ...]
    late: tuple[LateOrder, ...]
    late_expected: float
    late_to_come: float
    unfinished: float
    hot_spots: tuple[HotSpotAhead, ...]
    queues: tuple[Queue, ...]
    closed_entries: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What the change does: more or fewer tasks, in all and an hour by slice, and late orders."""

    tasks: Interval
    tasks_per_hour: tuple[Interval, ...]
    late: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """`now` is without the change, `changed` with it; without a change there is only `now`.

    at_s        on the floor's clock, the moment that it starts from
    confidence  of all intervals
    """

    world: str
    at_s: float
    seconds: float
    forks: int
    seed: int
    confidence: float
    now: Outlook
    changed: Outlook | None
    difference: Difference | None


def forecast(
    snapshot: FloorSnapshot,
    world: World,
    change: Change | None = None,
    params: ForkParams | None = None,
    processes: int = 2,
) -> Forecast:
    """Look ahead, with and without a change; the same for the same seed, whatever the number of processes.

    Simulates `params.forks` forks of each, a few seconds of a processor for 500 robots and half an hour. Raises
    InputErrors for a change that cannot be made on this floor, ForecastError if a fork cannot be run.
    """
    change, params = change or Change(), params or ForkParams()
    closed = closed_cells(change, world)
    as_is = Scenario(snapshot, Change(), coming_orders(snapshot, "", world, params.seconds))
    scenarios = [as_is]
    if not change.nothing:
        scenarios.append(
            Scenario(
                with_robots(snapshot, change.robots, world),
                change,
                coming_orders(snapshot, change.orders, world, params.seconds) if change.orders else as_is.coming,
            )
        )
    results = run_forks(world, scenarios, params, processes)
    views = [
        _outlook(world, scenario, found, params, closed) for scenario, found in zip(scenarios, results, strict=True)
    ]
    return Forecast(
        world=world.name,
        at_s=snapshot.at_s,
        seconds=params.seconds,
        forks=params.forks,
        seed=params.seed,
        confidence=CONFIDENCE,
        now=views[0],
        changed=views[1] if len(views) > 1 else None,
        difference=_difference(scenarios, results, views, params) if len(views) > 1 else None,
    )


def forecast_json(found: Forecast) -> dict[str, Any]:
    """Return a forecast as plain JSON values, for scripts and for pages."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def closed_cells(change: Change, world: World) -> Int32:
    """Return the cells that a change closes, int32, ascending; raises SettingError for an area that is not there."""
    cells: list[Int32] = [np.zeros(0, dtype=np.int32)]
    for area in change.close:
        extent = extent_of(area, world.layout, world.zones)
        if isinstance(extent, ZoneRefusal):
            raise SettingError("--close", extent.problem, extent.remedy)
        cells.append(extent.cells)
    return np.unique(np.concatenate(cells)).astype(np.int32)


def _outlook(
    world: World, scenario: Scenario, results: Sequence[ForkResult], params: ForkParams, closed: Int32
) -> Outlook:
    done = np.array([result.tasks_done for result in results], dtype=np.float64)
    unsure = _unsure(scenario.coming, results, params)
    late, expected = _late(scenario.snapshot, results, params)
    forks = len(results)
    return Outlook(
        robots=len(scenario.snapshot.robots),
        tasks=unsure.tasks(done.sum(axis=1)),
        slices=tuple(
            Slice(from_s, to_s, unsure.tasks_of_slice(done[:, at]).times(3600.0 / (to_s - from_s)))
            for at, (from_s, to_s) in enumerate(_slices(params))
        ),
        late=late,
        late_expected=expected,
        late_to_come=sum(result.late_to_come for result in results) / forks,
        unfinished=sum(result.counts["tasks"]["open"] for result in results) / forks,
        hot_spots=_hot_spots(world, results),
        queues=_queues(world, results),
        closed_entries=float(sum(result.entries[closed].sum() for result in results)) / forks,
    )


def _slices(params: ForkParams) -> list[tuple[float, float]]:
    begins = [at * params.slice_s for at in range(params.slices)]
    return list(zip(begins, [*begins[1:], params.seconds], strict=True))


def _unsure(coming: ComingOrders, results: Sequence[ForkResult], params: ForkParams) -> Uncertainty:
    return Uncertainty.of(results, coming, params.seconds, min(params.slice_s, params.seconds))


def _late(
    snapshot: FloorSnapshot, results: Sequence[ForkResult], params: ForkParams
) -> tuple[tuple[LateOrder, ...], float]:
    """Orders that are due by the end of the forecast and may be late, and how many of them will be."""
    due_s: Mapping[str, float] = {
        order.id: order.due_s for order in (*(kept.order for kept in snapshot.work.orders), *snapshot.expected)
    }
    end_s = snapshot.at_s + params.seconds
    sure = NormalDist(0.0, DONE_SIGMA_S)
    found, expected = [], 0.0
    for order, due in due_s.items():
        if due >= end_s or order not in results[0].done_s:
            continue
        after_s = [result.done_s[order] - due for result in results]
        # What is overdue now is late whatever comes.
        chance = 1.0 if due < snapshot.at_s else float(np.mean([sure.cdf(late_s) for late_s in after_s]))
        expected += chance
        if chance >= _LIKELY:
            late_s = float(np.mean([max(0.0, min(late_s, end_s - due)) for late_s in after_s]))
            found.append(LateOrder(order, due - snapshot.at_s, late_s, chance))
    found.sort(key=lambda late: (-late.probability, -late.late_s, late.order))
    return tuple(found), expected


def _hot_spots(world: World, results: Sequence[ForkResult]) -> tuple[HotSpotAhead, ...]:
    layout = world.layout
    counts = np.sum([result.lost for result in results], axis=0, dtype=np.int64)
    hours = results[0].step_s / 3600.0 / len(results)
    return tuple(
        HotSpotAhead(place_name(world, layout.cell(spot.row, spot.column)), spot.row, spot.column, spot.around * hours)
        for spot in find_hot_spots(counts.reshape(layout.height, layout.width), _HOT_SPOTS)
    )


def _queues(world: World, results: Sequence[ForkResult]) -> tuple[Queue, ...]:
    """The places where most robots wait."""
    robots = np.mean([result.waiting.mean(axis=0) for result in results], axis=0)
    most = np.max([result.longest for result in results], axis=0)
    queues = [Queue(name, float(robots[at]), int(most[at])) for at, (name, _) in enumerate(places_of(world))]
    longest = sorted(queues, key=lambda queue: (-queue.robots, queue.place))[:_QUEUES]
    return tuple(queue for queue in longest if queue.most)


def _difference(
    scenarios: Sequence[Scenario],
    results: Sequence[Sequence[ForkResult]],
    views: Sequence[Outlook],
    params: ForkParams,
) -> Difference:
    now, changed = (np.array([result.tasks_done for result in found], dtype=np.float64) for found in results)
    before, after = (
        _unsure(scenario.coming, found, params) for scenario, found in zip(scenarios, results, strict=True)
    )
    if scenarios[1].change.orders:
        whole = before.slope**2 * before.coming + after.slope**2 * after.coming
        part = before.slope**2 * before.coming_in_slice + after.slope**2 * after.coming_in_slice
    else:
        # The same orders come, whatever they are.
        apart = (before.slope - after.slope) ** 2
        whole, part = apart * before.coming, apart * before.coming_in_slice
    return Difference(
        tasks=difference(now.sum(axis=1), changed.sum(axis=1), whole),
        tasks_per_hour=tuple(
            difference(now[:, at], changed[:, at], part).times(3600.0 / (to_s - from_s))
            for at, (from_s, to_s) in enumerate(_slices(params))
        ),
        late=(views[1].late_expected + views[1].late_to_come) - (views[0].late_expected + views[0].late_to_come),
    )
