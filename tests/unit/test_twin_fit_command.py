"""`futurepark twin fit` in this process: tables, JSON, the file that it writes, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
import typer
from typer.testing import CliRunner

from fleet.app import twin_fit_command
from robots.errors import InputError
from tests.calibration_logs import BODY, ROBOT, TRUTH, rehearsed
from twin.calibration.drive_log import write_drive_log
from twin.calibration.model_file import read_model_file, write_model_file

# On a floor on which it never slips.
GENTLE = replace(TRUTH, traction=5.0, motor_force_n=1e4)
app = typer.Typer()
app.callback()(lambda: None)
twin_fit_command.register(app)


@cache
def log():
    return rehearsed(labels=("small", "ramp f", "turn cl"), rolling=GENTLE)


@pytest.fixture
def folder(tmp_path):
    write_drive_log(tmp_path / "amr-1.csv", log())
    write_model_file(tmp_path / "model.toml", ROBOT, BODY)
    return tmp_path


def fit(folder, *options, logs=("amr-1.csv",)):
    named = [str(folder / name) for name in logs]
    files = ["--model", str(folder / "model.toml"), "--out", str(folder / "fitted.toml")]
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["fit", *named, *files, *options])


@pytest.mark.jit
def test_it_prints_what_is_known_and_what_is_assumed_and_writes_the_model(folder):
    result = fit(folder)
    assert result.exit_code == 0, result.output
    for text in ("motor_lag_s", "track_scale", "assumed: no wheel slips", "or more", "(3 of 6 pieces)"):
        assert text in result.output
    robot, body = read_model_file(folder / "fitted.toml")
    assert robot == ROBOT
    assert body.motor_lag_s == pytest.approx(0.05, rel=0.05)
    assert body.drag == BODY.drag


@pytest.mark.jit
def test_json_has_the_same_and_no_numbers_that_json_has_not(folder):
    result = fit(folder, "--json")
    document = json.loads(result.output, parse_constant=pytest.fail)
    assert set(document) == {"out", "pieces", "held_out", "estimates", "errors", "body"}
    traction = next(one for one in document["estimates"] if one["name"] == "traction")
    assert (traction["identified"], traction["high"]) == (False, None)
    assert document["body"]["motor_lag_s"] == read_model_file(folder / "fitted.toml")[1].motor_lag_s


def test_nothing_is_written_when_a_log_or_the_model_is_bad(folder):
    (folder / "bad.csv").write_text("t_s\n0\n")
    for logs, model in ((("amr-1.csv", "bad.csv"), None), (("amr-1.csv",), "[body]\nweight = 3\n")):
        if model:
            (folder / "model.toml").write_text(model)
        result = fit(folder, logs=logs)
        assert isinstance(result.exception, InputError)
        assert not (folder / "fitted.toml").exists()
