"""How much faster than real time the whole simulation runs: orders, assignment, planning, driver, recording."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.references import REALTIME_FACTOR_TARGET
from fleet.app.compose import Simulation, compose
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig

_COLUMNS = (
    "robots", "simulated min", "wall s", "x real time", "target", "tasks an hour", "plan ms", "plan ms p95", "rest ms",
)  # fmt: skip
_DURATION_S = 1800.0
_NOTES = (
    "shipped orders, seed 1, default planner, not audited; without loading and compiling, distance fields included",
    "plan: milliseconds a step, median and p95; rest: all else of a step, mean",
)


def run(options: Options) -> Report:
    """500 robots for 30 simulated minutes; 250 and 1,000 as well in the full form."""
    options.say("warming up")
    _composed(50, 60.0).loop.run(60)
    rows = []
    for robots in (250, 500, 1000) if options.full else (500,):
        options.say(f"{robots} robots for {_DURATION_S / 60:g} min")
        rows.append(_measure(robots, _DURATION_S))
    return Report((Table("future_park", _COLUMNS, tuple(rows)),), _NOTES)


def _composed(robots: int, duration_s: float) -> Simulation:
    config = RunConfig(world="future_park", robots=robots, duration_s=duration_s, seed=1)
    return compose(config, clock=WallClock(), events=lambda _event: None)


def _measure(robots: int, duration_s: float) -> tuple[Cell, ...]:
    simulation = _composed(robots, duration_s)
    started = perf_counter()
    simulation.loop.run(simulation.steps)
    wall_s = perf_counter() - started
    simulated_s = simulation.loop.now_s
    planning_s = np.array(simulation.motion.planning_s)
    median, p95 = (1000 * np.percentile(planning_s, [50, 95])).tolist()
    tasks = simulation.pool.counts()["tasks"]["done"] * 3600 / simulated_s
    rest_ms = 1000 * (wall_s - float(planning_s.sum())) / simulation.steps
    target = REALTIME_FACTOR_TARGET if robots == 500 else None
    return robots, simulated_s / 60, wall_s, simulated_s / wall_s, target, tasks, median, p95, rest_ms


BENCHMARK = Benchmark("simulation", "500 robots on future_park: how much faster than real time", run)
