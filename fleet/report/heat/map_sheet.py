"""The sheet that pictures of a floor are drawn on: its plan, veiled, a title, a colour bar, and the worst spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from fleet.report.floor_plan import FLOOR_COLOURS, draw_floor
from fleet.report.heat.hot_spots import REACH
from fleet.report.place_names import place_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

    from sim_worlds.world import World

_DOCK_COLOUR, _CHUTE_COLOUR, _SPOT_COLOUR = "#d55e00", "#0072b2", "#000000"
# How much of the floor plan's colours is taken away: it should be recognised, not compete.
_VEIL: Final = 0.6
# Inches: the longest side of the map, what is around it, and the list of the worst spots.
_MAP, _LEFT, _BOTTOM, _TOP, _PANEL, _LEAST_HEIGHT = 10.5, 0.65, 1.15, 0.8, 4.3, 6.0


@dataclass(frozen=True, slots=True)
class ListedSpot:
    """A spot of 5 x 5 cells around a row and column, on the map and in the list beside it.

    mark  what it is called in both, a few characters; told: the line below its name in the list
    """

    mark: str
    row: int
    column: int
    told: str


class MapSheet:
    """A sheet with the plan of a floor.

    figure  the sheet, axes: the map, where x is the column and y the row of a cell
    marks   what is drawn above the numbers: docks, chutes, worst spots
    """

    def __init__(self, world: World, title: str, facts: str) -> None:
        height, width = world.layout.height, world.layout.width
        scale = _MAP / max(width, height)
        map_wide, map_high = width * scale, height * scale
        wide, high = _LEFT + map_wide + _PANEL, max(_TOP + map_high + _BOTTOM, _LEAST_HEIGHT)
        self._world = world
        self.figure = Figure(figsize=(wide, high), facecolor="white")
        self.axes = self.figure.add_axes(
            (_LEFT / wide, 1.0 - (_TOP + map_high) / high, map_wide / wide, map_high / high)
        )
        self._panel = self.figure.add_axes(
            ((wide - _PANEL + 0.25) / wide, 0.0, (_PANEL - 0.25) / wide, 1.0 - _TOP / high)
        )
        self._panel.set_axis_off()
        self.marks: list[Artist] = []
        draw_floor(self.axes, world, legend=False)
        self._veil()
        self._mark_places()
        self.figure.text(_LEFT / wide, 1.0 - 0.38 / high, f"{world.name}: {title}", fontsize=15, parse_math=False)
        self.figure.text(_LEFT / wide, 1.0 - 0.64 / high, facts, fontsize=9, parse_math=False)

    def colour_bar(self, shown: ScalarMappable, unit: str, *, beyond: str) -> None:
        """Explain the colours below the map; `beyond` says on which sides there are numbers that are off the bar."""
        high = _inches_high(self.axes)
        bar = self.figure.colorbar(
            shown,
            cax=self.axes.inset_axes((0.0, -0.72 / high, 0.5, 0.14 / high)),
            orientation="horizontal",
            extend=beyond,
        )
        bar.set_label(unit, fontsize=8)
        bar.ax.tick_params(labelsize=7)

    def list_spots(self, heading: str, explained: str, spots: Sequence[ListedSpot]) -> None:
        """Mark spots on the map, and list them beside it with the name of their place."""
        line = 0.2 / _inches_high(self._panel)
        self._panel.text(0.0, 1.0, heading, fontsize=11, fontweight="bold", va="top")
        self._panel.text(0.0, 1.0 - 1.2 * line, explained, fontsize=8, va="top")
        if not spots:
            self._panel.text(0.0, 1.0 - 3.4 * line, "none: nothing was counted", fontsize=9, va="top")
        for place, spot in enumerate(spots):
            self._mark_spot(spot)
            top = 1.0 - (3.4 + 2.2 * place) * line
            name = place_name(self._world, self._world.layout.cell(spot.row, spot.column))
            self._panel.text(0.0, top, spot.mark, fontsize=10, fontweight="bold", va="top")
            self._panel.text(0.08, top, name, fontsize=9, va="top", parse_math=False)
            self._panel.text(0.08, top - 0.9 * line, spot.told, fontsize=8, va="top", color="#404040")

    def _veil(self) -> None:
        """Let the plan of the floor recede; walls stay dark, since names are written on them."""
        layout = self._world.layout
        veil = np.ones((layout.height, layout.width, 4))
        veil[..., 3] = _VEIL * layout.passable.reshape(layout.height, layout.width)
        self.axes.imshow(veil, interpolation="nearest", zorder=1)

    def _mark_places(self) -> None:
        """Outline docks and chutes, so that they are seen through the numbers."""
        world, axes = self._world, self.axes
        points = float(axes.bbox.width) * 72.0 / float(axes.figure.dpi) / world.layout.width
        docks = [dock for station in world.stations for dock in station.docks]
        chutes = [chute.cell for chute in world.chutes]
        for cells, colour, marker, name in (
            (docks, _DOCK_COLOUR, "s", "station dock"),
            (chutes, _CHUTE_COLOUR, "D", "chute"),
        ):
            if cells:
                rows, columns = np.divmod(np.array(cells), world.layout.width)
                self.marks += axes.plot(
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

    def _mark_spot(self, spot: ListedSpot) -> None:
        halo = [withStroke(linewidth=2.5, foreground="white")]
        side = 2 * REACH + 1
        corner = (spot.column - REACH - 0.5, spot.row - REACH - 0.5)
        square = Rectangle(
            corner, side, side, fill=False, edgecolor=_SPOT_COLOUR, linewidth=1.0, zorder=5, path_effects=halo
        )
        mark = self.axes.annotate(
            spot.mark, corner, xytext=(-1, 1), textcoords="offset points", ha="right", va="bottom", fontsize=9,
            fontweight="bold", color=_SPOT_COLOUR, zorder=6, path_effects=halo, annotation_clip=False,
        )  # fmt: skip
        self.marks += [self.axes.add_patch(square), mark]


def _inches_high(axes: Axes) -> float:
    return float(axes.bbox.height) / float(axes.figure.dpi)
