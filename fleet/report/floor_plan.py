"""The picture of a floor: what stands where. Heatmaps are drawn on top of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fleet.report.picture import save_picture

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from robots.arrays import UInt8
    from sim_worlds.world import Station, World

# Okabe and Ito's palette ("Color Universal Design", 2008), which colour-blind people can tell apart.
FLOOR_COLOURS: Final = {
    "lane": "#ffffff",
    "rack, wall or chute opening": "#4d4d4d",
    "pick face": "#e8e8e8",
    "station dock": "#d55e00",
    "chute": "#0072b2",
    "charger": "#009e73",
    "parking": "#f0e442",
}
_INCHES_WIDE: Final = 11.0
_MOST_NAMES: Final = 60


def floor_kinds(world: World) -> UInt8:
    """Return what each cell is, uint8 (height, width), as a position in the legend of `draw_floor`."""
    names = list(FLOOR_COLOURS)
    kinds = np.zeros(world.layout.cells, dtype=np.uint8)
    kinds[~world.layout.passable] = names.index("rack, wall or chute opening")
    kinds[world.pick_faces] = names.index("pick face")
    kinds[[dock for station in world.stations for dock in station.docks]] = names.index("station dock")
    kinds[[chute.cell for chute in world.chutes]] = names.index("chute")
    kinds[world.chargers] = names.index("charger")
    kinds[world.parking] = names.index("parking")
    return kinds.reshape(world.layout.height, world.layout.width)


def draw_floor(axes: Axes, world: World, *, legend: bool = True) -> None:
    """Draw the floor on axes whose x is the column and y the row of a cell, y pointing down."""
    axes.imshow(
        floor_kinds(world),
        cmap=ListedColormap(list(FLOOR_COLOURS.values())),
        vmin=-0.5,
        vmax=len(FLOOR_COLOURS) - 0.5,
        interpolation="nearest",
        aspect="equal",
    )
    axes.set_xlabel(f"column (1 cell = {world.cell_m:g} m)")
    axes.set_ylabel("row")
    if len(world.stations) <= _MOST_NAMES:
        for station in world.stations:
            _name_station(axes, world, station)
    if legend:
        handles = [Patch(facecolor=c, edgecolor="#4d4d4d", label=name) for name, c in FLOOR_COLOURS.items()]
        axes.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.1),
            ncols=len(handles),
            fontsize=7,
            frameon=False,
        )


def save_floor_plan(world: World, path: Path) -> None:
    """Draw the floor into a picture file; raises SettingError if it cannot be written or its ending is wrong."""
    height = _INCHES_WIDE * world.layout.height / world.layout.width + 1.5
    figure = Figure(figsize=(_INCHES_WIDE, min(height, 3 * _INCHES_WIDE)), layout="constrained")
    axes = figure.add_subplot()
    draw_floor(axes, world)
    axes.set_title(f"{world.name}: {world.title}", parse_math=False)
    save_picture(figure, path)


def _name_station(axes: Axes, world: World, station: Station) -> None:
    """Write a station's name beside its docks, on the side that is closer to the edge of the floor."""
    height, width = world.layout.height, world.layout.width
    row, column = np.mean([world.layout.row_column(dock) for dock in station.docks], axis=0)
    points_per_cell = axes.bbox.width * 72 / axes.figure.dpi / width
    text = axes.text(column, row, station.name, color="#ffffff", clip_on=True, parse_math=False)
    text.set_fontsize(float(np.clip(points_per_cell, 5, 7)))
    if min(row, height - 1 - row) <= min(column, width - 1 - column):
        north = row < height / 2
        text.set(y=row - 1 if north else row + 1, rotation=90, ha="center", va="bottom" if north else "top")
    else:
        west = column < width / 2
        text.set(x=column - 1 if west else column + 1, ha="right" if west else "left", va="center")
