"""Noise of the senses, from the rests of a log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.calibration.drive_log import DriveLog
from twin.calibration.noise import fix_noise, greatest_gyro_bias, gyro_bias, gyro_noise, rests


def resting(seed=1, rows=1500, bias=0.003, moves=(500, 700)):
    """A robot that stands but for some rows, on a gyro with noise 0.002 and fixes with noise 0.001 and 0.004."""
    random = np.random.default_rng(seed)
    told = np.zeros((rows, 2))
    told[slice(*moves)] = 0.3
    drift = np.cumsum(told[:, 0]) * 0.01
    pose = np.column_stack([drift, 0 * drift, drift]) + random.normal(0, [0.001, 0.001, 0.004], (rows, 3))
    gyro = bias + random.normal(0, 0.002, rows) + np.where(told[:, 0] > 0, 0.5, 0.0)
    zeros = np.zeros(rows, dtype=np.int64)
    return DriveLog("r", np.arange(rows) * 0.01, told, told.copy(), gyro, pose, 0.0 * zeros, zeros, ("",))


def test_rests_begin_once_the_robot_has_settled():
    assert rests(resting()) == [(40, 500), (740, 1500)]
    coasting = resting()
    coasting.told[700:800] = np.nan
    assert rests(coasting) == [(40, 500), (840, 1500)]


def test_noise_and_bias_are_found_with_intervals_that_hold_the_truth():
    log = resting()
    assert gyro_bias(log) == pytest.approx(0.003, abs=3e-4)
    assert gyro_noise([log], 1.0).value == pytest.approx(0.002, rel=0.1)
    place, heading = fix_noise([log], 1.0, 1.0)
    assert (place.value, heading.value) == (pytest.approx(0.001, rel=0.1), pytest.approx(0.004, rel=0.1))
    covered = 0
    for seed in range(20):
        found = [gyro_noise([resting(seed)], 1.0), greatest_gyro_bias([resting(seed)], 1.0)]
        covered += sum(one.low <= true <= one.high for one, true in zip(found, (0.002, 0.003), strict=True))
    assert covered >= 34


def test_the_bias_of_a_model_is_the_greatest_of_its_robots_whichever_its_sign():
    found = greatest_gyro_bias([resting(1, bias=0.001), resting(2, bias=-0.005)], 1.0)
    assert found.value == pytest.approx(0.005, abs=3e-4)


def test_without_rests_or_senses_nothing_is_made_up():
    moving = resting(moves=(0, 1500))
    mute = replace(resting(), gyro=np.full(1500, np.nan), pose=np.full((1500, 3), np.nan))
    for log in (moving, mute):
        for one in (gyro_noise([log], 0.25), greatest_gyro_bias([log], 0.25), *fix_noise([log], 0.25, 0.25)):
            assert not one.identified
            assert one.value == 0.25
            assert "at rest" in one.why
        assert gyro_bias(log) == 0.0
