"""The benchmark of frames: what it measures, not what comes out."""

from __future__ import annotations

from pathlib import Path

from benchmarks import frames
from benchmarks.benchmark import Options
from benchmarks.sample_messages import sample_messages
from robots.errors import WIRE_CODES


def test_every_kind_of_message_is_timed_and_hostile_frames_are_counted_by_code(monkeypatch):
    monkeypatch.setattr(frames, "_SHORT", 2000)
    monkeypatch.setattr(frames, "_TRACED", 100)
    monkeypatch.setattr(frames, "_microseconds", lambda call: float(call() is not None))
    report = frames.run(Options(full=False, say=lambda _what: None, instances=Path()))
    kinds, found, codes = report.tables
    assert [row[0] for row in kinds.rows] == list(sample_messages())
    assert {row[2:] for row in kinds.rows} == {(1.0, 1.0)}
    figures = dict(zip(found.columns, found.rows[0], strict=True))
    assert figures["frames"] == figures["messages"] + figures["refused"] == 2000
    assert figures["refused"] == sum(count for _, count in codes.rows)
    assert {code for code, _ in codes.rows} <= set(WIRE_CODES)
    assert 1 < figures["most KiB a frame"] <= 64
    assert {len(table.columns) for table in report.tables} == {len(table.rows[0]) for table in report.tables}


def test_a_call_is_timed_in_microseconds():
    calls = []
    assert frames._microseconds(lambda: calls.append(1), times=3, rounds=2) > 0
    assert len(calls) == 6
