"""`futurepark torture` on the real command line: seeds, a schedule again, interrupts, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from fleet.app.main import main
from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.schedule import write_schedule

pytestmark = pytest.mark.e2e

TORTURE = [sys.executable, "-m", "fleet", "torture"]


def torture(folder, *arguments):
    command = [*TORTURE, "--out", str(folder), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)


def test_seeds_in_two_processes_and_in_one_come_to_the_same_report(tmp_path):
    reports = []
    for jobs in ("2", "1"):
        done = torture(tmp_path, "--seeds", "0:3", "--robots", "12", "--jobs", jobs, "--json")
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        reports.append(json.loads(done.stdout))
    for report in reports:
        assert report.pop("wall_s") > 0
        assert report.pop("core_s") > 0
        assert report.pop("robot_ticks_per_core_hour") > 0
    assert reports[0] == reports[1]
    report = reports[0]
    assert report["seeds"] == 3
    assert report["robot_ticks"] == 12 * report["ticks"]
    assert (report["violations"], report["undrained"], report["failures"]) == (0, 0, [])
    assert sum(report["faults"].values()) == sum(len(draw_schedule(seed, 12).events) for seed in range(3))
    assert list(tmp_path.iterdir()) == []


def test_one_seed_prints_a_table(tmp_path):
    done = torture(tmp_path, "--seeds", "2", "--robots", "12")
    assert done.returncode == 0, done.stderr
    assert "seeds" in done.stdout
    assert "Events: " in done.stdout


def unrepaired(folder):
    """A schedule that must fail: a robot that nobody repairs in time, among events that have nothing to do with it."""
    schedule = draw_schedule(2, 8)
    events = (
        {"t": 3.0, "kind": "reboot", "robot": 1, "for_s": 1.0},
        {"t": 5.0, "kind": "dead", "robot": 2},
        {"t": 8.0, "kind": "mute", "robot": 3, "for_s": 2.0},
    )
    path = folder / "dead.json"
    write_schedule(path, msgspec.structs.replace(schedule, orders_s=20.0, events=events))
    return path


def test_a_schedule_that_fails_is_named_and_fails_again_in_the_same_way(tmp_path):
    path = unrepaired(tmp_path)
    done = [torture(tmp_path, "--schedule", str(path), "--json") for _ in range(2)]
    assert [one.returncode for one in done] == [1, 1]
    reports = [json.loads(one.stdout) for one in done]
    assert reports[0]["failures"] == reports[1]["failures"]
    assert reports[0]["undrained"] == 1
    assert reports[0]["failures"][0]["rule"] == "P9"
    assert "fails" in done[0].stderr


def children(pid):
    """The processes that a process has started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_an_interrupt_stops_everything_and_says_what_was_done(tmp_path):
    command = [*TORTURE, "--out", str(tmp_path), "--seeds", "0:1000", "--robots", "12", "--jobs", "2", "--json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(children(running.pid)) < 2:
        assert running.poll() is None
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=300)
    assert running.returncode == 130
    report = json.loads(out)
    assert report["interrupted"]
    assert report["seeds"] < 1000


BAD = {
    "no seeds": (["--seeds", "x"], "--seeds"),
    "seeds backwards": (["--seeds", "5:2"], "--seeds"),
    "no seed between": (["--seeds", "5:5"], "--seeds"),
    "a seed below zero": (["--seeds", "-1:2"], "--seeds"),
    "too few robots": (["--robots", "3"], "--robots"),
    "too many robots": (["--robots", "401"], "--robots"),
    "no such schedule": (["--schedule", "none.json"], "none.json"),
    "seeds and a schedule": (["--seeds", "1", "--schedule", "none.json"], "--seeds"),
    "robots and a schedule": (["--robots", "9", "--schedule", "none.json"], "--robots"),
    "no such folder": (["--out", "/nowhere/at/all"], "--out"),
    "no processes": (["--jobs", "0"], "--jobs"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_in_words(name, tmp_path, capsys):
    arguments, where = BAD[name]
    assert main(["torture", "--out", str(tmp_path), *arguments]) == 2
    told = capsys.readouterr()
    assert where in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


def test_an_event_that_cannot_be_on_its_floor_is_refused(tmp_path):
    schedule = draw_schedule(2, 8)
    path = tmp_path / "s.json"
    write_schedule(
        path, msgspec.structs.replace(schedule, events=({"t": 1.0, "kind": "dead", "robot": 8, "for_s": 1.0},))
    )
    done = torture(tmp_path, "--schedule", str(path))
    assert done.returncode == 2
    assert "there is no robot 8" in done.stderr
