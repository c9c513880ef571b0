"""The public instances of the League of Robot Runners 2026, with moves of several ticks and random delays."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, LeftOutError, Options, Report, Table
from benchmarks.instances import LEAGUE_2026, find_instance
from benchmarks.references import DEFAULT_2026
from fleet.app.compose_league import LeagueSettings, compose_ticks
from fleet.runtime.clock import WallClock
from fleet.runtime.league.competition import LeagueParams
from fleet.runtime.league2026.competition import run_ticks
from sim_worlds.league import read_league

_SHORT_TICKS: Final = (1000,)
_FULL_TICKS: Final = (1000, 1500, 5000)
_SHARES: Final = ("moving", "turning", "delayed", "waiting")
_COLUMNS = (
    "instance", "robots", "ticks", "tasks", "organisers' default", *(f"{share} %" for share in _SHARES), "plan ms",
    "executor ms a tick", "late", "collisions",
)  # fmt: skip
_NOTES = (
    "a plan about every second, one core, default planner, shipped guidance where there is any; delays of the instance",
    "moving, turning, delayed, waiting: shares of all robot ticks; late: ticks in which a plan or go came too late",
    "organisers' default: tasks in as many ticks on one core",
)


def run(options: Options) -> Report:
    """All four instances for 1,000 ticks; in the full form for 1,500 and 5,000, too."""
    rows = []
    for name, path in LEAGUE_2026.items():
        for ticks in _FULL_TICKS if options.full else _SHORT_TICKS:
            options.say(f"{name}: {ticks} ticks")
            rows.append(_measure(options, path, ticks))
    return Report((Table("League of Robot Runners 2026", _COLUMNS, tuple(rows)),), _NOTES)


def _measure(options: Options, path: str, ticks: int) -> tuple[Cell, ...]:
    instance = read_league(find_instance(options.instances, path))
    if instance.ticks is None:
        raise LeftOutError(f"{instance.path} is no instance of the 2026 edition")
    clock = WallClock()
    entry, executor = compose_ticks(instance, instance.ticks, LeagueSettings(), clock)
    record = run_ticks(instance, entry, executor, LeagueParams(ticks), clock)
    reference, reference_ticks = DEFAULT_2026.get(instance.name, (None, None))
    shares = record.time_shares()
    return (
        instance.name, instance.team_size, ticks, record.finished, reference if ticks == reference_ticks else None,
        *(100 * shares[share] for share in _SHARES), 1000 * float(np.median(record.planning_s)),
        1000 * float(np.median(record.executor_s)), record.late_ticks + record.missed_ticks,
        len(record.collisions) + len(record.astray),
    )  # fmt: skip


BENCHMARK = Benchmark("delays", "four League of Robot Runners 2026 instances", run)
