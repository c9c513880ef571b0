"""Planning time and tasks a step by number of robots, with and without guidance, beside the reference code in C++."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Chart, Options, Report, Series, Table
from benchmarks.instances import LARGE_MAPS, find_instance
from benchmarks.references import PLANNING_MS_TARGETS, REFERENCE_CODE
from fleet.app.tuning.one_goal import OneGoalFleet
from fleet.grid.distances import DistanceFields
from fleet.planning.planner import Planner, PlanRequest, PlanWindow
from fleet.planning.registry import make_planner
from sim_worlds.world import World
from sim_worlds.world_file import load_world

_STEPS: Final = 500
_FULL_SIZES: Final = (500, 1000, 2000, 5000, 10000, 20000)
_COLUMNS = (
    "robots", "plan ms", "plan ms p95", "plan ms C++", "tasks a step", "last 100", "tasks a step C++", "us a robot",
    "fields ms",
)  # fmt: skip
_NOTES = (
    "one-goal tasks: every robot always has one goal, on an S or an E cell with equal chances; starts drawn, seed 1",
    "C++: the reference code of EPIBT (AAAI-26), one core of a small machine, 500 steps; its lanes: the winners'",
    "plan: milliseconds a step, median and 95th percentile; us a robot: the median by robot, level if growth is linear",
    "last 100: tasks a step in the last 100 steps; in the first few hundred few robots have arrived anywhere",
    "targets without guidance on warehouse_large: "
    + ", ".join(f"{ms:g} ms with {robots:,} robots" for robots, ms in PLANNING_MS_TARGETS.items()),
    "fields: distance fields of new goals, milliseconds a step beside the plan, mean without the first step",
)
_SHORT_NOTE = "short form: some sizes and planners are left out; see --full"


@dataclass(frozen=True, slots=True)
class _Contest:
    """A planner, with the shipped lanes or without; sizes in the short form and in the full one."""

    planner: str
    guidance: str
    short: tuple[int, ...] = ()
    full: tuple[int, ...] = _FULL_SIZES

    @property
    def name(self) -> str:
        return f"{self.planner}, {'lanes' if self.guidance == 'lanes' else 'no guidance'}"


_CONTESTS: Final = (
    _Contest("epibt4", "none", (1000, 5000, 10000)),
    _Contest("epibt4", "lanes", (1000, 10000)),
    _Contest("pibt", "none", (1000, 10000)),
    _Contest("epibt3", "none", full=(1000, 5000, 10000)),
    _Contest("epibt5", "none", full=(1000, 5000, 10000)),
    _Contest("epibt5", "lanes", full=(1000, 5000, 10000)),
    _Contest("pibt", "lanes", full=(2000, 5000, 10000)),
)


class _TimedPlanner:
    """Times each plan of another planner."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self.seconds: list[float] = []

    def plan(self, request: PlanRequest, budget_s: float | None = None) -> PlanWindow:
        started = perf_counter()
        window = self._planner.plan(request, budget_s)
        self.seconds.append(perf_counter() - started)
        return window

    def forget(self) -> None:
        self._planner.forget()

    def warmup(self) -> None:
        self._planner.warmup()


@dataclass(slots=True)
class _Measured:
    robots: int
    planning_s: list[float]
    finding_s: list[float]
    finished: list[int] = field(default_factory=list)

    @property
    def tasks(self) -> float:
        return self.finished[-1] / len(self.finished)

    @property
    def milliseconds(self) -> float:
        return 1000 * float(np.median(self.planning_s))

    def row(self, reference: dict[int, tuple[float, float]]) -> tuple[Cell, ...]:
        tasks, milliseconds = reference.get(self.robots, (None, None))
        return (
            self.robots, self.milliseconds, 1000 * float(np.percentile(self.planning_s, 95)), milliseconds, self.tasks,
            (self.finished[-1] - self.finished[-101]) / 100, tasks, 1000 * self.milliseconds / self.robots,
            1000 * float(np.mean(self.finding_s[1:])),
        )  # fmt: skip


def run(options: Options) -> Report:
    """Measure planners on both maps for 500 steps, as the reference figures have it."""
    worlds = {name: load_world(str(find_instance(options.instances, path))) for name, path in LARGE_MAPS.items()}
    tables, charts = [], []
    for name, world in worlds.items():
        throughput, time = [], []
        for contest in _CONTESTS:
            sizes = contest.full if options.full else contest.short
            if not sizes:
                continue
            options.say(f"{name}, {contest.name}")
            found = [_measure(world, contest, robots) for robots in sizes]
            reference = REFERENCE_CODE.get((name, contest.planner, contest.guidance), {})
            rows = tuple(measured.row(reference) for measured in found)
            tables.append(Table(f"{name}, {contest.name}, {_STEPS} steps", _COLUMNS, rows))
            throughput += _series(contest.name, {each.robots: each.tasks for each in found}, reference, 0)
            time += _series(contest.name, {each.robots: each.milliseconds for each in found}, reference, 1)
        charts.append(Chart(f"{name}: throughput", "robots", "tasks a step", tuple(throughput)))
        charts.append(Chart(f"{name}: planning time", "robots", "ms a step, median", tuple(time)))
    return Report(tuple(tables), _NOTES if options.full else (*_NOTES, _SHORT_NOTE), tuple(charts))


def _measure(world: World, contest: _Contest, robots: int) -> _Measured:
    rules = world.guidance if contest.guidance == "lanes" else None
    guidance = None if rules is None else rules.guidance(world.layout, world.service_cells)
    distances = DistanceFields(world.layout, guidance=guidance)
    planner = _TimedPlanner(make_planner(contest.planner, distances))
    planner.warmup()
    fleet = OneGoalFleet(world, distances, robots, seed=1)
    measured = _Measured(robots, planner.seconds, [])
    for _ in range(_STEPS):
        started = perf_counter()
        distances.slots(fleet.goals)
        measured.finding_s.append(perf_counter() - started)
        fleet.step(planner)
        measured.finished.append(fleet.finished)
    return measured


def _series(name: str, ours: dict[int, float], reference: dict[int, tuple[float, float]], which: int) -> list[Series]:
    lines = [Series(name, tuple((float(robots), figure) for robots, figure in ours.items()))]
    theirs = tuple((float(robots), figures[which]) for robots, figures in reference.items())
    return [*lines, Series(f"{name}, C++", theirs, others=True)] if theirs else lines


BENCHMARK = Benchmark("planning", "planning time and throughput up to 20,000 robots on 140 x 500 maps", run)
