"""`futurepark robots`: simulated robots behind gateways, in a program of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("robots")(robots)


def robots(
    world: Annotated[str, typer.Argument(help="A shipped world (see `futurepark world list`) or a world file.")],
    *,
    connect: Annotated[
        str,
        typer.Option(metavar="ENDPOINT[,...]", help="Controllers, like tcp://10.0.0.5:7100, tried in turn."),
    ],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Robots to simulate.")],
    gateways: Annotated[int, typer.Option(min=1, help="Gateways that speak for them, each with its own key.")] = 1,
    keys: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with the key of each gateway, NAME.key_secret.")
    ] = None,
    server_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The controller's public key.")] = None,
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where robots keep what they know; without it a restart begins anew."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of start cells, and of everything random.")] = 1,
    faults: Annotated[Path | None, typer.Option(help="Faults of robots and floor, a .jsonl file.")] = None,
    first: Annotated[
        str | None, typer.Option(metavar="SERIAL", help="First robot; amr-000 if left out. Others count on.")
    ] = None,
    first_gateway: Annotated[
        str | None, typer.Option(metavar="NAME", help="First gateway; gw-000 if left out. Others count on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures at the end as JSON.")] = False,
) -> None:
    """Simulate robots in real time, behind gateways that connect to a controller.

    Robot amr-007 begins where `futurepark run` would have robot 7 begin, so several programs can share a floor. Runs
    until it is interrupted (exit code 130) or terminated (0). Started again with the same state, robots stand where
    they stood, and go on.
    """
    from os import urandom

    from fleet.app.simulated_robots.settings import RobotsSettings, check_endpoints, load_keys, numbered_names
    from fleet.errors import SettingError

    if gateways > count:
        raise SettingError("--gateways", f"is {gateways}, for {count} robots", "give each gateway a robot")
    serials, skipped = numbered_names("--first", first, "amr", count)
    names, _ = numbered_names("--first-gateway", first_gateway, "gw", gateways)
    endpoints = check_endpoints(connect)
    settings = RobotsSettings(
        world=world,
        endpoints=endpoints,
        serials=serials,
        skipped=skipped,
        gateways=names,
        keys=load_keys(keys, server_key, names, endpoints),
        seed=seed,
        state=state,
        faults=faults,
    )
    from fleet.app.simulated_robots.run import run

    raise typer.Exit(run(settings, boot=lambda: urandom(16), as_json=as_json))
