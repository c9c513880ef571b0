"""`futurepark forecast`: what the next half hour of a running site looks like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fleet.app.connection_options import As, AsJson, Connect, Keys, connected

if TYPE_CHECKING:
    from fleet.app.forecast.change import Change
    from fleet.app.forecast.snapshot import FloorSnapshot
    from fleet.traffic.zones.actions import NamedZone, Rectangle
    from sim_worlds.world import World

_MOST_FORKS: Final = 100
_LONGEST_S: Final = 4 * 3600.0
_MOST_ROBOTS: Final = 100_000
_CELLS: Final = re.compile(r"\d{1,6}(,\d{1,6})(,\d{1,6},\d{1,6})?")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forecast")(forecast)


def forecast(
    world: Annotated[str, typer.Argument(help="The site's world, as its controller was given it.")],
    journal: Annotated[
        str | None,
        typer.Option(
            help="The controller's journal, a file or a postgresql:// URL; it is only read. Batteries are not in it: "
            "they are taken to be between 60 % and full."
        ),
    ] = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    duration: Annotated[str, typer.Option("--for", help="How far to look, like 90s, 30m or 2h.")] = "30m",
    close: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ZONE|R,C,R,C", help="What if this were closed: a zone of the world, a cell, or a rectangle."
        ),
    ] = None,
    robots: Annotated[
        str | None, typer.Option(metavar="+N|-N", help="What if there were so many robots more or fewer.")
    ] = None,
    orders: Annotated[
        str | None, typer.Option(help="What if these orders came: a .csv or .jsonl file, or poisson:RATE[:PROFILE].")
    ] = None,
    expect: Annotated[
        Path | None,
        typer.Option(
            help="Orders that are known to come, a .csv or .jsonl file; after the last, orders come as lately."
        ),
    ] = None,
    forks: Annotated[
        int, typer.Option(min=1, max=_MOST_FORKS, help="Simulations with, and as many without the change.")
    ] = 2,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Simulations at a time; all processors of this machine if left out.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of orders that are made up; same seed and state, same forecast.")
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Look ahead from the state of a running site: throughput, hot spots, late orders, with and without a change.

    Simulates copies of the floor in processes of its own; the controller goes on undisturbed.
    """
    import os

    from fleet.app.forecast.coming_orders import known_orders
    from fleet.app.forecast.forecast import closed_cells
    from fleet.app.forecast.forecast import forecast as look_ahead
    from fleet.app.forecast.forecast_report import print_forecast
    from fleet.app.forecast.fork import ForkParams
    from sim_worlds.world_file import load_world

    seconds = _seconds(duration)
    change = _change(close or [], robots, orders)
    floor = load_world(world)
    closed_cells(change, floor)
    snapshot = _snapshot(floor, journal, connect, keys, name)
    if expect is not None:
        snapshot = snapshot.expecting(known_orders(expect, floor))
    params = ForkParams(seconds=seconds, forks=forks, seed=seed)
    found = look_ahead(snapshot, floor, change, params, processes or len(os.sched_getaffinity(0)))
    print_forecast(found, as_json=as_json)


def _snapshot(world: World, journal: str | None, connect: str, keys: Path | None, name: str) -> FloorSnapshot:
    from time import time

    from fleet.app.forecast.journal_snapshot import journal_snapshot
    from fleet.app.forecast.site_snapshot import site_snapshot
    from fleet.errors import SettingError

    if journal is not None:
        return journal_snapshot(journal, world, time())
    if not connect:
        raise SettingError("--journal", "neither a journal nor a controller is named", "give --journal or --connect")
    with connected(connect, keys, name) as client:
        return site_snapshot(client, world)


def _seconds(duration: str) -> float:
    from fleet.app.durations import parse_duration
    from fleet.errors import SettingError

    seconds = parse_duration(duration, "--for")
    if not 0 < seconds <= _LONGEST_S:
        raise SettingError("--for", f"is {seconds:g} s", "give more than 0 s, at most 4h")
    return seconds


def _change(close: list[str], robots: str | None, orders: str | None) -> Change:
    from fleet.app.forecast.change import Change
    from fleet.errors import SettingError

    if orders == "":
        raise SettingError("--orders", "is empty", "name a file or poisson:RATE, or leave the option out")
    return Change(
        close=tuple(_area(text) for text in close),
        robots=0 if robots is None else _robots(robots),
        orders=orders or "",
    )


def _area(text: str) -> NamedZone | Rectangle:
    from fleet.traffic.zones.actions import NamedZone, Rectangle

    if not _CELLS.fullmatch(text):
        return NamedZone(text)
    corners = [int(number) for number in text.split(",")]
    return Rectangle(*corners, *corners) if len(corners) == 2 else Rectangle(*corners)


def _robots(text: str) -> int:
    from fleet.errors import SettingError

    if not re.fullmatch(r"[+-]\d{1,6}", text) or not 0 < abs(int(text)) <= _MOST_ROBOTS:
        raise SettingError("--robots", f"is {text!r}", "give +20 for 20 robots more, -20 for 20 fewer")
    return int(text)
