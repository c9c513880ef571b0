"""Forecasts of a busy floor: how long one takes, and how often what then happened was within its interval."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from itertools import takewhile
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
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
from sim_worlds.world import World

_AHEAD_S: Final = 1800.0
_SLICE_S: Final = 300.0
_PROCESSES: Final = 2
_TARGET_S: Final = 10.0
_TARGET_HELD: Final = 18
# Orders an hour from half of what 500 robots can do to twice as much; a floor for each, at a moment of its own.
_RATES: Final = (2500, 3500, 4500, 5500, 6000, 6500, 7000, 8000, 10000, 12000)
_FLOORS: Final = tuple((500, rate, 101 + at) for at, rate in enumerate(2 * _RATES))
_EARLIEST_S, _LATEST_S = 600, 1500
_NOTES = (
    f"{_PROCESSES} processes on {os.cpu_count()} processors, starting them included; default number of forks",
    "what then happened: the same run gone on with --execution grants, its orders unknown to the forecast",
    "slices within: of the six slices of five minutes, 90 % are expected",
    "known orders: one fork that is told the orders of the next half hour; this is the error of the model",
)


def run(options: Options) -> Report:
    """Time forecasts with and without a change; the full form looks ahead from 20 floors and sees what happens."""
    options.say("a floor of 500 robots")
    config = RunConfig(world="future_park", robots=500, orders="poisson:6000", seed=1, execution="grants")
    snapshot, world = _snapshot(config, _EARLIEST_S)
    rows: list[tuple[Cell, ...]] = []
    for name, change in (
        ("as it is", Change()),
        ("an aisle closed", Change(close=(NamedZone("Main aisle north"),))),
        ("20 robots more", Change(robots=20)),
        ("other orders", Change(orders="poisson:8000")),
    ):
        options.say(f"forecast: {name}")
        started = perf_counter()
        found = forecast(snapshot, world, change, processes=_PROCESSES)
        took_s = perf_counter() - started
        outlook = found.now if found.changed is None else found.changed
        rows.append((name, took_s, _TARGET_S if change.nothing else None, *_three(outlook.tasks)))
    columns = ("forecast of 30 minutes", "seconds", "target", "tasks", "low", "high")
    tables = [Table("forecasts for 500 robots", columns, tuple(rows))]
    if options.full:
        tables += _coverage(options)
    return Report(tuple(tables), _NOTES)


def _coverage(options: Options) -> list[Table]:
    rows: list[tuple[Cell, ...]] = []
    within = slices_within = 0
    for robots, rate, seed in _FLOORS:
        options.say(f"{robots} robots, {rate} orders an hour, seed {seed}")
        config = RunConfig(world="future_park", robots=robots, orders=f"poisson:{rate}", seed=seed, execution="grants")
        at_s = int(np.random.default_rng(seed).integers(_EARLIEST_S, _LATEST_S))
        done_s: list[float] = []
        simulation = compose(config, clock=WallClock(), events=partial(_note, done_s))
        simulation.loop.run(at_s)
        snapshot, world = snapshot_of(simulation), simulation.world
        simulation.loop.run(round(_AHEAD_S / simulation.loop.step_s))
        happened = np.histogram(np.array(done_s) - snapshot.at_s, bins=np.arange(7) * _SLICE_S)[0]
        outlook = forecast(snapshot, world, processes=_PROCESSES).now
        told = _told(snapshot, world, config)
        hit = outlook.tasks.low <= happened.sum() <= outlook.tasks.high
        hits = sum(
            part.tasks_per_hour.low <= tasks * 3600 / _SLICE_S <= part.tasks_per_hour.high
            for part, tasks in zip(outlook.slices, happened.tolist(), strict=True)
        )
        within, slices_within = within + hit, slices_within + hits
        error = 100 * (happened.sum() / told.tasks_done.sum() - 1)
        rows.append((robots, rate, at_s, *_three(outlook.tasks), int(happened.sum()), int(hit), hits, float(error)))
    columns = ("robots", "orders/h", "from s", "tasks", "low", "high", "happened", "within", "slices within",
               "happened against known orders %")  # fmt: skip
    summary = Table(
        "how often it was within the interval",
        ("of", "floors", "within", "target"),
        (
            ("30 minutes", len(rows), within, _TARGET_HELD * len(rows) // 20),
            ("5 minutes", 6 * len(rows), slices_within, None),
        ),
    )
    return [summary, Table("what was forecast and what happened", columns, tuple(rows))]


def _snapshot(config: RunConfig, at_s: int) -> tuple[FloorSnapshot, World]:
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    simulation.loop.run(at_s)
    return snapshot_of(simulation), simulation.world


def _note(done_s: list[float], event: dict[str, Any]) -> None:
    if event["event"] == "task_done":
        done_s.append(event["t"])


def _told(snapshot: FloorSnapshot, world: World, config: RunConfig) -> ForkResult:
    """A fork that knows the orders that come."""
    end_s = snapshot.at_s + _AHEAD_S
    all_orders = takewhile(lambda order: order.release_s < end_s, orders_of(config, world))
    known = replace(snapshot, expected=tuple(order for order in all_orders if order.release_s > snapshot.at_s))
    coming = coming_orders(known, "", world, _AHEAD_S)
    return run_fork(world, Scenario(known, Change(), coming), ForkParams(_AHEAD_S, _SLICE_S, 1), 0)


def _three(tasks: Interval) -> tuple[float, float, float]:
    return tasks.mean, tasks.low, tasks.high


BENCHMARK = Benchmark("forecast", "forecast: half an hour ahead for 500 robots", run)
