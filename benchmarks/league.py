"""The three public instances of the League of Robot Runners 2024, beside the best solutions known."""

from __future__ import annotations

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.instances import LEAGUE_2024, find_instance
from benchmarks.references import BEST_KNOWN
from fleet.app.compose_league import LeagueSettings, compose_league
from fleet.runtime.clock import WallClock
from fleet.runtime.league.competition import LeagueParams, run_league
from fleet.runtime.league.record import LeagueRecord
from sim_worlds.league import LeagueInstance, read_league

COLUMNS = (
    "steps", "tasks", "tasks a step", "last 100", "best known", "share", "plan ms", "plan ms p95", "match ms",
    "match ms p95", "missed", "errors",
)  # fmt: skip
NOTES = (
    "one second a step, one core unless said; plan and match (scheduling): milliseconds a step, median and p95",
    "last 100: tasks a step in the last 100 steps; best known: tasks a step over the whole instance, on 32 cores",
    "missed: steps that we took too long for; errors: refused actions and schedules, and what the auditor found",
)
SHORT_NOTE = "short form: fewer steps, of which the large floors need the first few hundred to warm up; see --full"
_SHORT_STEPS = 500


def run(options: Options) -> Report:
    """All three instances for 500 steps; in the full form for as long as the best solutions known."""
    rows: list[tuple[Cell, ...]] = []
    for name, path in LEAGUE_2024.items():
        instance = read_league(find_instance(options.instances, path))
        steps = BEST_KNOWN[instance.name][1] if options.full else _SHORT_STEPS
        planner = "epibt5" if instance.team_size < 1000 else "epibt"
        options.say(f"{name}: {steps} steps")
        record, rate = play(instance, LeagueSettings(planner), steps)
        rows.append((instance.name, planner, instance.team_size, *figures(record, steps, rate, BEST_KNOWN[name])))
    table = Table("League of Robot Runners 2024", ("instance", "planner", "robots", *COLUMNS), tuple(rows))
    return Report((table,), NOTES if options.full else (*NOTES, SHORT_NOTE))


def play(instance: LeagueInstance, settings: LeagueSettings, steps: int) -> tuple[LeagueRecord, float]:
    """Play an instance; return the record, and the tasks a step in the last 100 steps."""
    clock = WallClock()
    entry = compose_league(instance, settings, clock)
    entry.warmup()
    finished = [0]
    record = run_league(instance, entry, LeagueParams(steps), clock, lambda _time, tasks: finished.append(tasks))
    last = finished[-101:]
    return record, (last[-1] - last[0]) / (len(last) - 1)


def figures(record: LeagueRecord, steps: int, rate: float, best_known: tuple[int, int]) -> tuple[Cell, ...]:
    """Return what COLUMNS has."""
    best, ours = best_known[0] / best_known[1], record.finished / steps
    planning = (1000 * np.percentile(record.planning_s, [50, 95])).tolist()
    scheduling = (1000 * np.percentile(record.scheduling_s, [50, 95])).tolist()
    errors = len(record.errors) + len(record.schedule_errors) + len(record.findings)
    share = f"{ours / best:.0%}"
    return (
        steps, record.finished, ours, rate, best, share, *planning, *scheduling, record.missed_steps, errors,
    )  # fmt: skip


BENCHMARK = Benchmark("league", "three League of Robot Runners 2024 instances", run)
