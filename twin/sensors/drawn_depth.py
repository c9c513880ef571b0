"""Exact depth images of a bay whose load is columns on a grid: for many cages, without PyBullet."""

from __future__ import annotations

from typing import Final

import numpy as np

from robots.arrays import Float64, Int32
from robots.depth_cameras import BayCamera
from robots.errors import InputError
from twin.sensors._drawn_depth import draw
from twin.sensors.exact_depth import ExactDepth

WALL_M: Final = 0.03  # thickness of a bay's walls


def drawn_depth(camera: BayCamera, heights_m: Float64, parcels: Int32) -> ExactDepth:
    """Return what a camera sees of a load.

    heights_m  float64 (rows along y, columns along x), of equal columns that fill the bay's floor
    parcels    int32, the same shape: the parcel on top of each column, or FLOOR

    Raises InputError if the camera is not above the load and the bay's rim.
    """
    bay, lens = camera.bay, camera.lens
    eye = camera.mounting.eye
    if eye[2] <= max(bay.height_m, float(heights_m.max())):
        raise InputError("camera", f"hangs at {eye[2]:.2f} m, not above its bay and load", "mount it higher")
    right, down = lens.slopes()
    depth = np.empty((lens.height, lens.width))
    owner = np.empty((lens.height, lens.width), dtype=np.int32)
    edges = np.array((bay.length_m, bay.width_m, bay.height_m, WALL_M))
    draw(heights_m, parcels, edges, eye, np.ascontiguousarray(camera.mounting.axes()), right, down, depth, owner)
    return ExactDepth(depth, owner)
