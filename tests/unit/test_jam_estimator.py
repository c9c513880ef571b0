"""What the darkness of a photo-eye says of a chute."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.sensing.jam_estimator import JamEstimator, JamParams
from robots.errors import InputError
from robots.readings import BeamReadings

NAN = float("nan")


def readings(time_s, *dark_s, first=0):
    eye = np.arange(first, first + len(dark_s), dtype=np.int32)
    return BeamReadings(time_s, eye, np.array(dark_s, dtype=np.float32))


def after(*taken, chutes=2):
    estimator = JamEstimator(chutes)
    for taking in taken:
        estimator.take(taking)
    return estimator


def test_the_longer_it_is_dark_the_likelier_is_a_jam_up_to_what_an_eye_at_fault_explains_as_well():
    dark = (0.0, 1.0, 5.0, 8.0, 9.0, 12.0, 3600.0)
    estimate = after(readings(5000.0, *dark), chutes=7).estimate(5000.0)
    assert (np.diff(estimate.jammed) >= 0).all()
    assert estimate.jammed[0] == 0.0
    assert estimate.jammed[1] < 0.01
    assert estimate.jammed[-1] == pytest.approx(0.8)
    np.testing.assert_allclose(estimate.confidence, np.maximum(estimate.jammed, 1 - estimate.jammed), rtol=1e-6)


def test_it_is_bayes_rule_over_what_may_have_darkened_the_eye():
    params = JamParams(jams=0.1, blind=0.05, slide_s=2.0)
    estimator = JamEstimator(1, params)
    estimator.take(readings(9.0, 3.0))
    slides = 0.85 * np.exp(-1.5)
    assert estimator.estimate(9.0).jammed[0] == pytest.approx(0.1 / (0.1 + 0.05 + slides))


def test_a_jam_is_called_when_units_that_slide_by_cannot_explain_it():
    estimator = JamEstimator(3)
    estimator.take(readings(100.0, 0.0, 8.0, 9.5))
    assert estimator.called(100.0).tolist() == [False, False, True]
    assert estimator.called(100.0).dtype == np.bool_


def test_after_somebody_has_looked_it_begins_anew():
    estimator = after(readings(100.0, 60.0, 60.0))
    estimator.freed(0, 101.0)
    assert estimator.called(101.0).tolist() == [False, True]
    estimator.take(readings(103.0, 63.0, 63.0))
    assert estimator.called(103.0).tolist() == [False, True], "what was dark before says nothing any more"
    estimator.take(readings(111.0, 71.0, 71.0))
    assert estimator.called(111.0).tolist() == [True, True], "it has been dark since"


def test_readings_from_before_somebody_looked_or_before_the_last_ones_are_left_out():
    estimator = after(readings(100.0, 60.0, 0.0))
    estimator.freed(0, 105.0)
    estimator.take(readings(104.0, 64.0, 4.0))
    estimator.take(readings(103.0, 63.0, 3.0))
    estimate = estimator.estimate(105.0)
    assert estimate.jammed[0] == 0.0
    assert estimate.age_s.tolist() == [0.0, 1.0]


def test_an_answer_that_does_not_come_lets_the_last_one_grow_old():
    estimator = after(readings(100.0, 0.0, 60.0), readings(150.0, NAN, 110.0))
    estimate = estimator.estimate(1000.0)
    assert estimate.age_s.tolist() == [900.0, 850.0]
    assert estimate.confidence[0] == pytest.approx(np.exp(-900 / 7200))
    assert estimator.called(1000.0).tolist() == [False, True]


def test_a_chute_whose_eye_never_answered_is_not_called_and_nothing_is_known_of_it():
    estimate = after(readings(100.0, NAN, 0.0)).estimate(100.0)
    assert (estimate.jammed[0], estimate.confidence[0], estimate.age_s[0]) == (0.0, 0.0, np.inf)


@pytest.mark.parametrize("first", [-1, 1])
def test_eyes_of_no_chute_are_refused(first):
    with pytest.raises(InputError, match="is none of 2"):
        after(readings(1.0, 0.0, 0.0, first=first))


@pytest.mark.parametrize(
    "change", [{"jams": 0.0}, {"blind": -0.1}, {"jams": 0.9, "blind": 0.2}, {"slide_s": 0.0}, {"call_at": 0.9}]
)
def test_parameters_that_cannot_be_or_never_call_a_jam_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        JamParams(**change)
