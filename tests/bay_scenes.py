"""Small bays, cameras over them, and what is seen of simple loads."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from robots.readings import DepthImage
from twin.cells.parcel import Parcel
from twin.sensors.drawn_depth import drawn_depth
from twin.sensors.exact_depth import FLOOR

LENS = Lens.opening(80, 60, 74.6)
CAMERA = BayCamera.above(ROLL_CAGE, LENS)
ROWS, COLUMNS = 28, 32  # columns of 2.5 cm


def off(camera=CAMERA, **offsets):
    """A camera whose mounting is off by these."""
    there = camera.mounting
    return replace(camera, mounting=replace(there, **{name: getattr(there, name) + by for name, by in offsets.items()}))


def level(height_m):
    """Columns that are all as high."""
    return np.full((ROWS, COLUMNS), float(height_m))


def seen(camera, columns, parcels=None, time_s=0.0, number=0):
    """The image of these columns, without faults."""
    owners = np.where(columns > 0, 0, FLOOR).astype(np.int32) if parcels is None else parcels
    return DepthImage(time_s, number, drawn_depth(camera, columns, owners).depth_m.astype(np.float32))


def blank(camera=CAMERA, value=np.nan, time_s=0.0):
    """An image that is the same all over."""
    return DepthImage(time_s, 0, np.full((camera.lens.height, camera.lens.width), value, dtype=np.float32))


def parcels(count, seed=1, first=0):
    """Boxes of usual sizes."""
    random = Random(seed)
    return [
        Parcel(first + number, "box", tuple(random.uniform(0.05, 0.3) for _ in range(3)), 0.5)
        for number in range(count)
    ]
