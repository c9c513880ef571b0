"""Whatever happens to a trace file: a clear error that says where, and all that comes before it is read as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from robots.errors import InputError
from tests.recorded_fleets import FAULTS, Parts, header, new_fleet, troubled
from twin.recording import frames
from twin.recording.errors import TraceFileError
from twin.recording.frames import framed, read_heads
from twin.recording.recording import Recording
from twin.recording.replay import replay
from twin.recording.trace_parts import Checkpoint
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import TraceWriter


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a trace, its frames, and its parts."""
    path, sink = tmp_path_factory.mktemp("trace") / "whole", Parts()
    troubled(Recording(new_fleet(FAULTS), sink, header(), block_s=1.0, checkpoint_s=3.0))
    writer = TraceWriter(path)
    writer.begin(header())
    for part in sink.parts:
        (writer.checkpoint if isinstance(part, Checkpoint) else writer.block)(part)
    writer.end()
    with path.open("rb") as file:
        heads = list(read_heads(file, "whole"))
    return path.read_bytes(), heads, [repr(part) for part in sink.parts]


def read(path: Path):
    """The parts that can be read, and the error that ends them."""
    parts = []
    try:
        with Trace(path) as trace:
            for part in trace.parts():
                parts.append(repr(part))  # noqa: PERF401 - what comes before an error is kept
    except TraceFileError as error:
        return parts, error
    return parts, None


def test_a_whole_trace_is_read_to_its_end(tmp_path, whole):
    data, heads, parts = whole
    (tmp_path / "a").write_bytes(data)
    assert read(tmp_path / "a") == (parts, None)
    assert [head.kind for head in heads[:3]] == [frames.HEADER, frames.CHECKPOINT, frames.TICKS]
    assert heads[-1].kind == frames.END


@pytest.mark.parametrize("place", [0, 3, 4, 7, 8, 12, 16, 19, "first", "middle", "last"])
@pytest.mark.parametrize("frame", range(12))
def test_a_damaged_byte_is_found_in_its_frame_and_what_comes_before_is_read(tmp_path, whole, frame, place):
    data, heads, parts = whole
    head = heads[frame]
    inside = {"first": 0, "middle": head.length // 2, "last": head.length - 1}
    offset = head.offset + inside[place] if place in inside else head.begin + place
    spoiled = bytearray(data)
    spoiled[offset] ^= 0x41
    (tmp_path / "a").write_bytes(spoiled)
    found, error = read(tmp_path / "a")
    assert error is not None
    assert error.where == str(tmp_path / "a")
    assert f"at byte {head.begin}" in error.problem
    assert found == parts[: max(frame - 1, 0)]
    if frame >= 2:
        last_s = heads[frame - 1].time_s
        assert f"after {last_s:g} s" in error.problem
        assert error.remedy == f"everything up to {last_s:g} s can be read: use --to {last_s:g}"
        replay(tmp_path / "a", lambda _header: new_fleet(), to_s=last_s).fleet.close()


@pytest.mark.parametrize("frame", range(14))
def test_a_trace_that_is_cut_off_is_read_up_to_there(tmp_path, whole, frame):
    data, heads, parts = whole
    head = heads[frame]
    for end in (head.begin, head.begin + 1, head.begin + 19, head.offset, head.offset + head.length // 2, head.end - 1):
        (tmp_path / "a").write_bytes(data[:end])
        found, error = read(tmp_path / "a")
        assert found == parts[: max(frame - 1, 0)]
        if end == head.begin and frame > 0:
            assert error is None
        elif end < head.end:
            assert error is not None
            assert "is cut off" in error.problem or frame == 0
        if frame > 0:
            with Trace(tmp_path / "a") as trace:
                assert not trace.complete


@pytest.mark.parametrize("data", [b"", b"FPTRACE", b"PK\x03\x04 something else"])
def test_a_file_that_is_no_trace_is_refused(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(TraceFileError, match="is not a trace"):
        Trace(tmp_path / "a")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(TraceFileError, match="there is no such file"):
        Trace(tmp_path / "a")
    with pytest.raises(TraceFileError, match="directory"):
        Trace(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"format": 2}', "has trace format 2, this version reads formats up to 1"),
        (b'{"format": 1}', "has a header that is none"),
        (b"\xff", "has a header that is none"),
    ],
)
def test_a_header_of_another_version_is_refused(tmp_path, content, problem):
    (tmp_path / "a").write_bytes(frames.MAGIC + framed(frames.HEADER, 0.0, content))
    with pytest.raises(TraceFileError, match=problem):
        Trace(tmp_path / "a")


def test_a_header_with_an_impossible_robot_is_refused(tmp_path, whole):
    data, heads, _ = whole
    content = data[heads[0].offset : heads[0].end].replace(b'"length_m":0.72', b'"length_m":-1.0')
    (tmp_path / "a").write_bytes(frames.MAGIC + framed(frames.HEADER, 0.0, content))
    with pytest.raises(TraceFileError, match=r"robot\.length_m"):
        Trace(tmp_path / "a")


@pytest.mark.parametrize("kind", [frames.CHECKPOINT, frames.TICKS])
def test_content_that_is_whole_and_no_content_is_refused(tmp_path, whole, kind):
    data, heads, parts = whole
    (tmp_path / "a").write_bytes(data[: heads[2].end] + framed(kind, 2.0, b"nonsense"))
    found, error = read(tmp_path / "a")
    assert found == parts[:2]
    assert "holds no ticks" in error.problem


def test_ticks_before_the_first_checkpoint_cannot_be_replayed(tmp_path, whole):
    data, heads, _ = whole
    (tmp_path / "a").write_bytes(data[: heads[1].begin] + data[heads[2].begin :])
    with pytest.raises(InputError, match="ticks before its first checkpoint"):
        replay(tmp_path / "a", lambda _header: new_fleet())


def test_a_trace_with_nothing_but_a_header_cannot_be_replayed(tmp_path, whole):
    data, heads, _ = whole
    (tmp_path / "a").write_bytes(data[: heads[1].begin])
    with pytest.raises(InputError, match="has nothing in it"):
        replay(tmp_path / "a", lambda _header: new_fleet())
