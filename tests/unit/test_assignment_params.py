from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.assigner import AssignmentParams, WaitingTasks
from fleet.assignment.charging_params import ChargingParams
from fleet.errors import SettingError


def waiting(priority, release_s, due_s):
    return WaitingTasks(
        np.zeros(1, np.int32),
        np.array([priority], dtype=np.int32),
        np.array([release_s]),
        np.array([due_s]),
        np.zeros(1, np.float32),
    )


@pytest.mark.parametrize(
    ("priority", "release_s", "due_s", "now_s", "urgency_s"),
    [
        (0, 100.0, np.inf, 100.0, 0.0),
        (2, 100.0, np.inf, 100.0, 120.0),
        (-1, 100.0, np.inf, 100.0, -60.0),
        (0, 0.0, np.inf, 300.0, 30.0),
        (0, 500.0, np.inf, 300.0, 0.0),  # not released yet: no older than now
        (0, 100.0, 700.0, 100.0, 0.0),
        (0, 400.0, 700.0, 400.0, 60.0),  # half of the last ten minutes has passed
        (0, 700.0, 700.0, 700.0, 120.0),
        (0, 9000.0, 700.0, 9000.0, 120.0),  # being late for long adds nothing but age
    ],
)
def test_urgency_is_priority_and_age_and_nearness_of_the_due_time(priority, release_s, due_s, now_s, urgency_s):
    params = AssignmentParams(priority_s=60.0, age_weight=0.1, due_s=120.0, due_horizon_s=600.0)
    assert params.urgency_s(waiting(priority, release_s, due_s), now_s).tolist() == pytest.approx([urgency_s])


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        (AssignmentParams, "nearest", 0),
        (AssignmentParams, "urgent", 0),
        (AssignmentParams, "age_weight", 0.0),
        (AssignmentParams, "age_weight", float("nan")),
        (AssignmentParams, "due_horizon_s", 0.0),
        (AssignmentParams, "priority_s", -1.0),
        (AssignmentParams, "due_s", float("inf")),
        (ChargingParams, "critical_percent", 0.0),
        (ChargingParams, "full_percent", 101.0),
        (ChargingParams, "low_percent", float("nan")),
        (ChargingParams, "trip_factor", 0.9),
        (ChargingParams, "trip_factor", float("inf")),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(params, name, value):
    with pytest.raises(SettingError) as refusal:
        params(**{name: value})
    assert refusal.value.where == name
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "disorder", [{"critical_percent": 25.0}, {"low_percent": 60.0}, {"opportunity_percent": 90.0}], ids=str
)
def test_charging_thresholds_must_be_in_order(disorder):
    with pytest.raises(SettingError, match="critical_percent < low_percent < opportunity_percent < full_percent"):
        ChargingParams(**disorder)
