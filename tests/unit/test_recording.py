"""A recording changes nothing, keeps everything, and can be done again bit for bit; or says from where on it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from robots.driver import Commands
from robots.errors import DriverError
from robots.state import FleetState
from tests.recorded_fleets import CELLS, FAULTS, Parts, drive, header, new_fleet, rows, troubled
from twin.faults import Fault, FaultKind
from twin.fleet_checkpoint import CheckpointError
from twin.recording.errors import ReplayError, TraceFileError
from twin.recording.recording import Recording
from twin.recording.replay import replay
from twin.recording.state_hash import state_hash
from twin.recording.trace_parts import STEP_M, STEP_RAD, Checkpoint
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import TraceWriter


def recorded(tmp_path, faults=FAULTS, block_s=1.0, checkpoint_s=3.0):
    """A trace of a troubled run, and what was true after each tick."""
    path, seen = tmp_path / "run.fptrace", []
    driver = Recording(new_fleet(faults), TraceWriter(path), header(), block_s=block_s, checkpoint_s=checkpoint_s)
    troubled(driver, lambda fleet, state: seen.append(everything(fleet, state)))
    driver.close()
    driver.close()
    return path, seen


def again(head):
    """A fleet like that of the header."""
    assert head == header()
    return new_fleet()


def everything(fleet, state):
    truth = fleet.truth()
    return [np.array(getattr(told, field.name)).tobytes() for told in (state, truth) for field in fields(told)]


def test_a_recorded_run_is_the_run_that_it_would_have_been():
    plain, seen = [], []
    troubled(new_fleet(FAULTS), lambda fleet, state: plain.append(everything(fleet, state)))
    troubled(
        Recording(new_fleet(FAULTS), Parts(), header()), lambda fleet, state: seen.append(everything(fleet, state))
    )
    assert seen == plain
    assert len(seen) == 96


def test_a_replay_does_all_of_it_again(tmp_path):
    path, seen = recorded(tmp_path)
    anew = []
    done = replay(path, again, watch=lambda fleet, state: anew.append(everything(fleet, state)))
    assert anew == seen
    assert (done.ticks, done.from_s, done.to_s) == (96, 0.0, pytest.approx(9.6))
    assert done.hashes == 10
    done.fleet.close()


@pytest.mark.parametrize(("from_s", "begins_s"), [(0.0, 0.0), (2.95, 0.0), (3.0, 3.0), (7.7, 6.0), (9.6, 9.0)])
def test_a_replay_begins_at_the_checkpoint_before_the_time_that_is_asked_for(tmp_path, from_s, begins_s):
    path, seen = recorded(tmp_path)
    anew = []
    done = replay(path, again, from_s=from_s, watch=lambda fleet, state: anew.append(everything(fleet, state)))
    assert done.from_s == pytest.approx(begins_s)
    assert done.ticks == 96 - round(begins_s * 10)
    first = max(ceil(from_s * 10 - 1e-6), round(begins_s * 10) + 1)
    assert anew == seen[first - 1 :]
    done.fleet.close()


@pytest.mark.parametrize("to_s", [0.0, 0.1, 2.35, 3.0, 5.0, 9.6])
def test_a_replay_stops_at_the_last_tick_that_is_asked_for(tmp_path, to_s):
    path, seen = recorded(tmp_path)
    done = replay(path, again, to_s=to_s)
    ticks = int(to_s * 10 + 1e-6)
    assert done.ticks == ticks
    assert done.to_s == pytest.approx(ticks / 10)
    if ticks:
        state = done.fleet.truth()
        assert np.array(state.x_m).tobytes() in seen[ticks - 1]
    done.fleet.close()


@pytest.mark.parametrize(("from_s", "to_s"), [(9.7, 20.0), (0.0, -1.0)])
def test_a_time_that_the_trace_has_not_is_refused(tmp_path, from_s, to_s):
    path, _ = recorded(tmp_path)
    with pytest.raises(TraceFileError, match=r"is over at 9\.6 s|begins at 0 s"):
        replay(path, again, from_s=from_s, to_s=to_s)


def tampered(fault):
    """Makes fleets to which something happens, at 5.1 s or later, that was not recorded."""

    def make(head):
        fleet = again(head)
        poll = fleet.poll

        def polled():
            state = poll()
            if abs(state.time_s - 5.1) < 1e-6:
                fleet.inject(fault)
            return state

        fleet.poll = polled
        return fleet

    return make


def test_a_replay_of_a_fleet_that_drives_otherwise_names_the_first_tick(tmp_path):
    path, _ = recorded(tmp_path)
    pushed = tampered(Fault(at_s=5.1, kind=FaultKind.DISPLACED, robot=0, value=0.1))
    with pytest.raises(ReplayError, match=r"tick 52 of the replay, at 5\.2 s: robot 0 is at .*\(1 robots differ\)"):
        replay(path, pushed)
    replay(path, pushed, to_s=5.1).fleet.close()
    replay(path, pushed, to_s=6.0, verify=False).fleet.close()


def test_a_difference_below_what_poses_are_recorded_in_is_found_too(tmp_path):
    path, sink = tmp_path / "a", TraceWriter(tmp_path / "a")
    driver = Recording(new_fleet(), sink, header(), block_s=1.0)
    driver.open()
    for _ in range(60):
        driver.submit(Commands.none(3))
        driver.poll()
    driver.close()
    with pytest.raises(ReplayError, match=r"tick 52 of the replay, at 5\.2 s: poses differ by less than 0\.1 mm"):
        replay(path, tampered(Fault(at_s=5.1, kind=FaultKind.DISPLACED, robot=0, value=1e-9)))


def test_a_difference_that_no_pose_shows_is_found_by_the_next_hash(tmp_path):
    path, _ = recorded(tmp_path)
    with pytest.raises(ReplayError, match=r"the state is another one between 5\.1 and 6 s"):
        replay(path, tampered(Fault(at_s=5.1, kind=FaultKind.DRAINED, robot=1, value=90.0)))


def test_a_trace_of_other_robots_cannot_be_replayed(tmp_path):
    path, _ = recorded(tmp_path)
    with pytest.raises(CheckpointError):
        replay(path, lambda _header: two_robots())


def two_robots():
    from robots.model import RobotModel
    from tests.recorded_fleets import layout
    from twin.simulated_fleet import SimulatedFleet

    start = FleetState.at(np.array([1, 9], dtype=np.int32), width=8)
    return SimulatedFleet(layout(), RobotModel(), 1.0, start=start, chargers=np.zeros(0, dtype=np.int32))


def test_the_columns_of_a_trace_are_what_was_true(tmp_path):
    path, truths = tmp_path / "a.fptrace", []
    driver = Recording(new_fleet(FAULTS), TraceWriter(path), header(), block_s=1.0)
    keep = lambda fleet, state: truths.append((state.time_s, fleet.truth(), state.flags.copy()))  # noqa: E731
    troubled(driver, keep)
    driver.close()
    ticks = iter(truths)
    with Trace(path) as trace:
        assert trace.complete
        assert trace.header == header()
        for block in trace.blocks():
            for tick in range(block.ticks):
                time_s, truth, flags = next(ticks)
                x, y, theta = block.poses(tick)
                assert block.time_s[tick] == time_s
                np.testing.assert_allclose(x, truth.x_m, atol=0.51 * STEP_M)
                np.testing.assert_allclose(y, truth.y_m, atol=0.51 * STEP_M)
                off = (theta - truth.theta_rad + np.pi) % (2 * np.pi) - np.pi
                np.testing.assert_allclose(off, 0.0, atol=0.51 * STEP_RAD)
                np.testing.assert_array_equal(block.flags[tick], flags)
                np.testing.assert_array_equal(block.contacts[tick], 0)
    assert next(ticks, None) is None


def test_what_is_read_is_what_was_handed_over(tmp_path):
    sink = Parts()
    troubled(Recording(new_fleet(FAULTS), sink, header(), block_s=1.0, checkpoint_s=2.0))
    writer = TraceWriter(tmp_path / "a.fptrace")
    writer.begin(header())
    for part in sink.parts:
        (writer.checkpoint if isinstance(part, Checkpoint) else writer.block)(part)
    writer.end()
    with Trace(tmp_path / "a.fptrace") as trace:
        assert [repr(part) for part in trace.parts()] == [repr(part) for part in sink.parts]
    assert [part.time_s for part in sink.parts if isinstance(part, Checkpoint)] == pytest.approx([0, 2, 4, 6, 8])


def test_refused_calls_are_not_recorded():
    sink = Parts()
    driver = Recording(new_fleet(), sink, header(), block_s=0.1)
    state = driver.open()
    bad = rows(state)
    bad.entries[0, 0] = 9
    for call in (
        lambda: driver.submit(bad),
        lambda: driver.cancel(7),
        lambda: driver.inject(Fault(at_s=0.0, kind=FaultKind.DEAD, robot=7)),
        lambda: driver.recharge(0, 101.0),
        lambda: driver.put_back(7),
        driver.poll,
        driver.open,
    ):
        with pytest.raises(DriverError):
            call()
    assert not driver.put_back(0)
    drive(driver, state, 1)
    assert [block.script for block in sink.blocks] == [b"SP"]


def test_only_rows_that_changed_are_kept():
    sink = Parts()
    driver = Recording(new_fleet(), sink, header(), block_s=1.0)
    driver.open()
    commands = Commands.none(3, 4)
    for tick in range(10):
        commands.halt[1] = tick == 5
        driver.submit(commands)
        driver.poll()
    log = sink.blocks[0].commands
    assert log.changed.tolist() == [3, 0, 0, 0, 0, 1, 1, 0, 0, 0]
    assert log.robot.tolist() == [0, 1, 2, 1, 1]


def test_a_run_that_is_cut_off_leaves_what_came_before_its_last_block(tmp_path):
    path = tmp_path / "run.fptrace"
    driver = Recording(new_fleet(FAULTS), TraceWriter(path), header(), block_s=1.0)
    drive(driver, driver.open(), 37)
    part = tmp_path / "run.fptrace.part"
    assert not path.exists()
    with Trace(part) as trace:
        assert not trace.complete
        assert sum(block.ticks for block in trace.blocks()) == 30
    replay(part, again).fleet.close()
    driver.close()
    assert not part.exists()
    replay(path, again, from_s=3.7).fleet.close()


def test_a_trace_file_has_one_recording(tmp_path):
    driver = Recording(new_fleet(), TraceWriter(tmp_path / "a"), header())
    driver.open()
    checkpoint = driver.checkpoint()
    driver.stop()
    with pytest.raises(TraceFileError, match="has a recording already"):
        driver.resume(checkpoint)
    driver.close()


def test_a_recording_begins_at_a_checkpoint_too(tmp_path):
    first = new_fleet(FAULTS)
    drive(first, first.open(), 30)
    driver = Recording(new_fleet(), TraceWriter(tmp_path / "a"), header(), block_s=1.0)
    drive(driver, driver.resume(first.checkpoint()), 20)
    driver.close()
    done = replay(tmp_path / "a", again)
    assert (done.from_s, done.to_s, done.ticks) == (pytest.approx(3.0), pytest.approx(5.0), 20)
    done.fleet.close()


def test_the_header_has_to_be_of_as_many_robots():
    driver = Recording(new_fleet(), Parts(), header(robots=4))
    with pytest.raises(DriverError, match="4 robots, and the fleet has 3"):
        driver.open()


@pytest.mark.parametrize("name", ["folder", "no/such/folder/run"])
def test_a_place_that_cannot_hold_a_trace_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(TraceFileError, match="cannot be written"):
        TraceWriter(tmp_path / name)


def test_a_hash_tells_fleets_apart():
    one, other = new_fleet(FAULTS), new_fleet(FAULTS)
    drive(one, one.open(), 30)
    drive(other, other.open(), 30)
    assert state_hash(one) == state_hash(other)
    other.recharge(0, 100.0)
    assert state_hash(one) != state_hash(other)
    told = state_hash(one)
    one.inject(Fault(at_s=99.0, kind=FaultKind.LOSS, seconds=1.0, value=0.5))
    assert state_hash(one) != told


def test_a_fleet_that_was_resumed_has_the_hash_of_one_that_was_not():
    whole = new_fleet(FAULTS)
    state = drive(whole, whole.open(), 30)
    resumed = new_fleet()
    again = resumed.resume(whole.checkpoint())
    for _ in range(30):
        state, again = drive(whole, state, 1), drive(resumed, again, 1)
        assert state_hash(resumed) == state_hash(whole)


_PRINT_HASH = """
from tests.recorded_fleets import FAULTS, drive, new_fleet
from twin.recording.state_hash import state_hash
fleet = new_fleet(FAULTS)
drive(fleet, fleet.open(), 30)
print(state_hash(fleet))
"""


@pytest.mark.e2e
def test_a_hash_is_the_same_in_every_process():
    fleet = new_fleet(FAULTS)
    drive(fleet, fleet.open(), 30)
    root = Path(__file__).parents[2]
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", _PRINT_HASH], env=environment, cwd=root, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == state_hash(fleet)


def test_the_fleet_that_is_recorded_is_as_big_as_its_columns():
    driver = Recording(new_fleet(), Parts(), header())
    state = driver.open()
    assert state.robots == len(CELLS)
    assert (driver.entries_ahead, driver.charge_wh_used, driver.messages_dropped) == (16, 0.0, 0)
    assert driver.contacts().tolist() == [0, 0, 0]
