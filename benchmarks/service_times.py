"""Service times: what the fast simulation draws beside what cells do, and what that does to throughput."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.app.compose import compose
from fleet.app.measured_services import classed_service_times
from fleet.app.station_measuring import MeasureParams, measured_round, planned_rounds
from fleet.runtime.activity import Activity
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from sim_worlds.service_times_file import services_path
from sim_worlds.world_file import load_world

_JOB: Final = RunConfig(world="future_park", seed=1)
_ORDERS: Final = ("", "poisson:9000", "poisson:12000")
_SHORT_S, _FULL_S = 300.0, 1800.0
_SHORT_SAMPLES, _FULL_SAMPLES = 2, 50
# Not the seed of the shipped file: these services are new to it.
_SEED: Final = 1000
_TARGET_PERCENT: Final = 5.0
_DRAWS: Final = 200

_NOTES = (
    "services: new ones, done in cells with another seed than the shipped file; drawn: the fast simulation's seconds "
    f"for services of as many units, mean of {_DRAWS} draws each",
    "the difference of few services is chance: 2 standard errors of the cells' mean are given beside it",
    "throughput: 500 robots on the ideal grid, pick faces as the world has them",
)


def run(options: Options) -> Report:
    """Two new services of each class at each place and five minutes of a floor; fifty, and thirty minutes in full."""
    columns = ("place", "class", "services", "cells, mean s", "drawn, mean s", "off %", "2 errors %", "target %")
    figures = ("orders", "services", "tasks an hour", "orders an hour", "robots in service %")
    return Report(
        (
            Table("seconds of services", columns, tuple(_seconds(options))),
            Table("throughput", figures, tuple(_throughputs(options))),
        ),
        _NOTES,
    )


def _seconds(options: Options) -> list[tuple[Cell, ...]]:
    world = load_world(_JOB.world)
    times = classed_service_times(services_path(world.path))
    params = MeasureParams(samples=_FULL_SAMPLES if options.full else _SHORT_SAMPLES, seed=_SEED)
    rows: list[tuple[Cell, ...]] = []
    told: list[float] = []
    found: list[float] = []
    for (kind, name), rounds in planned_rounds(world, params).items():
        options.say(f"{kind.value}, {name}")
        services = [service for one in rounds for service in measured_round(one).services]
        seconds = np.array([service.seconds for service in services])
        stored = times.kinds[kind][name]
        drawn = [
            float(np.mean([stored.drawn_s(service.units, f"{number} {draw}") for draw in range(_DRAWS)]))
            for number, service in enumerate(services)
        ]
        told += drawn
        found += seconds.tolist()
        rows.append((kind.value, name, *_compared(seconds.tolist(), drawn)))
    return [*rows, ("all", "all", *_compared(found, told))]


def _compared(cells: list[float], drawn: list[float]) -> tuple[Cell, ...]:
    mean, told = float(np.mean(cells)), float(np.mean(drawn))
    error = float(np.std(np.array(cells) - np.array(drawn))) / len(cells) ** 0.5
    return len(cells), mean, told, 100.0 * (told / mean - 1.0), 200.0 * error / mean, _TARGET_PERCENT


def _throughputs(options: Options) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    duration_s = _FULL_S if options.full else _SHORT_S
    for orders in _ORDERS if options.full else _ORDERS[:1]:
        for services in ("fixed", "measured"):
            options.say(f"{services} services, {orders or 'shipped orders'}")
            config = replace(_JOB, duration_s=duration_s, orders=orders, services=services)
            simulation = compose(config, clock=WallClock(), events=lambda _event: None)
            simulation.loop.run(simulation.steps)
            counts = simulation.pool.counts()
            hours = duration_s / 3600.0
            share = simulation.loop.activity_steps[Activity.SERVICE] / simulation.loop.activity_steps.sum()
            done = (counts["tasks"]["done"] / hours, counts["orders"]["done"] / hours)
            rows.append((orders or "shipped", services, *done, 100.0 * float(share)))
    return rows


BENCHMARK = Benchmark("service_times", "seconds of services, drawn and in cells; throughput with either", run)
