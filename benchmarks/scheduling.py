"""Scheduling time by number of robots on the League's large floors, beside the winners' own scheduler in C++."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.free_flow import FreeFlowLeague
from benchmarks.instances import LARGE_MAPS, find_instance
from fleet.grid.map_file import MapFile, read_map

_SIZES: Final = (1000, 5000, 10000)
_SHORT_STEPS, _FULL_STEPS = 80, 500
# The scheduler of the League's 2024 winners (C++, -O3), measured by us on one core of a small machine.
_REFERENCE_MS: Final = {
    "warehouse_large": {1000: 12.0, 5000: 236.0, 10000: 570.0},
    "sortation_large": {1000: 16.0, 5000: 308.0, 10000: 560.0},
}
_TARGET_MS: Final = 50.0
_COLUMNS = (
    "robots", "open tasks", "match ms", "match ms p95", "match ms max", "first step ms", "match ms C++",
    "turned a task", "tasks a step",
)  # fmt: skip
_NOTES = (
    "tasks of two errands, each on an S or an E cell with equal chances; 1.5 open tasks a robot; no collisions",
    "match: milliseconds a step without the first step, where everybody asks at once",
    "C++: the scheduler of the League's 2024 winners, one core of a small machine",
    f"target for 10,000 robots and 15,000 open tasks: {_TARGET_MS:g} ms a step",
    "turned: how often a robot turns to another task on its way to the first errand, for each task that is opened",
)


def run(options: Options) -> Report:
    """Measure both maps at all sizes; for longer in the full form."""
    steps = _FULL_STEPS if options.full else _SHORT_STEPS
    tables = []
    for name, path in LARGE_MAPS.items():
        map_file = read_map(find_instance(options.instances, path))
        rows = []
        for robots in _SIZES:
            options.say(f"{name}, {robots} robots")
            rows.append(_measure(name, map_file, robots, steps))
        tables.append(Table(f"{name}, {steps} steps", _COLUMNS, tuple(rows)))
    return Report(tuple(tables), _NOTES)


def _measure(name: str, map_file: MapFile, robots: int, steps: int) -> tuple[Cell, ...]:
    league = FreeFlowLeague(map_file, robots, steps, seed=1)
    for _ in range(steps):
        league.step()
    seconds = league.scheduler.seconds
    milliseconds = (1000 * np.percentile(seconds[1:], [50, 95, 100])).tolist()
    opened = int((league.pool.events[:, 3] == 1).sum())
    return (
        robots, league.pool.size, *milliseconds, 1000 * seconds[0], _REFERENCE_MS[name][robots],
        league.scheduler.turned / max(opened, 1), league.pool.finished / steps,
    )  # fmt: skip


BENCHMARK = Benchmark("scheduling", "scheduling time from 1,000 to 10,000 robots on 140 x 500 maps", run)
