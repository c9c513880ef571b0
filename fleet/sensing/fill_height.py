"""Heights of the load in a bay, and how full that makes it, from one depth image of a camera over it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from robots.arrays import Bool, Float32, Float64, Int64
from robots.depth_cameras import BayCamera
from robots.errors import InputError
from robots.readings import DepthImage


@dataclass(frozen=True, slots=True)
class HeightParams:
    """How an image becomes heights.

    cells            of the map, along the longer edge of the bay; fewer if the lens is too coarse for so many
    wall_margin_m    so close to where its walls are believed to be, what is seen is taken for wall
    outlier_m        what is seen so far above the rim, or half as far below the floor, is no load: a person, a robot
    trim             share of what is seen in a cell that is left out at either end, by height
    least_seen       share of a cell that must be seen; else it is taken from the cells around it
    """

    cells: int = 16
    wall_margin_m: float = 0.03
    outlier_m: float = 0.25
    trim: float = 0.05
    least_seen: float = 0.15

    def __post_init__(self) -> None:
        sound = self.cells > 0 and self.wall_margin_m >= 0 and self.outlier_m > 0
        if not (sound and 0 <= self.trim < 0.5 and 0 < self.least_seen <= 1):
            raise InputError("sensing.height", f"cannot be: {self}", "see fleet.sensing.fill_height.HeightParams")


@dataclass(frozen=True, slots=True)
class HeightMap:
    """The upper surface of a load, arrays (rows along y, columns along x) of equal cells on the floor of a bay.

    height_m  float32, mean height in each cell, from 0 to the rim
    seen      float32, share of each cell that was seen; where that is too little, its height is from those around it
    missing   share of the cells of which that is so
    """

    height_m: Float32
    seen: Float32
    missing: float

    @property
    def empty(self) -> bool:
        """Whether nothing was seen at all: heights are 0 then, and mean nothing."""
        return self.missing >= 1.0

    def fraction(self, rim_m: float) -> float:
        """Return the volume below the surface over the volume of a bay so high, 0 to 1."""
        return min(1.0, float(self.height_m.mean(dtype=np.float64)) / rim_m)


_BIN_M: Final = 0.01  # of the heights in a cell
_PIXELS: Final = 2.0  # across a cell on the floor, at least


class HeightReader:
    """Reads images of one camera. It knows the bay, and where the camera is as far as anybody does."""

    def __init__(self, camera: BayCamera, params: HeightParams | None = None) -> None:
        self.camera = camera
        self.params = params = params or HeightParams()
        bay, lens = camera.bay, camera.lens
        size = max(max(bay.length_m, bay.width_m) / params.cells, _PIXELS * camera.mounting.z_m / lens.focal_px)
        self.columns, self.rows = max(1, ceil(bay.length_m / size - 1e-9)), max(1, ceil(bay.width_m / size - 1e-9))
        self._bins = ceil((bay.height_m + 1.5 * params.outlier_m) / _BIN_M)
        self._rays = _rays(camera)
        # On a plane that lies level a pixel covers depth squared times this: Jacobian of the projection onto it.
        self._cover = np.float32(1.0) / (np.float32(lens.focal_px**2) * np.abs(self._rays[2]))
        self._usable = self._usable_area()

    def read(self, image: DepthImage) -> HeightMap:
        """Return heights. Raises InputError if the image is not of this camera's size and kind."""
        depth = checked_depth(image, self.camera).ravel()
        cell, height, cover = self._seen_in_bay(depth)
        bins, cells = self._bins, self.rows * self.columns
        lowest = -0.5 * self.params.outlier_m
        at = ((height - np.float32(lowest)) * np.float32(1.0 / _BIN_M)).astype(np.int64)
        np.minimum(at, bins - 1, out=at)
        mass = np.bincount(cell * bins + at, cover, cells * bins).astype(np.float64, copy=False)
        means, area = _trimmed_means(mass.reshape(cells, bins), self.params.trim, lowest)
        share = (area / self._usable).reshape(self.rows, self.columns)
        known = share >= self.params.least_seen
        heights = means.reshape(self.rows, self.columns).clip(0.0, self.camera.bay.height_m)
        return HeightMap(
            _interpolated(heights, known).astype(np.float32),
            np.minimum(share, 1.0).astype(np.float32),
            1.0 - float(known.mean()),
        )

    def _seen_in_bay(self, depth: Float32) -> tuple[Int64, Float32, Float32]:
        """Cell, height and area covered of each pixel that sees load, or the bay's floor."""
        bay, margin, far = self.camera.bay, self.params.wall_margin_m, self.params.outlier_m
        ray_x, ray_y, ray_z = self._rays
        eye_x, eye_y, eye_z = self.camera.mounting.eye.astype(np.float32)
        x, y, z = depth * ray_x + eye_x, depth * ray_y + eye_y, depth * ray_z + eye_z
        inside = np.abs(x) < np.float32(bay.length_m / 2 - margin)
        inside &= np.abs(y) < np.float32(bay.width_m / 2 - margin)
        inside &= (z > np.float32(-0.5 * far)) & (z < np.float32(bay.height_m + far))
        chosen = np.flatnonzero(inside)
        along = ((x[chosen] / np.float32(bay.length_m) + np.float32(0.5)) * np.float32(self.columns)).astype(np.int64)
        across = ((y[chosen] / np.float32(bay.width_m) + np.float32(0.5)) * np.float32(self.rows)).astype(np.int64)
        near = depth[chosen]
        return across * self.columns + along, z[chosen], near * near * self._cover[chosen]

    def _usable_area(self) -> Float64:
        """Area of each cell without the margin before the walls, square metres; at least a tenth of the cell."""
        bay, margin = self.camera.bay, self.params.wall_margin_m
        along = _without_margin(bay.length_m, self.columns, margin)
        across = _without_margin(bay.width_m, self.rows, margin)
        cell = bay.length_m * bay.width_m / (self.columns * self.rows)
        area: Float64 = np.maximum(np.outer(across, along), 0.1 * cell).ravel()
        return area


