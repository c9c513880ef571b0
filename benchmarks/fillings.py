"""Bays that are filled, by Bullet or drawn, while a camera looks on: the truth beside what is made of the images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from random import Random
from time import perf_counter
from typing import Final, Protocol

import numpy as np

from fleet.sensing.estimates import FillEstimate
from fleet.sensing.fill_estimator import FillEstimator
from fleet.sensing.fill_watch import FillWatch
from robots.arrays import Float64
from robots.depth_cameras import Bay, BayCamera, Lens
from robots.readings import DepthImage
from twin.bullet.client import BulletClient
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import ParcelSizes
from twin.sensors.cage_heap import CageHeap
from twin.sensors.depth_camera import DepthCamera
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_camera import DrawnCamera
from twin.sensors.drawn_heap import DrawnHeap

IMAGE_EVERY_S: Final = 20.0
_UNITS: Final = (2, 9)  # on a robot's tray, the latter not
_UP_TO: Final = 0.985
_MOST_TRAYS: Final = 5000


class Heap(Protocol):
    """What a CageHeap and a DrawnHeap have in common."""

    litres: float

    def drop(self, parcels: list[Parcel]) -> None:
        """Let parcels fall."""


@dataclass(slots=True)
class Filling:
    """One bay from empty to full; one entry an image, the first of the empty bay, a tray of parcels between two.

    truth     fill fraction
    fitted    estimates of a controller that knows when the cage was swapped
    believed  estimates of one that does not
    litres    of goods that have come
    roughness standard deviation of the heap's surface, metres
    """

    bay: Bay
    truth: list[float] = field(default_factory=list)
    fitted: list[FillEstimate] = field(default_factory=list)
    believed: list[FillEstimate] = field(default_factory=list)
    litres: list[float] = field(default_factory=list)
    roughness: list[float] = field(default_factory=list)
    look_s: list[float] = field(default_factory=list)

    def full_at(self, coming: int) -> float | None:
        """Return how full the bay is when all has come that was on its way when it was called full; None if never.

        coming  trays that are on their way, at any time
        """
        watch = FillWatch(np.array([self.bay.litres]))
        for image, estimate in enumerate(self.fitted[: max(0, len(self.truth) - coming)]):
            on_its_way = self.litres[image + coming] - self.litres[image]
            if watch.full(estimate, np.array([on_its_way]))[0]:
                return self.truth[image + coming]
        return None


def fill_in_bullet(seed: int, bay: Bay, lens: Lens) -> Filling:
    """Fill a bay parcel by parcel in Bullet; the truth is measured by rays."""
    random = np.random.default_rng(seed)
    client = BulletClient()
    try:
        heap, believed = CageHeap(client, bay, random), BayCamera.above(bay, lens)
        camera = DepthCamera(client, 0, believed, DepthFaults(), heap.fixed, random)
        return _fill(seed, heap, believed, camera.look, heap.heights)
    finally:
        client.close()


def fill_drawn(seed: int, bay: Bay, lens: Lens) -> Filling:
    """Fill a bay of columns."""
    random = np.random.default_rng(seed)
    heap, believed = DrawnHeap(bay, random), BayCamera.above(bay, lens)
    camera = DrawnCamera(0, believed, DepthFaults(), random)
    return _fill(seed, heap, believed, lambda time_s: camera.look(heap, time_s), lambda: heap.heights_m)


def _fill(
    seed: int,
    heap: Heap,
    camera: BayCamera,
    look: Callable[[float], DepthImage],
    heights: Callable[[], Float64],
) -> Filling:
    filling, sizes, random = Filling(camera.bay), _sizes(), Random(seed)
    fitted, believed = FillEstimator([camera]), FillEstimator([camera])
    fitted.swapped(0, 0.0)
    number, trays = 0, max(1, round(camera.bay.litres / 1000.0))  # a larger bay has more chutes
    for image in range(_MOST_TRAYS):
        time_s = image * IMAGE_EVERY_S
        started = perf_counter()
        seen = look(time_s)
        filling.look_s.append(perf_counter() - started)
        for estimator, estimates in ((fitted, filling.fitted), (believed, filling.believed)):
            estimator.take(seen)
            estimates.append(estimator.estimate(time_s))
        surface = heights()
        filling.truth.append(float(np.minimum(surface, camera.bay.height_m).mean()) / camera.bay.height_m)
        filling.litres.append(heap.litres)
        filling.roughness.append(float(surface.std()))
        if filling.truth[-1] >= _UP_TO:
            break
        for _ in range(trays):
            units = random.randrange(*_UNITS)
            heap.drop([sizes.draw(random, number + unit) for unit in range(units)])
            number += units
    return filling


@cache
def _sizes() -> ParcelSizes:
    return ParcelSizes.read()
