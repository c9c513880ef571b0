"""How a camera hangs, from an image of its empty bay."""

from __future__ import annotations

from dataclasses import astuple, replace
from math import radians

import numpy as np
import pytest

from fleet.sensing.fill_mounting import Tolerance, fit_mounting
from robots.errors import InputError
from robots.readings import DepthImage
from tests.bay_scenes import CAMERA, blank, level, off, seen

OFF = {"x_m": 0.025, "y_m": -0.03, "z_m": 0.02, "about_x": 0.05, "about_y": -0.04, "about_z": 0.03}
TRUE = off(CAMERA, **OFF)


def noisy(image, seed=1):
    depth = image.depth_m
    noise = np.random.default_rng(seed).normal(0.0, 0.0036, depth.shape) * depth**2
    return DepthImage(image.time_s, image.camera, (depth + noise).astype(np.float32))


def test_a_mounting_is_found_by_an_image_without_noise():
    fit = fit_mounting(seen(TRUE, level(0.0)), CAMERA, Tolerance())
    np.testing.assert_allclose(astuple(fit.camera.mounting), astuple(TRUE.mounting), atol=1e-3)
    assert fit.explained > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_a_mounting_is_found_in_noise_to_millimetres_and_tenths_of_a_degree(seed):
    fit = fit_mounting(noisy(seen(TRUE, level(0.0)), seed), CAMERA, Tolerance())
    found, true = astuple(fit.camera.mounting), astuple(TRUE.mounting)
    np.testing.assert_allclose(found[:3], true[:3], atol=0.005)
    np.testing.assert_allclose(found[3:], true[3:], atol=radians(0.25))
    assert fit.explained > 0.95


def test_some_parcels_in_the_bay_do_little_harm():
    columns = level(0.0)
    columns[5:12, 6:16] = 0.3
    fit = fit_mounting(noisy(seen(TRUE, columns)), CAMERA, Tolerance())
    np.testing.assert_allclose(astuple(fit.camera.mounting)[:3], astuple(TRUE.mounting)[:3], atol=0.01)


def test_a_bay_that_is_not_empty_is_seen_to_be_none():
    assert fit_mounting(noisy(seen(TRUE, level(0.5))), CAMERA, Tolerance()).explained < 0.7


def test_without_answers_nothing_is_learnt():
    fit = fit_mounting(blank(), CAMERA, Tolerance())
    assert fit.camera == CAMERA
    assert fit.explained == 0.0


def test_the_same_image_gives_the_same_mounting():
    image = noisy(seen(TRUE, level(0.0)))
    assert fit_mounting(image, CAMERA, Tolerance()) == fit_mounting(image, CAMERA, Tolerance())


def test_an_image_of_another_camera_is_refused():
    with pytest.raises(InputError, match="pixels"):
        fit_mounting(blank(), replace(CAMERA, lens=replace(CAMERA.lens, width=81)), Tolerance())
