"""Drawn heaps: how they grow, and their cameras."""

from __future__ import annotations

import numpy as np
import pytest

from robots.depth_cameras import ROLL_CAGE, TRUCK_BAY
from tests.bay_scenes import CAMERA, parcels
from twin.cells.parcel import Parcel
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_camera import DrawnCamera
from twin.sensors.drawn_depth import drawn_depth
from twin.sensors.drawn_heap import DrawnHeap
from twin.sensors.exact_depth import FLOOR
from twin.sensors.packing import packed_size


def heap(seed=1, bay=ROLL_CAGE):
    return DrawnHeap(bay, np.random.default_rng(seed))


def test_an_empty_bay_is_empty():
    empty = heap()
    assert empty.fraction() == 0.0
    assert (empty.parcels == FLOOR).all()
    assert empty.heights_m.shape == (28, 32)


@pytest.mark.parametrize("bay", [ROLL_CAGE, TRUCK_BAY])
def test_a_heap_grows_until_its_bay_is_full(bay):
    growing, fractions = heap(bay=bay), []
    while growing.fraction() < 0.99 and len(fractions) < 2000:
        growing.drop(parcels(5, seed=len(fractions)))
        fractions.append(growing.fraction())
    assert fractions[-1] >= 0.99
    assert fractions == sorted(fractions)


def test_a_parcel_on_the_floor_covers_its_own_ground():
    """On the average over many: columns are 2.5 cm wide, and parcels lean."""
    box = Parcel(7, "box", (0.3, 0.2, 0.1), 1.0)
    ground, volume = [], []
    for seed in range(200):
        one = heap(seed)
        one.drop([box])
        covered = one.parcels == 7
        ground.append(covered.mean() * ROLL_CAGE.length_m * ROLL_CAGE.width_m)
        volume.append(one.fraction() * ROLL_CAGE.litres)
        assert one.heights_m[~covered].max() == 0.0
    assert np.mean(ground) == pytest.approx(0.06, rel=0.05)
    assert np.mean(volume) == pytest.approx(box.litres, rel=0.05)


def test_goods_are_as_thick_as_their_packing_at_least():
    assert packed_size(Parcel(1, "print", (0.2, 0.3, 0.002), 0.1)) == (0.3, 0.2, 0.010)
    assert packed_size(Parcel(1, "pin", (0.005, 0.002, 0.03), 0.1)) == (0.03, 0.010, 0.010)


def test_a_swapped_cage_is_empty_again():
    full = heap()
    full.drop(parcels(50))
    assert full.litres > 0
    full.clear()
    assert (full.fraction(), full.litres, full.parcels.max()) == (0.0, 0.0, FLOOR)


def test_the_same_seed_gives_the_same_heap_and_images():
    images = []
    for _ in range(2):
        random = np.random.default_rng(5)
        filled, camera = DrawnHeap(ROLL_CAGE, random), DrawnCamera(2, CAMERA, DepthFaults(), random)
        filled.drop(parcels(60))
        images.append(camera.look(filled, 4.0))
    assert (images[0].time_s, images[0].camera) == (4.0, 2)
    np.testing.assert_array_equal(images[0].depth_m, images[1].depth_m)


def test_a_camera_without_faults_says_what_is_drawn():
    filled = heap()
    filled.drop(parcels(60))
    camera = DrawnCamera(0, CAMERA, DepthFaults.none(), np.random.default_rng(1))
    expected = drawn_depth(CAMERA, filled.heights_m, filled.parcels).depth_m.astype(np.float32)
    np.testing.assert_array_equal(camera.look(filled, 0.0).depth_m, expected)
    assert camera.camera == CAMERA
