"""The heatmap of a run: where robots drive, wait or lose time, on the plan of the floor, with the worst spots named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.errors import RunError
from fleet.report.heat.map_layer import MapLayer
from fleet.report.heat.map_sheet import MapSheet
from fleet.report.picture import save_picture

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from fleet.report.heat.floor_picture import FloorPicture
    from fleet.report.trace import Trace
    from sim_worlds.world import World


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


def save_heatmap(path: Path, picture: FloorPicture, world: World) -> None:
    """Draw a heatmap into a file whose ending says the format.

    Raises SettingError if the file cannot be written or its ending is that of no picture.
    """
    save_picture(draw_heatmap(picture, world), path)


def draw_heatmap(picture: FloorPicture, world: World) -> Figure:
    """Return the heatmap as a figure."""
    shown = picture.shown
    top = shown.top()
    sheet = MapSheet(world, shown.title, picture.facts)
    layer = MapLayer(sheet.axes, shown, top)
    above, below = bool((shown.values > top).any()), bool((shown.values < -top).any())
    beyond = {(True, True): "both", (True, False): "max", (False, True): "min", (False, False): "neither"}
    sheet.colour_bar(layer.drawn, shown.unit, beyond=beyond[above, below])
    sheet.list_spots(picture.heading, picture.explained, picture.spots)
    return sheet.figure
