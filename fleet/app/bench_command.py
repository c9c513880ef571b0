"""`futurepark bench`: the benchmarks of a source checkout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Benchmarks; all if left out.")] = None,
    *,
    list_only: Annotated[bool, typer.Option("--list", help="List the benchmarks and exit.")] = False,
    full: Annotated[bool, typer.Option("--full", help="The long form, comparable with the references.")] = False,
    plots: Annotated[Path | None, typer.Option(help="Folder for charts of the figures (PNG).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures as JSON instead of tables.")] = False,
) -> None:
    """Measure speed and memory on one core, beside named references. Needs a source checkout."""
    from rich.console import Console

    sys.path.insert(0, str(source_checkout()))
    from benchmarks.suite import list_benchmarks, run_suite

    console = Console()
    # The widest table needs this much; a terminal that wraps its lines is better than figures cut off.
    console.width = max(console.width, 160)
    if list_only:
        list_benchmarks(console, as_json=as_json)
    else:
        run_suite(names or [], console, full=full, as_json=as_json, plots=plots)


def source_checkout() -> Path:
    """Return the folder with `benchmarks/` beside this package; raises SettingError if it is not there."""
    from fleet.errors import SettingError

    root = Path(__file__).resolve().parents[2]
    if not (root / "benchmarks" / "suite.py").is_file():
        problem = f"there are no benchmarks beside {root / 'fleet'}: they are not part of an installed package"
        raise SettingError("bench", problem, "clone the repository and run `make bench` there")
    return root
