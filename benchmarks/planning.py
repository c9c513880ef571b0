"""Planning time and tasks a step by number of robots, beside the reference code in C++."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.instances import LARGE_MAPS, find_instance
from benchmarks.one_goal import OneGoalFleet
from benchmarks.references import PLANNING_MS_TARGET, REFERENCE_CODE
from fleet.grid.distances import DistanceFields
from fleet.grid.map_file import MapFile, read_map
from fleet.planning.registry import make_planner

_SIZES = (500, 1000, 2000, 5000, 10000)
_SHORT_SIZES = (500, 1000, 10000)
# Our name, and under which one the reference code has its figures.
_PLANNERS = {"epibt": "epibt4", "pibt": "pibt"}
_COLUMNS = (
    "robots", "plan ms", "plan ms p95", "plan ms C++", "tasks a step", "tasks a step C++", "us a robot", "fields ms",
)  # fmt: skip
_NOTES = (
    "one-goal tasks, no guidance: every robot always has one goal, on an S or an E cell with equal chances",
    "C++: the reference code of EPIBT (its PIBT and EPIBT(4)), one core of a small machine, 500 steps, no guidance",
    "plan: milliseconds a step, median and 95th percentile; us a robot: the median by robot, level if growth is linear",
    f"target for 10,000 robots on sortation_large with the default planner: {PLANNING_MS_TARGET:g} ms a step",
    "fields: distance fields of new goals, milliseconds a step beside the plan, mean without the first step",
)
_SHORT_NOTE = "short form: some sizes are left out; see --full"
_REFERENCE_STEPS = 500


def run(options: Options) -> Report:
    """Measure both planners on both maps, for 500 steps as the reference figures have; all sizes in the full form."""
    steps = _REFERENCE_STEPS
    sizes = _SIZES if options.full else _SHORT_SIZES
    maps = {name: read_map(find_instance(options.instances, path)) for name, path in LARGE_MAPS.items()}
    tables = []
    for name, map_file in maps.items():
        for planner in _PLANNERS:
            options.say(f"{name}, {planner}")
            measure = partial(_measure, name, map_file, planner, steps)
            rows = tuple(measure(robots) for robots in sizes)
            tables.append(Table(f"{name}, {planner}, {steps} steps", _COLUMNS, rows))
    return Report(tuple(tables), _NOTES if options.full else (*_NOTES, _SHORT_NOTE))


def _measure(name: str, map_file: MapFile, planner_name: str, steps: int, robots: int) -> tuple[Cell, ...]:
    distances = DistanceFields(map_file.layout)
    planner = make_planner(planner_name, distances)
    planner.warmup()
    fleet = OneGoalFleet(map_file, distances, robots, seed=1)
    for _ in range(steps):
        fleet.step(planner)
    median, p95 = (1000 * np.percentile(fleet.planning_s, [50, 95])).tolist()
    tasks, milliseconds = REFERENCE_CODE.get((name, _PLANNERS[planner_name]), {}).get(robots, (None, None))
    fields_ms = 1000 * float(np.mean(fleet.finding_s[1:]))
    return robots, median, p95, milliseconds, fleet.finished / steps, tasks, 1000 * median / robots, fields_ms


BENCHMARK = Benchmark("planning", "planning time from 500 to 10,000 robots on 140 x 500 maps", run)
