"""`futurepark twin fit` as users run it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.calibration_logs import BODY, ROBOT, TRUTH, rehearsed
from twin.calibration.drive_log import write_drive_log
from twin.calibration.model_file import read_model_file, write_model_file

pytestmark = pytest.mark.e2e


def fit(*arguments):
    command = [sys.executable, "-m", "fleet", "twin", "fit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_a_robot_model_is_fitted_to_the_log_of_a_calibration_run(tmp_path):
    log, model, out = tmp_path / "amr-1.csv", tmp_path / "model.toml", tmp_path / "fitted.toml"
    write_drive_log(log, rehearsed())
    write_model_file(model, ROBOT, BODY)
    result = fit(log, "--model", model, "--out", out, "--json")
    assert result.returncode == 0, result.stderr
    estimates = {one["name"]: one for one in json.loads(result.stdout)["estimates"]}
    assert all(one["identified"] for one in estimates.values())
    robot, body = read_model_file(out)
    assert robot == ROBOT
    for name in ("motor_lag_s", "traction", "drag", "motor_force_n"):
        assert getattr(body, name) == pytest.approx(getattr(TRUTH, name), rel=0.05)


def test_bad_input_gives_exit_code_2_and_says_where(tmp_path):
    log, model, out = tmp_path / "amr-1.csv", tmp_path / "model.toml", tmp_path / "fitted.toml"
    write_model_file(model, ROBOT, BODY)
    log.write_text("t_s,told_left_mps,told_right_mps,left_mps,right_mps\n0,1,1,0,0\n0.01,1,one,0,0\n")
    result = fit(log, "--model", model, "--out", out)
    assert result.returncode == 2
    assert f"{log}, line 3, column told_right_mps: is 'one'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not out.exists()
