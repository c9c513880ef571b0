"""`futurepark twin stations`: how long picks and drops take, measured in the cells of the twin."""

from __future__ import annotations

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.app.station_measuring import MeasureParams
    from sim_worlds.service_times import Measurement, ServiceTimes
    from sim_worlds.world import World


class _Arm(StrEnum):
    KUKA = "kuka"
    PANDA = "panda"


def register(app: typer.Typer) -> None:
    """Add the command to the group `twin`."""
    app.command("stations")(stations)


def stations(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A shipped world's name, or a world file.")],
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure, and write the file; shows the file that is there if left out.")
    ] = False,
    samples: Annotated[
        int | None, typer.Option(min=1, help="Services of each class at each kind of place; 200 if left out.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of everything random; same seed, same times; 1 if left out.")
    ] = None,
    arm: Annotated[_Arm | None, typer.Option(help="At pick stations; kuka if left out.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File to write; NAME.services.toml beside the world file, or, of a shipped world, in this folder.",
        ),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="That measure at a time; all processors of this machine if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the times as JSON instead of a table.")] = False,
) -> None:
    """Show how long services take at a world's stations and chutes, or measure it in cells with real parcels.

    `futurepark run --services measured` draws the seconds of picks and drops from what was measured.
    """
    from fleet.app.measured_services import classed_service_times
    from fleet.app.station_measuring import MeasureParams
    from fleet.errors import SettingError
    from sim_worlds.errors import WorldError
    from sim_worlds.service_times_file import services_path
    from sim_worlds.world_file import load_world, shipped_worlds

    floor = load_world(world)
    path = services_path(floor.path)
    if measure:
        if out is not None:
            path = out
        elif world in shipped_worlds():
            path = Path(path.name)  # what is shipped is not overwritten by the way
        params = MeasureParams(
            samples=200 if samples is None else samples,
            seed=1 if seed is None else seed,
            arm=(arm or _Arm.KUKA).value,
            processes=processes or len(os.sched_getaffinity(0)),
        )
        times = _measured(floor, world, params, path)
    else:
        given = {"--samples": samples, "--seed": seed, "--arm": arm, "--out": out, "--processes": processes}
        for option in (option for option, value in given.items() if value is not None):
            raise SettingError(option, "is of measuring", "add --measure, or leave it out")
        if not path.exists():
            raise WorldError(str(path), "there are no measured service times", "add --measure to make them")
        times = classed_service_times(path)
    if as_json:
        _print_json(floor, path, times)
    else:
        _print_table(floor, path, times)


def _measured(floor: World, named: str, params: MeasureParams, path: Path) -> ServiceTimes:
    """Measure and write; a bar shows on a terminal how far it is."""
    from rich.console import Console
    from rich.progress import Progress

    from fleet.app.station_measuring import measure_stations
    from sim_worlds.errors import WorldError
    from sim_worlds.service_times_file import write_service_times

    # Said before the work, not after it.
    if not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise WorldError(str(path), "cannot be written: no folder to write to", "choose another one with --out")
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task(f"measuring {floor.name}")
        times = measure_stations(floor, params, lambda done, of: progress.update(bar, completed=done, total=of))
    options = f"--samples {params.samples} --seed {params.seed} --arm {params.arm}"
    write_service_times(path, times, f"futurepark twin stations {shlex.quote(named)} --measure {options}")
    return times


def _rows(times: ServiceTimes) -> Iterator[tuple[str, str, Measurement]]:
    """Place, class and what was measured there."""
    for place, by_class in [*((kind.value, of) for kind, of in times.kinds.items()), *times.stations.items()]:
        for name, distribution in by_class.items():
            yield place, name, distribution.measured


def _print_json(floor: World, path: Path, times: ServiceTimes) -> None:
    import json
    from dataclasses import asdict

    services: list[dict[str, Any]] = [
        {"place": place, "class": name, **asdict(measured)} for place, name, measured in _rows(times)
    ]
    typer.echo(json.dumps({"world": floor.name, "file": str(path), "services": services}))


def _print_table(floor: World, path: Path, times: ServiceTimes) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    table = Table(title=f"Service times of {floor.name}, seconds a service", title_justify="left", box=None)
    table.padding = (0, 1, 0, 0)
    for column in ("place", "class"):
        table.add_column(column)
    for column in ("services", "mean", "5 %", "median", "95 %", "retried", "righted", "refused"):
        table.add_column(column, justify="right")
    for place, name, measured in _rows(times):
        seconds = (measured.mean_s, measured.p5_s, measured.p50_s, measured.p95_s)
        shares = (measured.retried, measured.recovered, measured.refused)
        table.add_row(
            escape(place),
            escape(name),
            str(measured.services),
            *(f"{one:.1f}" for one in seconds),
            *(f"{one:.1%}" for one in shares),
        )
    console.print(table)
    console.print("retried: of units; righted: services in which somebody had to help; refused: of loads")
    for place, by in dict.fromkeys((place, measured.by) for place, _, measured in _rows(times)):
        console.print(f"{escape(place)}: {escape(by)}", soft_wrap=True, highlight=False)
    console.print(f"File: {path}", soft_wrap=True, highlight=False)
