"""`futurepark lorr` as people run it: a result file that the rules agree with, and clear refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.league_instances import ticking, written
from tests.oracles.league2026_rules import letters, overlaps
from tests.oracles.league2026_rules import replay as replay_2026
from tests.oracles.league_rules import replay

SHIPPED = Path(__file__).parents[1] / "data" / "lorr2024" / "random_32_32_20_100.json"

pytestmark = pytest.mark.e2e


def lorr(*arguments):
    command = [sys.executable, "-m", "fleet", "lorr", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_result_file_follows_the_rules_and_the_summary_follows_the_result(tmp_path):
    out = tmp_path / "result.json"
    done = lorr(SHIPPED, "--steps", 60, "--out", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result, summary = json.loads(out.read_text()), json.loads(done.stdout)
    for key, value in replay(SHIPPED, result).items():
        assert result[key] == value, key
    assert (result["errors"], result["scheduleErrors"]) == ([], [])
    assert summary["tasks_finished"] == result["numTaskFinished"] > 80
    assert (summary["robots"], summary["steps"], summary["violations"]) == (100, 60, 0)
    assert summary["planning_ms"]["median"] > 0
    assert summary["peak_rss_mb"] > 10
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_without_json_a_table_is_printed_and_no_progress_bar_where_nobody_watches(tmp_path):
    done = lorr(SHIPPED, "--steps", 5, "--step-time", 20, "--planner", "pibt", "--out", tmp_path / "result.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "random_32_32_20_100: 100 robots, 5 steps" in done.stdout
    assert "tasks finished" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_step_time_too_short_is_recorded_as_missed_steps(tmp_path):
    out = tmp_path / "result.json"
    done = lorr(SHIPPED, "--steps", 20, "--step-time", 1e-5, "--out", out, "--json")
    assert done.returncode == 0
    result = json.loads(out.read_text())
    assert result["numEntryTimeouts"] == json.loads(done.stdout)["missed_steps"] > 10
    assert result["plannerPaths"][0].count("T") == result["numEntryTimeouts"]


def played(folder, *arguments):
    """What robots did and were told to do in a run, without the time it took."""
    out = folder / "result.json"
    done = lorr(SHIPPED, "--steps", 40, "--out", out, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(out.read_text())
    del result["plannerTimes"]
    return result


def test_a_deterministic_run_is_the_same_every_time_and_with_one_thread_and_two(tmp_path):
    options = ("--deterministic", "--planner", "epibt+lns", "--attempts", 300)
    first = played(tmp_path, *options)
    assert played(tmp_path, *options, "--threads", 1) == first
    assert played(tmp_path, *options, "--threads", 2) == first
    fewer = played(tmp_path, "--deterministic", "--planner", "epibt+lns", "--attempts", 1)
    assert fewer["actualPaths"] != first["actualPaths"]


def test_improvement_by_the_clock_keeps_the_rules(tmp_path):
    out = tmp_path / "result.json"
    options = ("--steps", 10, "--step-time", 0.4, "--planner", "epibt+lns", "--threads", 2)
    assert lorr(SHIPPED, *options, "--out", out).returncode == 0
    result = json.loads(out.read_text())
    for key, value in replay(SHIPPED, result).items():
        assert result[key] == value, key
    assert (result["errors"], result["scheduleErrors"]) == ([], [])


def test_guidance_from_a_file_changes_the_ways(tmp_path):
    lanes = tmp_path / "lanes.toml"
    lanes.write_text('[guidance]\nlanes = "pattern"\nrows = "><"\ncolumns = "v^"\n')
    plain = played(tmp_path, "--deterministic")
    assert played(tmp_path, "--deterministic", "--guidance", "none") == plain
    assert played(tmp_path, "--deterministic", "--guidance", lanes)["actualPaths"] != plain["actualPaths"]


def refusals(folder):
    good = written(folder, ["...", "..."], [(0, 0)], [[(0, 1)]], name="good")
    broken = folder / "broken.json"
    broken.write_text("{")
    out = folder / "result.json"
    return [
        ((folder / "none.json", "--steps", 5, "--out", out), "none.json"),
        ((broken, "--steps", 5, "--out", out), "broken.json, line 1"),
        ((good, "--steps", 0, "--out", out), "--steps"),
        ((good, "--steps", 5, "--step-time", 0, "--out", out), "--step-time"),
        ((good, "--steps", 5, "--planner", "epibtt", "--out", out), "did you mean epibt"),
        ((good, "--steps", 5, "--out", folder), "is a folder"),
        ((good, "--steps", 5, "--out", folder / "none" / "result.json"), "cannot be written"),
        ((good, "--steps", "many", "--out", out), "--steps"),
        ((good, "--steps", 5, "--threads", 2, "--out", out), "--threads: is for planners that improve"),
        ((good, "--steps", 5, "--attempts", 9, "--deterministic", "--out", out), "--attempts: is for planners"),
        ((good, "--steps", 5, "--planner", "epibt+lns", "--attempts", 9, "--out", out), "add --deterministic"),
        ((good, "--steps", 5, "--planner", "epibt+lns", "--threads", 3, "--out", out), "use 1 or 2"),
        ((good, "--steps", 5, "--guidance", folder / "none.toml", "--out", out), "none.toml"),
        ((good, "--steps", 5, "--memory-mb", 0, "--out", out), "cannot hold two distance fields"),
    ]


@pytest.mark.parametrize("number", range(14))
def test_bad_input_is_refused_with_exit_code_2_and_no_result(tmp_path, number):
    arguments, said = refusals(tmp_path)[number]
    before = sorted(tmp_path.iterdir())
    done = lorr(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def ticking_instance(folder):
    delays = {"minDelay": 1, "maxDelay": 6, "eventModel": "bernoulli", "pDelay": 0.05, "durationModel": "uniform"}
    rows = ["........", ".@@..@@.", "........", ".@@..@@.", "........"]
    starts = [(0, column) for column in range(0, 8, 2)]
    tasks = [[(row, column), (4 - row, 7 - column)] for row in (0, 2, 4) for column in (0, 3, 7)]
    return ticking(written(folder, rows, starts, tasks), agentCounter=3, delayConfig=delays)


def test_an_instance_of_2026_runs_under_its_own_rules(tmp_path):
    instance, out = ticking_instance(tmp_path), tmp_path / "result.json"
    done = lorr(instance, "--steps", 300, "--seed", 4, "--out", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result, summary = json.loads(out.read_text()), json.loads(done.stdout)
    expected, paths = replay_2026(instance, result)
    for key, value in expected.items():
        assert result[key] == value, key
    assert [letters(path) for path in result["actualPaths"]] == paths
    assert overlaps(instance, result) == []
    assert summary["tasks_finished"] == result["numTaskFinished"] > 5
    assert (summary["ticks"], summary["collisions"]) == (300, 0)
    table = lorr(instance, "--steps", 20, "--out", out)
    assert "4 robots, 20 ticks" in table.stdout
    assert "waiting" in table.stdout


def test_a_seed_is_for_the_edition_that_has_delays(tmp_path):
    done = lorr(SHIPPED, "--steps", 5, "--seed", 3, "--out", tmp_path / "result.json")
    assert done.returncode == 2
    assert "--seed" in done.stderr
    assert not list(tmp_path.iterdir())
