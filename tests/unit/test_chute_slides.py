"""Units slide down chutes or get stuck, and none is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest

from robots.errors import InputError
from twin.sensors.beam_faults import BeamFaults
from twin.sensors.chute_slides import ChuteSlides, SlideParams
from twin.sensors.photo_eyes import PhotoEyes


class Chutes:
    """Chutes with photo-eyes without faults; parcels are their numbers."""

    def __init__(self, chutes=2, sticks=0.0, seed=1):
        self.eyes = PhotoEyes(BeamFaults.none(), chutes, np.random.default_rng(seed))
        self.slides = ChuteSlides(SlideParams(sticks=sticks), self.eyes, np.random.default_rng(seed))

    def dark_s(self, time_s):
        return self.eyes.read(time_s).dark_s.tolist()


def test_units_that_slide_by_darken_the_eye_for_moments_only():
    chutes = Chutes()
    assert chutes.slides.drop(0, range(30), 10.0) == list(range(30))
    dark = [chutes.dark_s(10.0 + 0.05 * step) for step in range(1200)]
    longest = max(of_first for of_first, _ in dark)
    assert 0.2 < longest < 5.0
    assert not any(of_other for _, of_other in dark)
    assert chutes.dark_s(100.0) == [0.0, 0.0]


def test_what_sticks_and_what_comes_after_it_stays_until_it_is_freed():
    chutes = Chutes(sticks=0.1)
    through, dropped = [], 0
    while not chutes.slides.stuck(0):
        through += chutes.slides.drop(0, range(dropped, dropped + 5), float(dropped))
        dropped += 5
    assert chutes.slides.jams == 1
    assert chutes.slides.drop(0, range(dropped, dropped + 5), float(dropped)) == []
    assert chutes.dark_s(dropped + 500.0)[0] > 400.0
    freed = chutes.slides.free(0, dropped + 500.0)
    assert through + freed == list(range(dropped + 5))
    assert (chutes.slides.stuck(0), chutes.slides.jams) == (0, 1)
    assert chutes.dark_s(dropped + 900.0) == [0.0, 0.0]


def test_so_many_units_stick():
    chutes = Chutes(chutes=5000, sticks=0.1)
    for chute in range(5000):
        chutes.slides.drop(chute, [chute], 0.0)
    assert chutes.slides.jams == pytest.approx(500, abs=80)


def test_how_units_slide_in_one_chute_is_nothing_to_another():
    alone, beside = Chutes(sticks=0.02, seed=3), Chutes(sticks=0.02, seed=3)
    came = []
    for chutes in (alone, beside):
        if chutes is beside:
            chutes.slides.drop(1, range(77), 0.0)
        came.append(chutes.slides.drop(0, range(100), 1.0))
    assert came[0] == came[1]
    assert alone.dark_s(5.0)[0] == beside.dark_s(5.0)[0]


@pytest.mark.parametrize("change", [{"unit_s": -1.0}, {"apart_s": float("nan")}, {"sticks": 1.5}])
def test_slides_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        SlideParams(**change)
