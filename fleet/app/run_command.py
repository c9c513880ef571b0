"""`futurepark run`: work through orders with a simulated fleet."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleet.app.live_command import LiveCommand

if TYPE_CHECKING:
    from fleet.app.live_run import Live

# Options that have another name than the setting that they set.
_OPTIONS = {"duration_s": "--for", "robot_model": "--robot-model", "message_loss": "--loss", "dead_share": "--dead"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", cls=LiveCommand)(run)


def run(
    world: Annotated[
        str | None, typer.Argument(help="A shipped world (see `futurepark world list`) or a world file.")
    ] = None,
    robots: Annotated[
        int | None, typer.Option(min=1, help="Robots on the floor; the world's own number if left out.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="Simulated time, like 90s, 30m or 2h; 30m if left out.")
    ] = None,
    orders: Annotated[
        str | None,
        typer.Option(help="A .csv or .jsonl file, or poisson:RATE[:PROFILE]; the shipped order lines if left out."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random; same seed, same run; 1 if left out.")] = None,
    planner: Annotated[
        str | None, typer.Option(help="Path planner: epibt, epibt3, epibt4, epibt5, pibt; epibt if left out.")
    ] = None,
    assigner: Annotated[
        str | None, typer.Option(help="Tasks to robots: matching or greedy; matching if left out.")
    ] = None,
    guidance: Annotated[
        str | None,
        typer.Option(help="What moves cost: auto (the world's own), none or a guidance file; auto if left out."),
    ] = None,
    services: Annotated[
        str | None,
        typer.Option(
            help="Seconds of picks and drops: fixed (the world's), measured (drawn from the service times beside the "
            "world file) or a file of service times; fixed if left out."
        ),
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option(
            help="ideal (everybody in step) or grants (continuous robots, driven by grants); ideal if left out."
        ),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(help="Robots of --execution grants, which it implies: kinematic (on rails) or twin (physics)."),
    ] = None,
    robot_model: Annotated[
        str | None, typer.Option(help="A robot model file, as `futurepark twin fit` writes it; with --driver twin.")
    ] = None,
    actions: Annotated[
        str | None, typer.Option(help="Operator actions on zones, a .jsonl file; with --execution grants.")
    ] = None,
    faults: Annotated[
        str | None, typer.Option(help="Faults of robots and floor, a .jsonl file; with --execution grants.")
    ] = None,
    message_loss: Annotated[
        float | None,
        typer.Option("--loss", help="Share of messages that are lost, each way; with --execution grants."),
    ] = None,
    dead_share: Annotated[
        float | None,
        typer.Option("--dead", help="Share of robots that break down for good; with --execution grants."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the run, to replay it; with --execution grants.")
    ] = None,
    bullet: Annotated[
        str | None,
        typer.Option(metavar="ROBOTS", help="Simulated by Bullet: 3,17 or near:STATION; with --driver twin."),
    ] = None,
    sensors: Annotated[
        bool | None,
        typer.Option(
            "--sensors",
            help="Bins run out, roll cages run full and chutes jam, and the controller sees it by sensors alone: it "
            "refills bins and closes chutes.",
        ),
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Stations and chutes whose services arms and belts do, in Bullet: 'Pick 1,C005', or stations for all; "
            "with --execution grants.",
        ),
    ] = None,
    cell_processes: Annotated[
        int, typer.Option(min=0, help="Processes in which --cells run beside the fleet; 0: they run in its own.")
    ] = 0,
    camera: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where to look from: overview, a station, chute or zone, or robot:N."),
    ] = None,
    png: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a picture of the end of the run.")] = None,
    film: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a film of the run: .webp or .gif.")] = None,
    film_speed: Annotated[float, typer.Option(help="Simulated seconds in a second of the film.")] = 1.0,
    gui: Annotated[bool, typer.Option("--gui", help="Show the run in a window; needs a display.")] = False,
    live: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:PORT]",
            help="Show the run in a browser while it goes on, at 127.0.0.1:8080 if no address is given.",
        ),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(help="With --live: simulated seconds in a second; 1 if left out, 0 for as fast as it goes."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings from a run directory or a TOML file; options go before them.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Set bad order rows aside in this file and go on without them.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder in which the run gets a directory of its own.")] = Path("runs"),
    audit: Annotated[bool, typer.Option("--audit", help="Check every step by independent auditors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of a table.")] = False,
) -> None:
    """Run a fleet in simulation: orders to tasks, tasks to robots, robots along collision-free paths.

    Writes a run directory (config.toml, summary.json, events.jsonl, trace.npz, heatmap.png) and prints a summary.
    """
    from fleet.app.attendance import Attendance
    from fleet.app.durations import parse_duration
    from fleet.app.simulate import simulate
    from fleet.errors import SettingError
    from fleet.runtime.config import RunConfig, read_config

    if orders == "":
        raise SettingError("--orders", "is empty", "name a file or poisson:RATE, or leave the option out")
    settings = read_config(config) if config is not None else RunConfig()
    given: dict[str, Any] = {
        "world": world,
        "robots": robots,
        "duration_s": None if duration is None else parse_duration(duration, "--for"),
        "orders": orders,
        "seed": seed,
        "planner": planner,
        "assigner": assigner,
        "guidance": guidance,
        "services": services,
        "execution": "grants" if driver is not None and execution is None else execution,
        "driver": driver,
        "robot_model": robot_model,
        "cells": cells,
        "sensors": sensors or None,
        "actions": actions,
        "audit": audit or None,
    }
    floor: dict[str, Any] = {"faults": faults, "message_loss": message_loss, "dead_share": dead_share}
    try:
        given["floor"] = replace(settings.floor, **{key: value for key, value in floor.items() if value is not None})
        settings = replace(settings, **{key: value for key, value in given.items() if value is not None})
    except SettingError as error:
        option = _OPTIONS.get(error.where, f"--{error.where}")
        raise SettingError(option, error.problem, error.remedy) from None
    attendance = Attendance(record, camera, png, film, film_speed, gui, bullet or "", cell_processes)
    shown = _live(live, speed, settings.world, out)
    raise typer.Exit(simulate(settings, out=out, rejects=rejects, as_json=as_json, attendance=attendance, live=shown))


def _live(address: str | None, speed: float | None, world: str, runs: Path) -> Live | None:
    """How the run is to be shown, None for not at all."""
    from fleet.errors import SettingError

    if address is None:
        if speed is not None:
            raise SettingError("--speed", "is for runs that are shown", "use it with --live")
        return None
    from fleet.app.live_run import Live
    from sim_worlds.world_file import shipped_worlds

    file = "" if world in shipped_worlds() else world
    return Live(address, 1.0 if speed is None else speed, stays=sys.stdout.isatty(), world=file, runs=runs)
