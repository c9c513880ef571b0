"""What driving by grants costs against the ideal, and what faults cost on top: 500 robots on future_park."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Chart, Options, Report, Series, Table
from fleet.app.compose import compose
from fleet.runtime.activity import Activity
from fleet.runtime.clock import WallClock
from fleet.runtime.config import FloorParams, RunConfig

_SHORT_S, _FULL_S = 600.0, 1800.0
_LOADS: Final = {"main job": "", "busy": "poisson:9000", "saturating": "poisson:12000"}
_FAULTY, _FAULTY_FULL = ("saturating",), ("main job", "saturating")
# Where the floor is full it matters most what robots do to each other: also with a planner that looks for the best.
_IMPROVED: Final = "epibt5+lns"
_DEAD_SHARE: Final = 0.05
# Targets of our own: percent of the ideal's throughput, and times real time; percent of the healthy throughput.
_COST_TARGETS: Final[tuple[float, float]] = 85.0, 20.0
_FAULT_TARGETS: Final = {"no faults": None, "5 % dead, 2 % loss": 80.0, "20 % loss": 65.0}
_SHOWN: Final = (Activity.DRIVING, Activity.TURNING, Activity.WAITING, Activity.SERVICE)
_COST = (
    "load", "execution", "tasks an hour", "% of ideal", "target %", "orders done", "of", "x real time",
    "target x", *(f"{activity.name.lower()} %" for activity in _SHOWN), "violations",
)  # fmt: skip
_FAULTS = (
    "load", "faults", "tasks an hour", "% of healthy", "target %", "orders done", "of",
    "longest without a task done s", "violations",
)  # fmt: skip
_RESPONSES = ("load", "from death until", "robots", "median s", "worst s", "bound s")
_BOUNDS: Final = {"an obstacle": 2.0, "its task is taken back": 5.0, "another robot has it": None}
_NOTES = (
    "seed 1, default guidance, and planner if none is named; nominal: 20 to 80 ms and 0.1 % loss a message, each way",
    "real time without loading, compiling and audit; violations: P1 to P8 and P10 in a run of the same seed with audit",
    "shares of all robots' time; the rest is charging and idle. main job: the shipped order lines",
    "busy: poisson:9000, as many orders as the ideal floor can just do; saturating: poisson:12000, more than it can",
    "5 % dead: one robot after another over the first half of the run, for good",
    "longest without a task done: after the first one, as long as orders come in",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run; events are those about orders, tasks and robots that drop out."""

    duration_s: float
    tasks: int
    orders_done: int
    orders: int
    factor: float
    shares: dict[Activity, float]
    violations: int | None
    events: list[dict[str, Any]]

    @property
    def tasks_an_hour(self) -> float:
        """Throughput."""
        return self.tasks * 3600 / self.duration_s

    @property
    def done_s(self) -> list[float]:
        """When each task was done."""
        return [event["t"] for event in self.events if event["event"] == "task_done"]

    @property
    def longest_pause_s(self) -> float:
        """Longest time without a task done while orders came in, after the first one."""
        end_s = max((event["t"] for event in self.events if event["event"] == "order_accepted"), default=0.0)
        return float(np.diff([*(t for t in self.done_s if t < end_s), end_s]).max(initial=0.0))


_KEPT: Final = {
    "order_accepted", "task_done", "task_assigned", "task_released", "task_stranded", "robot_down", "robot_lost",
}  # fmt: skip


def run(options: Options) -> Report:
    """Ten simulated minutes of each case, thirty in the full form, which has faults with the main job's orders, too."""
    duration_s = _FULL_S if options.full else _SHORT_S
    options.say("warming up")
    base = RunConfig(world="future_park", robots=500, duration_s=duration_s, seed=1)
    for execution in ("ideal", "grants"):
        measure(replace(base, robots=50, duration_s=60.0, execution=execution, audit=True))
    cost: list[tuple[Cell, ...]] = []
    faults: list[tuple[Cell, ...]] = []
    responses: list[tuple[Cell, ...]] = []
    charts = []
    for load, orders in _LOADS.items():
        config = replace(base, orders=orders)
        options.say(f"{load}: ideal and grants")
        ideal, grants = measure(config), measure(replace(config, execution="grants"))
        healthy = measure(replace(config, execution="grants", audit=True))
        cost += [_cost_row(load, "ideal", ideal, ideal), _cost_row(load, "grants", grants, ideal, healthy.violations)]
        if load == "saturating":
            options.say(f"{load}: {_IMPROVED}")
            improved = replace(config, execution="grants", planner=_IMPROVED)
            audited = measure(replace(improved, audit=True))
            cost += [_cost_row(load, f"grants, {_IMPROVED}", measure(improved), ideal, audited.violations)]
        if load in (_FAULTY_FULL if options.full else _FAULTY):
            options.say(f"{load}: faults")
            dead, deaths = measure_deaths(config)
            lossy = measure(replace(config, execution="grants", audit=True, floor=FloorParams(message_loss=0.2)))
            ran = dict(zip(_FAULT_TARGETS, (healthy, dead, lossy), strict=True))
            faults += [_fault_row(load, name, case, healthy) for name, case in ran.items()]
            responses += _response_rows(load, seconds_from_death(deaths, dead.events))
            if load == "saturating":
                charts.append(_chart(load, {"ideal": ideal, **ran}))
    return Report(
        (
            Table("what grants cost", _COST, tuple(cost)),
            Table("faults on grants", _FAULTS, tuple(faults)),
            Table("dead robots (5 % of the fleet, 2 % loss)", _RESPONSES, tuple(responses)),
        ),
        _NOTES,
        tuple(charts),
    )


