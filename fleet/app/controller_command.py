"""`futurepark controller`: drive real robots, or simulated ones, behind gateways."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fleet.app.live_command import LiveCommand


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("controller", cls=LiveCommand)(controller)


def controller(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A shipped world's name, or a world file (.toml).")],
    journal: Annotated[
        str, typer.Option(metavar="FILE|URL", help="What must survive a crash: a file, or postgresql://...")
    ],
    listen: Annotated[str, typer.Option(help="Where gateways connect.")] = "tcp://127.0.0.1:5570",
    api: Annotated[str, typer.Option(help="Where order, zone and watch connect.")] = "tcp://127.0.0.1:5571",
    feed: Annotated[str, typer.Option(help="Where watch hears how the site is.")] = "tcp://127.0.0.1:5572",
    keys: Annotated[
        Path | None,
        typer.Option(help="Folder with the controller's key and the allow-list; without it, this machine only."),
    ] = None,
    robots: Annotated[
        int, typer.Option(min=0, help="Without --keys: how many robots there are, amr-000, amr-001, ...")
    ] = 0,
    orders: Annotated[
        str | None,
        typer.Option(
            help="Orders besides those of `futurepark order`: a .csv or .jsonl file, or poisson:RATE[:PROFILE]."
        ),
    ] = None,
    standby: Annotated[bool, typer.Option("--standby", help="Wait if another controller leads; then take over.")] = (
        False
    ),
    lease: Annotated[str, typer.Option(help="How long a leader that says nothing more still leads.")] = "3s",
    wait: Annotated[str, typer.Option(help="How long a new site waits for all its robots.")] = "1m",
    config: Annotated[Path | None, typer.Option(help="Settings from a TOML file, as of `run`.")] = None,
    live: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]", help="Serve the live page to browsers, at 127.0.0.1:8080 if no address is given."
        ),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="With --live: tokens of those who may act on the page; see `futurepark token`.")
    ] = None,
    live_as: Annotated[
        str, typer.Option("--live-as", help="With --live and --keys: the viewer or operator whose key the page has.")
    ] = "",
    duration: Annotated[
        str | None, typer.Option("--for", help="Stop after this long, e.g. 10m; when told to if left out.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of generated orders and of planning.")] = None,
    audit: Annotated[bool, typer.Option("--audit", help="Check every tick by independent auditors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON at the end.")] = False,
) -> None:
    """Lead a site: take orders, plan, grant, and drive the robots behind gateways that connect.

    What is granted or acknowledged is in the journal before anybody hears of it: started again after a crash, the
    controller goes on where it was. docs/deploy.md sets one up from an empty machine.
    """
    import gc

    # What is imported stays: to look through it for garbage, again and again while it grows, takes a tenth of a second.
    gc.disable()
    from fleet.app.durations import parse_duration
    from fleet.app.listen_address import address_of
    from fleet.app.page_process import PageSettings
    from fleet.app.site.serve import serve
    from fleet.app.site.settings import SiteSettings
    from fleet.errors import SettingError
    from fleet.runtime.config import RunConfig, read_config

    gc.freeze()
    gc.enable()
    if orders == "":
        raise SettingError("--orders", "is empty", "name a file or poisson:RATE, or leave the option out")
    run = read_config(config) if config is not None else RunConfig()
    # Finer than in simulation: nobody waits for a report longer than that.
    grants = replace(run.grants, tick_s=min(run.grants.tick_s, 0.02))
    run = replace(
        run,
        world=world,
        robots=robots,
        orders=orders or "",
        execution="grants",
        grants=grants,
        services="fixed",  # drawn seconds are for simulations
        seed=run.seed if seed is None else seed,
        audit=audit,
    )
    for option, given in (("--tokens", tokens), ("--live-as", live_as)):
        if given and live is None:
            raise SettingError(option, "is for the live page", "use it with --live")
    settings = SiteSettings(
        run=run,
        listen=listen,
        api=api,
        feed=feed,
        keys=keys,
        journal=journal,
        standby=standby,
        lease_s=parse_duration(lease, "--lease"),
        wait_s=parse_duration(wait, "--wait"),
        page=None if live is None else PageSettings(*address_of(live, "--live"), tokens, keys, live_as, _file(world)),
    )
    for_s = None if duration is None else parse_duration(duration, "--for")
    raise typer.Exit(serve(settings, for_s=for_s, as_json=as_json))


def _file(world: str) -> str:
    """The file of a world, empty for a shipped one."""
    from sim_worlds.world_file import shipped_worlds

    return "" if world in shipped_worlds() else world
