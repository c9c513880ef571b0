"""Forecasts of a busy floor: how long one takes, and how often what then happened was within its interval."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.machine import all_cores
from fleet.app.compose import compose
from fleet.app.crew import orders_of
from fleet.app.forecast.change import Change
from fleet.app.forecast.coming_orders import coming_orders
from fleet.app.forecast.forecast import forecast
from fleet.app.forecast.fork import ForkParams, Scenario, run_fork
from fleet.app.forecast.intervals import Interval
from fleet.app.forecast.simulation_snapshot import snapshot_of
from fleet.app.forecast.snapshot import FloorSnapshot
from fleet.app.forecast.tally import ForkResult
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from fleet.traffic.zones.actions import NamedZone
from robots.arrays import Int64
from sim_worlds.world import World

_AHEAD_S: Final = 1800.0
_SLICE_S: Final = 300.0
_SLICES: Final = round(_AHEAD_S / _SLICE_S)
_PROCESSES: Final = 2
_TARGET_S: Final = 10.0
_TARGET_HELD: Final = 18
# Orders an hour from a third of what 500 robots can do to 1.6 times as much; two floors for each, each at a moment of
# its own.
_RATES: Final = (2500, 3500, 4500, 5500, 6000, 6500, 7000, 8000, 10000, 12000)
# Seeds that neither paces nor model errors were found with.
FLOORS: Final = tuple((500, rate, 221 + at) for at, rate in enumerate(2 * _RATES))
_EARLIEST_S, _LATEST_S = 600, 1500
_NOTES = (
    f"{_PROCESSES} processes on {os.cpu_count()} processors, starting them included; default number of forks",
    "floors are in the twin (--execution grants --driver twin), forks on the ideal grid; what then happened: the same "
    "run gone on, its orders unknown to the forecast",
    "slices within: of the six slices of five minutes, 90 % are expected",
    "known orders: one fork that is told the orders of the next half hour; this is the error of the model",
)


def run(options: Options) -> Report:
    """Time forecasts with and without a change; the full form looks ahead from 20 floors and sees what happens."""
    options.say("a floor of 500 robots")
    snapshot, world = _snapshot(on_wheels(500, 6000, 1), _EARLIEST_S)
    rows: list[tuple[Cell, ...]] = []
    for name, change in (
        ("as it is", Change()),
        ("an aisle closed", Change(close=(NamedZone("Main aisle north"),))),
        ("20 robots more", Change(robots=20)),
        ("other orders", Change(orders="poisson:8000")),
    ):
        options.say(f"forecast: {name}")
        started = perf_counter()
        with all_cores():
            found = forecast(snapshot, world, change, processes=_PROCESSES)
        took_s = perf_counter() - started
        outlook = found.now if found.changed is None else found.changed
        rows.append((name, took_s, _TARGET_S if change.nothing else None, *_three(outlook.tasks)))
    columns = ("forecast of 30 minutes", "seconds", "target", "tasks", "low", "high")
    tables = [Table("forecasts for 500 robots", columns, tuple(rows))]
    if options.full:
        tables += _coverage(options)
    return Report(tuple(tables), _NOTES)


@dataclass(frozen=True, slots=True)
class LookedAhead:
    """A floor of which it is known what then happened.

    at_s           seconds after its beginning that the forecast is from
    tasks          what was forecast
    happened       tasks that were done
    slices_within  slices of time in which as many were done as was forecast
    told           tasks that a fork had done that knew the orders
    """

    at_s: float
    tasks: Interval
    happened: int
    slices_within: int
    told: int

    @property
    def within(self) -> bool:
        """Whether what happened is within the interval."""
        return self.tasks.low <= self.happened <= self.tasks.high

    def cells(self) -> tuple[Cell, ...]:
        """Return the columns of the table after robots and orders an hour."""
        error = 100.0 * (self.happened / self.told - 1)
        return self.at_s, *_three(self.tasks), self.happened, int(self.within), self.slices_within, error


def _coverage(options: Options) -> list[Table]:
    found: list[LookedAhead] = []
    for robots, rate, seed in FLOORS:
        options.say(f"{robots} robots, {rate} orders an hour, seed {seed}")
        config = on_wheels(robots, rate, seed)
        found.append(looked_ahead(config, *what_happened(config, moment(seed))))
    rows = tuple((robots, rate, *one.cells()) for (robots, rate, _), one in zip(FLOORS, found, strict=True))
    columns = ("robots", "orders/h", "from s", "tasks", "low", "high", "happened", "within", "slices within",
               "happened against known orders %")  # fmt: skip
    within, slices_within = sum(one.within for one in found), sum(one.slices_within for one in found)
    summary = Table(
        "how often it was within the interval",
        ("of", "floors", "within", "target"),
        (
            ("30 minutes", len(rows), within, _TARGET_HELD * len(rows) // 20),
            ("5 minutes", _SLICES * len(rows), slices_within, None),
        ),
    )
    return [summary, Table("what was forecast and what happened", columns, rows)]


def on_wheels(robots: int, orders_per_hour: int, seed: int) -> RunConfig:
    """Return the settings of a floor in the twin."""
    orders = f"poisson:{orders_per_hour}"
    return RunConfig(world="future_park", robots=robots, orders=orders, seed=seed, execution="grants", driver="twin")


def moment(seed: int) -> int:
    """Return the second from which the floor with this seed is forecast."""
    return int(np.random.default_rng(seed).integers(_EARLIEST_S, _LATEST_S))


def what_happened(config: RunConfig, at_s: int) -> tuple[FloorSnapshot, World, Int64]:
    """Return a floor at a moment, its world, and the tasks done in the slices after that, int64 (6,)."""
    done_s: list[float] = []
    simulation = compose(config, clock=WallClock(), events=partial(_note, done_s))
    simulation.loop.run(round(at_s / simulation.loop.step_s))
    snapshot = snapshot_of(simulation)
    simulation.loop.run(round(_AHEAD_S / simulation.loop.step_s))
    return snapshot, simulation.world, by_slice(done_s, snapshot.at_s)


def by_slice(done_s: list[float], at_s: float) -> Int64:
    """Return how many of these times are in each slice from `at_s` on, int64 (6,)."""
    bounds = at_s + np.arange(_SLICES + 1) * _SLICE_S
    return np.histogram(np.array(done_s), bins=bounds)[0].astype(np.int64)


def looked_ahead(config: RunConfig, snapshot: FloorSnapshot, world: World, happened: Int64) -> LookedAhead:
    """Forecast a floor and compare with what happened, tasks done by slice, int64 (6,)."""
    with all_cores():
        outlook = forecast(snapshot, world, processes=_PROCESSES).now
    hits = sum(
        part.tasks_per_hour.low <= tasks * 3600 / _SLICE_S <= part.tasks_per_hour.high
        for part, tasks in zip(outlook.slices, happened.tolist(), strict=True)
    )
    told = told_orders(config, snapshot, world)
    return LookedAhead(snapshot.at_s, outlook.tasks, int(happened.sum()), hits, int(told.tasks_done.sum()))


def _snapshot(config: RunConfig, at_s: int) -> tuple[FloorSnapshot, World]:
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    simulation.loop.run(at_s)
    return snapshot_of(simulation), simulation.world


def _note(done_s: list[float], event: dict[str, Any]) -> None:
    if event["event"] == "task_done":
        done_s.append(event["t"])


def told_orders(config: RunConfig, snapshot: FloorSnapshot, world: World) -> ForkResult:
    """Return what comes of a fork that knows the orders that come."""
    end_s = snapshot.at_s + _AHEAD_S
    all_orders = takewhile(lambda order: order.release_s < end_s, orders_of(config, world))
    known = replace(snapshot, expected=tuple(order for order in all_orders if order.release_s > snapshot.at_s))
    coming = coming_orders(known, "", world, _AHEAD_S)
    return run_fork(world, Scenario(known, Change(), coming), ForkParams(_AHEAD_S, _SLICE_S, 1), 0)


def _three(tasks: Interval) -> tuple[float, float, float]:
    return tasks.mean, tasks.low, tasks.high


BENCHMARK = Benchmark("forecast", "forecast: half an hour ahead for 500 robots", run)
