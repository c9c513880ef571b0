"""Photo-eyes: dark as long as something is in the beam, and as wrong as is said."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from robots.errors import InputError
from twin.sensors.beam_faults import BeamFaults
from twin.sensors.photo_eyes import PhotoEyes

NONE = BeamFaults.none()


def photo_eyes(number=1, seed=1, **faults):
    return PhotoEyes(replace(NONE, **faults), number, np.random.default_rng(seed))


def dark(eyes, time_s):
    return eyes.read(time_s).dark_s.tolist()


def test_an_eye_is_dark_while_something_is_in_its_beam():
    eyes = photo_eyes(2)
    eyes.pass_by(1, 1.0, 3.0)
    assert [dark(eyes, time_s) for time_s in (0.5, 2.0, 2.5, 3.0)] == [[0.0, 0.0], [0.0, 1.0], [0.0, 1.5], [0.0, 0.0]]
    assert eyes.read(4.0).eye.tolist() == [0, 1]


def test_what_follows_without_a_gap_is_one_darkness_and_after_a_gap_it_is_another():
    eyes = photo_eyes()
    for span in ((2.0, 4.0), (1.0, 3.0), (5.0, 6.0)):
        eyes.pass_by(0, *span)
    assert [dark(eyes, time_s)[0] for time_s in (1.5, 3.5, 4.5, 5.5)] == [0.5, 2.5, 0.0, 0.5]


def test_what_is_stuck_keeps_it_dark_until_somebody_takes_it_away():
    eyes = photo_eyes()
    eyes.pass_by(0, 1.0, inf)
    assert dark(eyes, 501.0) == [500.0]
    eyes.clear(0, 502.0)
    assert dark(eyes, 503.0) == [0.0]


def test_a_blind_eye_stays_dark_until_somebody_wipes_it():
    eyes = photo_eyes(2000, blind_per_h=0.1)
    share = np.mean(eyes.read(3600.0).dark_s > 0)
    assert share == pytest.approx(1 - np.exp(-0.1), abs=0.02)
    blind = np.flatnonzero(eyes.read(3601.0).dark_s > 0)
    for eye in blind.tolist():
        eyes.clear(eye, 3602.0)
    assert not eyes.read(3602.0).dark_s.any()
    assert np.mean(eyes.read(7202.0).dark_s[blind] > 0) == pytest.approx(1 - np.exp(-0.1), abs=0.06)


def test_a_share_of_what_passes_is_missed_and_a_share_of_readings_does_not_come():
    eyes = photo_eyes(4000, missed=0.2)
    for eye in range(4000):
        eyes.pass_by(eye, 1.0, 2.0)
    assert np.mean(eyes.read(1.5).dark_s > 0) == pytest.approx(0.8, abs=0.02)
    assert np.isnan(photo_eyes(4000, dropout=0.05).read(1.0).dark_s).mean() == pytest.approx(0.05, abs=0.01)


def test_eyes_flicker_for_a_moment_as_often_and_as_long_as_is_said():
    eyes = photo_eyes(200, spurious_per_h=36.0, spurious_s=2.0)
    seen = np.array([eyes.read(float(time_s)).dark_s for time_s in range(1000, 2000)])
    assert np.mean(seen > 0) == pytest.approx(36 * 2 / 3600, rel=0.1)
    assert seen.max() < 40.0


def test_the_same_seed_gives_the_same_faults_and_an_eye_does_not_mind_the_others():
    def told(busy):
        eyes = photo_eyes(3, seed=5, missed=0.5, spurious_per_h=100.0, spurious_s=5.0, blind_per_h=1.0, dropout=0.1)
        for time_s in range(300):
            if busy:
                eyes.pass_by(0, time_s, time_s + 0.9)
            eyes.pass_by(1, time_s, time_s + 0.5)
        return np.array([eyes.read(float(time_s)).dark_s for time_s in range(300)])

    np.testing.assert_array_equal(told(busy=True), told(busy=True))
    np.testing.assert_array_equal(told(busy=True)[:, 1:], told(busy=False)[:, 1:])


@pytest.mark.parametrize("change", [{"missed": 1.1}, {"dropout": -0.1}, {"spurious_s": inf}, {"blind_per_h": -1.0}])
def test_faults_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match=next(iter(change))):
        BeamFaults(**change)
