"""`futurepark run` as people run it: the same seed gives the same run in any process, and a run directory is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

FILES = {"config.toml", "summary.json", "events.jsonl", "trace.npz", "heatmap.png"}
# What may differ between two runs of the same seed.
OF_THE_MACHINE = {"wall_s", "warmup_s", "realtime_factor", "planning_ms", "peak_rss_mb"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "fleet", "run", *map(str, arguments)]


def summary(*arguments: object, hash_seed: str = "0") -> dict[str, Any]:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [*command(*arguments), "--json"], capture_output=True, text=True, check=False, timeout=300, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_same_seed_gives_the_same_run_in_two_processes_and_another_seed_another(tmp_path: Path) -> None:
    first = summary("tiny", "--for", "10m", "--seed", 7, "--audit", "--out", tmp_path, hash_seed="1")
    again = summary("tiny", "--for", "10m", "--seed", 7, "--audit", "--out", tmp_path, hash_seed="2")
    other = summary("tiny", "--for", "10m", "--seed", 8, "--audit", "--out", tmp_path)
    assert {key: value for key, value in first.items() if key not in OF_THE_MACHINE} == {
        key: value for key, value in again.items() if key not in OF_THE_MACHINE
    }
    assert first["trace_hash"] != other["trace_hash"]
    assert (tmp_path / "tiny-7-1" / "events.jsonl").read_bytes() == (
        tmp_path / "tiny-7-2" / "events.jsonl"
    ).read_bytes()


def test_the_settings_in_a_run_directory_repeat_the_run(tmp_path: Path) -> None:
    first = summary("tiny", "--for", "5m", "--seed", 3, "--orders", "poisson:90:peak", "--out", tmp_path)
    again = summary("--config", tmp_path / "tiny-3-1", "--out", tmp_path)
    assert first["trace_hash"] == again["trace_hash"]


def test_500_robots_work_through_real_orders_without_breaking_a_rule(tmp_path: Path) -> None:
    told = summary("future_park", "--robots", 500, "--for", "5m", "--audit", "--out", tmp_path)
    assert told["violations"] == 0
    assert told["robots"] == 500
    assert told["orders"]["accepted"] == sum(told["orders"][key] for key in ("done", "open", "rejected")) > 300
    assert told["tasks"]["created"] == sum(told["tasks"][key] for key in ("done", "open", "failed"))
    assert told["tasks"]["done"] > 300
    assert told["tasks"]["failed"] == 0
    assert sum(told["robot_time_share"].values()) == pytest.approx(1.0)
    assert {"median", "p95", "max"} == set(told["planning_ms"])
    assert {"tasks", "orders", "units"} == set(told["throughput_per_hour"])
    assert {path.name for path in (tmp_path / "future_park-1-1").iterdir()} == FILES
    assert json.loads((tmp_path / "future_park-1-1" / "summary.json").read_text()) == told


def test_an_interrupted_run_is_written_whole_and_says_so(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*command("tiny", "--for", "24h", "--out", tmp_path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # The hidden folder appears before the first step; wait until steps have been made.
    deadline = time.monotonic() + 120
    while not any(path.stat().st_size > 0 for path in tmp_path.glob(".tiny-*.partial/events.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    run = tmp_path / "tiny-1-1"
    assert {path.name for path in run.iterdir()} == FILES
    assert json.loads(out)["interrupted"] is True
    assert [path.name for path in tmp_path.iterdir()] == ["tiny-1-1"]


def test_rejected_rows_are_set_aside_and_counted(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g\n"
        "a,2,bolt,10,10,10,5\nb,none,nut,10,10,10,5\nc,1,anvil,10,10,10,900000\n"
    )
    aside = tmp_path / "aside.jsonl"
    told = summary("tiny", "--for", "30m", "--orders", orders, "--rejects", aside, "--audit", "--out", tmp_path)
    assert told["orders"] == {"accepted": 3, "done": 1, "open": 0, "rejected": 2}
    assert told["rejections"] == {"bad_row": 1, "unit_too_heavy": 1}
    assert [json.loads(line)["line"] for line in aside.read_text().splitlines()] == [3]
