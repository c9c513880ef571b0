"""What is exported is the run: read back by other code, it is what trace and events say."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from fleet.app.main import main
from fleet.errors import RunError, SettingError
from fleet.report.exports.planviz import planviz_document, trace_actions
from fleet.report.exports.run_tables import run_tables
from fleet.report.exports.table_files import write_csv, write_parquet
from fleet.report.run_directory import RunReader
from fleet.report.story.work_history import read_history
from fleet.runtime.activity import Activity
from sim_worlds.world_file import load_world
from tests.told_runs import ROBOTS, STEPS, told_events, write_told_run

TRICKY = 'a,"b"\n=1+1 \u00fc\u2028\U0001f916'


@pytest.fixture
def run(tmp_path):
    return RunReader(write_told_run(tmp_path, order=TRICKY))


def from_csv(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def from_parquet(folder, name):
    import pyarrow.parquet as pq

    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def plain(row):
    """A row of any table as texts, as a CSV file has them."""
    words = {True: "true", False: "false", None: ""}
    return {name: words[v] if v is None or isinstance(v, bool) else str(v) for name, v in row.items()}


def test_csv_and_parquet_hold_the_same_rows(run, tmp_path):
    for folder, write in (("csv", write_csv), ("parquet", write_parquet)):
        (tmp_path / folder).mkdir()
        write(run_tables(run), tmp_path / folder)
    for name in ("positions", "events", "tasks", "orders"):
        rows = from_parquet(tmp_path / "parquet", name)
        assert [plain(row) for row in rows] == from_csv(tmp_path / "csv", name)
        assert rows


def test_positions_read_back_are_the_trace(run, tmp_path):
    write_parquet(run_tables(run), tmp_path)
    rows = from_parquet(tmp_path, "positions")
    assert len(rows) == (STEPS + 1) * ROBOTS
    start, after = rows[:ROBOTS], rows[ROBOTS:]
    trace = run.trace
    shape = (STEPS, ROBOTS)
    assert [row["row"] * trace.width + row["column"] for row in start] == trace.start_cell.tolist()
    assert {row["activity"] for row in start} == {None}
    cells = np.array([row["row"] * trace.width + row["column"] for row in after]).reshape(shape)
    assert (cells == trace.cell).all()
    headings = np.array(["ESWN".index(row["heading"]) for row in after]).reshape(shape)
    assert (headings == trace.heading).all()
    kinds = np.array([Activity[row["activity"].upper()] for row in after]).reshape(shape)
    assert (kinds == trace.activity).all()
    assert (np.array([row["delayed"] for row in after]).reshape(shape) == trace.delayed).all()
    assert [row["t_s"] for row in after[::ROBOTS]] == [step * trace.step_s for step in range(1, STEPS + 1)]


def test_events_read_back_are_those_of_the_file(run, tmp_path):
    write_csv(run_tables(run), tmp_path)
    found = []
    for row in from_csv(tmp_path, "events"):
        event = {"t": float(row["t_s"]), "event": row["event"], **json.loads(row["fields"])}
        event |= {name: int(row[name]) for name in ("task", "robot", "cell") if row[name]}
        found.append(event | ({"order": row["order"]} if row["order"] else {}))
    assert found == told_events(TRICKY)


def test_tasks_and_orders_read_back_have_their_fates(run, tmp_path):
    write_parquet(run_tables(run), tmp_path)
    first, second, third = from_parquet(tmp_path, "tasks")
    assert (first["order"], first["status"], first["robot"], first["done_s"], first["units"]) == (
        TRICKY,
        "done",
        0,
        15.0,
        3,
    )
    assert (second["waited_s"], third["waited_s"], third["done_s"]) == (4.0, 23.0, None)
    done, open_, rejected = sorted(from_parquet(tmp_path, "orders"), key=lambda row: row["status"])
    assert (done["order"], done["late_s"], done["destination"]) == (TRICKY, 5.0, "D1")
    assert (open_["status"], open_["done_s"]) == ("open", None)
    assert (rejected["reason"], rejected["due_s"]) == ("unit_too_heavy", None)


def test_fields_that_are_no_numbers_stay_in_the_rest(tmp_path):
    odd = [{"t": 0.0, "event": "zone_closed", "robot": "amr-1", "cell": True, "cells": [1, 2]}]
    events = run_tables(RunReader(write_told_run(tmp_path, events=odd)))[1]
    columns = {column.name: column.values for column in events.columns}
    assert (columns["robot"], columns["cell"]) == ([None], [None])
    assert json.loads(columns["fields"][0]) == {"robot": "amr-1", "cell": True, "cells": [1, 2]}


def driven(document, width):
    """Follow the letters of a result file; cell and heading of each robot after each step."""
    ahead = [1, width, -1, -width]
    found = []
    for (row, column, heading), path in zip(document["start"], document["actualPaths"], strict=True):
        cell, facing, places = row * width + column, "ESWN".index(heading), []
        for letter in path.split(","):
            facing = (facing + {"R": 1, "C": -1}.get(letter, 0)) % 4
            cell += ahead[facing] if letter == "F" else 0
            places.append((cell, facing))
        found.append(places)
    return np.array(found).transpose(1, 0, 2)


def turning_run(tmp_path):
    """A run in which robot 1 drives, turns about and comes back, again and again."""
    import dataclasses

    run = RunReader(write_told_run(tmp_path))
    facing = np.zeros((STEPS, ROBOTS), dtype=np.int8)
    cells = run.trace.cell.copy()
    lane = int(run.trace.start_cell[1])
    for step in range(STEPS):
        turn = step % 6
        facing[step, 1] = (0, 1, 2, 2, 1, 0)[turn]
        cells[step, 1] = lane + (1, 1, 1, 0, 0, 0)[turn]
    return run, dataclasses.replace(run.trace, cell=cells, heading=facing)


def test_planviz_sees_robots_where_they_were(tmp_path):
    run, trace = turning_run(tmp_path)
    world = load_world("tiny")
    history = read_history(run.path, robots=ROBOTS, cells=trace.cells, end_s=60.0)
    document = json.loads(json.dumps(planviz_document(trace, history, world.layout, "here")))
    followed = driven(document, trace.width)
    assert (followed[:, :, 0] == trace.cell).all()
    assert (followed[:, :, 1] == trace.heading).all()
    assert set("".join(document["actualPaths"])) == set("FRCW,")
    assert (document["teamSize"], document["numTaskFinished"], document["actionModel"]) == (ROBOTS, 2, "MAPF_T")
    assert document["plannerPaths"] == document["actualPaths"]
    assert document["events"][0] == [10, 0, 0, 1]
    assert document["actualSchedule"] == ["0:0,15:-1", "4:1,30:-1,40:2,60:-1", "8:2,20:-1"]
    dock = world.layout.row_column(world.stations[0].docks[0])
    assert document["tasks"][0][:2] == [0, 0]
    assert document["tasks"][0][2][:2] == list(dock)
    assert len(document["tasks"][0][2]) == 6


def test_what_is_no_action_of_the_league_is_refused(tmp_path):
    run = RunReader(write_told_run(tmp_path))
    with pytest.raises(RunError, match="robot 1 did more in step 1"):
        trace_actions(run.trace, load_world("tiny").layout, "here")


FOLDERS = {"csv", "parquet"}


@pytest.mark.parametrize("form", ["csv", "parquet", "mcap"])
def test_what_is_there_is_replaced_only_by_force(run, tmp_path, capsys, form):
    arguments = ["export", str(run.path), "--format", form, "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert main(arguments) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
    assert (tmp_path / "out").is_dir() == (form in FOLDERS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", run.path.name]


@pytest.mark.parametrize("form", ["csv", "mcap"])
def test_force_removes_nothing_that_no_export_wrote(run, tmp_path, capsys, form):
    precious = tmp_path / "out"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years", encoding="utf-8")
    assert main(["export", str(run.path), "--format", form, "--out", str(precious), "--force"]) == 2
    assert (precious / "thesis.txt").read_text(encoding="utf-8") == "years"
    (tmp_path / "file").write_text("text", encoding="utf-8")
    assert main(["export", str(run.path), "--format", "csv", "--out", str(tmp_path / "file"), "--force"]) == 2
    assert capsys.readouterr().err.count("error: --out") == 2


def test_bad_input_is_exit_code_2_and_leaves_nothing(run, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())
    for arguments in (
        [tmp_path / "nowhere", "--format", "csv", "--out", tmp_path / "a"],
        [run.path, "--format", "csv", "--out", tmp_path / "no" / "folder"],
        [run.path, "--format", "mcap", "--out", tmp_path / "no" / "file"],
        [run.path, "--format", "planviz", "--out", tmp_path / "a.map"],
        [run.path, "--format", "planviz", "--out", tmp_path / "a.json"],
        [run.path, "--format", "docx", "--out", tmp_path / "a"],
    ):
        assert main(["export", *map(str, arguments)]) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("out", [".", "..", "/"])
def test_a_folder_that_is_only_pointed_at_is_never_replaced(run, tmp_path, monkeypatch, capsys, out):
    empty = tmp_path / "empty" / "here"
    empty.mkdir(parents=True)
    monkeypatch.chdir(empty)
    assert main(["export", str(run.path), "--format", "csv", "--out", out, "--force"]) == 2
    assert "has no name of its own" in capsys.readouterr().err
    assert empty.is_dir()


@pytest.mark.parametrize(
    ("form", "module", "says"), [("parquet", "pyarrow", "[data]"), ("mcap", "mcap.writer", "[mcap]")]
)
def test_packages_that_are_not_there_are_named(run, tmp_path, capsys, monkeypatch, form, module, says):
    import sys

    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "fleet.app.mcap_export", raising=False)
    assert main(["export", str(run.path), "--format", form, "--out", str(tmp_path / "out")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_table_that_cannot_be_written_is_an_error(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SettingError, match="pyarrow"):
        write_parquet(run_tables(run), run.path)
