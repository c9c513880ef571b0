"""Depth cameras over roll cages and truck bays: what there is to know of them, for whoever draws or reads an image.

The frame of a bay: origin in the middle of its floor, x along its length, y across, z up, right-handed, metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan
from typing import Final

import numpy as np

from robots.arrays import Float64
from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class Bay:
    """An open box in which parcels may lie: its inside, metres."""

    length_m: float
    width_m: float
    height_m: float

    def __post_init__(self) -> None:
        if not all(edge > 0 for edge in (self.length_m, self.width_m, self.height_m)):
            raise InputError("bay", f"has an edge that is not above zero: {self}", "give length, width and height")

    @property
    def litres(self) -> float:
        """The volume in which parcels may lie."""
        return self.length_m * self.width_m * self.height_m * 1000.0


# Four-sided roll containers for parcels have a base of 720 x 800 mm outside, and are 1.8 m high on their castors.
ROLL_CAGE: Final = Bay(length_m=0.8, width_m=0.7, height_m=1.6)
# As wide inside as a swap body (EN 284), open at the top; a section of its length, with a camera of its own above it.
TRUCK_BAY: Final = Bay(length_m=2.6, width_m=2.44, height_m=2.2)


@dataclass(frozen=True, slots=True)
class Lens:
    """A pinhole camera without distortion.

    width, height  pixels of an image; the axis meets its middle
    focal_px       focal length in pixels, the same along rows and columns
    """

    width: int = 320
    height: int = 240
    focal_px: float = 210.0

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0 and self.focal_px > 0):
            raise InputError("lens", f"sees nothing: {self}", "give pixels and focal length above zero")

    @staticmethod
    def opening(width: int, height: int, degrees: float) -> Lens:
        """Return the lens that sees so many degrees from the left to the right edge of an image."""
        return Lens(width, height, width / 2 / tan(radians(degrees) / 2))

    def slopes(self) -> tuple[Float64, Float64]:
        """Return how far pixels look aside for each metre along the axis: to the right (width), downwards (height)."""
        right = (np.arange(self.width, dtype=np.float64) + 0.5 - self.width / 2) / self.focal_px
        down = (np.arange(self.height, dtype=np.float64) + 0.5 - self.height / 2) / self.focal_px
        return right, down


@dataclass(frozen=True, slots=True)
class Mounting:
    """Where a camera hangs in the frame of its bay, metres, and how it is turned, radians.

    Without turns it looks straight down, with x to the right of its image and y upwards. It is turned about its bay's
    x, then y, then z.
    """

    x_m: float
    y_m: float
    z_m: float
    about_x: float = 0.0
    about_y: float = 0.0
    about_z: float = 0.0

    @property
    def eye(self) -> Float64:
        """Where it is, float64 (3,)."""
        return np.array((self.x_m, self.y_m, self.z_m))

    def axes(self) -> Float64:
        """Return unit vectors in the bay's frame, float64 (3, 3), in rows: right and down in the image, axis."""
        cx, sx, cy, sy = cos(self.about_x), sin(self.about_x), cos(self.about_y), sin(self.about_y)
        cz, sz = cos(self.about_z), sin(self.about_z)
        about_x = np.array(((1.0, 0.0, 0.0), (0.0, cx, -sx), (0.0, sx, cx)))
        about_y = np.array(((cy, 0.0, sy), (0.0, 1.0, 0.0), (-sy, 0.0, cy)))
        about_z = np.array(((cz, -sz, 0.0), (sz, cz, 0.0), (0.0, 0.0, 1.0)))
        straight_down = np.array(((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)))
        axes: Float64 = straight_down @ (about_z @ about_y @ about_x).T
        return axes


@dataclass(frozen=True, slots=True)
class BayCamera:
    """A camera over a bay, as far as somebody knows or believes."""

    bay: Bay
    lens: Lens
    mounting: Mounting

    @staticmethod
    def above(bay: Bay, lens: Lens, margin: float = 1.25) -> BayCamera:
        """Return a camera over the middle of the bay: so high that it sees `margin` times its opening at the rim."""
        across = max(bay.length_m / lens.width, bay.width_m / lens.height)
        return BayCamera(bay, lens, Mounting(0.0, 0.0, bay.height_m + margin * across * lens.focal_px))
