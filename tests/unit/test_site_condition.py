"""What robots are said to be up to, and the throughput of the last minutes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fleet.app.site.condition import Condition, conditions, conditions_in_step, count_conditions
from fleet.app.site.recent_work import RecentWork
from fleet.runtime.activity import Activity
from robots.state import Flag, FleetState


def nobody(n=1):
    return SimpleNamespace(**{name: np.zeros(n, dtype=np.bool_) for name in ("silent", "astray", "blocked")})


def one(**columns):
    state = FleetState.at(np.array([5], dtype=np.int32), width=10)
    for name, value in columns.items():
        getattr(state, name)[:] = value
    return state


@pytest.mark.parametrize(
    ("columns", "watch", "goal", "condition"),
    [
        ({}, {}, -1, Condition.IDLE),
        ({}, {}, 5, Condition.IDLE),
        ({}, {}, 7, Condition.WAITING),
        ({"theta_rad": 0.5}, {}, 7, Condition.TURNING),
        ({"theta_rad": np.pi / 2}, {}, 7, Condition.WAITING),
        ({"theta_rad": -np.pi / 2 + 0.01}, {}, 7, Condition.WAITING),
        ({"speed_mps": 0.5}, {}, 7, Condition.DRIVING),
        ({"service_left_s": 2.0}, {}, 5, Condition.SERVICE),
        ({"charging": True}, {}, 5, Condition.CHARGING),
        ({"flags": Flag.HALTED, "speed_mps": 0.0}, {}, 7, Condition.HALTED),
        ({"flags": Flag.BLOCKED}, {}, 7, Condition.WAITING),
        ({"flags": Flag.BLOCKED}, {"blocked": True}, 7, Condition.BLOCKED),
        ({"charge_percent": 0.0}, {}, 7, Condition.EMPTY),
        ({"flags": Flag.HALTED}, {"astray": True}, 7, Condition.LOST),
        ({"flags": Flag.FAILED}, {"astray": True}, 7, Condition.FAILED),
        ({"flags": Flag.FAILED, "speed_mps": 1.0}, {"silent": True}, 7, Condition.SILENT),
    ],
)
def test_of_several_conditions_the_one_counts_that_a_person_must_know_of(columns, watch, goal, condition):
    watched = nobody()
    for name, value in watch.items():
        getattr(watched, name)[:] = value
    found = conditions(one(**columns), watched, np.array([goal], dtype=np.int32))
    assert found.dtype == np.uint8
    assert [Condition(code) for code in found] == [condition]


def test_robots_are_counted_by_condition_and_what_nobody_is_in_is_left_out():
    column = np.array([Condition.DRIVING, Condition.IDLE, Condition.DRIVING], dtype=np.uint8)
    assert count_conditions(column) == {"idle": 1, "driving": 2}


def counts(tasks, orders=0, units=0):
    return {"tasks": {"done": tasks}, "orders": {"done": orders}, "units": {"dropped": units}}


def test_throughput_is_that_of_the_window_and_of_less_at_the_beginning():
    recent = RecentWork(600.0)
    assert recent.note(counts(100), 1000.0).over_s == 0
    early = recent.note(counts(110, 5, 20), 1036.0)
    assert (early.over_s, early.tasks_per_hour, early.orders_per_hour, early.units_per_hour) == (36, 1000, 500, 2000)
    for at in range(1040, 3000, 3):
        last = recent.note(counts(200 + at), float(at))
    assert 600 <= last.over_s < 610
    assert last.tasks_per_hour == pytest.approx(3600)


def test_counters_that_stand_still_are_no_throughput():
    recent = RecentWork(60.0)
    recent.note(counts(5), 0.0)
    assert recent.note(counts(5), 50.0).tasks_per_hour == 0


def test_in_step_a_robot_is_said_to_be_up_to_what_it_did_in_the_last_step():
    activity = np.array([*Activity, Activity.DRIVING], dtype=np.uint8)
    charge = np.array([50.0] * len(Activity) + [0.0], dtype=np.float32)
    assert [Condition(code).name for code in conditions_in_step(activity, charge)] == [
        *(kind.name for kind in Activity), "EMPTY",
    ]  # fmt: skip
