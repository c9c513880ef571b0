"""Draws an incident: what became of throughput and robots over time, and the floor at a telling moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fleet.report.floor_plan import draw_floor
from fleet.report.picture import save_picture
from robots.arrays import Bool, Float64, Int32

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.incidents import Incident, Record

# Okabe and Ito's palette, as in the pictures of the floor.
_COLOURS: Final = {
    "driving": "#009e73",
    "waiting": "#e69f00",
    "told to stand": "#d55e00",
    "service, charging, idle": "#56b4e9",
}
_AREA: Final = "#cc79a7"
_MARKS: Final = {
    "zone_closed": "closed",
    "zone_expired": "open again",
    "e_stop": "e-stop",
    "fire_alarm": "fire alarm",
    "clear_requested": "",
    "clear_confirmed": "cleared",
}
_BIN_S: Final = 20.0
_MEAN_S: Final = 4.0


def save_pictures(name: str, incident: Incident, record: Record, folder: Path) -> None:
    """Write `NAME_timeline.png` and `NAME_floor.png`; raises SettingError if that is not possible."""
    save_picture(draw_timeline(incident, record), folder / f"{name}_timeline.png")
    save_picture(draw_moment(incident, record), folder / f"{name}_floor.png")


def draw_timeline(incident: Incident, record: Record) -> Figure:
    """Return tasks done a minute above, robots by what they do below, both over simulated minutes."""
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    length_s = len(record.cell) * record.step_s
    bins = np.arange(0.0, length_s + _BIN_S / 2, _BIN_S)
    done, _ = np.histogram(record.done_s, bins)
    above.stairs(done * 60.0 / _BIN_S, bins / 60.0, color="#404040")
    above.set_ylabel("tasks done a minute")
    for name, those in record.groups().items():
        below.plot(*_curve(those, record.step_s), color=_COLOURS[name], label=name, linewidth=1.4)
    for (name, cells), style in zip(_areas(incident, record).items(), ("--", ":"), strict=False):
        below.plot(*_curve(record.on(cells), record.step_s), style, color=_AREA, label=name, linewidth=1.4)
    below.set_ylabel("robots")
    below.set_xlabel("simulated minutes")
    for axes in (above, below):
        axes.set_xlim(0.0, length_s / 60.0)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, alpha=0.3)
        _mark(axes, record.events, named=axes is above)
    below.legend(fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)
    figure.suptitle(f"{record.world.name}, {record.cell.shape[1]} robots: {incident.title}", fontsize=11)
    return figure


def draw_moment(incident: Incident, record: Record) -> Figure:
    """Return the floor with all robots at the moment that the incident names."""
    row = record.at(incident.shown_s)
    layout = record.world.layout
    figure = Figure(figsize=(9.6, 7.2), layout="constrained")
    axes = figure.add_subplot()
    draw_floor(axes, record.world, legend=False)
    _shade(axes, record, np.arange(layout.cells, dtype=np.int32)[layout.passable], "#ffffff", 0.75)
    _shade(axes, record, next(iter(_areas(incident, record).values())), _AREA, 0.45)
    handles: list[Any] = [Patch(color=_AREA, alpha=0.45, label=incident.zone or "muster cells")]
    for name, those in record.groups().items():
        rows, columns = np.divmod(record.cell[row][those[row]], layout.width)
        axes.plot(columns, rows, "s", color=_COLOURS[name], markersize=2.8, markeredgewidth=0, linestyle="none")
        label = f"{name} ({len(rows)})"
        handles.append(Line2D([], [], marker="s", color=_COLOURS[name], linestyle="none", label=label))
    axes.legend(handles=handles, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.1), frameon=False)
    minutes, seconds = divmod(round(incident.shown_s), 60)
    axes.set_title(f"{incident.title}: the floor at {minutes}:{seconds:02d}", fontsize=11)
    return figure


def _curve(those: Bool, step_s: float) -> tuple[Float64, Float64]:
    """Return minutes and how many robots there are, bool (steps, n), on average over a few seconds each."""
    steps = max(1, round(_MEAN_S / step_s))
    whole = len(those) // steps * steps
    counts: Float64 = those[:whole].sum(axis=1).reshape(-1, steps).mean(axis=1)
    minutes: Float64 = (np.arange(len(counts), dtype=np.float64) + 0.5) * steps * step_s / 60.0
    return minutes, counts


def _areas(incident: Incident, record: Record) -> dict[str, Int32]:
    """The cells that are looked at, by what the legend calls being there; the one to be shaded first."""
    if incident.zone:
        return {f"in {incident.zone}": record.world.zones[incident.zone]}
    return {"on muster cells": record.world.muster, "on cells to keep clear": record.world.keep_clear}


def _mark(axes: Axes, events: list[dict[str, Any]], *, named: bool) -> None:
    for event in events:
        text = _MARKS[event["event"]]
        minute = event["t"] / 60.0
        axes.axvline(minute, color="#000000", linewidth=0.8, linestyle="-" if text else ":")
        if named:
            axes.text(minute, 1.02, text, transform=axes.get_xaxis_transform(), fontsize=8, ha="center", va="bottom")


def _shade(axes: Axes, record: Record, cells: Int32, colour: str, alpha: float) -> None:
    layout = record.world.layout
    image = np.zeros((layout.cells, 4))
    image[cells] = to_rgba(colour, alpha)
    axes.imshow(image.reshape(layout.height, layout.width, 4), interpolation="nearest")
