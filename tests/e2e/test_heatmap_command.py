"""The heatmap command in a process of its own; what it refuses, without one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fleet.app.main import main
from tests.recorded_runs import tiny_trace, write_run

pytestmark = pytest.mark.e2e


def futurepark(*arguments):
    command = [sys.executable, "-m", "fleet", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_run_gives_a_picture(tmp_path):
    run = write_run(tmp_path)
    result = futurepark("heatmap", run, "--metric", "visits")
    assert (result.returncode, result.stderr) == (0, "")
    assert (run / "heatmap-visits.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_gives_a_film_of_its_edge_flow_and_what_changed_since_another(tmp_path):
    run, other = write_run(tmp_path), write_run(tmp_path, tiny_trace(seed=2))
    film = tmp_path / "film.mp4"
    result = futurepark("heatmap", run, "--against", other, "--metric", "flow", "--film", film, "--every", "20s")
    assert (result.returncode, result.stderr, result.stdout.strip()) == (0, "", str(film))
    assert film.read_bytes()[4:8] == b"ftyp"


def bad_input(tmp_path):
    run = write_run(tmp_path)
    damaged = write_run(tmp_path)
    (damaged / "summary.json").write_text("{", encoding="utf-8")
    return {
        "no run": ([tmp_path / "nowhere"], "there is no such directory"),
        "damaged summary": ([damaged], "summary.json: is damaged"),
        "unknown metric": ([run, "--metric", "speed"], "there is no metric named 'speed'"),
        "no window": ([run, "--window", "5m"], "is not FROM:TO"),
        "window past the end": ([run, "--window", "2h:"], "the run, which is 60 s long"),
        "no picture": ([run, "--out", tmp_path / "a.txt"], "is no picture file"),
        "no film": ([run, "--film", tmp_path / "a.txt"], "is no film file"),
        "no other run": ([run, "--against", tmp_path / "nowhere"], "there is no such directory"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "no run",
        "damaged summary",
        "unknown metric",
        "no window",
        "window past the end",
        "no picture",
        "no film",
        "no other run",
    ],
)
def test_bad_input_is_one_message_with_a_remedy_and_exit_code_2(tmp_path, capsys, case):
    arguments, says = bad_input(tmp_path)[case]
    assert main(["heatmap", *map(str, arguments)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert "Traceback" not in told.err
    assert len(told.err.strip().splitlines()) == 2
