"""Result files of the League: the keys and shapes that the Start-Kit writes and PlanViz reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.report.league_result import check_writable, league_summary, result_document, write_result
from fleet.runtime.league.record import MISSED, LeagueRecord, LeagueTasks
from tests.floors import drawn

F, R, C, W = range(4)


def ints(*rows):
    return np.array(rows, dtype=np.int32)


@pytest.fixture
def record():
    """Two robots, three steps, on a floor that is four cells wide."""
    return LeagueRecord(
        layout=drawn(".... .... ...."),
        starts=ints(5, 2),
        tasks=LeagueTasks(ints(9, 11, 4), np.array([0, 2, 3], dtype=np.int64), ints(0, 0, 2)),
        planned=np.array([[F, R], [MISSED, MISSED], [C, W]], dtype=np.uint8),
        actual=np.array([[F, R], [W, W], [W, W]], dtype=np.uint8),
        events=ints([1, 0, 0, 1], [3, 0, 0, 2]),
        planned_schedule=ints([1, 0, 0], [1, 1, -1], [3, 1, 1]),
        actual_schedule=ints([1, 0, 0], [1, 1, -1]),
        busy_steps=ints(3, 1),
        finished=1,
        missed_steps=1,
        compute_s=[0.25, 1.5],
        scheduling_s=[0.001, 0.003],
        planning_s=[0.010, 0.030],
        errors=[(1, 0, 3, "vertex conflict")],
        schedule_errors=[(1, 1, -1, 4, "task already finished")],
    )


def test_result_has_every_key_of_the_format_and_no_other(record):
    assert result_document(record) == {
        "actionModel": "MAPF_T",
        "version": "2024 LoRR",
        "teamSize": 2,
        "start": [[1, 1, "E"], [0, 2, "E"]],
        "numTaskFinished": 1,
        "sumOfCost": 4,
        "makespan": 3,
        "numPlannerErrors": 1,
        "numScheduleErrors": 1,
        "numEntryTimeouts": 1,
        "actualPaths": ["F,W,W", "R,W,W"],
        "plannerPaths": ["F,T,C", "R,T,W"],
        "plannerTimes": [0.25, 1.5],
        "errors": [[1, 0, 3, "vertex conflict"]],
        "actualSchedule": ["1:0", "1:-1"],
        "plannerSchedule": ["1:0", "1:-1,3:1"],
        "scheduleErrors": [[1, 1, -1, 4, "task already finished"]],
        "events": [[1, 0, 0, 1], [3, 0, 0, 2]],
        "tasks": [[0, 0, [2, 1, 2, 3]], [1, 0, [1, 0]], [2, 2, [2, 1, 2, 3]]],
    }


def test_written_file_is_the_result_as_json(record, tmp_path):
    path = tmp_path / "result.json"
    path.write_text("an older one")
    write_result(record, path)
    assert json.loads(path.read_text()) == result_document(record)
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_a_result_that_cannot_be_written_leaves_the_older_one(record, tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    path.write_text("an older one")
    record.compute_s = [object()]
    with pytest.raises(TypeError):
        write_result(record, path)
    assert path.read_text() == "an older one"
    assert [file.name for file in tmp_path.iterdir()] == ["result.json"]


def test_places_that_cannot_be_written_are_refused_beforehand(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path in (tmp_path, tmp_path / "nowhere" / "result.json", file / "result.json"):
        with pytest.raises(SettingError, match="--out"):
            check_writable(path)
    check_writable(tmp_path / "result.json")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_summary_tells_the_tasks_the_times_and_the_faults(record):
    assert league_summary(record) == {
        "robots": 2,
        "steps": 3,
        "tasks_finished": 1,
        "tasks_per_step": 0.3333,
        "planning_ms": {"median": 20.0, "p95": 29.0, "max": 30.0},
        "scheduling_ms": {"median": 2.0, "p95": 2.9, "max": 3.0},
        "missed_steps": 1,
        "planner_errors": 1,
        "schedule_errors": 1,
        "violations": 0,
    }


def test_results_are_plain_numbers_that_any_reader_takes(record):
    def kinds(value):
        if isinstance(value, dict):
            return {kind for part in value.values() for kind in kinds(part)}
        if isinstance(value, list):
            return {kind for part in value for kind in kinds(part)}
        return {type(value)}

    assert kinds(result_document(record)) == {str, int, float}
    assert kinds(league_summary(record)) == {int, float}
