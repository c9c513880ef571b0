"""`futurepark lorr`: run a League of Robot Runners 2024 instance under its own rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fleet.runtime.clock import Clock
    from fleet.runtime.league.competition import LeagueParams
    from fleet.runtime.league.entry import FleetEntry
    from fleet.runtime.league.record import LeagueRecord
    from sim_worlds.league import LeagueInstance


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lorr")(lorr)


def lorr(
    instance: Annotated[Path, typer.Argument(help="Instance file (.json) of the 2024 edition.")],
    *,
    steps: Annotated[int, typer.Option(help="Steps to run.")],
    out: Annotated[Path, typer.Option(help="Result file, in the format of the 2024 edition.")],
    step_time: Annotated[float, typer.Option(help="Seconds to compute a step in; robots wait meanwhile.")] = 1.0,
    planner: Annotated[str, typer.Option(help="Path planner: epibt, epibt3, epibt4, epibt5, pibt.")] = "epibt",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of a table.")] = False,
) -> None:
    """Run a League of Robot Runners 2024 instance under its own rules.

    Writes a result file that PlanViz, the organisers' visualiser, reads; prints how many tasks were finished.
    """
    from fleet.app.compose_league import compose_league
    from fleet.app.peak_memory import peak_rss_mb
    from fleet.report.league_result import check_writable, league_summary, write_result
    from fleet.runtime.clock import WallClock
    from fleet.runtime.league.competition import LeagueParams
    from sim_worlds.league import read_league

    params = LeagueParams(steps, step_time)
    check_writable(out)
    problem = read_league(instance)
    clock = WallClock()
    entry = compose_league(problem.layout, planner, clock, step_time)
    entry.warmup()
    begun = clock.now()
    record = _run(problem, entry, params, clock)
    wall_s = clock.now() - begun
    write_result(record, out)
    summary = {
        "instance": problem.name,
        "planner": planner,
        **league_summary(record),
        "wall_s": round(wall_s, 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "out": str(out),
    }
    _print(summary, as_json=as_json)
    _raise_faults(record)


def _run(problem: LeagueInstance, entry: FleetEntry, params: LeagueParams, clock: Clock) -> LeagueRecord:
    """Run with a progress bar, which is silent when nobody watches."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from fleet.runtime.league.competition import run_league

    columns = (
        TextColumn("step"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[finished]} tasks, {task.fields[rate]:.2f} a step"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    watched = console.is_terminal and sys.stdout.isatty()
    with Progress(*columns, console=console, transient=True, disable=not watched) as progress:
        bar = progress.add_task(problem.name, total=params.steps, finished=0, rate=0.0)

        def show(time: int, finished: int) -> None:
            progress.update(bar, completed=time, finished=finished, rate=finished / time)

        return run_league(problem, entry, params, clock, show)


def _print(summary: dict[str, Any], *, as_json: bool) -> None:
    import json

    from rich.console import Console
    from rich.table import Table

    if as_json:
        typer.echo(json.dumps(summary))
        return
    title = f"{summary['instance']}: {summary['robots']} robots, {summary['steps']} steps"
    table = Table(title=title, show_header=False)
    table.add_row("tasks finished", f"{summary['tasks_finished']:,}")
    table.add_row("tasks a step", f"{summary['tasks_per_step']:.2f}")
    for name in ("planning", "scheduling"):
        spread = summary[f"{name}_ms"]
        figures = f"{spread['median']:.1f} / {spread['p95']:.1f} / {spread['max']:.1f}"
        table.add_row(f"{name} ms, median / p95 / max", figures)
    table.add_row("steps missed", str(summary["missed_steps"]))
    table.add_row("errors", str(summary["planner_errors"] + summary["schedule_errors"] + summary["violations"]))
    table.add_row("peak memory, MB", f"{summary['peak_rss_mb']:,.0f}")
    table.add_row("result", summary["out"])
    Console().print(table)


def _raise_faults(record: LeagueRecord) -> None:
    """Raise AuditError if a joint action or a schedule was refused, or the auditor found a broken rule."""
    from fleet.errors import AuditError

    refused = [f"time {error[-2]}: {error[-1]}" for error in (*record.errors, *record.schedule_errors)]
    faults = [*refused, *record.findings]
    if faults:
        raise AuditError(f"{len(faults)} rules broken: {'; '.join(faults[:5])}")
