"""`futurepark report`: the story of a run as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    run: Annotated[Path, typer.Argument(help="A run directory, such as runs/future_park-1-1.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; report.html in the run directory if left out.")
    ] = None,
) -> None:
    """Tell the story of a run in one HTML file that opens offline: what limits the floor, and where time went."""
    typer.echo(write_report(run, out))


def write_report(run: Path, out: Path | None = None) -> Path:
    """Write the report of a run, to its directory if `out` is None, and return where it is.

    Raises RunError or WorldError if the run or its world cannot be read, SettingError if the file cannot be written.
    """
    from fleet.report.page.page import write_page
    from fleet.report.page.run_report import REPORT_FILE, report_page
    from fleet.report.run_directory import RunReader
    from sim_worlds.world_file import load_world

    reader = RunReader(run)
    path = out if out is not None else run / REPORT_FILE
    write_page(report_page(reader, load_world(reader.config.world)), path)
    return path
