"""Whether the report names the neck of a floor, and whether what it says that it costs is what widening it gains."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Final

from scipy.stats import t as student

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.two_halls import TwoHalls
from fleet.app.simulate import simulate
from fleet.report.heat.delay_causes import find_causes
from fleet.report.heat.hot_spots import REACH, HotSpot, find_hot_spots
from fleet.report.heat.spot_costs import spot_costs
from fleet.report.run_directory import RunReader
from fleet.runtime.config import RunConfig

_SEEDS: Final = (11, 12, 13, 14, 15)
_MINUTES: Final = 30
_TARGET: Final = "within 20 %"


@dataclass(frozen=True, slots=True)
class Trial:
    """A floor with a neck, and how many robots are on it. `developed` if the estimate was found with its help."""

    floor: TwoHalls
    robots: int
    developed: bool = False


# Floors that the estimate has never seen, each looked at once, when it was finished.
UNSEEN: Final = (
    Trial(TwoHalls("long_aisle", width=44, aisles=((21, 2),), aisle_rows=13, neck=(0, 6, 2), service_s=2.0), 28),
    Trial(TwoHalls("three_lanes", width=36, aisles=((16, 3),), aisle_rows=8, neck=(0, 2, 3)), 26),
    Trial(TwoHalls("one_of_two", width=48, aisles=((11, 2), (35, 2)), aisle_rows=9, neck=(1, 3, 3)), 40),
)
DEVELOPED: Final = (
    Trial(TwoHalls("sparse"), 16, developed=True),
    Trial(TwoHalls("two_lanes"), 24, developed=True),
    Trial(TwoHalls("dense"), 36, developed=True),
    Trial(TwoHalls("one_cell", aisle_rows=6, neck=(0, 4, 1)), 24, developed=True),
    Trial(TwoHalls("second_aisle", aisles=((12, 2), (27, 2)), neck=(1, 3, 4)), 24, developed=True),
    Trial(TwoHalls("wide", aisles=((19, 3),)), 24, developed=True),
)
_COLUMNS = (
    "floor", "robots", "estimate", "tasks/h narrow", "gain by widening", "+/-", "cost named", "named / gained",
    "target", "neck is worst spot",
)  # fmt: skip
_NOTES = (
    f"{len(_SEEDS)} seeds each, the same narrow and wide, {_MINUTES} min, more orders than robots can do; +/-: 95 % "
    "confidence of the mean gain, Student's t over the seeds",
    "cost named: tasks an hour of the worst spot in the report of the narrow floor, mean of the seeds; neck is worst "
    "spot: in so many seeds",
    "estimate: developed on floors like this one, with other seeds; unseen: looked at once, when it was finished",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One seed of a trial: tasks an hour narrow and wide, what the report names as the worst spot, and its cost."""

    narrow: float
    wide: float
    worst: HotSpot
    named: float


def run(options: Options) -> Report:
    """Floors that the estimate has not seen; those that it was developed on as well in the full form."""
    trials = (*UNSEEN, *DEVELOPED) if options.full else UNSEEN
    rows = []
    for trial in trials:
        options.say(f"{trial.floor.name}, {trial.robots} robots")
        rows.append(_row(trial, [see(trial, seed) for seed in _SEEDS]))
    return Report((Table("What a neck costs", _COLUMNS, tuple(rows)),), _NOTES)


def see(trial: Trial, seed: int, minutes: float = _MINUTES) -> Seen:
    """Run a trial narrow and wide, as `futurepark run` does, and look at the report of the narrow floor."""
    with TemporaryDirectory() as folder:
        narrow = _simulated(trial, Path(folder), seed, minutes, narrow=True)
        wide = _simulated(trial, Path(folder), seed, minutes, narrow=False)
        causes = find_causes(narrow.trace)
        worst = find_hot_spots(causes.lost, 1)
        named = spot_costs(causes, narrow.summary, worst)[0].tasks_per_hour
    tasks = [run.summary.throughput_per_hour.tasks for run in (narrow, wide)]
    return Seen(tasks[0], tasks[1], worst[0], named)


def names_neck(seen: Seen, floor: TwoHalls) -> bool:
    """Whether the worst spot has a cell of the neck in it."""
    rows = range(seen.worst.row - REACH, seen.worst.row + REACH + 1)
    columns = range(seen.worst.column - REACH, seen.worst.column + REACH + 1)
    return any(row in rows and column in columns for row, column in floor.neck_cells)


def _simulated(trial: Trial, folder: Path, seed: int, minutes: float, *, narrow: bool) -> RunReader:
    world = trial.floor.write(folder, narrow=narrow)
    config = RunConfig(
        world=str(world), robots=trial.robots, duration_s=60.0 * minutes, seed=seed, orders="poisson:600"
    )
    with redirect_stdout(StringIO()):
        simulate(config, out=folder, rejects=None, as_json=True)
    return RunReader(folder / f"{world.stem}-{seed}-1")


def _row(trial: Trial, seen: list[Seen]) -> tuple[Cell, ...]:
    gains = [one.wide - one.narrow for one in seen]
    half = float(student.ppf(0.975, len(gains) - 1)) * stdev(gains) / len(gains) ** 0.5
    named, gained = mean(one.named for one in seen), mean(gains)
    right = sum(names_neck(one, trial.floor) for one in seen)
    return (
        trial.floor.name, trial.robots, "developed" if trial.developed else "unseen", mean(one.narrow for one in seen),
        gained, half, named, named / gained, _TARGET, f"{right} of {len(seen)}",
    )  # fmt: skip


BENCHMARK = Benchmark("congestion", "whether the worst spot is the neck, and costs what widening it gains", run)
