"""`futurepark watch`: how a running site is, live."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.app.connection_options import As, AsJson, Connect, Keys, following


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch")(watch)


def watch(
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    once: Annotated[bool, typer.Option("--once", help="Print how it is now, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a running site: counters, throughput, robots by condition and those in trouble, zones, late orders.

    With --json one object a second, for scripts. Ctrl-C ends it with exit code 130.
    """
    from fleet.app.site import watching

    with following(connect, keys, name, watching.PATIENCE) as reader:
        raise typer.Exit(watching.watch_site(reader, once=once, as_json=as_json))
