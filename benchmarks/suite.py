"""Runs benchmarks one after another, each in a process of its own, and shows what they found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from benchmarks.benchmark import Cell, Outcome, Table
from benchmarks.catalogue import CATALOGUE, find_benchmark
from benchmarks.charts import draw_charts, make_folder
from benchmarks.machine import describe_machine
from robots.errors import FutureparkError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

_ROOT: Final = Path(__file__).resolve().parents[1]


def run_suite(names: list[str], console: Console, *, full: bool, as_json: bool, plots: Path | None = None) -> None:
    """Run the named benchmarks, or all; print tables as they come, or everything as one JSON object at the end.

    plots: a folder, made if need be, into which the charts of each benchmark go as `NAME.png`. Raises SettingError for
    a name that there is not and for a folder that cannot be made, before anything is run; FutureparkError if a
    benchmark fails.
    """
    benchmarks = [find_benchmark(name) for name in names or CATALOGUE]
    if plots is not None:
        make_folder(plots)
    machine = describe_machine()
    if not as_json:
        console.print(", ".join(f"{name} {value}" for name, value in machine.items()), highlight=False)
    outcomes = []
    for benchmark in benchmarks:
        outcomes.append(_run_alone(benchmark.name, full=full))
        picture = None if plots is None else draw_charts(outcomes[-1], plots)
        if not as_json:
            print_outcome(console, outcomes[-1])
            if picture is not None:
                console.print(f"- charts in {picture}", highlight=False, soft_wrap=True)
    if as_json:
        everything = {"machine": machine, "full": full, "benchmarks": outcomes}
        console.file.write(msgspec.json.format(msgspec.json.encode(everything), indent=2).decode() + "\n")


def list_benchmarks(console: Console, *, as_json: bool) -> None:
    """Print names and titles."""
    if as_json:
        titles = {name: benchmark.title for name, benchmark in CATALOGUE.items()}
        console.file.write(msgspec.json.encode(titles).decode() + "\n")
        return
    for name, benchmark in CATALOGUE.items():
        console.print(f"{name:<12} {benchmark.title}", highlight=False, soft_wrap=True)


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Print a benchmark's tables and notes, or why it was left out."""
    from rich.markup import escape

    console.print(f"\n[bold]{outcome.name}[/]: {outcome.title}", highlight=False)
    if outcome.report is None:
        console.print(f"left out: {escape(outcome.left_out or '')}", highlight=False, soft_wrap=True)
        return
    for table in outcome.report.tables:
        console.print(_shown(table))
    for note in outcome.report.notes:
        console.print(f"- {note}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"- took {outcome.seconds:.0f} s, peak memory {outcome.peak_rss_mb:,.0f} MB", highlight=False)


def format_cell(value: Cell) -> str:
    """Write a figure with three significant digits at least, and nothing where there is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _shown(table: Table) -> RichTable:
    """Lay a table out so that headers may wrap between words and figures never do."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable

    shown = RichTable(title=table.title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for position, name in enumerate(table.columns):
        values = [row[position] for row in table.rows]
        width = max(map(len, [*name.split(), *map(format_cell, values)]))
        words = any(isinstance(value, str) for value in values)
        shown.add_column(name, justify="left" if words else "right", width=width)
    for row in table.rows:
        shown.add_row(*map(format_cell, row))
    return shown


def _run_alone(name: str, *, full: bool) -> Outcome:
    """Run a benchmark in a fresh process, so that neither its memory nor its warm caches are another's."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH")) if part)
    command = [sys.executable, "-m", "benchmarks", name, *(["--full"] if full else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}, check=False)
    if done.returncode != 0:
        raise FutureparkError(f"benchmark {name} failed with exit code {done.returncode}; its own message is above")
    return msgspec.json.decode(done.stdout, type=Outcome)
