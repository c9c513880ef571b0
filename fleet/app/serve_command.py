"""`futurepark serve`: the floor in a browser, live and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.app.connection_options import As, Keys


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    connect: Annotated[
        str,
        typer.Option(
            "--connect",
            envvar="FUTUREPARK_API",
            help="The API of the controller to follow, as of `watch`; without it recorded runs only.",
        ),
    ] = "",
    keys: Keys = None,
    name: As = "",
    world: Annotated[str, typer.Option(metavar="FILE", help="The controller's world, if it is no shipped one.")] = "",
    runs: Annotated[Path, typer.Option(metavar="DIR", help="Folder of run directories, to play them.")] = Path("runs"),
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where browsers connect; port 0: any.")] = (
        "127.0.0.1:8080"
    ),
    tokens: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may read and act, see `futurepark token`; needed beyond this machine."),
    ] = None,
    proxied: Annotated[
        bool, typer.Option("--proxied", help="A proxy passes requests on: to read takes a token, too.")
    ] = False,
) -> None:
    """Serve the page, the HTTP API and metrics, and print the page's address. Ctrl-C ends it with exit code 130."""
    from fleet.app.dashboard.web_extra import demand_web

    demand_web()
    from fleet.app.dashboard.serve import ServeSettings
    from fleet.app.dashboard.serve import serve as serve_site
    from fleet.app.dashboard.site_follower import SiteAddress
    from fleet.app.site.local_socket import ClientKeys, check_endpoint
    from fleet.errors import SettingError

    site = None
    if connect:
        if keys is not None and not name:
            raise SettingError("--as", "is needed with --keys", "give the name of your key, or set FUTUREPARK_USER")
        endpoints = tuple(endpoint.strip() for endpoint in connect.split(","))
        for endpoint in endpoints:
            check_endpoint(endpoint, "--connect")
        own = None if keys is None else ClientKeys.load(keys, name)
        site = SiteAddress(endpoints, own, name, world)
    raise typer.Exit(serve_site(ServeSettings(listen=listen, site=site, runs=runs, tokens=tokens, proxied=proxied)))
