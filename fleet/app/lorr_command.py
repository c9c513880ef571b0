"""`futurepark lorr`: run a League of Robot Runners instance, edition 2024 or 2026, under its own rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.app.compose_league import LeagueSettings
    from fleet.runtime.league.competition import LeagueParams
    from fleet.runtime.league.record import LeagueRecord
    from fleet.runtime.league2026.record import TickRecord
    from sim_worlds.league import LeagueInstance
    from sim_worlds.league2026 import TickRules

R = TypeVar("R")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lorr")(lorr)


def lorr(
    instance: Annotated[Path, typer.Argument(help="Instance file (.json) of the 2024 or the 2026 edition.")],
    *,
    steps: Annotated[int, typer.Option(help="Steps to run; ticks of 0.1 s in the 2026 edition.")],
    out: Annotated[Path, typer.Option(help="Result file, in the format of the instance's edition.")],
    step_time: Annotated[
        float,
        typer.Option(help="Seconds to compute a step in, robots wait meanwhile; 2026: seconds between plans."),
    ] = 1.0,
    planner: Annotated[
        str,
        typer.Option(help="Path planner: pibt, epibt, epibt3, epibt4, epibt5; with +lns it uses the whole step."),
    ] = "epibt",
    guidance: Annotated[
        str, typer.Option(help="Weights of moves: auto (shipped for the floor), none, or a guidance file (.toml).")
    ] = "auto",
    threads: Annotated[int, typer.Option(help="Threads of +lns, 1 or 2.")] = 1,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Count attempts instead of seconds: the same result every time.")
    ] = False,
    attempts: Annotated[
        int | None, typer.Option(help="Attempts of +lns at each plan with --deterministic; 10000 if left out.")
    ] = None,
    memory_mb: Annotated[int, typer.Option(help="Bound on the memory of distances, in MB.")] = 4096,
    seed: Annotated[int | None, typer.Option(help="Seed of the delays, 2026 only; else the instance's.", min=0)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of a table.")] = False,
) -> None:
    """Run a League of Robot Runners instance, edition 2024 or 2026, under its own rules.

    Writes a result file that PlanViz, the organisers' visualiser, reads; prints how many tasks were finished.
    """
    from fleet.app.compose_league import LeagueSettings
    from fleet.app.peak_memory import peak_rss_mb
    from fleet.errors import SettingError
    from fleet.report.league_result import check_writable
    from fleet.runtime.league.competition import LeagueParams
    from sim_worlds.league import read_league

    params = LeagueParams(steps, step_time)
    settings = LeagueSettings(planner, guidance, step_time, threads, attempts, deterministic, memory_mb)
    check_writable(out)
    problem = read_league(instance)
    if problem.ticks is not None:
        figures, rows, faults, wall_s = _run_2026(problem, problem.ticks, settings, params, seed, out)
    elif seed is not None:
        raise SettingError("--seed", "is for the 2026 edition, this instance is of 2024", "leave it out")
    else:
        figures, rows, faults, wall_s = _run_2024(problem, settings, params, out)
    summary = {
        "instance": problem.name,
        "planner": planner,
        "guidance": guidance,
        **figures,
        "wall_s": round(wall_s, 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "out": str(out),
    }
    _print(summary, rows, as_json=as_json)
    _raise_faults(faults)


Outcome = tuple[dict[str, Any], list[tuple[str, str]], list[str], float]


def _run_2024(problem: LeagueInstance, settings: LeagueSettings, params: LeagueParams, out: Path) -> Outcome:
    """Run, write the result; return summary, rows of the table, faults and seconds."""
    from fleet.app.compose_league import compose_league
    from fleet.report.league_result import league_summary, write_result
    from fleet.runtime.clock import WallClock
    from fleet.runtime.league.competition import run_league

    clock = WallClock()
    entry = compose_league(problem, settings, clock)
    entry.warmup()
    begun = clock.now()
    record: LeagueRecord = _watched(
        problem.name, params.steps, "step", lambda show: run_league(problem, entry, params, clock, show)
    )
    wall_s = clock.now() - begun
    write_result(record, out)
    summary = league_summary(record)
    rows = [
        ("tasks a step", f"{summary['tasks_per_step']:.2f}"),
        *_spreads(summary, "planning", "scheduling"),
        ("steps missed", str(summary["missed_steps"])),
        ("errors", str(summary["planner_errors"] + summary["schedule_errors"] + summary["violations"])),
    ]
    refused = [f"time {error[-2]}: {error[-1]}" for error in (*record.errors, *record.schedule_errors)]
    return summary, rows, [*refused, *record.findings], wall_s


def _run_2026(
    problem: LeagueInstance,
    rules: TickRules,
    settings: LeagueSettings,
    params: LeagueParams,
    seed: int | None,
    out: Path,
) -> Outcome:
    """Run, write the result; return summary, rows of the table, faults and seconds."""
    from fleet.app.compose_league import compose_ticks
    from fleet.report.league2026_result import tick_summary, write_tick_result
    from fleet.runtime.clock import WallClock
    from fleet.runtime.league2026.competition import run_ticks

    clock = WallClock()
    entry, executor = compose_ticks(problem, rules, settings, clock)
    begun = clock.now()
    record: TickRecord = _watched(
        problem.name,
        params.steps,
        "tick",
        lambda show: run_ticks(problem, entry, executor, params, clock, seed=seed, on_tick=show),
    )
    wall_s = clock.now() - begun
    write_tick_result(record, out)
    summary = tick_summary(record)
    shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in summary["time_shares"].items())
    rows = [
        ("tasks a tick", f"{summary['tasks_per_tick']:.3f}"),
        ("robot time", shares),
        *_spreads(summary, "planning", "scheduling", "executor"),
        ("ticks late, missed", f"{summary['late_ticks']}, {summary['missed_ticks']}"),
        ("unsafe moves refused", str(summary["moves_refused"])),
        ("collisions", str(summary["collisions"])),
    ]
    faults = [f"tick {tick}: robots {one} and {other} overlap" for tick, one, other, _ in record.collisions]
    faults += [f"tick {tick}: robot {robot} is off the floor" for tick, robot in record.astray]
    faults += [f"tick {error[-2]}: {error[-1]}" for error in record.schedule_errors]
    return summary, rows, faults, wall_s


def _watched(name: str, steps: int, unit: str, run: Callable[[Callable[[int, int], None]], R]) -> R:
    """Run with a progress bar, which is silent when nobody watches."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(unit),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn(f"{{task.fields[finished]}} tasks, {{task.fields[rate]:.2f}} a {unit}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    watched = console.is_terminal and sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, disable=not watched) as progress:
        bar = progress.add_task(name, total=steps, finished=0, rate=0.0)

        def show(time: int, finished: int) -> None:
            progress.update(bar, completed=time, finished=finished, rate=finished / time)

        return run(show)


