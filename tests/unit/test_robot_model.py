from __future__ import annotations

import pytest

from robots.errors import InputError, RobotModelError
from robots.model import RobotModel


def test_an_empty_table_is_the_default_robot():
    assert RobotModel.from_table({}) == RobotModel()


def test_a_table_sets_what_it_names():
    model = RobotModel.from_table({"name": "tug", "max_speed_mps": 2, "totes": 1})
    assert (model.name, model.max_speed_mps, model.totes) == ("tug", 2, 1)
    assert model.battery_wh == RobotModel().battery_wh


@pytest.mark.parametrize(
    ("table", "where", "problem"),
    [
        ({"max_sped_mps": 1.0}, "robot.max_sped_mps", "unknown key"),
        ({"max_speed_mps": 0}, "robot.max_speed_mps", "is 0"),
        ({"max_speed_mps": -1.5}, "robot.max_speed_mps", "is -1.5"),
        ({"battery_wh": float("nan")}, "robot.battery_wh", "is nan"),
        ({"battery_wh": float("inf")}, "robot.battery_wh", "is inf"),
        ({"drive_w": "fast"}, "robot.drive_w", "not a number"),
        ({"drive_w": True}, "robot.drive_w", "not a number"),
        ({"totes": 1.5}, "robot.totes", "is 1.5"),
        ({"name": 3}, "robot.name", "not a string"),
    ],
)
def test_an_impossible_robot_is_refused_by_field(table, where, problem):
    with pytest.raises(RobotModelError) as refusal:
        RobotModel.from_table(table)
    assert isinstance(refusal.value, InputError)
    assert refusal.value.where == where
    assert problem in refusal.value.problem
    assert refusal.value.remedy


def test_a_model_cannot_be_changed():
    with pytest.raises(AttributeError):
        RobotModel().battery_wh = 1.0
