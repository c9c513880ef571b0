"""The C firmware as a process: what the conformance kit does not cover, which is its machine and its command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest
import zmq.auth

from tests.firmware_c import built, packed_frames, samples
from tests.gateway_kit.program import stub
from tests.gateway_kit.rig import Rig, at_rest, distance

pytestmark = pytest.mark.e2e

WATCHDOG_EXIT = 86
OPTIONS = ["--connect", "tcp://127.0.0.1:9", "--gateway", "gateway-1", "--robot", "amr-000"]
OPTIONS += ["--at", "2.5,2.5,0", "--map", "hall", "--state"]


@pytest.fixture
def rig(tmp_path):
    with Rig(stub("c", str(built() / "robot")), tmp_path) as found:
        yield found


def robot(*options, **named):
    command = [built() / "robot", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **named)


def ended(rig, timeout=60):
    """The exit code of the rig's program."""
    return rig._process.wait(timeout)


# The watchdog


@pytest.mark.parametrize("line", ["hang", "spin"])
def test_the_watchdog_ends_a_process_whose_control_loop_hangs(rig, line):
    rig.meet(cells=4)
    rig.base.drive(4)
    rig.go()
    rig.under_way()
    rig.say(line)
    assert ended(rig) == WATCHDOG_EXIT
    assert "watchdog: the control loop hangs" in rig.log()


def test_a_robot_that_the_watchdog_stopped_finishes_its_base_after_a_restart(rig):
    rig.meet(cells=4)
    rig.base.drive(4)
    rig.go()
    seen = rig.under_way(metres=0.5)
    rig.say("hang")
    assert ended(rig) == WATCHDOG_EXIT
    rig.kill()
    mark = rig.mark
    rig.start()
    state = rig.state_where("state after the restart", lambda _state: True, since=mark)
    assert distance(state["pose"], rig.base.nodes[0]) >= distance(seen["pose"], rig.base.nodes[0]) - 0.1
    rig.arrive()


def test_the_watchdog_does_not_bite_when_the_whole_machine_stalls(rig):
    """A stopped process is a stalled computer: nothing moved meanwhile, and nothing has to be caught up with."""
    rig.meet(cells=4)
    rig.base.drive(4)
    rig.go()
    rig.under_way()
    rig._process.send_signal(signal.SIGSTOP)
    time.sleep(1.0)
    rig._process.send_signal(signal.SIGCONT)
    rig.arrive()
    rig.assert_alive()


# Memory


def test_the_control_loop_takes_no_memory_from_the_heap(tmp_path, monkeypatch):
    told = tmp_path / "allocations"
    monkeypatch.setenv("LD_PRELOAD", str(built() / "count_allocations.so"))
    monkeypatch.setenv("ALLOCATIONS", str(told))
    with Rig(stub("c", str(built() / "robot")), tmp_path) as rig:
        rig.meet(cells=2)
        monkeypatch.delenv("LD_PRELOAD")
        rig.base.drive(2).turn(1).serve(0.2).charge()
        rig.go()
        rig.controller.send_frames([b"RG1", b"\xc1"])
        rig.accepted(rig.instant({"type": "speedLimit", "params": {"mps": 0.5}}))
        rig.arrive()
        # And once more, in a second session.
        rig.controller.send({"msg": "bye", **rig.controller.about(rig.controller.session), "reason": "a test"})
        rig.controller.forget()
        rig.hello()
        rig.base.turn(-1)
        rig.go()
        rig.arrive()
        rig._process.send_signal(signal.SIGTERM)
        assert ended(rig) == 0
    counts = {name: int(count) for name, count in map(str.split, told.read_text().splitlines())}
    assert counts["zmq"] > 50, "the counter does not count"
    assert (counts["program"], counts["loop"]) == (0, 0)


