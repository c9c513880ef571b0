"""The numbers of a picture, drawn on the map: cells in colours, or arrows for what drives into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize

from fleet.grid.layout import COLUMN_STEP, ROW_STEP
from fleet.report.heat.colour_maps import CHANGE, HEAT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

    from fleet.report.heat.map_values import MapValues
    from robots.arrays import Bool, Float64

# An arrow of one direction in a cell: along the way and to its right, in cells from the middle of the cell. Traffic
# keeps right, so the four arrows of a cell stand around its middle and none covers another.
_ARROW: Final = np.array([[-0.46, 0.06], [-0.46, 0.32], [-0.02, 0.32], [-0.02, 0.46], [0.46, 0.19], [-0.02, 0.06]])


class MapLayer:
    """Numbers on a map, which can be exchanged for others: a film draws its layer again and again.

    drawn  what shows them: an image, or a collection of arrows
    """

    def __init__(self, axes: Axes, shown: MapValues, top: float) -> None:
        """Draw; colours end at `top`, and at -top if the numbers are signed."""
        colours = CHANGE if shown.signed else HEAT
        norm = Normalize(-top if shown.signed else 0.0, top)
        self.drawn: AxesImage | PolyCollection
        if shown.by_direction:
            self.drawn = PolyCollection([], cmap=colours, norm=norm, linewidths=0.0, zorder=2)
            axes.add_collection(self.drawn)
        else:
            self.drawn = axes.imshow(shown.values, cmap=colours, norm=norm, interpolation="nearest", zorder=2)
        self.show(shown.values)

    def show(self, values: Float64) -> None:
        """Draw these numbers instead; those that are zero are left out."""
        if isinstance(self.drawn, PolyCollection):
            arrows: Any = _arrows(values != 0)  # an array is quicker than the sequence that is asked for
            self.drawn.set_verts(arrows)
            self.drawn.set_array(values[values != 0])
        else:
            self.drawn.set_data(np.ma.masked_equal(values, 0.0))


def _arrows(wanted: Bool) -> Float64:
    """Corners of the arrows of some headings and cells, float64 (arrows, corners, 2), in x and y."""
    heading, row, column = np.nonzero(wanted)
    ahead = np.stack([np.array(COLUMN_STEP), np.array(ROW_STEP)], axis=1)[heading].astype(np.float64)
    right = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)  # y points down
    middle = np.stack([column, row], axis=1)
    corners: Float64 = middle[:, None] + _ARROW[None, :, :1] * ahead[:, None] + _ARROW[None, :, 1:] * right[:, None]
    return corners
