"""Plays seeds or a schedule, says what fails as soon as it is known, shrinks it, and adds everything up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fleet.app.interrupts import INTERRUPTED, on_interrupt
from fleet.app.torture.pool import Job, Jobs, Outcome, open_jobs
from fleet.app.torture.report import TortureReport
from fleet.app.torture.schedule import Schedule, write_schedule
from fleet.app.torture.shrink import Shrunk
from fleet.runtime.clock import WallClock

# Seeds that are shrunk; where more fail, they will fail of the same.
_MOST_SHRUNK: Final = 3


@dataclass(frozen=True, slots=True)
class TortureParams:
    """What to play, and where.

    seeds     of schedules; not needed with a schedule
    robots    of each; None: as each seed says
    schedule  to be played as it is
    processes at the same time
    out       folder for the schedules that fail
    """

    seeds: range
    robots: int | None
    schedule: Schedule | None
    processes: int
    out: Path

    @property
    def count(self) -> int:
        """How many schedules there are to play."""
        return 1 if self.schedule is not None else len(self.seeds)

    def jobs(self) -> Iterator[Job]:
        """Yield what is to be played."""
        if self.schedule is not None:
            yield Job(self.schedule.seed, schedule=self.schedule)
        else:
            yield from (Job(seed, self.robots) for seed in self.seeds)


def torture(params: TortureParams, *, as_json: bool, say: Callable[[str], None]) -> int:
    """Play everything, print what came of it; return the exit code. An interrupt ends it with what was done by then."""
    report, clock = TortureReport(), WallClock()
    began_s = clock.now()
    console = Console(stderr=True)
    columns = (
        TextColumn("torture"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress,
        open_jobs(params.jobs(), min(params.processes, params.count)) as jobs,
    ):
        bar = progress.add_task("", total=params.count, failed=0)

        def interrupt() -> None:
            report.interrupted = True
            jobs.stop()

        with on_interrupt(interrupt):
            for outcome in jobs.done():
                _take(outcome, report, params, jobs, say)
                progress.update(bar, completed=report.seeds, failed=len(report.failures))
    report.wall_s = clock.now() - began_s
    if as_json:
        print(json.dumps(report.as_json()))
    else:
        _print(report)
    return INTERRUPTED if report.interrupted else int(report.failed)


def _take(
    outcome: Outcome, report: TortureReport, params: TortureParams, jobs: Jobs, say: Callable[[str], None]
) -> None:
    if outcome.shrunk is not None:
        _write(outcome.shrunk, report, params, say)
        return
    report.add(outcome)
    result = outcome.result
    if not result.failed:
        return
    say(f"seed {result.seed} ({result.robots} robots, {result.floor}) fails: {result.finding}")
    for line in result.undrained[1:]:
        say(f"    {line}")
    if params.schedule is None and len(report.failures) <= _MOST_SHRUNK:
        jobs.add(Job(result.seed, params.robots, shrink=result))


def _write(shrunk: Shrunk, report: TortureReport, params: TortureParams, say: Callable[[str], None]) -> None:
    schedule = shrunk.schedule
    path = params.out / f"torture-{schedule.seed}.json"
    write_schedule(path, schedule)
    failure = report.failures[schedule.seed]
    failure.events, failure.schedule = len(schedule.events), str(path)
    size = f"{len(schedule.events)} events in {shrunk.trials} trials"
    say(f"seed {schedule.seed} shrunk to {size}: {shrunk.result.finding}")
    for event in schedule.events:
        say(f"    {json.dumps(event)}")
    say(f"    again: futurepark torture --schedule {shlex.quote(str(path))}")


def _print(report: TortureReport) -> None:
    console = Console()
    table = Table("torture", "", title="interrupted: what was done by then" if report.interrupted else None)
    rows = {
        "seeds": f"{report.seeds:,}",
        "robot-ticks": f"{report.robot_ticks:,}",
        "events": f"{report.faults.total():,}",
        "tasks done": f"{report.tasks:,}",
        "violations": f"{report.violations:,}",
        "seeds undrained": f"{report.undrained:,}",
        "robot-ticks an hour of one core": f"{report.robot_ticks_per_core_hour:,.0f}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    kinds = ", ".join(f"{name} {count}" for name, count in sorted(report.faults.items()))
    if kinds:
        console.print(f"Events: {kinds}", soft_wrap=True)
    if report.failures:
        names = ", ".join(str(seed) for seed in sorted(report.failures))
        console.print(f"Failing seeds: {names}", soft_wrap=True)
