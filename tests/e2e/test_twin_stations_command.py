"""`futurepark twin stations` and `futurepark run --services` as users run them, with real cells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet.app.station_measuring import MeasureParams, measure_stations
from sim_worlds.service_times_file import read_service_times
from sim_worlds.world_file import load_world

pytestmark = pytest.mark.e2e


def futurepark(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=folder)


def done(folder: Path, *arguments: object) -> dict[str, Any]:
    result = futurepark(folder, *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_times_that_were_measured_drive_a_run(tmp_path: Path) -> None:
    measured = done(tmp_path, "twin", "stations", "tiny", "--measure", "--samples", 1, "--processes", 2)
    assert measured["file"] == "tiny.services.toml"
    assert {one["place"] for one in measured["services"]} == {"pick", "induction", "drop"}
    assert all(one["mean_s"] > 0 for one in measured["services"])
    first = (tmp_path / "tiny.services.toml").read_text().splitlines()[0]
    assert first == "# Written by: futurepark twin stations tiny --measure --samples 1 --seed 1 --arm kuka"

    here = measure_stations(load_world("tiny"), MeasureParams(samples=1), lambda *_: None)
    assert read_service_times(tmp_path / "tiny.services.toml") == here

    run = done(tmp_path, "run", "tiny", "--for", "5m", "--robots", 6, "--audit", "--services", "tiny.services.toml")
    again = done(tmp_path, "run", "--config", "runs/tiny-1-1")
    assert again["trace_hash"] == run["trace_hash"]
    assert (run["violations"], run["robot_time_share"]["service"] > 0.1) == (0, True)


def test_a_world_that_was_never_measured_says_how_to(tmp_path: Path) -> None:
    result = futurepark(tmp_path, "run", "tiny", "--for", "10s", "--services", "measured")
    assert result.returncode == 2
    assert "--services: tiny has no measured service times" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("runs/tiny*"))
