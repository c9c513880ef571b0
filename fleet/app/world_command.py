"""`futurepark world`: list, show, check and make worlds."""

from __future__ import annotations

from dataclasses import fields
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim_worlds.generators.params import KINDS, FloorParams

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from sim_worlds.world import World

_Out = Annotated[Path, typer.Option(help="Folder for the world's two files.")]


def register(app: typer.Typer) -> None:
    """Add `world` and its commands."""
    group = typer.Typer(help="List, show, check and make worlds.", no_args_is_help=True)
    group.command("list")(list_worlds)
    group.command("show")(show)
    group.command("check")(check)
    new = typer.Typer(help="Make a world from parameters, by kind of floor.", no_args_is_help=True)
    for kind in KINDS:
        new.command(kind.kind, help=kind.__doc__)(_new_command(kind))
    group.add_typer(new, name="new")
    app.add_typer(group, name="world")


def list_worlds() -> None:
    """List the worlds that come with futurepark."""
    from rich.console import Console
    from rich.table import Table

    from sim_worlds.world_file import load_world, shipped_worlds

    table = Table("world", "cells", "robots", "what it is")
    for name in shipped_worlds():
        world = load_world(name)
        size = f"{world.layout.height} x {world.layout.width}"
        table.add_row(name, size, str(world.default_robots), world.title)
    Console().print(table)


def show(
    world: Annotated[str, typer.Argument(help="A shipped world, a world file, a .map or a league instance .json.")],
    png: Annotated[Path | None, typer.Option(help="Write a picture of the floor to this file.")] = None,
) -> None:
    """Show a world: its size, what stands on it, service times and robots."""
    from rich.console import Console

    from sim_worlds.world_file import load_world

    loaded = load_world(world)
    if png is not None:
        from fleet.report.floor_plan import save_floor_plan

        save_floor_plan(loaded, png)
    console = Console()
    typer.echo(f"file: {loaded.path}")
    console.print(_facts(loaded))
    console.print(_places(loaded))
    if png is not None:
        typer.echo(f"picture: {png}")


def check(
    file: Annotated[str, typer.Argument(help="A world file, a shipped world, a .map or a league instance .json.")],
) -> None:
    """Find what would fail later; exit code 2 if there is an error."""
    from sim_worlds.check import check_world
    from sim_worlds.finding import Severity

    findings = check_world(file)
    for finding in findings:
        typer.echo(f"{finding.severity.value}: {finding}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    typer.echo(f"{file}: {errors} errors, {len(findings) - errors} warnings")
    if errors:
        raise typer.Exit(2)


def _new_command(kind: type[FloorParams]) -> Callable[..., None]:
    """Return a command with an option for each parameter of a kind of floor."""

    def new(out: _Out, **values: Any) -> None:  # noqa: ANN401 (the options differ from kind to kind)
        from sim_worlds.generators.generate import write_world

        typer.echo(f"world: {write_world(kind(**values), out)}")

    options = [
        Parameter(
            spec.name,
            Parameter.KEYWORD_ONLY,
            default=spec.default,
            annotation=Annotated[type(spec.default), typer.Option(help=spec.metadata["help"])],
        )
        for spec in fields(kind)
    ]
    out = Parameter("out", Parameter.KEYWORD_ONLY, annotation=_Out)
    new.__signature__ = Signature([out, *options])  # type: ignore[attr-defined]
    return new


def _facts(world: World) -> Table:
    from rich.table import Table

    from robots.kinematics import step_time

    layout, robot = world.layout, world.robot
    size_m = f"{layout.width * world.cell_m:g} m x {layout.height * world.cell_m:g} m"
    limits = f"{robot.max_speed_mps:g} m/s, a step takes {step_time(robot, world.cell_m):.2f} s"
    table = Table(show_header=False, box=None, title=f"{world.name}: {world.title}", title_justify="left")
    table.add_row("floor", f"{layout.height} rows x {layout.width} columns, {size_m}")
    table.add_row("cells free", f"{len(layout.free_cells)} of {layout.cells}")
    table.add_row("robots", f"{world.default_robots}, places to begin for {len(world.start_cells)}")
    table.add_row("robot", f"{robot.name}: {limits}, {robot.totes} totes, {robot.payload_kg:g} kg")
    table.add_row("orders", f"{world.orders.rate_per_hour:g} an hour, due after {world.orders.lead_time_s:g} s")
    table.add_row("guidance", _guidance(world))
    return table


def _guidance(world: World) -> str:
    rules = world.guidance
    if rules is None:
        return "none"
    patterns = f" {rules.rows} {rules.columns}" if rules.lanes in {"pattern", "streets"} else ""
    against = "" if rules.lanes == "none" else f", against {rules.against}"
    return f"lanes: {rules.lanes}{patterns}; along {rules.along}{against}, turn {rules.turn}"


def _places(world: World) -> Table:
    from rich.table import Table

    from sim_worlds.world import StationKind

    table = Table("place", "number", "cells", "service s")
    table.add_row("pick faces", "", str(len(world.pick_faces)), f"{world.pick_face_service_s:g}")
    for kind in StationKind:
        stations = [station for station in world.stations if station.kind is kind]
        times = sorted({station.service_s for station in stations})
        docks = sum(len(station.docks) for station in stations)
        shown = ", ".join(f"{time:g}" for time in times)
        table.add_row(f"{kind.value} stations", str(len(stations)), str(docks), shown)
    destinations = len({chute.destination for chute in world.chutes})
    times = sorted({chute.service_s for chute in world.chutes})
    shown = ", ".join(f"{time:g}" for time in times)
    table.add_row(f"chutes, {destinations} destinations", str(len(world.chutes)), str(len(world.chutes)), shown)
    table.add_row("chargers", "", str(len(world.chargers)), "")
    table.add_row("parking", "", str(len(world.parking)), "")
    return table
