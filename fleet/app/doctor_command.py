"""`futurepark doctor`: is everything here, and is it ours?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.app.installation import Check


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON instead of tables.")] = False,
) -> None:
    """Check the installation: versions, import origins, the numba cache, what optional parts are missing.

    Exit code 1 when something is broken that is needed.
    """
    from fleet.app.installation import Status, check_installation

    checks = check_installation()
    broken = [check for check in checks if check.status is Status.BROKEN]
    if as_json:
        _print_json(checks, ok=not broken)
    else:
        _print_table(checks)
        typer.echo(f"{len(broken)} broken" if broken else "everything that is needed works")
    if broken:
        raise typer.Exit(1)


def _print_json(checks: list[Check], *, ok: bool) -> None:
    import json
    from dataclasses import asdict

    typer.echo(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}, indent=2))


def _print_table(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    colours = {"ok": "green", "optional": "yellow", "broken": "bold red"}
    table = Table("", "part", "", "found", title="futurepark doctor", title_justify="left")
    group = ""
    for check in checks:
        status = f"[{colours[check.status]}]{check.status}[/]"
        found = escape(check.found + (f"\n  -> {check.remedy}" if check.remedy else ""))
        table.add_row(check.group if check.group != group else "", check.name, status, found)
        group = check.group
    Console().print(table)
