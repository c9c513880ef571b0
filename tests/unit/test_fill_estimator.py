"""Estimates of fill over many images: swaps, ages, doubts, and how sure they are."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from fleet.sensing.fill_estimator import FillEstimator, FillParams, confidence
from robots.depth_cameras import ROLL_CAGE
from robots.errors import InputError
from tests.bay_scenes import CAMERA, blank, level, off, seen
from twin.cells.parcel_sizes import ParcelSizes
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_camera import DrawnCamera
from twin.sensors.drawn_heap import DrawnHeap

RIM = ROLL_CAGE.height_m
WRONG = off(CAMERA, x_m=0.02, z_m=0.02, about_x=0.04, about_y=-0.04)


def image(share, time_s, camera=CAMERA, number=0):
    return seen(camera, level(share * RIM), time_s=time_s, number=number)


def fraction(estimator, time_s, row=0):
    return float(estimator.estimate(time_s).fraction[row])


def sure(estimator, time_s, row=0):
    return float(estimator.estimate(time_s).confidence[row])


def test_a_bay_that_was_never_seen_is_not_known():
    estimate = FillEstimator([CAMERA, CAMERA]).estimate(5.0)
    assert estimate.fraction.tolist() == [0.0, 0.0]
    assert estimate.confidence.tolist() == [0.0, 0.0]
    assert estimate.age_s.tolist() == [np.inf, np.inf]
    assert all(column.dtype == np.float32 for column in (estimate.fraction, estimate.confidence, estimate.age_s))


def test_each_bay_has_its_own_camera():
    estimator = FillEstimator([CAMERA, CAMERA, CAMERA])
    estimator.take(image(0.5, 1.0, number=2))
    estimator.take(image(0.2, 3.0, number=0))
    estimate = estimator.estimate(4.0)
    np.testing.assert_allclose(estimate.fraction, [0.2, 0.0, 0.5], atol=0.01)
    assert estimate.age_s.tolist() == [1.0, np.inf, 3.0]


def test_after_a_swap_the_first_image_tells_how_the_camera_hangs():
    told, not_told = FillEstimator([CAMERA]), FillEstimator([CAMERA])
    told.swapped(0, 0.0)
    for estimator in (told, not_told):
        estimator.take(image(0.0, 1.0, WRONG))
        estimator.take(image(0.04, 2.0, WRONG))
    assert fraction(told, 2.0) == pytest.approx(0.04, abs=0.01)
    assert fraction(not_told, 2.0) > 0.08
    assert sure(told, 2.0) > 0.99
    assert sure(not_told, 2.0) < 0.5


def test_a_swap_empties_the_bay_before_any_image():
    estimator = FillEstimator([CAMERA])
    estimator.take(image(0.9, 1.0))
    estimator.swapped(0, 5.0)
    assert fraction(estimator, 6.0) == 0.0
    assert estimator.estimate(6.0).age_s[0] == 1.0


def test_a_bay_that_is_not_empty_after_all_does_not_move_its_camera():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    estimator.take(image(0.5, 1.0))
    estimator.take(image(0.5, 2.0))
    assert fraction(estimator, 2.0) == pytest.approx(0.5, abs=0.01)
    assert sure(estimator, 2.0) < 0.5  # the mounting is only believed


def test_the_mounting_is_still_fitted_when_the_first_image_after_a_swap_is_no_use():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    estimator.take(blank(time_s=1.0))
    estimator.take(image(0.0, 2.0, WRONG))
    assert fraction(estimator, 2.0) == pytest.approx(0.0, abs=0.01)
    assert sure(estimator, 2.0) > 0.99


def test_a_leap_is_believed_when_the_next_image_shows_it_too():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    for time_s, share in ((1.0, 0.0), (2.0, 0.02), (3.0, 0.6)):
        estimator.take(image(share, time_s))
    assert fraction(estimator, 3.0) == pytest.approx(0.02, abs=0.01)
    assert estimator.estimate(3.0).age_s[0] == 1.0, "the last image that it is from"
    assert sure(estimator, 3.0) < 0.1
    estimator.take(image(0.6, 4.0))
    assert fraction(estimator, 4.0) == pytest.approx(0.6, abs=0.01)
    assert sure(estimator, 4.0) > 0.99


def test_who_was_in_the_way_of_one_image_leaves_no_trace():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    for time_s, share in ((1.0, 0.0), (2.0, 0.7), (3.0, 0.03)):
        estimator.take(image(share, time_s))
    assert fraction(estimator, 3.0) == pytest.approx(0.03, abs=0.01)
    assert sure(estimator, 3.0) > 0.99


def test_images_without_answers_change_nothing_but_the_age():
    estimator = FillEstimator([CAMERA])
    estimator.take(image(0.3, 1.0))
    before = estimator.estimate(9.0)
    estimator.take(blank(time_s=8.0))
    after = estimator.estimate(9.0)
    assert (after.fraction, after.confidence, after.age_s) == (before.fraction, before.confidence, before.age_s)
    assert after.age_s[0] == 8.0


def test_an_estimate_becomes_less_sure_as_it_grows_old():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    estimator.take(image(0.0, 0.0))
    said = [sure(estimator, time_s) for time_s in (0.0, 60.0, 300.0, 3600.0)]
    assert said == sorted(said, reverse=True)
    assert said[0] > 0.99
    assert said[-1] < 0.1


@pytest.mark.slow
def test_noise_is_smoothed_and_growth_is_followed():
    """Between images of the same load the estimate moves less than the images do; a trayful is there at once."""
    random = np.random.default_rng(1)
    estimator = FillEstimator([CAMERA], FillParams(image_error=0.01))
    shown = 0.3 + 0.01 * random.standard_normal(40)
    said = []
    for time_s, share in enumerate(shown.tolist()):
        estimator.take(image(share, float(time_s)))
        said.append(fraction(estimator, float(time_s)))
    assert np.std(said[5:]) < 0.8 * np.std(shown[5:])
    estimator.take(image(0.36, 41.0))
    assert fraction(estimator, 41.0) == pytest.approx(0.36, abs=0.01)


def test_the_height_map_of_an_image_is_by_the_fitted_mounting():
    estimator = FillEstimator([CAMERA])
    estimator.swapped(0, 0.0)
    estimator.take(image(0.0, 1.0, WRONG))
    heights = estimator.heights(image(0.5, 2.0, WRONG))
    assert heights.fraction(RIM) == pytest.approx(0.5, abs=0.01)
    assert fraction(estimator, 2.0) == pytest.approx(0.0, abs=0.01)


def fill_cages(seeds, *, told):
    """Errors and confidences over cages that are filled, with nominal faults."""
    sizes, errors, said = ParcelSizes.read(), [], []
    for seed in seeds:
        random, draws = np.random.default_rng(seed), Random(seed)
        heap, camera = DrawnHeap(ROLL_CAGE, random), DrawnCamera(0, CAMERA, DepthFaults(), random)
        estimator = FillEstimator([CAMERA])
        if told:
            estimator.swapped(0, 0.0)
        for time_s in range(0, 1200, 30):
            estimator.take(camera.look(heap, float(time_s)))
            errors.append(fraction(estimator, time_s) - heap.fraction())
            said.append(sure(estimator, time_s))
            heap.drop([sizes.draw(draws, number) for number in range(12)])
    return np.array(errors), np.array(said)


@pytest.mark.slow
def test_estimates_are_near_the_truth_and_as_sure_as_they_say():
    errors, said = fill_cages(range(5), told=True)
    assert np.abs(errors).mean() <= 0.02
    assert (np.abs(errors) <= 0.03).mean() >= said.mean() - 0.05
    assert said.mean() > 0.8


@pytest.mark.slow
def test_estimates_by_believed_mountings_do_not_claim_to_be_sure():
    errors, said = fill_cages(range(8), told=False)
    assert abs((np.abs(errors) <= 0.03).mean() - said.mean()) < 0.2


@pytest.mark.slow
def test_the_same_images_give_the_same_estimates():
    np.testing.assert_array_equal(fill_cages([3], told=True), fill_cages([3], told=True))


def test_confidence_is_the_probability_of_three_points():
    np.testing.assert_allclose(confidence(np.array([0.0, 0.03, 0.015, np.inf])), [1.0, 0.6827, 0.9545, 0.0], atol=1e-4)


def test_images_of_no_camera_of_ours_are_refused():
    estimator = FillEstimator([CAMERA])
    with pytest.raises(InputError, match="camera 1: is none of 1"):
        estimator.take(image(0.1, 0.0, number=1))
    with pytest.raises(InputError, match="camera -1"):
        estimator.swapped(-1, 0.0)


def test_images_from_before_the_last_image_or_swap_change_nothing():
    estimator = FillEstimator([CAMERA])
    estimator.take(image(0.3, 5.0))
    estimator.take(image(0.25, 4.0))
    assert fraction(estimator, 6.0) == pytest.approx(0.3, abs=0.01)
    estimator.swapped(0, 8.0)
    estimator.take(image(0.3, 7.0))
    estimator.take(image(0.3, 7.5))
    assert fraction(estimator, 9.0) == 0.0


@pytest.mark.parametrize("change", [{"image_error": 0.0}, {"growth_per_s": -1.0}, {"empty_explains": 0.0}])
def test_parameters_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        replace(FillParams(), **change)