def test_a_million_mutated_frames_do_no_harm():
    command = [built() / "fuzz_wire", "1", "1000000"]
    done = subprocess.run(command, input=packed_frames(samples()), capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
    counts = {name: int(count) for name, count in map(str.split, done.stdout.decode().splitlines())}
    assert sum(counts.values()) == 1_000_000
    assert counts["none"] > 10_000


def test_a_life_with_all_that_happens_is_clean_for_the_sanitizers(tmp_path):
    with Rig(stub("c", str(built() / "robot_sanitized")), tmp_path, curve=True) as rig:
        rig.meet(cells=3)
        rig.base.drive(3).turn(1).serve(0.2).charge()
        rig.go()
        rig.under_way()
        for line in ("estop", "release", "block", "clear", "fail", "repair", "nonsense", "x" * 1000, "place 1,2"):
            rig.say(line)
            rig.controller.listen(0.1)
        for frames in ([b"RG1"], [b"RG1", b"\xc1"], [b"RG1", b"\x80" * 9000], [b"RG1", b"", b""], [b"RG2", b"\x80"]):
            rig.controller.send_frames(frames)
        rig.accepted(rig.instant({"type": "startPause"}))
        rig.accepted(rig.instant({"type": "stopPause"}))
        rig.arrive()
        rig.say("place 7.5,7.5,0")
        state = rig.state_where("loss", lambda state: state["errors"])
        assert (state["pose"]["x"], state["pose"]["y"]) == (7.5, 7.5)
        rig._process.send_signal(signal.SIGTERM)
        assert ended(rig) == 0, rig.log()
        rig.kill()
        rig.start()
        mark = rig.mark
        state = rig.state_where("state after the restart", lambda _state: True, since=mark)
        assert [error["type"] for error in state["errors"]] == ["lost"]
        rig._process.send_signal(signal.SIGTERM)
        assert ended(rig) == 0, rig.log()


# The body


def test_bumper_contact_stops_it_where_the_obstacle_is(rig):
    state = rig.meet(cells=4)
    rig.say("block 1.2")
    rig.base.drive(4)
    rig.go()
    stood = rig.state_where(
        "contact", lambda state: any(error["type"] == "blocked" for error in state["errors"]) and at_rest(state)
    )
    assert 1.2 <= distance(stood["pose"], state["pose"]) <= 1.5
    rig.say("clear")
    rig.arrive()


def test_an_emergency_stop_outlives_a_restart(rig):
    rig.meet(cells=4)
    rig.base.drive(4)
    rig.go()
    rig.under_way()
    rig.say("estop")
    rig.state_where("emergency stop", lambda state: state["estop"] == "MANUAL" and at_rest(state))
    rig.kill()
    mark = rig.mark
    rig.start()
    state = rig.state_where("state after the restart", lambda _state: True, since=mark)
    assert state["estop"] == "MANUAL"
    rig.assert_stands()
    rig.say("release")
    rig.arrive()


def test_an_empty_battery_is_a_failure(tmp_path):
    with Rig(stub("c", str(built() / "robot"), "--battery", "0.001"), tmp_path) as rig:
        rig.meet()
        state = rig.state_where("failure", lambda state: any(error["type"] == "failed" for error in state["errors"]))
        assert state["soc"] == 0.0


# Its memory on disk


def test_what_cannot_be_written_down_is_not_acknowledged(rig):
    rig.meet(cells=2)
    folder = rig.folder / "state"
    shutil.rmtree(folder)
    rig.base.drive(2)
    number = rig.order(rig.base.part(rig.state["last_seq"]))
    heard = rig.controller.listen(2.0)
    assert not [message for message in heard if message["msg"] == "ack"]
    assert "reports nothing until" in rig.log()
    folder.mkdir()
    assert rig.answer(number) == ("accepted", "")
    rig.arrive()


def test_the_charge_of_its_battery_outlives_a_restart(tmp_path):
    with Rig(stub("c", str(built() / "robot"), "--battery", "50"), tmp_path) as rig:
        rig.meet()
        rig.base.charge()
        rig.go()
        charged = rig.state_where("charging", lambda state: state["soc"] > 50.1)
        rig.controller.listen(4.0)  # it is written down once a second, on a machine that keeps up
        rig.kill()
        mark = rig.mark
        rig.start()
        state = rig.state_where("state after the restart", lambda _state: True, since=mark)
        assert state["soc"] >= charged["soc"]
        assert state["charging"]


def stood(tmp_path):
    """The state files of a robot that was on for a moment."""
    state = tmp_path / "robot.state"
    process = subprocess.Popen([built() / "robot", *OPTIONS, state], stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not state.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    assert process.wait(60) == 0
    return state


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_memory_is_refused(tmp_path, damage):
    state = stood(tmp_path)
    content = bytearray(state.read_bytes())
    content[content.index(b"hall")] ^= 1  # still a name of a map: only the checksum tells
    state.write_bytes({"flipped": content, "cut": state.read_bytes()[:-1], "empty": b""}[damage])
    done = robot(*OPTIONS, state)
    assert done.returncode == 2
    assert "damaged" in done.stderr


def test_the_memory_of_another_robot_is_refused(tmp_path):
    state = stood(tmp_path)
    done = robot(*OPTIONS, state, "--robot", "amr-001")
    assert done.returncode == 2
    assert "another robot" in done.stderr


def test_without_a_pose_it_is_lost(rig):
    rig.meet()
    rig.kill()
    (rig.folder / "state" / "robot.json.pose").unlink()
    mark = rig.mark
    rig.start()
    state = rig.state_where("state", lambda _state: True, since=mark)
    assert [error["type"] for error in state["errors"]] == ["lost"]
    assert state["pose"]["ok"] is False


# The command line


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (["--connect", "udp://127.0.0.1:5"], "is not tcp://HOST:PORT"),
        (["--connect", "tcp://127.0.0.1"], "is not tcp://HOST:PORT"),
        (["--connect", "tcp://127.0.0.1:0"], "is not tcp://HOST:PORT"),
        (["--connect", "tcp://127.0.0.1:5,"], "is not tcp://HOST:PORT"),
        (["--connect", "tcp://10.0.0.1:5555"], "needs --key and --server-key"),
        (["--at", "1,2"], "not X,Y,THETA"),
        (["--at", "1,2,nan"], "not X,Y,THETA"),
        (["--robot", ""], "1 to 64 characters"),
        (["--gateway", "x" * 65], "1 to 64 characters"),
        (["--speed", "0"], "not a number from"),
        (["--speed", "fast"], "not a number from"),
        (["--battery", "101"], "not a number from"),
        (["--colour", "red"], "is no option"),
        (["--speed"], "needs a value"),
        (["--key", "nowhere"], "go together"),
        (["--key", "nowhere", "--server-key", "nowhere"], "No such file"),
        (["--state", "/nowhere/at/all"], "No such file"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, change, problem):
    done = robot(*OPTIONS, tmp_path / "state", *change)
    assert done.returncode == 2
    assert problem in done.stderr
    assert not done.stdout


def test_what_is_needed_is_named(tmp_path):
    done = robot(*OPTIONS[2:], tmp_path / "state")
    assert done.returncode == 2
    assert "--connect is missing" in done.stderr


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda keys: (keys / "robot.key_secret").chmod(0o640), "chmod 600"),
        (lambda keys: (keys / "robot.key_secret").write_bytes((keys / "robot.key").read_bytes()), "no secret key"),
        (lambda keys: (keys / "controller.key").write_text("curve\n"), "no public key"),
        (lambda keys: (keys / "controller.key").write_text('curve\n    public-key = "abc"\n'), "no public key"),
    ],
)
def test_bad_key_files_are_refused(tmp_path, spoil, problem):
    for name in ("robot", "controller"):
        zmq.auth.create_certificates(tmp_path, name)
        (tmp_path / f"{name}.key_secret").chmod(0o600)
    spoil(tmp_path)
    keys = ["--key", tmp_path / "robot.key_secret", "--server-key", tmp_path / "controller.key"]
    done = robot(*OPTIONS, tmp_path / "state", *keys)
    assert done.returncode == 2
    assert problem in done.stderr


def test_switched_off_it_says_bye(rig):
    rig.meet()
    mark = rig.mark
    os.kill(rig._process.pid, signal.SIGTERM)
    bye = rig.controller.expect("bye", lambda message: message["msg"] == "bye", since=mark)
    assert bye["session"] == rig.controller.session or bye["session"] > 0
    assert ended(rig) == 0
