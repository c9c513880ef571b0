"""Calibration of robots drawn at random: the truth is found, and its intervals hold it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.calibration_logs import BODY, TRUTH, rehearsed, true_values
from twin.calibration.fit import calibrate

pytestmark = pytest.mark.jit  # fits take minutes with kernels interpreted

RUN = ("small", "hard f", "loaded f", "turn", "coasting f", "ramp f")
FOUND = ("motor_lag_s", "traction", "motor_force_n", "drag", "left_scale", "right_scale", "track_scale")
EMPTY_N = BODY.mass_kg * BODY.driven_share * 9.81 / 2  # weight on a wheel
robots = st.builds(
    lambda **values: replace(TRUTH, **values),
    reaction_s=st.floats(0.01, 0.1),
    motor_lag_s=st.floats(0.02, 0.15),
    drag=st.floats(0.008, 0.03),
    traction=st.floats(0.25, 0.55),
    track_scale=st.floats(0.97, 1.03),
)


@settings(max_examples=3, phases=[Phase.generate])  # each takes seconds: no shrinking
@given(robots, st.integers(0, 2**16))
def test_the_parameters_of_any_robot_are_found_within_five_percent(truth, seed):
    # More than the floor takes of the empty robot, less than of the loaded one: both limits are met.
    truth = replace(truth, motor_force_n=1.25 * truth.traction * EMPTY_N)
    estimates = {one.name: one for one in calibrate([rehearsed(seed, truth, RUN)], BODY).estimates}
    for name in FOUND:
        assert estimates[name].identified, name
        assert estimates[name].value == pytest.approx(getattr(truth, name), rel=0.05), name
    assert estimates["reaction_s"].value == pytest.approx(truth.reaction_s, abs=0.001)


def test_intervals_hold_the_truth_in_most_runs():
    held, truth = 0, true_values(TRUTH)
    names = (*FOUND, "reaction_s")
    for seed in range(4):
        estimates = {one.name: one for one in calibrate([rehearsed(100 + seed, TRUTH, RUN)], BODY).estimates}
        held += sum(estimates[name].low <= truth[name] <= estimates[name].high for name in names)
    assert held >= 0.85 * 4 * len(names)
