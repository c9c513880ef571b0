"""Colours of heatmaps keep their order in print, and for people who see no green."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.report.heat.colour_maps import CHANGE, HEAT
from tests.oracles.colour_vision import lightness, without_green


def colours(scale):
    return scale(np.arange(scale.N))[:, :3]


@pytest.mark.parametrize("seen", [lambda colour: colour, without_green], ids=["in print", "without green"])
def test_more_heat_is_always_darker(seen):
    steps = np.diff(lightness(seen(colours(HEAT))))
    assert (steps < 0).all()


@pytest.mark.parametrize("seen", [lambda colour: colour, without_green], ids=["in print", "without green"])
def test_a_larger_change_is_never_lighter_in_either_direction(seen):
    light = lightness(seen(colours(CHANGE)))
    middle = len(light) // 2
    assert (np.diff(light[middle + 1 :]) < 0.05).all()
    assert (np.diff(light[:middle]) > -0.05).all()
    assert light[middle] > max(light[0], light[-1]) + 40


def test_who_sees_no_green_tells_more_from_less():
    # Yellowish is more, bluish is less: red + green against blue, which deuteranopia leaves alone.
    seen = without_green(colours(CHANGE))
    yellow = seen[:, :2].mean(axis=1) - seen[:, 2]
    quarter = len(seen) // 4
    assert yellow[-quarter:].min() > 0.1
    assert yellow[:quarter].max() < -0.1
