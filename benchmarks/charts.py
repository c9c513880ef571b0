"""Draws the charts of a benchmark into one picture, the figures of others dashed."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

from benchmarks.benchmark import Chart, Outcome
from fleet.errors import SettingError
from fleet.report.picture import save_picture

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

_ACROSS: Final = 2
_INCHES: Final = (5.5, 3.8)


def make_folder(folder: Path) -> None:
    """Make a folder with those above it; raises SettingError if that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise SettingError(str(folder), f"cannot be made: {failure.strerror}", "choose another folder") from None


def draw_charts(outcome: Outcome, folder: Path) -> Path | None:
    """Write the charts of a benchmark into `NAME.png` in the folder; return its path, or None if there are none."""
    if outcome.report is None or not outcome.report.charts:
        return None
    picture = folder / f"{outcome.name}.png"
    save_picture(chart_figure(outcome.report.charts), picture)
    return picture


def chart_figure(charts: tuple[Chart, ...] | list[Chart]) -> Figure:
    """Return a figure with the charts side by side, two in a row."""
    from matplotlib.figure import Figure

    down = ceil(len(charts) / _ACROSS)
    across = min(len(charts), _ACROSS)
    figure = Figure(figsize=(_INCHES[0] * across, _INCHES[1] * down), layout="constrained")
    for place, chart in enumerate(charts, start=1):
        axes = figure.add_subplot(down, across, place)
        for number, series in enumerate(chart.series):
            style = "--" if series.others else "-"
            xs, ys = zip(*series.points, strict=True)
            axes.plot(xs, ys, style, marker="o", markersize=3, color=f"C{number % 10}", label=series.name)
        axes.set_title(chart.title)
        axes.set_xlabel(chart.x)
        axes.set_ylabel(chart.y)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=8)
    return figure
