"""Run directories: written whole or not at all, numbered, and checked when they are opened."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from fleet.errors import RunError
from fleet.report.run_directory import RunReader, RunWriter
from tests.recorded_runs import random_trace, summary_of, tiny_trace, write_run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_run_is_a_folder_of_files_that_anybody_can_read(tmp_path):
    run = write_run(tmp_path / "runs")
    assert run == tmp_path / "runs" / "tiny-7-1"
    assert names(run) == ["config.toml", "events.jsonl", "summary.json", "trace.npz"]
    assert json.loads((run / "summary.json").read_text())["orders"]["accepted"] == 10
    assert tomllib.loads((run / "config.toml").read_text())["world"] == "tiny"
    assert [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()] == [
        {"t": 0.0, "event": "order_accepted", "order": "A"}
    ]


def test_runs_get_the_next_number_that_is_free(tmp_path):
    assert [write_run(tmp_path).name for _ in range(3)] == ["tiny-7-1", "tiny-7-2", "tiny-7-3"]
    (tmp_path / "tiny-7-12").mkdir()
    (tmp_path / "tiny-7-notes").mkdir()
    (tmp_path / "tiny-71-40").mkdir()
    assert write_run(tmp_path).name == "tiny-7-13"


@pytest.mark.parametrize("taken_by", ["folder", "file"])
def test_a_number_that_another_run_takes_meanwhile_is_passed_over(tmp_path, monkeypatch, taken_by):
    first = write_run(tmp_path)
    if taken_by == "file":
        for path in first.iterdir():
            path.unlink()
        first.rmdir()
        first.write_text("", encoding="utf-8")
    monkeypatch.setattr(RunWriter, "_highest_number", lambda _self: 0)
    assert write_run(tmp_path).name == "tiny-7-2"


def test_nothing_is_to_be_seen_before_the_run_is_complete(tmp_path):
    with RunWriter(tmp_path, "tiny", 7) as writer:
        assert all(name.startswith(".") for name in names(tmp_path))
        assert writer.folder.parent == tmp_path
        writer.commit()
    assert names(tmp_path) == ["tiny-7-1"]


def test_two_runs_can_be_written_at_the_same_time(tmp_path):
    with RunWriter(tmp_path, "tiny", 7) as first, RunWriter(tmp_path, "tiny", 7) as second:
        assert {first.commit().name, second.commit().name} == {"tiny-7-1", "tiny-7-2"}


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_run_that_fails_or_is_interrupted_leaves_nothing(tmp_path, failure):
    with pytest.raises(failure):
        _fail_half_way(tmp_path, failure)
    assert names(tmp_path) == []


def _fail_half_way(parent, failure):
    with RunWriter(parent, "tiny", 7) as writer:
        writer.write_event({"t": 0.0})
        writer.write_summary(summary_of(tiny_trace()))
        raise failure


def test_a_run_that_is_not_committed_leaves_nothing(tmp_path):
    with RunWriter(tmp_path, "tiny", 7):
        pass
    assert names(tmp_path) == []


def test_a_rename_that_fails_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "rename", _refuse)
    with pytest.raises(PermissionError), RunWriter(tmp_path, "tiny", 7) as writer:
        writer.commit()
    assert names(tmp_path) == []


def _refuse(self, _target):
    raise PermissionError(13, "Permission denied", str(self))


def test_files_of_a_run_have_ordinary_permissions(tmp_path):
    mask = os.umask(0o022)
    try:
        run = write_run(tmp_path)
    finally:
        os.umask(mask)
    assert run.stat().st_mode & 0o777 == 0o755


def test_a_parent_that_is_a_file_is_refused(tmp_path):
    parent = tmp_path / "runs"
    parent.write_text("", encoding="utf-8")
    with pytest.raises(RunError, match="cannot hold run directories") as caught:
        RunWriter(parent, "tiny", 7)
    assert caught.value.where == str(parent)


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    trace = tiny_trace()
    reader = RunReader(write_run(tmp_path, trace))
    assert reader.name == "tiny-7-1"
    assert reader.summary == summary_of(trace)
    assert reader.config.world == "tiny"
    assert reader.trace.digest() == trace.digest()


def spoil(run, file, content):
    if content is None:
        (run / file).unlink()
    else:
        (run / file).write_bytes(content)


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("summary.json", None, "is missing"),
        ("config.toml", None, "is missing"),
        ("trace.npz", None, "is missing"),
        ("summary.json", b"", "is damaged"),
        ("summary.json", b'{"format": 1', "is damaged"),
        ("summary.json", b"\xff\xfe", "is damaged"),
        ("summary.json", b"[]", "is damaged"),
        ("summary.json", b'{"format": 1, "robots": 3}', "is damaged.*missing required field"),
        ("summary.json", b'{"format": 2}', "run format 2, this version reads formats up to 1"),
        ("config.toml", b"world = ", "config.toml"),
        ("config.toml", b"wrld = 'tiny'", "unknown key"),
        ("trace.npz", b"PK", "is damaged"),
    ],
)
def test_a_missing_or_damaged_file_is_refused_with_its_name_and_a_remedy(tmp_path, file, content, says):
    run = write_run(tmp_path)
    spoil(run, file, content)
    with pytest.raises(RunError, match=says) as caught:
        RunReader(run)
    assert str(run / file) in caught.value.where
    assert caught.value.remedy


def test_a_wrong_type_in_the_summary_is_refused_with_its_field(tmp_path):
    run = write_run(tmp_path)
    summary = json.loads((run / "summary.json").read_text())
    summary["orders"]["done"] = "six"
    (run / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(RunError, match=r"orders\.done"):
        RunReader(run)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"steps": 59}, "60 steps of 4 robots, the summary says 59 steps of 4"),
        ({"robots": 5}, "the summary says 60 steps of 5"),
        ({"step_s": 2.0}, "step 1.0 s, not 'tiny', 2.0 s"),
        ({"world": "other"}, "of world 'tiny'"),
        ({"trace_hash": "00"}, "not the trace whose hash"),
    ],
)
def test_a_trace_of_another_run_is_refused(tmp_path, changes, says):
    run = write_run(tmp_path, tiny_trace(), **changes)
    with pytest.raises(RunError, match=says) as caught:
        RunReader(run)
    assert caught.value.where == str(run / "trace.npz")


@pytest.mark.parametrize(("name", "says"), [("nowhere", "there is no such directory"), ("file", "is not a directory")])
def test_what_is_no_directory_is_refused(tmp_path, name, says):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RunError, match=says):
        RunReader(tmp_path / name)


def test_an_empty_directory_is_refused(tmp_path):
    with pytest.raises(RunError, match="is missing"):
        RunReader(tmp_path)


def test_a_trace_of_a_made_up_world_can_be_read(tmp_path):
    assert RunReader(write_run(tmp_path, random_trace(1))).trace.robots == 5
