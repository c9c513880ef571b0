"""Bays in Bullet: heaps, the rays that say how full they are, and cameras over them."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest

from fleet.sensing.fill_estimator import FillEstimator
from fleet.sensing.fill_height import HeightReader
from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from robots.readings import DepthImage
from tests.bay_scenes import COLUMNS, LENS, ROWS, level, off, parcels
from twin.bullet.client import BulletClient
from twin.sensors.cage_heap import CageHeap
from twin.sensors.depth_camera import DepthCamera
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_depth import drawn_depth
from twin.sensors.exact_depth import FLOOR, NOTHING, WALL

pytestmark = pytest.mark.slow  # and no kernels in most of them

FINE = BayCamera.above(ROLL_CAGE, Lens())
ASKEW = off(FINE, x_m=0.03, y_m=-0.02, z_m=0.02, about_x=radians(3), about_y=radians(-2), about_z=radians(5))
NO_FAULTS = DepthFaults.none()


@pytest.fixture
def client():
    client = BulletClient()
    yield client
    client.close()


def new_heap(client, seed=1):
    return CageHeap(client, ROLL_CAGE, np.random.default_rng(seed))


def new_camera(client, heap, camera=FINE, faults=NO_FAULTS, seed=1):
    return DepthCamera(client, 0, camera, faults, heap.fixed, np.random.default_rng(seed))


def add_box(client, low, high):
    """A box that stays where it is."""
    half = [(end - begin) / 2 for begin, end in zip(low, high, strict=True)]
    shape = client.createCollisionShape(client.GEOM_BOX, halfExtents=half)
    seen = client.createVisualShape(client.GEOM_BOX, halfExtents=half)
    return client.createMultiBody(0.0, shape, seen, [begin + edge for begin, edge in zip(low, half, strict=True)])


def test_rays_find_the_heights_of_boxes(client):
    heap = new_heap(client)
    assert heap.fraction() == pytest.approx(0.0, abs=1e-9)
    heap.drop(parcels(3))
    before = heap.heights()
    add_box(client, (0.0, -0.35, 0.0), (0.4, 0.0, heap.top_m))
    after = heap.heights()
    np.testing.assert_allclose(after[:35, 40:], heap.top_m, atol=1e-5)
    np.testing.assert_array_equal(after[35:], before[35:])
    np.testing.assert_array_equal(after[:, :40], before[:, :40])


def test_parcels_come_to_rest_in_the_bay_and_stay_there(client):
    heap = new_heap(client)
    fractions, lying = [0.0], {}
    for first in range(0, 36, 6):
        heap.drop(parcels(6, seed=first, first=first))
        fractions.append(heap.fraction())
        there = {body: client.getBasePositionAndOrientation(body) for body in heap.bodies}
        assert lying.items() <= there.items()  # what has come to rest does not move when others fall on it
        lying = there
    assert len(lying) == 36
    assert fractions == sorted(fractions)
    volume = heap.litres / ROLL_CAGE.litres
    assert volume < fractions[-1] < 4 * volume
    for body in heap.bodies:
        (low_x, low_y, low_z), (high_x, high_y, _) = client.getAABB(body)
        assert low_z > -0.02
        assert max(-low_x, high_x) < ROLL_CAGE.length_m / 2 + 0.02
        assert max(-low_y, high_y) < ROLL_CAGE.width_m / 2 + 0.02


def test_the_same_seed_gives_the_same_heap():
    heights = []
    for _ in range(2):
        client = BulletClient()
        heap = new_heap(client, seed=3)
        heap.drop(parcels(8))
        heap.drop(parcels(8, seed=2))
        heights.append(heap.heights())
        client.close()
    np.testing.assert_array_equal(*heights)


@pytest.mark.parametrize("camera", [FINE, ASKEW], ids=["straight", "askew"])
def test_bullet_sees_what_is_drawn(client, camera):
    """TinyRenderer and our own drawing share no code: they agree to millimetres but at the edges of things."""
    heap = new_heap(client)
    columns, owners = level(0.0), np.full((ROWS, COLUMNS), FLOOR, dtype=np.int32)
    for begin, end, rows, height in ((4, 12, (6, 20), 0.7), (20, 30, (2, 10), 1.4), (16, 28, (14, 26), 0.3)):
        low = begin * 0.025 - 0.4, rows[0] * 0.025 - 0.35, 0.0
        body = add_box(client, low, (end * 0.025 - 0.4, rows[1] * 0.025 - 0.35, height))
        columns[rows[0] : rows[1], begin:end], owners[rows[0] : rows[1], begin:end] = height, body
    seen, drawn = new_camera(client, heap, camera).exact(), drawn_depth(camera, columns, owners)
    assert (np.abs(seen.depth_m - drawn.depth_m) < 0.002).mean() > 0.998
    assert (seen.owner == drawn.owner).mean() > 0.998
    assert set(np.unique(seen.owner)) == {FLOOR, WALL, *np.unique(owners[owners >= 0]).tolist()}


def test_a_camera_sees_nothing_where_there_is_nothing(client):
    heap = new_heap(client)
    seen = new_camera(client, heap, off(FINE, about_x=radians(80))).exact()
    assert (seen.owner == NOTHING).any()
    np.testing.assert_array_equal(np.isnan(seen.depth_m), seen.owner == NOTHING)


def test_a_bay_elsewhere_looks_the_same(client):
    heap = new_heap(client)
    add_box(client, (0.0, 0.0, 0.0), (0.2, 0.1, 0.5))
    here = new_camera(client, heap).exact()
    raised = off(FINE, z_m=-0.5, x_m=-0.1)
    there = DepthCamera(client, 0, raised, NO_FAULTS, heap.fixed, np.random.default_rng(1), origin=(0.1, 0.0, 0.5))
    np.testing.assert_allclose(there.exact().depth_m, here.depth_m, atol=1e-4)


def test_the_fill_of_a_heap_is_seen_through_all_faults(client):
    heap = new_heap(client)
    camera = new_camera(client, heap, faults=DepthFaults(), seed=2)
    estimator = FillEstimator([FINE])
    estimator.swapped(0, 0.0)
    estimator.take(camera.look(0.0))
    for time_s in range(10, 50, 10):
        heap.drop(parcels(4, seed=time_s))
        estimator.take(camera.look(time_s))
        estimate = estimator.estimate(time_s)
        assert float(estimate.fraction[0]) == pytest.approx(heap.fraction(), abs=0.03)
        assert estimate.confidence[0] > 0.8


def test_a_coarse_camera_without_faults_is_nearly_exact(client):
    coarse = BayCamera.above(ROLL_CAGE, LENS)
    heap = new_heap(client)
    heap.drop(parcels(12))
    seen = new_camera(client, heap, coarse).look(3.0)
    assert isinstance(seen, DepthImage)
    assert (seen.time_s, seen.depth_m.shape, seen.depth_m.dtype) == (3.0, (60, 80), np.float32)
    fraction = HeightReader(coarse).read(seen).fraction(ROLL_CAGE.height_m)
    assert fraction == pytest.approx(heap.fraction(), abs=0.015)
