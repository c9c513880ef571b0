"""`futurepark compare`: runs held against each other, with confidence intervals over seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Two or more run directories of one world.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the comparison as an HTML page, too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON instead of a table.")] = False,
) -> None:
    """Compare runs by their settings: means over seeds, differences, and which of them are more than chance."""
    import json

    from rich.console import Console
    from rich.text import Text

    from fleet.errors import SettingError
    from fleet.report.page.comparison_page import comparison_page, print_comparison
    from fleet.report.page.page import write_page
    from fleet.report.run_directory import read_result
    from fleet.report.story.comparison import compare as compare_groups
    from fleet.report.story.comparison import comparison_document
    from fleet.report.story.run_groups import ComparedRun, group_runs

    if len(runs) < 2:
        raise SettingError("RUN", "is only one", "give two or more run directories")
    comparison = compare_groups(group_runs([ComparedRun(run, *read_result(run)) for run in runs]))
    if out is not None:
        write_page(comparison_page(comparison), out)
    if as_json:
        print(json.dumps(comparison_document(comparison), indent=2))
        return
    console = Console()
    console.width = max(console.width, 100)
    print_comparison(console, comparison)
    if out is not None:
        console.print(Text(f"Written to {out}"), soft_wrap=True)
