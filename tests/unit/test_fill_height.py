"""Heights and fill from one depth image: known shapes, an oracle point by point, images that are refused."""

from __future__ import annotations

from dataclasses import replace
from math import radians

import numpy as np
import pytest

from fleet.sensing.fill_height import HeightParams, HeightReader
from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from robots.errors import InputError
from robots.readings import DepthImage
from tests.bay_scenes import CAMERA, COLUMNS, ROWS, blank, level, off, seen
from tests.oracles import bay_depth

pytestmark = pytest.mark.slow  # images of 76,800 pixels are drawn

FINE = BayCamera.above(ROLL_CAGE, Lens())
RIM = ROLL_CAGE.height_m


def fill(camera, columns, believed=None):
    return HeightReader(believed or camera).read(seen(camera, columns)).fraction(RIM)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize(
    "camera",
    [FINE, off(FINE, about_x=radians(8)), off(FINE, x_m=0.05, about_y=radians(-8), about_z=radians(20))],
    ids=["straight", "tilted", "tilted and turned"],
)
def test_a_level_load_is_as_high_as_it_is(camera, share):
    heights = HeightReader(camera).read(seen(camera, level(share * RIM)))
    np.testing.assert_allclose(heights.height_m, share * RIM, atol=0.006)
    assert heights.missing < 0.05  # of a full bay, a camera that is tilted does not see all corners
    assert heights.fraction(RIM) == pytest.approx(share, abs=0.004)


def test_a_load_in_one_half_of_the_bay_is_there_and_nowhere_else():
    columns = level(0.0)
    columns[:, COLUMNS // 2 :] = 0.5
    heights = HeightReader(FINE).read(seen(FINE, columns)).height_m
    np.testing.assert_allclose(heights[:, 9:], 0.5, atol=0.01)
    np.testing.assert_allclose(heights[:, :7], 0.0, atol=0.01)
    assert fill(FINE, columns) == pytest.approx(0.25 / RIM, abs=0.005)


def test_a_single_box_fills_its_own_volume():
    columns = level(0.0)
    columns[8:20, 8:24] = 0.4
    assert fill(FINE, columns) == pytest.approx(12 * 16 * 0.4 / (ROWS * COLUMNS * RIM), abs=0.01)


def test_what_stands_above_the_rim_does_not_count():
    assert fill(FINE, level(RIM + 0.1)) == 1.0


def test_who_leans_over_a_bay_is_no_load():
    columns = level(0.4)
    columns[22:, :8] = RIM + 0.4  # and what is hidden behind is taken to be as high as around
    assert fill(FINE, columns) == pytest.approx(0.25, abs=0.04)


def test_holes_are_filled_from_around_them():
    image = seen(FINE, level(0.8))
    image.depth_m[100:150, 130:190] = np.nan
    heights = HeightReader(FINE).read(image)
    assert 0.1 < heights.missing < 0.3
    assert not heights.seen[7, 8]
    np.testing.assert_allclose(heights.height_m, 0.8, atol=0.006)


def test_single_wild_pixels_do_not_move_a_cell():
    image = seen(FINE, level(0.8))
    image.depth_m[::7, ::5] -= 0.4
    assert HeightReader(FINE).read(image).fraction(RIM) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_heights_are_those_found_point_by_point(seed):
    random = np.random.default_rng(seed)
    camera = off(CAMERA, x_m=0.02, y_m=-0.03, about_x=0.05, about_y=-0.04, about_z=0.1)
    columns = np.repeat(np.repeat(random.uniform(0, 1.8, (7, 8)), 4, axis=0), 4, axis=1)
    image = seen(camera, columns)
    image.depth_m[:] += random.normal(0.0, 0.005, image.depth_m.shape)  # no point exactly between two cells
    image.depth_m[random.random(image.depth_m.shape) < 0.1] = np.nan
    params = HeightParams()
    found = HeightReader(camera, params).read(image)
    expected = np.array(bay_depth.heights(image.depth_m, camera, params))
    known = np.isfinite(expected)
    assert found.missing == pytest.approx(1 - known.mean())
    np.testing.assert_allclose(found.height_m[known], expected[known], atol=0.012)  # in steps of 1 cm


def test_of_an_image_without_answers_there_is_nothing():
    heights = HeightReader(CAMERA).read(blank())
    assert heights.empty
    assert heights.fraction(RIM) == 0.0


@pytest.mark.parametrize("value", [np.inf, -np.inf, -1.0, 0.0, 1e30])
def test_impossible_depths_are_no_load(value):
    assert HeightReader(CAMERA).read(blank(value=value)).empty


@pytest.mark.parametrize(
    ("depth", "says"),
    [
        (np.zeros((60, 81), dtype=np.float32), r"is \(60, 81\), not \(60, 80\) pixels"),
        (np.zeros(4800, dtype=np.float32), "not"),
        (np.zeros((60, 80), dtype=np.uint16), "is uint16; give float32 metres"),
    ],
)
def test_images_of_another_kind_are_refused(depth, says):
    with pytest.raises(InputError, match=says):
        HeightReader(CAMERA).read(DepthImage(0.0, 3, depth))


@pytest.mark.parametrize("change", [{"cells": 0}, {"trim": 0.5}, {"least_seen": 0.0}, {"outlier_m": -1.0}])
def test_parameters_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        replace(HeightParams(), **change)
