"""The command line in processes of its own: interrupts, closed pipes, what a process imports and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet.report.run_directory import RunReader

pytestmark = pytest.mark.e2e

FUTUREPARK = [sys.executable, "-m", "fleet"]
FILES = {"config.toml", "summary.json", "events.jsonl", "trace.npz", "heatmap.png"}


def futurepark(*arguments, **named):
    command = [*FUTUREPARK, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **named)


def started(*arguments):
    command = [*FUTUREPARK, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("after_s", [0.0, 0.4, 0.8, 1.2, 1.6, 2.4])
def test_an_interrupt_at_any_time_leaves_a_whole_run_that_says_so_or_nothing(tmp_path, after_s):
    out = tmp_path / "runs"
    process = started("run", "tiny", "--for", "24h", "--out", out, "--json")
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    told, error = process.communicate(timeout=120)
    # Before our own code runs, Python ends as if it were killed by the signal, or says that it found no runpy.
    before_ours = process.returncode == 1 and error.startswith("Could not import runpy module")
    assert process.returncode in (130, -signal.SIGINT) or before_ours, error
    if told:
        (run,) = out.iterdir()
        assert {path.name for path in run.iterdir()} == FILES
        assert RunReader(run).summary.interrupted
        assert json.loads(told)["steps"] == RunReader(run).summary.steps
    else:
        assert not out.exists()


def test_a_run_that_is_killed_leaves_no_run_directory(tmp_path):
    process = started("run", "tiny", "--for", "24h", "--out", tmp_path)
    deadline = time.monotonic() + 120
    while not any(tmp_path.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=120)
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())
    done = futurepark("run", "tiny", "--for", "5s", "--out", tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "tiny-1-1" / "summary.json").is_file()


def test_whoever_stops_reading_is_told_nothing_more(tmp_path):
    process = started("run", "tiny", "--for", "5s", "--json", "--out", tmp_path)
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=120) in (0, 1)
    assert error == ""
    assert {path.name for path in (tmp_path / "tiny-1-1").iterdir()} == FILES


def test_a_full_disk_is_said_in_one_line():
    with Path("/dev/full").open("w") as full:
        command = [*FUTUREPARK, "doctor", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert done.stderr == "error: input or output: No space left on device\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_is_quick_since_it_imports_nothing_heavy(arguments):
    code = f"""
import sys
from fleet.app.main import main
assert main({arguments!r}) == 0
heavy = {{"numba", "scipy", "matplotlib", "pybullet", "zmq"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_console_script_is_the_same_command():
    script = Path(sys.executable).parent / "futurepark"
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, futurepark("--version").stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "atlantis"], ["error: atlantis: there is no world of this name", "future_park, tiny"]),
        (["run", "tiny", "--for", "soon"], ["error: --for: 'soon' is not a duration", "30m"]),
        (["run", "tiny", "--orders", "none.csv"], ["error: none.csv: there is no such order file", "check the path"]),
        (["run", "--config", "none.toml"], ["error: none.toml: cannot be read", "give a run directory"]),
        (["lorr", "none.json", "--steps", "5", "--out", "r.json"], ["error: none.json: there is no such instance"]),
        (["heatmap", "none"], ["error: none: there is no such directory", "give a run directory"]),
        (["bench", "none"], ["there is no benchmark named 'none'", "use one of"]),
        (["doctor", "none"], ["unexpected extra argument"]),
    ],
)
def test_bad_input_is_refused_by_the_process_as_by_the_function(tmp_path, arguments, says):
    done = futurepark(*arguments, cwd=tmp_path, env=os.environ | {"COLUMNS": "200"})
    assert (done.returncode, done.stdout) == (2, "")
    for part in says:
        assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