def checked_depth(image: DepthImage, camera: BayCamera) -> Float32:
    """Return an image's depths. Raises InputError if they are not of this camera's size, or no float32."""
    depth = image.depth_m
    shape = camera.lens.height, camera.lens.width
    where = f"depth image of camera {image.camera}"
    if depth.shape != shape:
        raise InputError(where, f"is {depth.shape}, not {shape} pixels", "give the camera's own lens")
    if depth.dtype != np.float32:
        raise InputError(where, f"is {depth.dtype}", "give float32 metres, nan where there is no answer")
    return depth


def _rays(camera: BayCamera) -> Float32:
    """Where pixels look, for each metre along the camera's axis, float32 (3, pixels)."""
    right, down = camera.lens.slopes()
    axes = camera.mounting.axes()
    rays = right[None, None, :] * axes[0][:, None, None] + down[None, :, None] * axes[1][:, None, None]
    rays = (rays + axes[2][:, None, None]).astype(np.float32)
    flat: Float32 = np.ascontiguousarray(rays.reshape(3, -1))
    return flat


def _without_margin(edge: float, cells: int, margin: float) -> Float64:
    """How much of each cell along an edge is not within the margin at its ends."""
    borders = np.linspace(0.0, edge, cells + 1).clip(margin, edge - margin)
    lengths: Float64 = np.diff(borders)
    return lengths


def _trimmed_means(mass: Float64, trim: float, lowest: float) -> tuple[Float64, Float64]:
    """Mean height of each cell without a share of its lowest and highest parts, and all its area; 0 where that is 0."""
    below = np.cumsum(mass, axis=1)
    area = below[:, -1].copy()
    least = trim * area[:, None]
    kept = np.diff(np.clip(below, least, area[:, None] - least), axis=1, prepend=least)
    heights = lowest + _BIN_M * (np.arange(mass.shape[1]) + 0.5)
    return kept @ heights / np.maximum((1.0 - 2.0 * trim) * area, np.finfo(np.float64).tiny), area


def _interpolated(heights: Float64, known: Bool) -> Float64:
    """Fill cells that are not known from their neighbours, from the edges of each hole inwards; 0 if none is known."""
    sums = np.pad(np.where(known, heights, 0.0), 1)
    counts = np.pad(known.astype(np.float64), 1)
    inner = slice(1, -1), slice(1, -1)
    while counts.sum() > 0.0 and not counts[inner].all():
        around, near = _summed(sums), _summed(counts)
        new = (counts[inner] == 0.0) & (near > 0.0)
        sums[inner][new] = around[new] / near[new]
        counts[inner][new] = 1.0
    return sums[inner]


def _summed(padded: Float64) -> Float64:
    """Sum of each cell and the eight around it."""
    across = padded[:-2] + padded[1:-1] + padded[2:]
    total: Float64 = across[:, :-2] + across[:, 1:-1] + across[:, 2:]
    return total