def _spreads(summary: dict[str, Any], *names: str) -> list[tuple[str, str]]:
    return [
        (f"{name} ms, median / p95 / max", f"{spread['median']:.1f} / {spread['p95']:.1f} / {spread['max']:.1f}")
        for name in names
        for spread in (summary[f"{name}_ms"],)
    ]


def _print(summary: dict[str, Any], rows: list[tuple[str, str]], *, as_json: bool) -> None:
    import json

    from rich.console import Console
    from rich.table import Table

    if as_json:
        typer.echo(json.dumps(summary))
        return
    length = f"{summary['ticks']} ticks" if "ticks" in summary else f"{summary['steps']} steps"
    table = Table(title=f"{summary['instance']}: {summary['robots']} robots, {length}", show_header=False)
    table.add_row("tasks finished", f"{summary['tasks_finished']:,}")
    for row in rows:
        table.add_row(*row)
    table.add_row("peak memory, MB", f"{summary['peak_rss_mb']:,.0f}")
    table.add_row("result", summary["out"])
    Console().print(table)


def _raise_faults(faults: list[str]) -> None:
    """Raise AuditError if a joint action or a schedule was refused, or an auditor found a broken rule."""
    from fleet.errors import AuditError

    if faults:
        raise AuditError(f"{len(faults)} rules broken: {'; '.join(faults[:5])}")
