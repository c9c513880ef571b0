"""Recorded runs as the page plays them, and the shelf that they stand on."""

from __future__ import annotations

import json
import os
import struct

import numpy as np
import pytest

from fleet.app.dashboard import recorded_run, run_shelf
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.recorded_run import RecordedRun
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.errors import RunError
from fleet.report.heat.congestion import METRICS, Window, count_congestion
from fleet.runtime.activity import Activity
from sim_worlds.errors import WorldError
from tests.live_pictures import PageState
from tests.recorded_runs import random_trace, tiny_trace, write_run


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs"


def split(frames):
    """The frames of an answer."""
    found = []
    while frames:
        (length,) = struct.unpack_from("<I", frames)
        found.append(frames[4 : 4 + length])
        frames = frames[4 + length :]
    return found


def test_frames_told_one_after_the_other_are_the_trace(folder):
    trace = tiny_trace(steps=30)
    run = RecordedRun(write_run(folder, trace))
    frames = split(run.frames(0, None))
    assert len(frames) == 31
    page = PageState()
    cells = [trace.start_cell, *trace.cell]
    for step, frame in enumerate(frames):
        page.take(frame)
        (t_s,) = struct.unpack_from("<d", frame, 8)
        assert t_s == step * trace.step_s
        units = run.floor.units
        assert (page.columns["y"] // units * trace.width + page.columns["x"] // units).tolist() == cells[step].tolist()
        heading = trace.start_heading if step == 0 else trace.heading[step - 1]
        assert page.columns["heading"].tolist() == (64 * heading.astype(int)).tolist()
    assert page.keys == 1


def test_frames_from_the_middle_begin_with_all_robots_and_are_bounded(folder, monkeypatch):
    run = RecordedRun(write_run(folder, tiny_trace(steps=30)))
    frames = split(run.frames(10, 13))
    assert len(frames) == 3
    assert [frame[1] for frame in frames] == [1, 0, 0]
    monkeypatch.setattr(recorded_run, "MOST_FRAMES", 5)
    assert len(split(run.frames(20, None))) == 5
    assert run.frames(30, None) == run.frames(7, 7) == b""


def test_every_activity_is_shown_as_the_condition_of_its_name():
    for activity in Activity:
        assert recorded_run._CONDITIONS[activity].name == activity.name


def test_heat_of_a_window_is_that_of_the_heatmap(folder):
    trace = tiny_trace(steps=60)
    run = RecordedRun(write_run(folder, trace))
    for metric in ("visits", "waits", "delay"):
        wanted = count_congestion(trace, METRICS[metric], Window(10.0, 40.0)).values.reshape(-1)
        frame = run.heat(metric, 10.0, 40.0)
        (rows,) = struct.unpack_from("<I", frame, 4)
        cells = np.frombuffer(frame, "<u4", rows, 16)
        assert cells.tolist() == np.flatnonzero(wanted).tolist()
        assert np.frombuffer(frame, "<f4", rows, 16 + 4 * rows) == pytest.approx(wanted[cells])


@pytest.mark.parametrize(("from_s", "to_s"), [(60.0, None), (1e6, None), (30.0, 20.0), (10.2, 10.8)])
def test_heat_of_a_window_without_a_step_is_empty(folder, from_s, to_s):
    assert len(RecordedRun(write_run(folder, tiny_trace(steps=60))).heat("visits", from_s, to_s)) == 16


def write_events(path, *events):
    (path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


def test_events_of_a_window_come_as_they_were_written_and_are_bounded(folder, monkeypatch):
    path = write_run(folder, tiny_trace())
    events = [{"t": float(t), "event": "task_done", "task": t, "robot": 0} for t in range(10)]
    write_events(path, *events)
    run = RecordedRun(path)
    found, more = run.events(3.0, 6.0)
    assert [json.loads(bytes(event)) for event in found] == events[3:7]
    assert not more
    monkeypatch.setattr(recorded_run, "_MOST_EVENTS", 4)
    found, more = run.events(3.0, None)
    assert (len(found), more) == (4, True)


def test_events_of_one_moment_are_not_parted_however_many_they_are(folder, monkeypatch):
    path = write_run(folder, tiny_trace())
    write_events(path, *({"t": t, "event": "order_accepted", "order": n} for t in (0.0, 1.0) for n in range(9)))
    monkeypatch.setattr(recorded_run, "_MOST_EVENTS", 4)
    found, more = RecordedRun(path).events(0.0, None)
    assert ([json.loads(bytes(event))["t"] for event in found], more) == ([0.0] * 9, True)
    found, more = RecordedRun(path).events(1e-6, None)
    assert ([json.loads(bytes(event))["t"] for event in found], more) == ([1.0] * 9, False)


def test_samples_are_what_the_events_add_up_to(folder):
    path = write_run(folder, tiny_trace(steps=60))
    write_events(
        path,
        {"t": 0.0, "event": "order_accepted"},
        {"t": 0.0, "event": "task_created"},
        {"t": 0.0, "event": "task_created"},
        {"t": 8.0, "event": "task_assigned"},
        {"t": 9.0, "event": "task_cancelled", "robot": -1},
        {"t": 21.0, "event": "task_done"},
        {"t": 33.0, "event": "order_done"},
    )
    samples = {sample.t_s: sample for sample in RecordedRun(path).samples}
    assert sorted(samples) == [5.0 * n for n in range(1, 13)]
    assert [samples[t].tasks_waiting for t in (5, 10)] == [2, 0]
    assert [samples[t].orders_open for t in (30, 35)] == [1, 0]
    assert [samples[t].tasks_per_hour for t in (20, 25, 60)] == [0, 144.0, 60.0]


def test_a_run_whose_events_are_damaged_or_whose_world_is_another_says_so(folder, tmp_path):
    path = write_run(folder, tiny_trace())
    (path / "events.jsonl").write_text("{nonsense\n")
    with pytest.raises(RunError, match=r"events\.jsonl"):
        RecordedRun(path).events(0.0, None)
    with pytest.raises(WorldError, match="its floor has 6 x 8 cells"):
        RecordedRun(write_run(folder, random_trace(1, world="tiny", step_s=1.0)))


# The shelf


def test_the_newest_run_is_listed_first_and_what_is_no_run_is_not(folder):
    runs = [write_run(folder, tiny_trace(seed=seed)) for seed in range(3)]
    for age, path in enumerate(runs):
        stamp = 1_000_000 + age
        os.utime(path / "summary.json", (stamp, stamp))
    (folder / "other").mkdir()
    (folder / "damaged").mkdir()
    (folder / "damaged" / "summary.json").write_text("{")
    hidden = folder / ".tiny-7.1-0.partial"
    runs[0].rename(hidden)
    assert [row.run for row in RunShelf(folder).rows()] == [runs[2].name, runs[1].name]
    assert RunShelf(folder / "nowhere").rows() == []


def test_a_run_is_read_once_until_it_changes_and_a_few_are_kept(folder, monkeypatch):
    monkeypatch.setattr(run_shelf, "_MOST_OPEN", 2)
    names = [write_run(folder, tiny_trace(seed=seed)).name for seed in range(3)]
    shelf = RunShelf(folder)
    first = shelf.open(names[0])
    assert shelf.open(names[0]) is first
    shelf.open(names[1])
    shelf.open(names[0])
    shelf.open(names[2])
    assert shelf.open(names[0]) is first
    again = (folder / names[0] / "summary.json").read_text() + "\n"
    (folder / names[0] / "summary.json").write_text(again)
    assert shelf.open(names[0]) is not first


def test_a_run_that_is_not_there_or_cannot_be_read_is_refused(folder):
    path = write_run(folder, tiny_trace())
    (path / "trace.npz").write_bytes(b"nonsense")
    with pytest.raises(RequestError, match="is damaged") as refused:
        RunShelf(folder).open(path.name)
    assert refused.value.status == 409
    for name in ("nothing", ".hidden"):
        with pytest.raises(RequestError, match="there is no run") as refused:
            RunShelf(folder).open(name)
        assert refused.value.status == 404
