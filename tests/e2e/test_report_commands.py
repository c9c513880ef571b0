"""Report, comparison and exports of real runs: their figures are those of the summary, and bad input is one message."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from fleet.app.main import main
from fleet.report.run_directory import RunReader
from fleet.report.story.run_story import RunStory
from fleet.runtime.activity import Activity
from sim_worlds.world_file import load_world
from tests.told_runs import write_told_run

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of six minutes: by name, ideal with seeds 1 and 2, and one on grants in which robots break down."""
    parent = tmp_path_factory.mktemp("runs")
    busy = ["tiny", "--for", "6m", "--orders", "poisson:400", "--out", str(parent)]
    assert main(["run", *busy]) == 0
    assert main(["run", *busy, "--seed", "2"]) == 0
    assert main(["run", *busy, "--seed", "3", "--execution", "grants", "--dead", "0.2"]) == 0
    return {"ideal": parent / "tiny-1-1", "again": parent / "tiny-2-1", "grants": parent / "tiny-3-1"}


@pytest.mark.parametrize("name", ["ideal", "grants"])
def test_what_a_report_counts_is_what_the_summary_says(runs, name):
    run = RunReader(runs[name])
    story, summary = RunStory(run, load_world("tiny")), run.summary
    assert story.differences == []
    history, bins = story.history, story.bins
    assert (
        bins.counts(task.done_s for task in history.tasks if task.done_s is not None).sum() == summary.tasks.done > 10
    )
    assert bins.counts(order.came_s for order in history.orders).sum() == summary.orders.accepted
    statuses = Counter(order.status for order in history.orders)
    assert (statuses["done"], statuses["open"]) == (summary.orders.done, summary.orders.open)
    late_s = [order.late_s for order in history.orders if order.late_s is not None]
    assert np.median(late_s) == pytest.approx(summary.lateness.median_s, abs=1e-5)
    assert max(late_s) == pytest.approx(summary.lateness.max_s, abs=1e-5)
    for activity in Activity:
        share = getattr(summary.robot_time_share, activity.name.lower())
        assert story.use.share(activity) == pytest.approx(share)
    # Every service was on a leg of its robot, and legs of one robot do not overlap.
    assert sum(leg.served for leg in history.legs) == len(history.services)
    for robot in range(run.trace.robots):
        own = sorted((leg.from_s, leg.to_s) for leg in history.legs if leg.robot == robot)
        assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(own))
    places = sum(load.services for load in story.loads)
    faces = set(load_world("tiny").pick_faces.tolist())
    assert places + sum(service.cell in faces for service in history.services) == len(history.services)


def test_report_writes_one_file_into_the_run_directory(runs, capsys):
    for name in ("ideal", "grants"):
        assert main(["report", str(runs[name])]) == 0
        assert capsys.readouterr().out.strip() == str(runs[name] / "report.html")
        page = (runs[name] / "report.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        assert f"{RunReader(runs[name]).summary.throughput_per_hour.tasks:,.0f} tasks" in page
        assert len(page) < 400_000
    assert "Grants and faults" in page


def test_the_same_run_has_the_same_report(runs, tmp_path):
    for name in ("one.html", "two.html"):
        assert main(["report", str(runs["ideal"]), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_compare_tells_means_over_seeds(runs, tmp_path, capsys):
    ideal = [str(runs["ideal"]), str(runs["again"])]
    assert main(["compare", *ideal, "--json"]) == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    tasks = [RunReader(runs[name]).summary.throughput_per_hour.tasks for name in ("ideal", "again")]
    assert group["figures"]["tasks_per_hour"]["mean"] == pytest.approx(np.mean(tasks))
    assert main(["compare", *ideal, str(runs["grants"]), "--out", str(tmp_path / "compared.html")]) == 0
    assert "execution grants" in (tmp_path / "compared.html").read_text(encoding="utf-8")
    assert "tasks, 1/h" in capsys.readouterr().out


def test_a_real_run_is_exported_for_planviz(runs, tmp_path):
    assert main(["export", str(runs["ideal"]), "--format", "planviz", "--out", str(tmp_path / "run.json")]) == 0
    document = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    trace = RunReader(runs["ideal"]).trace
    ahead = [1, trace.width, -1, -trace.width]
    for robot, (row, column, heading) in enumerate(document["start"]):
        cell, facing = row * trace.width + column, "ESWN".index(heading)
        for step, letter in enumerate(document["actualPaths"][robot].split(",")):
            facing = (facing + {"R": 1, "C": -1}.get(letter, 0)) % 4
            cell += ahead[facing] if letter == "F" else 0
            assert (cell, facing) == (trace.cell[step, robot], trace.heading[step, robot])
    rows = (tmp_path / "run.map").read_text(encoding="utf-8").splitlines()[4:]
    passable = load_world("tiny").layout.passable.reshape(trace.height, trace.width)
    assert rows == ["".join("." if free else "@" for free in row) for row in passable]
    assert main(["export", str(runs["grants"]), "--format", "planviz", "--out", str(tmp_path / "grants.json")]) == 2


def test_tables_of_a_real_run_add_up(runs, tmp_path):
    assert main(["export", str(runs["grants"]), "--format", "csv", "--out", str(tmp_path / "tables")]) == 0
    summary = RunReader(runs["grants"]).summary
    with (tmp_path / "tables" / "tasks.csv").open(encoding="utf-8", newline="") as file:
        statuses = Counter(row["status"] for row in csv.DictReader(file))
    assert (statuses["done"], sum(statuses.values())) == (summary.tasks.done, summary.tasks.created)


def test_the_commands_work_in_a_process_of_their_own(tmp_path):
    run = write_told_run(tmp_path)
    command = [sys.executable, "-m", "fleet", "report", str(run)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert (run / "report.html").is_file()


def test_bad_input_is_one_message_with_a_remedy_and_exit_code_2(tmp_path, capsys):
    run = write_told_run(tmp_path)
    damaged = write_told_run(tmp_path, seed=8)
    with (damaged / "events.jsonl").open("ab") as file:
        file.write(b"{\n")
    for arguments, says in (
        (["report", tmp_path / "nowhere"], "there is no such directory"),
        (["report", damaged], "line 23: is damaged"),
        (["report", run, "--out", tmp_path], "is a folder"),
        (["report", run, "--out", tmp_path / "no" / "report.html"], "cannot be written"),
        (["compare", run], "is only one"),
        (["compare", run, tmp_path / "nowhere"], "there is no such directory"),
        (["compare", run, damaged, "--out", tmp_path], "is a folder"),
        (["export", damaged, "--format", "csv", "--out", tmp_path / "tables"], "is damaged"),
    ):
        assert main(list(map(str, arguments))) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert says in told.err
        assert len(told.err.strip().splitlines()) == 2
    assert not (tmp_path / "tables").exists()