def measure(config: RunConfig) -> Ran:
    """Run once, and time it."""
    events: list[dict[str, Any]] = []

    def keep(event: dict[str, Any]) -> None:
        if event["event"] in _KEPT:
            events.append(event)

    simulation = compose(config, clock=WallClock(), events=keep)
    started = perf_counter()
    simulation.loop.run(simulation.steps)
    wall_s = perf_counter() - started
    counts = simulation.pool.counts()
    robot_steps = simulation.loop.activity_steps
    return Ran(
        duration_s=simulation.loop.now_s,
        tasks=counts["tasks"]["done"],
        orders_done=counts["orders"]["done"],
        orders=counts["orders"]["accepted"],
        factor=simulation.loop.now_s / wall_s,
        shares={activity: float(robot_steps[activity] / robot_steps.sum()) for activity in Activity},
        violations=None if simulation.auditor is None else simulation.auditor.count,
        events=events,
    )


def measure_deaths(config: RunConfig) -> tuple[Ran, dict[int, float]]:
    """Run on grants with 2 % loss while robots die; return that and when each of them did.

    The same as `--dead 0.05`, but from a file of faults, so that it is known who dies when.
    """
    dying = round(_DEAD_SHARE * config.robots)
    robots = np.random.default_rng([config.seed, 4]).permutation(config.robots)[:dying].tolist()
    times = np.linspace(0.0, config.duration_s / 2, dying, endpoint=False).tolist()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deaths.jsonl"
        lines = (json.dumps({"t": t, "kind": "dead", "robot": r}) for r, t in zip(robots, times, strict=True))
        file.write_text("\n".join(lines), encoding="utf-8")
        floor = FloorParams(message_loss=0.02, faults=str(file))
        ran = measure(replace(config, execution="grants", audit=True, floor=floor))
    return ran, dict(zip(robots, times, strict=True))


def seconds_from_death(deaths: dict[int, float], events: Iterable[dict[str, Any]]) -> dict[str, list[float]]:
    """Return how long each response to a death took, by the names of `_BOUNDS`, for the robots that it came to.

    A robot without a task, or in service, has none to be taken back.
    """
    found: dict[str, dict[int, float]] = {name: {} for name in _BOUNDS}
    lost: set[int] = set()
    left: dict[int, int] = {}
    down, back, passed_on = found.values()
    for event in events:
        name, t, robot = event["event"], event["t"], event.get("robot", -1)
        if robot in deaths and t >= deaths[robot]:
            if name == "robot_down":
                down.setdefault(robot, t - deaths[robot])
            elif name == "robot_lost":
                lost.add(robot)
            elif name in {"task_released", "task_stranded"} and robot in lost and robot not in back:
                back[robot] = t - deaths[robot]
                left[event["task"]] = robot
        if name == "task_assigned" and event["task"] in left:
            from_robot = left.pop(event["task"])
            passed_on[from_robot] = t - deaths[from_robot]
    return {name: list(seconds.values()) for name, seconds in found.items()}


def _cost_row(load: str, execution: str, ran: Ran, ideal: Ran, violations: int | None = None) -> tuple[Cell, ...]:
    on_grants = ran is not ideal
    return (
        load, execution, ran.tasks_an_hour, 100 * ran.tasks / ideal.tasks,
        _COST_TARGETS[0] if on_grants else None, ran.orders_done, ran.orders, ran.factor,
        _COST_TARGETS[1] if on_grants else None, *(100 * ran.shares[activity] for activity in _SHOWN), violations,
    )  # fmt: skip


def _fault_row(load: str, faults: str, ran: Ran, healthy: Ran) -> tuple[Cell, ...]:
    share = 100 * ran.tasks / healthy.tasks
    return (
        load, faults, ran.tasks_an_hour, share, _FAULT_TARGETS[faults], ran.orders_done, ran.orders,
        ran.longest_pause_s, ran.violations,
    )  # fmt: skip


def _response_rows(load: str, seconds: dict[str, list[float]]) -> list[tuple[Cell, ...]]:
    return [
        (
            load, name, len(each), float(np.median(each)) if each else None, max(each, default=None), _BOUNDS[name],
        )
        for name, each in seconds.items()
    ]  # fmt: skip


def _chart(load: str, runs: dict[str, Ran]) -> Chart:
    """Tasks done in each minute of the run."""
    series = []
    for name, ran in runs.items():
        minutes = max(1, round(ran.duration_s / 60))
        done, _ = np.histogram(ran.done_s, bins=minutes, range=(0.0, 60.0 * minutes))
        points = tuple((minute + 0.5, float(tasks)) for minute, tasks in enumerate(done.tolist()))
        series.append(Series(name, points, others=name == "ideal"))
    return Chart(f"{load} orders", "simulated minutes", "tasks done a minute", tuple(series))


BENCHMARK = Benchmark("execution", "500 robots on future_park: grants against the ideal, and faults", run)
