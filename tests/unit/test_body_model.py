"""Bodies come from tables of settings, and impossible ones are refused with a remedy."""

from __future__ import annotations

import pytest

from robots.errors import RobotModelError
from twin.physics.body_model import BodyModel


def test_a_table_says_what_differs_from_the_default():
    body = BodyModel.from_table({"name": "heavy", "mass_kg": 90, "drag": 0})
    assert (body.name, body.mass_kg, body.drag) == ("heavy", 90, 0)
    assert body.track_m == BodyModel().track_m


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"mass": 1.0}, "unknown key"),
        ({"name": 3}, "not a string"),
        ({"mass_kg": "heavy"}, "not a number"),
        ({"mass_kg": True}, "not a number"),
        ({"mass_kg": 0.0}, "greater than zero"),
        ({"drag": -0.1}, "greater than zero"),
        ({"traction": float("inf")}, "greater than zero"),
        ({"efficiency": 1.1}, "at most 1"),
        ({"load_slowdown": 1.0}, "below 1"),
    ],
)
def test_impossible_bodies_are_refused(table, problem):
    with pytest.raises(RobotModelError, match=problem):
        BodyModel.from_table(table)
