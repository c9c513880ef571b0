"""`futurepark twin fit`: a robot model from recorded logs, with what each of its numbers is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from twin.calibration.fit import Calibration

_LogFiles = Annotated[
    list[Path], typer.Argument(metavar="LOG...", help="Logs of calibration runs, CSV, one a robot; see docs/twin.md.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the group `twin`."""
    app.command("fit")(fit)


def fit(
    logs: _LogFiles,
    model: Annotated[Path, typer.Option(help="Robot model file: what is known before, with mass, inertia and track.")],
    out: Annotated[Path, typer.Option(help="Robot model file to write.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON instead of tables.")] = False,
) -> None:
    """Estimate a robot's traction, lag, drag, noise and turn error from logs of how robots of its model drove.

    A part of the logs is held out to measure the error. What logs do not tell is said, and keeps its value.
    """
    from twin.calibration.drive_log import read_drive_log
    from twin.calibration.fit import calibrate
    from twin.calibration.model_file import read_model_file, write_model_file

    robot, body = read_model_file(model)
    found = calibrate([read_drive_log(path) for path in logs], body)
    write_model_file(out, robot, found.body, found.provenance())
    if as_json:
        _print_json(found, out)
    else:
        _print_tables(found, out)


def _print_json(found: Calibration, out: Path) -> None:
    import json
    from dataclasses import asdict
    from math import isfinite

    estimates = [
        {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in asdict(one).items()}
        for one in found.estimates
    ]
    document: dict[str, Any] = {
        "out": str(out),
        "pieces": found.pieces,
        "held_out": found.held_out,
        "estimates": estimates,
        "errors": asdict(found.errors),
        "body": asdict(found.body),
    }
    typer.echo(json.dumps(document))


def _print_tables(found: Calibration, out: Path) -> None:
    from math import isfinite

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table("parameter", "value", "95 % interval", "", title="Robot model", title_justify="left")
    for one in found.estimates:
        interval = f"{one.low:.5g} to {one.high:.5g}" if isfinite(one.high) else f"{one.low:.5g} or more"
        table.add_row(
            escape(one.name),
            f"{one.value:.5g}",
            interval if one.identified or one.low > 0 else "",
            "" if one.identified else f"[yellow]assumed: {escape(one.why)}[/]",
        )
    console.print(table)
    errors = found.errors
    table = Table(
        "error (root mean square)", "before", "fitted", f"held out ({found.held_out} of {found.pieces} pieces)"
    )
    units = {"wheels": "m/s", "gyro": "rad/s", "place": "m", "heading": "rad"}
    for name, unit in units.items():
        if name in errors.held_out:
            shown = (
                f"{kind[name]:.4g}" if name in kind else "" for kind in (errors.before, errors.fitted, errors.held_out)
            )
            table.add_row(f"{name}, {unit}", *shown)
    console.print(table)
    console.print(f"Written to {out}", soft_wrap=True)
