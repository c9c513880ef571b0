"""Drawn depth images: exact against boxes that are hit one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robots.depth_cameras import Bay, BayCamera, Lens, Mounting
from robots.errors import InputError
from tests.bay_scenes import off
from tests.oracles import bay_depth
from twin.sensors.drawn_depth import WALL_M, drawn_depth
from twin.sensors.exact_depth import FLOOR, NOTHING, WALL

BAY = Bay(0.8, 0.6, 1.0)
# Nowhere on the border of two columns, where either may be seen.
STRAIGHT = BayCamera(BAY, Lens.opening(25, 19, 80.0), Mounting(0.0123, -0.0317, 2.0))
ASKEW = off(STRAIGHT, x_m=0.1, y_m=-0.05, about_x=0.15, about_y=-0.2, about_z=0.4)


def load(seed, most):
    random = np.random.default_rng(seed)
    heights = random.uniform(0.0, most, (6, 8)) * (random.random((6, 8)) < 0.8)
    return heights, np.where(heights > 0, np.arange(48).reshape(6, 8), FLOOR).astype(np.int32)


def boxes(heights, owners):
    """The hall's floor, the bay's walls, and its columns."""
    length, width, rim, far = BAY.length_m / 2, BAY.width_m / 2, BAY.height_m, 50.0
    yield (-far, -far, -1.0), (far, far, 0.0), FLOOR
    for side in (-1, 1):
        xs = sorted((side * length, side * (length + WALL_M)))
        ys = sorted((side * width, side * (width + WALL_M)))
        yield (xs[0], -width - WALL_M, 0.0), (xs[1], width + WALL_M, rim), WALL
        yield (-length, ys[0], 0.0), (length, ys[1], rim), WALL
    for (row, column), height in np.ndenumerate(heights):
        if height > 0:
            low = column / 8 * BAY.length_m - length, row / 6 * BAY.width_m - width
            yield (*low, 0.0), (low[0] + BAY.length_m / 8, low[1] + BAY.width_m / 6, height), int(owners[row, column])


def expected(camera, row, column, scene):
    """What the first box says; the outsides of a bay's walls are not drawn, but what stands behind them."""
    depth, owner = bay_depth.first_box(camera, row, column, scene)
    toward = bay_depth.ray(camera, row, column)
    eye = camera.mounting.x_m, camera.mounting.y_m, camera.mounting.z_m
    at_rim = (BAY.height_m - eye[2]) / toward[2]
    over = [abs(eye[axis] + at_rim * toward[axis]) for axis in (0, 1)]
    if owner == WALL and (over[0] > BAY.length_m / 2 + WALL_M or over[1] > BAY.width_m / 2 + WALL_M):
        return -eye[2] / toward[2], FLOOR
    return depth, owner


@pytest.mark.parametrize("camera", [STRAIGHT, ASKEW], ids=["straight", "askew"])
@pytest.mark.parametrize(("seed", "most"), [(1, 0.0), (2, 0.4), (3, 0.95), (4, 1.3)])
def test_every_pixel_sees_the_first_box_on_its_way(camera, seed, most):
    heights, owners = load(seed, most)
    scene = list(boxes(heights, owners))
    drawn = drawn_depth(camera, heights, owners)
    for row in range(camera.lens.height):
        for column in range(camera.lens.width):
            depth, owner = expected(camera, row, column, scene)
            assert drawn.depth_m[row, column] == pytest.approx(depth, abs=1e-9)
            assert drawn.owner[row, column] == owner


def test_a_camera_that_looks_aside_sees_nothing_above_the_horizon():
    drawn = drawn_depth(off(STRAIGHT, about_x=1.4), np.zeros((6, 8)), np.full((6, 8), FLOOR, dtype=np.int32))
    nothing = drawn.owner == NOTHING
    assert nothing.any()
    np.testing.assert_array_equal(np.isnan(drawn.depth_m), nothing)


def test_a_camera_beside_its_bay_sees_the_floor_of_the_hall():
    beside = replace(STRAIGHT, mounting=Mounting(5.0, 0.0, 2.0))
    drawn = drawn_depth(beside, *load(1, 0.5))
    assert drawn.owner[9, 12] == FLOOR
    assert drawn.depth_m[9, 12] == pytest.approx(2.0)


@pytest.mark.parametrize("height", [1.0, 1.5])
def test_a_camera_in_its_load_is_refused(height):
    heights, owners = np.full((6, 8), 1.5), np.zeros((6, 8), dtype=np.int32)
    with pytest.raises(InputError, match="mount it higher"):
        drawn_depth(replace(STRAIGHT, mounting=Mounting(0.0, 0.0, height)), heights, owners)
