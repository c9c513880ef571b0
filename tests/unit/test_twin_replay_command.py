"""`futurepark run --record` and `futurepark twin replay` in this process: verified, cut out, exported, refused."""

from __future__ import annotations

import sys
from dataclasses import replace

import msgspec
import pytest

from fleet.app.main import main
from tests.worlds import MAP, write_world
from twin.recording.trace_parts import Checkpoint
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import TraceWriter

SECONDS = 72  # there is a checkpoint each 60 s


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with the trace of a run on rails, and the world file that it is of."""
    folder = tmp_path_factory.mktemp("recorded")
    world = write_world(folder)
    run = ["run", str(world), "--robots", "2", "--for", f"{SECONDS}s", "--driver", "kinematic", "--audit"]
    assert main([*run, "--out", str(folder / "runs"), "--record", str(folder / "a.trace")]) == 0
    return folder


@pytest.fixture
def replay(recorded, capsys, monkeypatch):
    """A function that replays a trace, and returns exit code, output and errors."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments, trace=recorded / "a.trace", world=recorded / "small.toml"):
        capsys.readouterr()
        of_world = [] if world is None else ["--world", str(world)]
        code = main(["twin", "replay", str(trace), *of_world, *map(str, arguments)])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out, told.err

    return run


def test_a_recorded_run_is_replayed_and_is_the_same(replay):
    code, out, err = replay()
    assert (code, err) == (0, "")
    assert "small, 2 robots on rails, seed 1" in out
    assert f"0 to {SECONDS} s, {10 * SECONDS} ticks: every pose and 8 state hashes are the same" in out


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (("--to", "3s"), "0 to 3 s, 30 ticks"),
        (("--from", "30s", "--to", "40s"), "0 to 40 s, 400 ticks"),
        (("--from", "60s"), "60 to 72 s, 120 ticks"),
        (("--from", "1m", "--to", "65s"), "60 to 65 s, 50 ticks"),
    ],
)
def test_a_part_is_replayed_from_the_checkpoint_before_it(replay, window, said):
    code, out, _ = replay(*window)
    assert code == 0
    assert said in out


def test_without_verifying_nothing_is_claimed(replay):
    code, out, _ = replay("--no-verify", "--to", "2s")
    assert code == 0
    assert "20 ticks: not compared" in out
    assert "same" not in out


def test_a_trace_is_written_as_mcap(replay, tmp_path):
    pytest.importorskip("mcap", reason="an extra")
    code, _, err = replay("--to", "1s", "--mcap", tmp_path / "a.mcap", "--rate", "1")
    assert (code, err) == (0, "")
    assert (tmp_path / "a.mcap").read_bytes().startswith(b"\x89MCAP0")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]


def test_without_the_packages_for_mcap_it_is_said_which(replay, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "twin.recording.mcap_writer", None)
    code, _, err = replay("--mcap", tmp_path / "a.mcap")
    assert code == 2
    assert "--mcap" in err
    assert "futurepark[mcap]" in err


def test_a_replay_that_differs_is_an_error_that_says_where(recorded, replay, tmp_path):
    other = TraceWriter(tmp_path / "other.trace")
    with Trace(recorded / "a.trace") as trace:
        robot = trace.header.robot
        slower = replace(robot, max_acceleration_mps2=0.9 * robot.max_acceleration_mps2)
        other.begin(msgspec.structs.replace(trace.header, robot=slower))
        for part in trace.parts():
            (other.checkpoint if isinstance(part, Checkpoint) else other.block)(part)
    other.end()
    code, out, err = replay(trace=tmp_path / "other.trace")
    assert code == 1
    assert "same" not in out
    assert "robot" in err
    assert "recorded at" in err
    assert replay("--no-verify", trace=tmp_path / "other.trace")[0] == 0


def test_a_damaged_trace_is_refused_and_says_how_far_it_goes(recorded, replay, tmp_path):
    data = bytearray((recorded / "a.trace").read_bytes())
    data[-300] ^= 0xFF
    (tmp_path / "damaged.trace").write_bytes(data)
    code, out, err = replay(trace=tmp_path / "damaged.trace")
    assert code == 2
    assert "damaged.trace" in err
    assert "same" not in out
    assert replay("--to", "10s", trace=tmp_path / "damaged.trace")[0] == 0


def test_a_recording_that_was_cut_off_is_replayed_as_far_as_it_goes(recorded, replay, tmp_path):
    with Trace(recorded / "a.trace") as trace:
        header, parts = trace.header, list(trace.parts())
    killed = TraceWriter(tmp_path / "b.trace")
    killed.begin(header)
    killed.checkpoint(parts[0])
    killed.block(parts[1])
    killed.close()
    code, out, err = replay(trace=tmp_path / "b.trace.part")
    assert code == 0
    assert "0 to 10 s, 100 ticks: every pose and 1 state hashes are the same" in out
    assert "cut off" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2m"], ["a.trace", "is over at 72 s", "another time"]),
        (["--from", "soon"], ["--from", "'soon'"]),
        (["--to", "-3s"], ["--to", "'-3s'"]),
        (["--rate", "0"], ["--rate"]),
    ],
)
def test_a_part_that_there_is_not_is_refused(replay, arguments, words):
    code, _, err = replay(*arguments)
    assert code == 2
    for word in words:
        assert word in err


def test_a_trace_that_is_none_is_refused(replay, tmp_path):
    (tmp_path / "text").write_text("no trace")
    for name in ("none", "text"):
        code, _, err = replay(trace=tmp_path / name)
        assert code == 2
        assert name in err


def test_a_world_file_has_to_be_named(replay):
    code, out, err = replay(world=None)
    assert (code, out) == (2, "")
    assert "--world: is left out, and small is no shipped world" in err


def test_another_world_is_refused(replay, tmp_path):
    changed = write_world(tmp_path, map_text=MAP.replace("@..TST...@", "@..TST..T@", 1))
    for world in (changed, "tiny"):
        code, out, err = replay(world=world)
        assert (code, out) == (2, "")
        assert "as it was when this was recorded" in err
