"""League of Robot Runners 2024 instances under their own rules, beside the best solutions known."""

from __future__ import annotations

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.instances import LEAGUE_2024, find_instance
from benchmarks.references import BEST_KNOWN
from fleet.app.compose_league import compose_league
from fleet.planning.registry import DEFAULT_PLANNER
from fleet.runtime.clock import WallClock
from fleet.runtime.league.competition import LeagueParams, run_league
from sim_worlds.league import LeagueInstance, read_league

_COLUMNS = (
    "instance", "robots", "steps", "tasks", "tasks a step", "best known", "share", "plan ms", "plan ms p95", "match ms",
    "match ms p95", "missed", "errors",
)  # fmt: skip
_NOTES = (
    "one second a step, default planner, one core; plan and match (scheduling): milliseconds a step, median and p95",
    "best known: tasks a step over the whole instance (500, 2,000, 5,000 steps) with 32 cores",
    "missed: steps that we took too long for; errors: refused actions and schedules, and what the auditor found",
)
_SHORT_NOTE = "short form: 500 steps, of which the large floors need the first few hundred to warm up; see --full"
_SHORT_STEPS = 500


def run(options: Options) -> Report:
    """All three instances for 500 steps; in the full form for as long as the best solutions known."""
    rows = []
    for name, path in LEAGUE_2024.items():
        instance = read_league(find_instance(options.instances, path))
        steps = BEST_KNOWN[instance.name][1] if options.full else _SHORT_STEPS
        options.say(f"{name}: {steps} steps")
        rows.append(_measure(instance, steps))
    table = Table(f"League of Robot Runners 2024, {DEFAULT_PLANNER}", _COLUMNS, tuple(rows))
    return Report((table,), _NOTES if options.full else (*_NOTES, _SHORT_NOTE))


def _measure(instance: LeagueInstance, steps: int) -> tuple[Cell, ...]:
    clock = WallClock()
    entry = compose_league(instance.layout, DEFAULT_PLANNER, clock)
    entry.warmup()
    record = run_league(instance, entry, LeagueParams(steps), clock)
    best_tasks, best_steps = BEST_KNOWN[instance.name]
    best, ours = best_tasks / best_steps, record.finished / steps
    planning = (1000 * np.percentile(record.planning_s, [50, 95])).tolist()
    scheduling = (1000 * np.percentile(record.scheduling_s, [50, 95])).tolist()
    errors = len(record.errors) + len(record.schedule_errors) + len(record.findings)
    return (
        instance.name, instance.team_size, steps, record.finished, ours, best, f"{ours / best:.0%}", *planning,
        *scheduling, record.missed_steps, errors,
    )  # fmt: skip


BENCHMARK = Benchmark("league", "three League of Robot Runners 2024 instances", run)
