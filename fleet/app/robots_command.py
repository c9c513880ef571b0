"""`futurepark robots`: simulated robots behind gateways, in a program of their own."""

from __future__ import annotations

import typer

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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("robots")(robots)


def robots(
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
    as_json: AsJson = False,
) -> None:
    """Simulate robots in real time, behind gateways that connect to a controller.

    Robot amr-007 begins where `futurepark run` would have robot 7 begin, so several programs can share a floor. Runs
    until it is interrupted (exit code 130) or terminated (0). Started again with the same state, robots stand where
    they stood, and go on.
    """
    from os import urandom

    settings = robots_settings(
        world, connect, count, gateways, keys, server_key, first, first_gateway, state=state, seed=seed, faults=faults
    )
    from fleet.app.simulated_robots.run import run

    raise typer.Exit(run(settings, boot=lambda: urandom(16), as_json=as_json))
