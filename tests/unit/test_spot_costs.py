"""What a spot costs: the robot-hours that are lost to it, and what the same robots would do with them."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.report.heat.delay_causes import DelayCauses
from fleet.report.heat.hot_spots import find_hot_spots
from fleet.report.heat.spot_costs import SpotCost, orders_limit, spot_costs
from fleet.report.summary import TaskCounts, Throughput
from tests.recorded_runs import summary_of, tiny_trace


def summary(tasks_open=5000, per_hour=300.0):
    trace = tiny_trace(steps=60, robots=4)
    counts = TaskCounts(created=tasks_open + 10, done=10, open=tasks_open, failed=0)
    return summary_of(trace, tasks=counts, throughput_per_hour=Throughput(per_hour, 0.0, 0.0))


def causes(*lost, busy=7200):
    found = np.zeros((9, 20), dtype=np.int64)
    for row, column, steps in lost:
        found[row, column] = steps
    return DelayCauses(found, busy=busy, steps=1800, step_s=2.0)


def costs(found, result):
    return spot_costs(found, result, find_hot_spots(found.lost))


def test_a_quarter_of_the_busy_time_is_worth_a_third_of_the_tasks():
    (cost,) = costs(causes((4, 4, 1000), (5, 6, 800)), summary())
    assert cost == SpotCost(robot_hours=1.0, tasks_per_hour=pytest.approx(100.0))


def test_every_spot_is_charged_for_its_own_cells():
    first, second = costs(causes((4, 4, 1800), (4, 14, 720)), summary())
    assert (first.robot_hours, second.robot_hours) == (1.0, 0.4)
    assert (first.tasks_per_hour, second.tasks_per_hour) == (pytest.approx(100.0), pytest.approx(300.0 / 9))


def test_where_no_task_waits_for_a_robot_lost_time_costs_none():
    lacking = summary(tasks_open=4)
    assert orders_limit(lacking)
    assert costs(causes((4, 4, 1800)), lacking) == [SpotCost(1.0, 0.0)]


def test_no_more_is_gained_than_waits_for_a_robot():
    few = summary(tasks_open=5)
    assert not orders_limit(few)
    assert costs(causes((4, 4, 1800)), few)[0].tasks_per_hour == pytest.approx(60.0)


def test_a_floor_that_lost_all_its_time_gains_nothing_that_can_be_told():
    assert costs(causes((4, 4, 7200)), summary())[0].tasks_per_hour == 0.0
