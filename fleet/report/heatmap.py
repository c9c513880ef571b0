"""The heatmap of a run: where robots drive, wait or lose time, on the plan of the floor, with the worst spots named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from fleet.errors import RunError
from fleet.report.floor_plan import FLOOR_COLOURS, draw_floor
from fleet.report.hot_spots import REACH, HotSpot, find_hot_spots
from fleet.report.picture import save_picture
from fleet.report.place_names import place_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fleet.report.congestion import Congestion
    from fleet.report.trace import Trace
    from sim_worlds.world import World

# Perceptually uniform and readable for the colour-blind; pale is little. Its dark end is left to the racks.
_HEAT: Final = ListedColormap(colormaps["magma"](np.linspace(0.93, 0.2, 256)))
_DOCK_COLOUR, _CHUTE_COLOUR, _SPOT_COLOUR = "#d55e00", "#0072b2", "#000000"
# How much of the floor plan's colours the heat leaves: it should be recognised, not compete.
_VEIL: Final = 0.6
# Above this percentile of the cells that count, colours are all the same: one dock does not bleach the floor.
_TOP_PERCENTILE: Final = 99.5
# Inches: the longest side of the map, what is around it, and the list of the worst spots.
_MAP, _LEFT, _BOTTOM, _TOP, _PANEL, _LEAST_HEIGHT = 10.5, 0.65, 1.15, 0.8, 4.0, 6.0


def check_world(trace: Trace, world: World, where: Path) -> None:
    """Raise RunError, naming the file `where`, if the run cannot have been in this world."""
    layout = world.layout
    remedy = "bring back the world file as it was, or run it again"
    if (trace.height, trace.width) != (layout.height, layout.width):
        problem = (
            f"is of a {trace.height} x {trace.width} map, world {world.name} is now {layout.height} x {layout.width}"
        )
        raise RunError(str(where), problem, remedy)
    if not (layout.passable[trace.cell].all() and layout.passable[trace.start_cell].all()):
        raise RunError(str(where), f"has robots where world {world.name} now has obstacles", remedy)


def save_heatmap(path: Path, congestion: Congestion, world: World, run: str) -> None:
    """Draw a heatmap into a file whose ending says the format; `run` names the run in the title.

    Raises SettingError if the file cannot be written or its ending is that of no picture.
    """
    save_picture(draw_heatmap(congestion, world, run), path)


def draw_heatmap(congestion: Congestion, world: World, run: str) -> Figure:
    """Return the heatmap as a figure; `run` names the run in the title."""
    height, width = congestion.counts.shape
    scale = _MAP / max(width, height)
    map_wide, map_high = width * scale, height * scale
    wide, high = _LEFT + map_wide + _PANEL, max(_TOP + map_high + _BOTTOM, _LEAST_HEIGHT)
    figure = Figure(figsize=(wide, high), facecolor="white")
    axes = figure.add_axes((_LEFT / wide, 1.0 - (_TOP + map_high) / high, map_wide / wide, map_high / high))
    panel = figure.add_axes(((wide - _PANEL + 0.25) / wide, 0.0, (_PANEL - 0.25) / wide, 1.0 - _TOP / high))
    spots = find_hot_spots(congestion.counts)
    draw_floor(axes, world, legend=False)
    _veil(axes, world)
    _draw_heat(figure, axes, congestion)
    _mark_places(axes, world)
    _mark_spots(axes, spots)
    _list_spots(panel, congestion, world, spots)
    figure.text(_LEFT / wide, 1.0 - 0.38 / high, f"{world.name}: {congestion.metric.title}", fontsize=15)
    figure.text(_LEFT / wide, 1.0 - 0.64 / high, _facts(congestion, run), fontsize=9)
    return figure


def _veil(axes: Axes, world: World) -> None:
    """Let the plan of the floor recede; walls stay dark, since names are written on them."""
    veil = np.ones((world.layout.height, world.layout.width, 4))
    veil[..., 3] = _VEIL * world.layout.passable.reshape(world.layout.height, -1)
    axes.imshow(veil, interpolation="nearest", zorder=1)


def _draw_heat(figure: Figure, axes: Axes, congestion: Congestion) -> None:
    values = congestion.values
    some = values[values > 0]
    top = float(np.percentile(some, _TOP_PERCENTILE)) if len(some) else 1.0
    image = axes.imshow(
        np.ma.masked_equal(values, 0.0), cmap=_HEAT, norm=Normalize(0.0, top), interpolation="nearest", zorder=2
    )
    bar = figure.colorbar(
        image,
        cax=axes.inset_axes((0.0, -0.72 / _inches_high(axes), 0.5, 0.14 / _inches_high(axes))),
        orientation="horizontal",
        extend="max" if values.max() > top else "neither",
    )
    bar.set_label(f"{congestion.metric.unit}, each cell", fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _inches_high(axes: Axes) -> float:
    return float(axes.bbox.height) / float(axes.figure.dpi)


def _mark_places(axes: Axes, world: World) -> None:
    """Outline docks and chutes, so that they are seen through the heat."""
    docks = [dock for station in world.stations for dock in station.docks]
    chutes = [chute.cell for chute in world.chutes]
    for cells, colour, marker, name in (
        (docks, _DOCK_COLOUR, "s", "station dock"),
        (chutes, _CHUTE_COLOUR, "D", "chute"),
    ):
        if cells:
            rows, columns = np.divmod(np.array(cells), world.layout.width)
            points = _points_per_cell(axes, world.layout.width)
            axes.plot(
                columns, rows, linestyle="none", marker=marker, label=name,
                markersize=min(max(0.8 * points, 1.5), 8.0), markerfacecolor="none", markeredgecolor=colour,
                markeredgewidth=min(0.12 * points + 0.3, 1.2), zorder=4,
            )  # fmt: skip
    kinds = {"pick face": world.pick_faces, "charger": world.chargers, "parking": world.parking}
    for kind in (kind for kind, cells in kinds.items() if len(cells)):
        veiled = to_rgba(FLOOR_COLOURS[kind], 1.0 - _VEIL)
        axes.scatter([], [], marker="s", color=[veiled], edgecolors="#808080", linewidths=0.5, label=kind)
    below = -0.62 / _inches_high(axes)
    shown = axes.get_legend_handles_labels()
    axes.legend(*shown, loc="center right", bbox_to_anchor=(1.0, below), ncols=3, fontsize=8, frameon=False)


def _points_per_cell(axes: Axes, width: int) -> float:
    return float(axes.bbox.width) * 72.0 / float(axes.figure.dpi) / width


def _mark_spots(axes: Axes, spots: list[HotSpot]) -> None:
    halo = [withStroke(linewidth=2.5, foreground="white")]
    side = 2 * REACH + 1
    for number, spot in enumerate(spots, start=1):
        corner = (spot.column - REACH - 0.5, spot.row - REACH - 0.5)
        axes.add_patch(
            Rectangle(
                corner, side, side, fill=False, edgecolor=_SPOT_COLOUR, linewidth=1.0, zorder=5, path_effects=halo
            )
        )
        axes.annotate(
            str(number), corner, xytext=(-1, 1), textcoords="offset points", ha="right", va="bottom", fontsize=9,
            fontweight="bold", color=_SPOT_COLOUR, zorder=6, path_effects=halo, annotation_clip=False,
        )  # fmt: skip


def _list_spots(panel: Axes, congestion: Congestion, world: World, spots: list[HotSpot]) -> None:
    panel.set_axis_off()
    line = 0.2 / _inches_high(panel)
    panel.text(0.0, 1.0, "Worst spots (5 x 5 cells each)", fontsize=11, fontweight="bold", va="top")
    panel.text(
        0.0, 1.0 - 1.2 * line, f"in {congestion.metric.unit}, and their share of the floor's", fontsize=8, va="top"
    )
    if not spots:
        panel.text(0.0, 1.0 - 3 * line, "none: nothing was counted", fontsize=9, va="top")
    for place, spot in enumerate(spots):
        top = 1.0 - (2.8 + 2.2 * place) * line
        name = place_name(world, world.layout.cell(spot.row, spot.column))
        panel.text(0.0, top, str(place + 1), fontsize=10, fontweight="bold", va="top")
        panel.text(0.08, top, name, fontsize=9, va="top")
        panel.text(0.08, top - 0.9 * line, _spot_values(congestion, spot), fontsize=8, va="top", color="#404040")


def _spot_values(congestion: Congestion, spot: HotSpot) -> str:
    around, peak = spot.around * congestion.scale, spot.peak * congestion.scale
    share = spot.around / congestion.counts.sum()
    place = f"row {spot.row}, column {spot.column}"
    return f"{place}: {around:,.0f} ({share:.1%}), worst cell {peak:,.0f}"


def _facts(congestion: Congestion, run: str) -> str:
    seconds = congestion.to_s - congestion.from_s
    total = f"{congestion.total:,.0f} {congestion.metric.unit} in all"
    if not congestion.metric.by_rate:
        total += f", {congestion.total / (seconds * congestion.robots):.1%} of the robots' time"
    window = f"{_clock(congestion.from_s)} to {_clock(congestion.to_s)}"
    return f"run {run}  |  {congestion.robots:,} robots  |  {window}  |  {total}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
