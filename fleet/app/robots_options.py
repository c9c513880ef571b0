"""Options of the commands that simulate robots behind gateways, `futurepark robots` and `futurepark twin`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.app.simulated_robots.settings import RobotsSettings

WorldName = Annotated[str, typer.Argument(help="A shipped world (see `futurepark world list`) or a world file.")]
Connect = Annotated[
    str, typer.Option(metavar="ENDPOINT[,...]", help="Controllers, like tcp://10.0.0.5:7100, tried in turn.")
]
Count = Annotated[int, typer.Option(min=1, max=10_000, help="Robots to simulate.")]
Gateways = Annotated[int, typer.Option(min=1, help="Gateways that speak for them, each with its own key.")]
Keys = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder with the key of each gateway, NAME.key_secret.")]
ServerKey = Annotated[Path | None, typer.Option(metavar="FILE", help="The controller's public key.")]
State = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where robots keep what they know; without it a restart begins anew."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of start cells, and of everything random.")]
Faults = Annotated[Path | None, typer.Option(help="Faults of robots and floor, a .jsonl file.")]
First = Annotated[str | None, typer.Option(metavar="SERIAL", help="First robot; amr-000 if left out. Others count on.")]
FirstGateway = Annotated[
    str | None, typer.Option(metavar="NAME", help="First gateway; gw-000 if left out. Others count on.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print figures at the end as JSON.")]


def robots_settings(
    world: str,
    connect: str,
    count: int,
    gateways: int,
    keys: Path | None,
    server_key: Path | None,
    first: str | None,
    first_gateway: str | None,
    *,
    state: Path | None,
    seed: int,
    faults: Path | None,
    driver: str = "kinematic",
    robot_model: str = "",
) -> RobotsSettings:
    """Check the options of a command. Raises InputErrors that name the option."""
    from fleet.app.simulated_robots.settings import RobotsSettings, check_endpoints, load_keys, numbered_names
    from fleet.errors import SettingError

    if gateways > count:
        raise SettingError("--gateways", f"is {gateways}, for {count} robots", "give each gateway a robot")
    serials, skipped = numbered_names("--first", first, "amr", count)
    names, _ = numbered_names("--first-gateway", first_gateway, "gw", gateways)
    endpoints = check_endpoints(connect)
    return RobotsSettings(
        world=world,
        endpoints=endpoints,
        serials=serials,
        skipped=skipped,
        gateways=names,
        keys=load_keys(keys, server_key, names, endpoints),
        seed=seed,
        state=state,
        faults=faults,
        driver=driver,
        robot_model=robot_model,
    )
