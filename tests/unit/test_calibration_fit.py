"""What calibration finds in logs of robots of which everything is known, and what it says that it cannot find."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.calibration_logs import BODY, TRUTH, rehearsed, true_values
from twin.calibration.drive_log import DriveLogError
from twin.calibration.fit import Calibration, calibrate

pytestmark = pytest.mark.jit  # fits take minutes with kernels interpreted

MOTION = ("reaction_s", "motor_lag_s", "drag", "traction", "motor_force_n", "left_scale", "right_scale", "track_scale")
SENSES = ("gyro_noise_radps", "gyro_bias_radps", "marker_noise_m", "marker_noise_rad")


@cache
def whole_run() -> Calibration:
    """The calibration of a whole run."""
    return calibrate([rehearsed()], BODY)


def found(calibration):
    return {one.name: one for one in calibration.estimates}


def test_a_calibration_run_tells_every_parameter_within_five_percent():
    estimates, truth = found(whole_run()), true_values(TRUTH)
    assert [name for name, one in estimates.items() if not one.identified] == []
    for name in (*MOTION, "creep_mps", "gyro_noise_radps", "marker_noise_m", "marker_noise_rad"):
        assert estimates[name].value == pytest.approx(truth[name], rel=0.05), name
    assert estimates["gyro_bias_radps"].value == pytest.approx(truth["gyro_bias_radps"], abs=2e-4)


def test_the_model_takes_over_what_was_found_and_keeps_the_rest():
    body, estimates = whole_run().body, found(whole_run())
    for name in ("reaction_s", "motor_lag_s", "drag", "traction", "creep_mps", "motor_force_n", *SENSES):
        assert getattr(body, name) == estimates[name].value
    assert body.scale_error == pytest.approx(0.004, abs=5e-4)
    assert body.track_error == pytest.approx(0.010, abs=5e-4)
    assert (body.mass_kg, body.track_m, body.jerk_mps3) == (BODY.mass_kg, BODY.track_m, BODY.jerk_mps3)


def test_what_is_held_out_is_foretold_as_well_as_what_was_fitted():
    calibration = whole_run()
    assert (calibration.pieces, calibration.held_out) == (22, 11)
    for channel, noise in (("wheels", 0.002), ("gyro", 0.002), ("place", 0.001), ("heading", 0.002)):
        assert calibration.errors.held_out[channel] == pytest.approx(noise, rel=0.1)
        assert calibration.errors.fitted[channel] == pytest.approx(noise, rel=0.1)
        assert calibration.errors.before[channel] > 5 * noise


def test_gentle_driving_bounds_traction_and_motor_force_from_below_and_says_so():
    calibration = calibrate([rehearsed(labels=("ramp", "turn"))], BODY)
    estimates = found(calibration)
    for name, missing in (("traction", "no wheel slips"), ("motor_force_n", "motors never reach their limit")):
        one = estimates[name]
        assert not one.identified
        assert one.why == missing
        assert 0 < one.low <= getattr(TRUTH, name)
        assert one.high == np.inf
        # It knew nothing better before.
        assert getattr(calibration.body, name) == max(getattr(BODY, name), 1.1 * one.low)
    assert not estimates["drag"].identified
    assert estimates["drag"].why == "no coasting with motors off"
    assert calibration.body.drag == BODY.drag
    for name in ("left_scale", "right_scale", "track_scale"):
        assert estimates[name].value == pytest.approx(getattr(TRUTH, name), abs=1e-3)


def test_a_log_without_fixes_says_that_scales_and_traction_are_not_in_it():
    log = rehearsed()
    blind = replace(log, pose=np.full_like(log.pose, np.nan), gyro=np.full_like(log.gyro, np.nan))
    calibration = calibrate([blind], BODY)
    estimates = found(calibration)
    for name in ("left_scale", "right_scale", "track_scale", "marker_noise_m", "gyro_noise_radps"):
        assert not estimates[name].identified, name
    assert set(calibration.errors.held_out) == {"wheels"}
    assert calibration.body.track_error == BODY.track_error
    assert estimates["motor_lag_s"].value == pytest.approx(TRUTH.motor_lag_s, rel=0.05)


def test_fixes_over_floor_markers_are_enough_for_turns_and_scales():
    """A metre apart on a way, and where the robot stands."""
    log = rehearsed(labels=("ramp", "turn", "hard", "coasting"))
    told = np.abs(log.told).max(axis=1)
    cell = np.floor(log.pose[:, 0] + 0.3)
    seen = (cell != np.roll(cell, 1)) | ((told == 0) & (np.arange(log.rows) % 20 == 0))
    sparse = replace(log, pose=np.where(seen[:, None], log.pose, np.nan))
    assert seen.mean() < 0.05
    estimates = found(calibrate([sparse], BODY))
    for name in ("left_scale", "right_scale", "track_scale"):
        assert estimates[name].identified
        assert estimates[name].value == pytest.approx(getattr(TRUTH, name), abs=2e-3)


def test_robots_of_one_model_have_scales_of_their_own():
    labels = ("hard f", "coasting f", "ramp f", "turn cl")
    other = replace(TRUTH, left_scale=0.99, right_scale=0.992, track_scale=0.98)
    logs = [replace(rehearsed(seed, one, labels), name=f"amr-{seed}") for seed, one in ((1, TRUTH), (2, other))]
    calibration = calibrate(logs, BODY)
    estimates = found(calibration)
    for name, truth in (("amr-1", TRUTH), ("amr-2", other)):
        for scale in ("left_scale", "right_scale", "track_scale"):
            assert estimates[f"{scale} of {name}"].value == pytest.approx(getattr(truth, scale), abs=1e-3)
    assert estimates["traction"].value == pytest.approx(TRUTH.traction, rel=0.05)
    assert calibration.body.track_error == pytest.approx(0.02, abs=1e-3)


def test_one_short_drive_is_refused():
    log = rehearsed(labels=("ramp forwards",))
    rows = log.rows // 2
    half = replace(
        log, **{name: getattr(log, name)[:rows] for name in ("t", "told", "wheels", "gyro", "pose", "load", "segment")}
    )
    with pytest.raises(DriveLogError, match="record more"):
        calibrate([half], BODY)
