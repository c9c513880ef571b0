"""`futurepark heatmap`: see where a run was congested."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.report.heat.congestion import Window
    from fleet.report.heat.floor_picture import PicturedRun
    from fleet.report.run_directory import RunReader
    from sim_worlds.world import World


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("heatmap")(heatmap)


def heatmap(
    run: Annotated[Path, typer.Argument(help="A run directory, such as runs/future_park-1-1.")],
    metric: Annotated[
        str,
        typer.Option(
            help="visits, flow by direction (entries an hour), waits or delay (robot-seconds waited or lost)."
        ),
    ] = "delay",
    window: Annotated[
        str,
        typer.Option(metavar="FROM:TO", help="Part of the run, like 10m:20m, 90s: or :1h; an end may be left open."),
    ] = ":",
    against: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Draw what is more or less than in this run of the same world.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Picture to write (.png, .svg or .pdf); one in the run directory if left out."),
    ] = None,
    film: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Film to write (.mp4 or .gif) instead of a picture.")
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="TIME", help="Time of the run in each picture of a film, like 1m.")
    ] = None,
) -> None:
    """Draw where robots drive, wait or lose time, and name the ten worst spots and what they cost."""
    from fleet.app.durations import parse_duration
    from fleet.errors import SettingError
    from fleet.report.heat.floor_picture import picture_change, picture_run
    from fleet.report.heat.heatmap import save_heatmap
    from fleet.report.run_directory import RunReader
    from sim_worlds.world_file import load_world

    part = parse_window(window)
    if film is not None and out is not None:
        raise SettingError("--film", "does not go with --out", "write the picture in a command of its own")
    if every is not None and film is None:
        raise SettingError("--every", "is for films", "give --film FILE, or leave it out")
    reader = RunReader(run)
    world = load_world(reader.config.world)
    shown = _pictured(reader, world, part)
    other = None if against is None else _pictured(RunReader(against), world, part)
    picture = picture_run(shown, metric) if other is None else picture_change(shown, other, metric)
    if film is not None:
        from fleet.report.heat.film import Film, default_every, save_film

        every_s = default_every(shown) if every is None else parse_duration(every, "--every")
        save_film(film, Film(shown, metric, every_s, other), picture, world)
    else:
        out = out if out is not None else run / _file_name(metric, window, against)
        save_heatmap(out, picture, world)
    typer.echo(film or out)


def _pictured(reader: RunReader, world: World, part: Window) -> PicturedRun:
    """A run that was made in this world; raises RunError if it cannot have been."""
    from fleet.report.heat.floor_picture import PicturedRun
    from fleet.report.heat.heatmap import check_world
    from fleet.report.run_directory import TRACE_FILE

    check_world(reader.trace, world, reader.path / TRACE_FILE)
    return PicturedRun(reader.name, reader.trace, reader.summary, part)


def parse_window(text: str) -> Window:
    """Read `FROM:TO`, two durations of which either may be left out; raises SettingError if it is anything else."""
    from fleet.app.durations import parse_duration
    from fleet.errors import SettingError
    from fleet.report.heat.congestion import Window

    ends = text.split(":")
    if len(ends) != 2:
        raise SettingError("--window", f"{text!r} is not FROM:TO", "write it like 10m:20m, 90s: or :1h")
    from_s = parse_duration(ends[0], "--window") if ends[0].strip() else -inf
    to_s = parse_duration(ends[1], "--window") if ends[1].strip() else inf
    if from_s >= to_s:
        raise SettingError("--window", f"{text!r} ends before it begins", "put the earlier time first")
    return Window(from_s, to_s)


def _file_name(metric: str, window: str, against: Path | None) -> str:
    """Name of the picture in the run directory: the one that the run drew itself, or one beside it."""
    from fleet.report.heat.congestion import DEFAULT_METRIC
    from fleet.report.run_directory import HEATMAP_FILE

    whole = parse_window(window) == parse_window(":")
    if whole and metric == DEFAULT_METRIC and against is None:
        return HEATMAP_FILE
    parts = ["heatmap", metric]
    if not whole:
        parts.append(window.replace(" ", "").replace(":", "-"))
    if against is not None:
        parts.append(f"against-{against.resolve().name}")
    return "-".join(parts) + ".png"
