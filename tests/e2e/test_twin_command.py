"""Robots with physics in processes of their own: recorded and replayed, interrupted, and driven by a controller."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.site_processes import SiteProcesses, running
from tests.site_operator import Operator, ended

pytestmark = pytest.mark.e2e
pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

FUTUREPARK = [sys.executable, "-m", "fleet"]
RUN = ["run", "tiny", "--robots", "6", "--orders", "poisson:900", "--driver", "twin", "--audit", "--json"]


def futurepark(*arguments, folder, **environment):
    done = subprocess.run(
        [*FUTUREPARK, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "Traceback" not in done.stderr
    return done


def test_a_recorded_run_leaves_all_that_was_asked_for_and_another_process_replays_it(tmp_path):
    looks = ["--png", "end.png", "--film", "run.webp", "--film-speed", "20", "--camera", "robot:0"]
    done = futurepark(*RUN, "--for", "1m", "--record", "a.trace", *looks, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["violations"] == 0
    assert summary["contacts"] == {"robots": 0, "racks": 0, "people": 0}
    assert {path.name for path in tmp_path.iterdir()} == {"a.trace", "end.png", "run.webp", "runs"}
    again = futurepark("twin", "replay", "a.trace", "--mcap", "a.mcap", folder=tmp_path, PYTHONHASHSEED="77")
    assert (again.returncode, again.stderr) == (0, "")
    assert "6 robots on wheels, seed 1" in again.stdout
    assert "0 to 60 s, 600 ticks: every pose and 6 state hashes are the same" in again.stdout


@pytest.mark.parametrize("more", [[], ["--bullet", "1,4"]], ids=["kernel", "with Bullet"])
def test_a_run_is_the_same_in_every_process_whatever_strings_hash_to(tmp_path, more):
    hashes = set()
    for hash_seed in ("0", "12345"):
        done = futurepark(*RUN, "--for", "20s", *more, folder=tmp_path, PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        hashes.add(json.loads(done.stdout)["trace_hash"])
    assert len(hashes) == 1


def test_an_interrupted_run_leaves_a_recording_that_can_be_replayed(tmp_path):
    process = subprocess.Popen(
        [*FUTUREPARK, *RUN, "--for", "10h", "--record", "a.trace"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / "a.trace.part"
    until_s = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size > 20_000) and time.monotonic() < until_s:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    told, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    summary = json.loads(told)
    assert summary["interrupted"]
    assert not part.exists()
    done = futurepark("twin", "replay", "a.trace", "--to", "30s", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0 to 30 s, 300 ticks: every pose and 3 state hashes are the same" in done.stdout
    beyond = futurepark("twin", "replay", "a.trace", "--from", "11h", folder=tmp_path)
    assert beyond.returncode == 2
    assert f"is over at {summary['simulated_s']:g} s" in beyond.stderr
    assert "cut off" not in beyond.stderr


def test_a_controller_drives_robots_with_physics_and_when_they_are_killed_they_go_on(tmp_path):
    with running(SiteProcesses(tmp_path / "site", "tiny", 6, 2)) as site:
        controller, robots = site.controller("--audit", "--json"), site.simulated_robots(command="twin")
        controller.wait_for("running")
        with Operator(site) as anna:
            anna.add(0, 4)
            anna.until_done(1)
            robots.kill()
            robots = site.simulated_robots(command="twin")
            anna.until_done(4)
        said, done = ended(controller, robots)
    assert said["orders"] == {"accepted": 4, "done": 4, "open": 0, "rejected": 0, "cancelled": 0}
    assert said["services"] == done["services"] >= 8
    assert said["violations"] == 0
    assert done["contacts"] == {"robots": 0, "racks": 0, "people": 0}
    # What robots were saying when they were killed may come in when their session is over.
    assert said["wire"]["refused"].keys() <= {"no_session"}
