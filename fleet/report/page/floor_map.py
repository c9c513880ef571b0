"""The floor as part of a page: one picture for pages on light ground and one for dark ground, and marks on top."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib import colormaps
from PIL import Image

from fleet.report.heat.hot_spots import REACH
from fleet.report.heat.map_values import MapValues
from fleet.report.page.chart_frame import WIDTH, Chart, FigureTable
from fleet.report.page.markup import Markup, joined, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.heat.hot_spots import HotSpot
    from robots.arrays import Float64, UInt8
    from sim_worlds.world import World

_PIXELS_WIDE: Final = 1000
_TALLEST: Final = 820.0
# What stands on the floor, red, green, blue, opacity, and where magma begins and ends; little is near the ground.
_GROUNDS: Final = {
    "light": {"solid": (70, 76, 84, 235), "dock": (213, 94, 0, 110), "chute": (0, 114, 178, 90),
              "charger": (0, 158, 115, 110), "heat": (0.93, 0.2)},
    "dark": {"solid": (96, 104, 114, 255), "dock": (240, 140, 50, 140), "chute": (86, 180, 233, 110),
             "charger": (0, 190, 140, 130), "heat": (0.16, 0.98)},
}  # fmt: skip


def map_of_spots(
    name: str, title: str, description: str, world: World, values: Float64, spots: Sequence[HotSpot],
    figures: FigureTable, unit: str,
) -> Chart:  # fmt: skip
    """Draw numbers by cell, float64 (height, width), on the floor, and number the spots in their order."""
    rows, columns = values.shape
    scale = min(WIDTH / columns, _TALLEST / rows)
    wide, high = columns * scale, rows * scale
    top = MapValues(title, unit, values).top()
    images = [
        tag("image", class_=f"on-{ground}", href=_png(_pixels(world, values / top, ground)), x=0.0, y=0.0,
            width=wide, height=high, preserveAspectRatio="none")
        for ground in _GROUNDS
    ]  # fmt: skip
    marks = [_mark(number, spot, scale) for number, spot in enumerate(spots, start=1)]
    frame = tag("rect", class_="floor", x=0.0, y=0.0, width=wide, height=high)
    legend = [
        ("heat-little", f"little {unit}"), ("heat-much", f"{top:,.0f} {unit} and more in a cell"),
        ("dock", "station dock"), ("chute", "chute"), ("charger", "charger"),
    ]  # fmt: skip
    return Chart(name, title, description, joined(frame, *images, *marks), high, figures, legend, width=wide)


def _mark(number: int, spot: HotSpot, scale: float) -> Markup:
    side = (2 * REACH + 1) * scale
    x, y = (spot.column - REACH) * scale, (spot.row - REACH) * scale
    # A spot is drawn large enough to be seen on a floor of hundreds of metres.
    more = max(0.0, 13.0 - side) / 2
    words = {"x": x + side + more + 2, "y": y + 4, "class_": "mark"}
    return joined(
        tag("rect", class_="spot", x=x - more, y=y - more, width=side + 2 * more, height=side + 2 * more),
        tag("text", str(number), **words),
    )


def _pixels(world: World, heat: Float64, ground: str) -> UInt8:
    """Return red, green, blue and opacity of each cell, uint8 (height, width, 4); heat 0 to 1 and more."""
    look = _GROUNDS[ground]
    pixels = np.zeros((world.layout.cells, 4), dtype=np.uint8)
    pixels[~world.layout.passable] = look["solid"]
    pixels[[chute.cell for chute in world.chutes]] = look["chute"]
    pixels[world.chargers] = look["charger"]
    pixels[[dock for station in world.stations for dock in station.docks]] = look["dock"]
    pixels = pixels.reshape(*heat.shape, 4)
    least, most = look["heat"]
    shown = heat > 0
    shade = least + (most - least) * np.clip(heat[shown], 0.0, 1.0)
    pixels[shown] = np.rint(255 * colormaps["magma"](shade)).astype(np.uint8)
    return pixels


def _png(pixels: UInt8) -> str:
    """Return a picture as a data address, each cell as many whole pixels, so that it stays sharp in print."""
    each = max(1, round(_PIXELS_WIDE / pixels.shape[1]))
    few = Image.fromarray(pixels, "RGBA").quantize(256, method=Image.Quantize.FASTOCTREE)
    file = BytesIO()
    few.resize((few.width * each, few.height * each), Image.Resampling.NEAREST).save(file, "PNG", optimize=False)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode('ascii')}"
