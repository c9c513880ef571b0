"""`futurepark twin`: robots with physics behind gateways, and what else there is to do with the digital twin."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fleet.app import twin_fit_command, twin_replay_command, twin_stations_command
from fleet.app.robots_options import (
    AsJson,
    Connect,
    Count,
    Faults,
    First,
    FirstGateway,
    Gateways,
    Keys,
    Seed,
    ServerKey,
    State,
    WorldName,
    robots_settings,
)


class _ServeUnlessNamed(TyperGroup):
    """A group whose command `serve` need not be named: `futurepark twin WORLD --connect ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer hides its type
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["serve", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        cls=_ServeUnlessNamed, help="The digital twin: robots with mass, wheels and senses.", no_args_is_help=True
    )
    group.command("serve")(serve)
    twin_replay_command.register(group)
    twin_fit_command.register(group)
    twin_stations_command.register(group)
    app.add_typer(group, name="twin")


def serve(
    world: WorldName,
    *,
    connect: Connect,
    count: Count,
    gateways: Gateways = 1,
    keys: Keys = None,
    server_key: ServerKey = None,
    state: State = None,
    seed: Seed = 1,
    faults: Faults = None,
    first: First = None,
    first_gateway: FirstGateway = None,
    robot_model: Annotated[
        str | None, typer.Option(metavar="FILE", help="A robot model file, as `futurepark twin fit` writes it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate robots with physics in real time, behind gateways that connect to a controller.

    The word serve may be left out. All else is as with `futurepark robots`; the controller cannot tell.
    """
    from os import urandom

    settings = robots_settings(
        world, connect, count, gateways, keys, server_key, first, first_gateway, state=state, seed=seed, faults=faults,
        driver="twin", robot_model=robot_model or "",
    )  # fmt: skip
    from fleet.app.simulated_robots.run import run

    raise typer.Exit(run(settings, boot=lambda: urandom(16), as_json=as_json))
