"""`python -m benchmarks.fill_picture FILE`: a cage in Bullet, what its camera says, heights found, and true ones."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from fleet.report.picture import save_picture
from fleet.sensing.fill_estimator import FillEstimator
from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from twin.bullet.client import BulletClient
from twin.cells.parcel_sizes import ParcelSizes
from twin.sensors.cage_heap import CageHeap
from twin.sensors.depth_camera import DepthCamera
from twin.sensors.depth_faults import DepthFaults

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fleet.sensing.fill_height import HeightMap
    from robots.arrays import Float64
    from robots.readings import DepthImage


def fill_figure(trays: int, seed: int = 1) -> Figure:
    """Return the figure of a cage after so many trays of six parcels."""
    random, draws, sizes = np.random.default_rng(seed), Random(seed), ParcelSizes.read()
    client, believed = BulletClient(), BayCamera.above(ROLL_CAGE, Lens())
    try:
        heap = CageHeap(client, ROLL_CAGE, random)
        camera = DepthCamera(client, 0, believed, DepthFaults(), heap.fixed, random)
        estimator = FillEstimator([believed])
        estimator.swapped(0, 0.0)
        estimator.take(camera.look(0.0))
        for tray in range(trays):
            heap.drop([sizes.draw(draws, 6 * tray + unit) for unit in range(6)])
        image = camera.look(1.0)
        return _drawn(image, estimator.heights(image), heap.heights())
    finally:
        client.close()


def _drawn(image: DepthImage, found: HeightMap, truth: Float64) -> Figure:
    from matplotlib.figure import Figure

    rim = ROLL_CAGE.height_m
    figure = Figure(figsize=(11.0, 3.6), layout="constrained")
    seen, heights, rays = figure.subplots(1, 3)
    shown = seen.imshow(image.depth_m, cmap="viridis_r")
    figure.colorbar(shown, ax=seen, label="depth, m", shrink=0.8)
    seen.set_title("image; white: no answer")
    edges = (-ROLL_CAGE.length_m / 2, ROLL_CAGE.length_m / 2, -ROLL_CAGE.width_m / 2, ROLL_CAGE.width_m / 2)
    most = max(float(truth.max()), float(found.height_m.max()))
    for axes, surface, title in (
        (heights, found.height_m, f"heights found: {100 * found.fraction(rim):.1f} % full"),
        (rays, truth, f"true heights: {100 * float(np.minimum(truth, rim).mean()) / rim:.1f} % full"),
    ):
        shown = axes.imshow(surface, origin="lower", extent=edges, vmin=0.0, vmax=most, cmap="magma")
        axes.set_title(title)
        axes.set_xlabel("m")
    figure.colorbar(shown, ax=rays, label="height, m", shrink=0.8)
    return figure


if __name__ == "__main__":
    save_picture(fill_figure(trays=40), Path(sys.argv[1]))
