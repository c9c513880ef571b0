from __future__ import annotations

from math import pi

import pytest

from robots.battery import percent_of_battery, step_percent
from robots.kinematics import run_time, step_time, trapezoid_time, turn_time
from robots.model import RobotModel


def integrated(distance, speed, acceleration, dt=1e-5):
    """Seconds to cover the distance by small steps: speed up while there is still room to brake."""
    x = v = t = 0.0
    while x < distance - 1e-9:
        room = distance - x
        v = min(v + acceleration * dt, speed, (2 * acceleration * room) ** 0.5)
        x += max(v, 1e-6) * dt
        t += dt
    return t


@pytest.mark.parametrize(("distance", "speed", "acceleration"), [(4.0, 1.0, 1.0), (0.5, 1.0, 1.0), (2.0, 1.5, 0.5)])
def test_a_run_takes_as_long_as_small_steps_of_it(distance, speed, acceleration):
    assert trapezoid_time(distance, speed, acceleration) == pytest.approx(
        integrated(distance, speed, acceleration), abs=0.01
    )


def test_a_run_that_just_reaches_full_speed_takes_the_same_by_both_formulas():
    assert trapezoid_time(1.0, 1.0, 1.0) == pytest.approx(2.0)
    assert trapezoid_time(1.0 - 1e-9, 1.0, 1.0) == pytest.approx(2.0)


def test_turning_left_takes_as_long_as_turning_right():
    model = RobotModel()
    assert turn_time(model, pi / 2) == turn_time(model, -pi / 2)


def test_a_run_of_several_cells_is_quicker_than_stopping_in_each():
    model = RobotModel()
    assert run_time(model, 5 * 0.8) < 5 * run_time(model, 0.8)


def test_a_step_is_long_enough_for_a_cell_and_for_a_quarter_turn():
    model = RobotModel(max_speed_mps=2.0, max_turn_rate_radps=3.0)
    assert step_time(model, 0.8) == turn_time(model, pi / 2)
    assert step_time(model, 8.0) == 4.0


def test_an_hour_at_the_battery_s_energy_is_all_of_it():
    assert percent_of_battery(RobotModel(battery_wh=480.0), 480.0, 3600.0) == pytest.approx(100.0)


def test_a_step_that_is_longer_than_its_move_is_idle_for_the_rest():
    model = RobotModel(battery_wh=100.0, idle_w=36.0, drive_w=180.0)
    percent = step_percent(model, 0.5, 2.0)
    assert percent.wait == pytest.approx(2 * 36 / 3600)
    assert percent.forward == pytest.approx((0.5 * 180 + 1.5 * 36) / 3600)
    assert percent.travel == max(percent.forward, percent.turn)


def test_a_step_that_is_too_short_for_the_robot_is_refused():
    model = RobotModel()
    with pytest.raises(ValueError, match="too short"):
        step_percent(model, 0.8, 0.5)
    assert step_percent(model, 0.8, step_time(model, 0.8)).forward > 0
