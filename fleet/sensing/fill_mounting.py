"""Where a camera really hangs, from what it sees of its bay while that is empty.

A camera is mounted to some degrees and centimetres. An empty bay tells how it hangs, since every edge of it is known.
So each time that a cage was swapped, the first image tells more than whoever put up the camera.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from math import radians
from typing import Final

import numpy as np

from fleet.sensing.fill_height import checked_depth
from robots.arrays import Bool, Float32, Float64
from robots.depth_cameras import BayCamera, Mounting
from robots.readings import DepthImage

_PIXELS: Final = 1500  # so many are looked at
_OPENING: Final = 0.85  # of the rim's opening: rays through it go into the bay even if the mounting is off
# Standard deviation of a pixel, about, by its depth: errors well above it count less and less.
_NOISE_M, _NOISE_AT_1M = 0.005, 0.0036
_EXPLAINED: Final = 3.0  # standard deviations
_MOST: Final = 2.5  # standard deviations off what is believed: else a level load would be taken for the floor


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a mounting may be off what is believed: standard deviations, along and about each axis."""

    shift_m: float = 0.02
    turn_rad: float = radians(1.5)

    def scales(self) -> Float64:
        """Return them in the order of the fields of a Mounting."""
        return np.array((self.shift_m,) * 3 + (self.turn_rad,) * 3)


@dataclass(frozen=True, slots=True)
class MountingFit:
    """What an image of an empty bay tells.

    camera     with the mounting that fits best
    explained  share of the pixels with an answer that an empty bay explains to within three standard deviations: of
               those that should see its floor, or of those on its walls, whichever is less
    """

    camera: BayCamera
    explained: float


def fit_mounting(image: DepthImage, believed: BayCamera, tolerance: Tolerance) -> MountingFit:
    """Fit the mounting to an image of the bay while it is empty; `explained` tells whether it was.

    Robust least squares of depths (soft L1), with what is believed as prior. Without a single answer from the bay it is
    what was believed, and explains nothing. Raises InputError if the image is not of this camera's size and kind.
    """
    from scipy.optimize import least_squares

    right, down, depth = _sample(checked_depth(image, believed), believed)
    if not depth.size:
        return MountingFit(believed, 0.0)
    scales = tolerance.scales()
    noise = _NOISE_M + _NOISE_AT_1M * depth * depth

    def camera(offsets: Float64) -> BayCamera:
        there = np.array(astuple(believed.mounting)) + offsets * scales
        return replace(believed, mounting=Mounting(*there.tolist()))

    def errors(offsets: Float64) -> Float64:
        off = (empty_depth(camera(offsets), right, down)[0] - depth) / noise
        return np.concatenate([off, offsets])

    found = least_squares(
        errors, np.zeros(6), bounds=(-_MOST, _MOST), loss="soft_l1", diff_step=[1e-3] * 6, max_nfev=30
    )
    fitted = camera(found.x)
    expected, on_floor = empty_depth(fitted, right, down)
    close = np.abs(expected - depth) < _EXPLAINED * noise
    shares = [float(close[part].mean()) for part in (on_floor, ~on_floor) if part.any()]
    return MountingFit(fitted, min(shares))


def empty_depth(camera: BayCamera, right: Float64, down: Float64) -> tuple[Float64, Bool]:
    """Return depths, metres, at which rays with these slopes meet an empty bay, and where that is its floor.

    The camera is above it, and its walls go on upwards: rays that pass beside the rim are not asked for.
    """
    bay, axes, eye = camera.bay, camera.mounting.axes(), camera.mounting.eye
    rays = right[None, :] * axes[0][:, None] + down[None, :] * axes[1][:, None] + axes[2][:, None]
    with np.errstate(divide="ignore"):
        to_side = (np.sign(rays[0]) * bay.length_m / 2 - eye[0]) / rays[0]
        to_end = (np.sign(rays[1]) * bay.width_m / 2 - eye[1]) / rays[1]
        to_floor = -eye[2] / rays[2]
    to_wall = np.minimum(to_side, to_end)
    return np.minimum(to_wall, to_floor), to_floor <= to_wall


def _sample(depth: Float32, camera: BayCamera) -> tuple[Float64, Float64, Float64]:
    """Slopes and depths of pixels that look into the bay, however it is mounted within its tolerance."""
    bay, eye = camera.bay, camera.mounting.eye
    right, down = (slopes.ravel() for slopes in np.meshgrid(*camera.lens.slopes()))
    axes = camera.mounting.axes()
    rays = right[None, :] * axes[0][:, None] + down[None, :] * axes[1][:, None] + axes[2][:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = eye[:2, None] + rays[:2] * ((bay.height_m - eye[2]) / rays[2])
        inside = (np.abs(x) < _OPENING * bay.length_m / 2) & (np.abs(y) < _OPENING * bay.width_m / 2) & (rays[2] < 0)
    chosen = np.flatnonzero(inside & np.isfinite(depth.ravel()))
    chosen = chosen[:: max(1, chosen.size // _PIXELS)]
    return right[chosen], down[chosen], depth.ravel()[chosen].astype(np.float64)
