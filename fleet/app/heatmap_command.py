"""`futurepark heatmap`: see where a run was congested."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fleet.report.congestion import Window


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("heatmap")(heatmap)


def heatmap(
    run: Annotated[Path, typer.Argument(help="A run directory, such as runs/future_park-1-1.")],
    metric: Annotated[
        str, typer.Option(help="visits (entries an hour), waits or delay (robot-seconds waited or lost).")
    ] = "delay",
    window: Annotated[
        str,
        typer.Option(metavar="FROM:TO", help="Part of the run, like 10m:20m, 90s: or :1h; an end may be left open."),
    ] = ":",
    out: Annotated[
        Path | None,
        typer.Option(help="Picture to write (.png, .svg or .pdf); one in the run directory if left out."),
    ] = None,
) -> None:
    """Draw where robots drive, wait or lose time, on the plan of the floor, and name the ten worst spots."""
    from fleet.report.congestion import count_congestion, find_metric
    from fleet.report.heatmap import check_world, save_heatmap
    from fleet.report.run_directory import TRACE_FILE, RunReader
    from sim_worlds.world_file import load_world

    wanted, part = find_metric(metric), parse_window(window)
    reader = RunReader(run)
    world = load_world(reader.config.world)
    check_world(reader.trace, world, run / TRACE_FILE)
    congestion = count_congestion(reader.trace, wanted, part)
    path = out if out is not None else run / _file_name(metric, window)
    save_heatmap(path, congestion, world, reader.name)
    typer.echo(path)


def parse_window(text: str) -> Window:
    """Read `FROM:TO`, two durations of which either may be left out; raises SettingError if it is anything else."""
    from fleet.app.durations import parse_duration
    from fleet.errors import SettingError
    from fleet.report.congestion import Window

    ends = text.split(":")
    if len(ends) != 2:
        raise SettingError("--window", f"{text!r} is not FROM:TO", "write it like 10m:20m, 90s: or :1h")
    from_s = parse_duration(ends[0], "--window") if ends[0].strip() else -inf
    to_s = parse_duration(ends[1], "--window") if ends[1].strip() else inf
    if from_s >= to_s:
        raise SettingError("--window", f"{text!r} ends before it begins", "put the earlier time first")
    return Window(from_s, to_s)


def _file_name(metric: str, window: str) -> str:
    """Name of the picture in the run directory: the one that the run drew itself, or one beside it."""
    from fleet.report.congestion import DEFAULT_METRIC
    from fleet.report.run_directory import HEATMAP_FILE

    if parse_window(window) == parse_window(":"):
        return HEATMAP_FILE if metric == DEFAULT_METRIC else f"heatmap-{metric}.png"
    return f"heatmap-{metric}-{window.replace(' ', '').replace(':', '-')}.png"
