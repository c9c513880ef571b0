"""The program of simulated robots: settings, its state file, and a run against a controller in the same process."""

from __future__ import annotations

import json
import os
import signal
import threading
from contextlib import contextmanager
from os import urandom

import msgspec
import pytest
import zmq

from fleet.app.main import main
from fleet.app.simulated_robots.compose import robots_program
from fleet.app.simulated_robots.memory_file import MemoryFile, MemoryFileError
from fleet.app.simulated_robots.run import run
from fleet.app.simulated_robots.settings import RobotsSettings, check_endpoints, load_keys, numbered_names
from fleet.errors import SettingError
from robots.errors import InputError
from robots.gateways.gateway_link import GatewayLink
from robots.gateways.keys import new_key
from robots.gateways.robot_base import RobotMemory
from robots.messages import Hb, Pose, PoseReport, Velocity
from tests.scripted_controller import ScriptedController


def settings(endpoint, tmp_path, **more):
    values = {
        "world": "tiny",
        "endpoints": (endpoint,),
        "serials": ("amr-000", "amr-001", "amr-002"),
        "skipped": 0,
        "gateways": ("gw-000", "gw-001"),
        "keys": None,
        "seed": 1,
        "state": tmp_path / "state",
        "faults": None,
    }
    return RobotsSettings(**{**values, **more})


@contextmanager
def running(given):
    """The program, in a thread of its own."""
    said = []
    with robots_program(given, lambda: urandom(16), said.append) as program:
        thread = threading.Thread(target=program.run)
        thread.start()
        try:
            yield program
        finally:
            program.stop()
            thread.join(60)
    assert not thread.is_alive()


def test_robots_are_divided_evenly_and_in_order(tmp_path):
    given = settings("tcp://127.0.0.1:1", tmp_path, serials=tuple("abcdefgh"), gateways=("x", "y", "z"))
    assert [list(given.robots_of(gateway)) for gateway in range(3)] == [[0, 1], [2, 3, 4], [5, 6, 7]]


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [(None, 5, "amr-004"), (None, 2000, "amr-1999"), ("amr-010", 10, "amr-019"), ("r7", 3, "r9")],
)
def test_names_count_up(first, count, last):
    names, number = numbered_names("--first", first, "amr", count)
    assert (len(names), names[-1]) == (count, last)
    assert int("".join(filter(str.isdigit, names[0]))) == number


@pytest.mark.parametrize(("first", "count"), [("amr", 1), ("amr-", 1), ("", 1), ("a,0", 1), ("r7", 4), ("amr-999", 2)])
def test_names_that_cannot_be_counted_are_refused(first, count):
    with pytest.raises(SettingError, match="--first"):
        numbered_names("--first", first, "amr", count)


@pytest.mark.parametrize(
    "text", ["", "tcp://", "tcp://host", "http://x:1", "inproc://a", "tcp://127.0.0.1:99999", "a,b"]
)
def test_what_is_no_endpoint_is_refused(text):
    with pytest.raises(SettingError, match="--connect"):
        check_endpoints(text)


def test_endpoints_are_a_list_with_commas():
    assert check_endpoints("tcp://127.0.0.1:7100, tcp://[::1]:7100") == ("tcp://127.0.0.1:7100", "tcp://[::1]:7100")


def test_keys_may_be_left_out_on_this_machine_alone(tmp_path):
    assert load_keys(None, None, ("gw-000",), ("tcp://127.0.0.1:1", "ipc://x")) is None
    with pytest.raises(SettingError, match="--keys: is left out"):
        load_keys(None, None, ("gw-000",), ("tcp://10.0.0.5:1",))
    with pytest.raises(SettingError, match="--server-key"):
        load_keys(tmp_path, None, ("gw-000",), ("tcp://10.0.0.5:1",))


def test_missing_keys_and_loose_modes_are_refused(tmp_path):
    keys = tmp_path / "keys"
    new_key(keys, "controller")
    secret = new_key(keys, "gw-000")
    own, controller = load_keys(keys, keys / "controller.key", ("gw-000",), ("tcp://10.0.0.5:1",))
    assert (len(own), len(controller)) == (1, 40)
    with pytest.raises(InputError, match="gw-001"):
        load_keys(keys, keys / "controller.key", ("gw-000", "gw-001"), ("tcp://10.0.0.5:1",))
    secret.chmod(0o640)
    with pytest.raises(InputError, match="gw-000"):
        load_keys(keys, keys / "controller.key", ("gw-000",), ("tcp://10.0.0.5:1",))


def kept(path, **of):
    return MemoryFile(path, {"world": "tiny", "seed": "1"} | of)


def test_a_state_file_gives_back_what_was_written_last(tmp_path):
    record = msgspec.msgpack.encode(RobotMemory(7, 1, epoch=3, carried=["a"]))
    with kept(tmp_path / "state") as file:
        assert file.read() is None
        file.write([4], [record], 7, b"old")
        file.write([5], [record], 8, b"fleet")
        found = file.read()
    assert (found.epochs, found.fleet) == ([5], b"fleet")
    assert found.robots == [RobotMemory(7, 1, epoch=3, carried=["a"])]


def test_a_state_file_of_others_or_damaged_or_in_use_is_refused(tmp_path):
    path = tmp_path / "state"
    with kept(path) as file:
        file.write([1], [], 0, b"fleet")
        with pytest.raises(MemoryFileError, match="in use"):
            kept(path)
    with kept(path, world="other") as file, pytest.raises(MemoryFileError, match="is of world tiny, not other"):
        file.read()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:30] + b"x" + whole[31:], b"something else"):
        path.write_bytes(damaged)
        with kept(path) as file, pytest.raises(MemoryFileError, match="damaged"):
            file.read()
    with pytest.raises(MemoryFileError, match="cannot be written"):
        kept(tmp_path / "no" / "state")


def test_a_state_file_that_cannot_be_replaced_keeps_the_old(tmp_path):
    with kept(tmp_path / "state") as file:
        file.write([1], [], 0, b"old")
        (tmp_path / ".state.new").mkdir()
        with pytest.raises(OSError, match="directory"):
            file.write([2], [], 0, b"new")
        assert file.read().fleet == b"old"


def test_robots_drive_their_bases_and_know_them_when_they_come_back(tmp_path):
    with ScriptedController() as controller:
        given = settings(controller.endpoint, tmp_path)
        with running(given):
            controller.until(lambda: len(controller.states) == 3)
            made = [controller.order(robot, 20) for robot in given.serials]
            controller.until(lambda: all((order.robot, order.seq) in controller.acks for order in made))
            controller.until(lambda: min(state.last_seq for state in controller.states.values()) >= 6)
        controller.until(lambda: len(controller.byes) == 2)
        assert controller.poses
        before, boots = dict(controller.states), {hello.boot for hello in controller.hellos}
        controller.states.clear()
        with running(given):
            controller.until(lambda: len(controller.states) == 3)
            after = dict(controller.states)
        assert boots.isdisjoint(hello.boot for hello in controller.hellos[2:])
        for robot, state in after.items():
            assert (state.upd, state.order) == (20, "epoch-0")
            assert state.last_seq >= before[robot].last_seq


def test_a_robot_of_another_program_begins_where_it_would_in_one_program(tmp_path):
    places = []
    for serials, skipped in ((("amr-000", "amr-001", "amr-002"), 0), (("amr-002",), 2)):
        with ScriptedController() as controller:
            given = settings(
                controller.endpoint, tmp_path, serials=serials, skipped=skipped, gateways=("gw-000",), state=None
            )
            with running(given):
                controller.until(lambda held=controller: "amr-002" in held.states)
                places.append(controller.states["amr-002"].pose)
    assert (places[0].x, places[0].y) == pytest.approx((places[1].x, places[1].y), abs=0.02)


def test_too_many_robots_are_refused(tmp_path):
    with (
        pytest.raises(SettingError, match="--count"),
        robots_program(settings("tcp://127.0.0.1:1", tmp_path, skipped=5000), lambda: b"b" * 16, print),
    ):
        pass


def test_frames_that_are_no_messages_are_counted_and_change_nothing(tmp_path):
    with ScriptedController() as controller:
        given = settings(controller.endpoint, tmp_path, gateways=("gw-000",), state=None)
        with running(given) as program:
            controller.until(lambda: len(controller.states) == 3)
            for frames in ([b"RG1", b"\x81"], [b"XX", b"\x80"], [b"RG1"]):
                controller.send_frames(controller.routes["amr-000"], frames)
            controller.until(lambda: sum(program.figures.malformed.values()) == 3)
            assert controller.order("amr-000", 3).upd == 3
            controller.until(lambda: controller.states["amr-000"].upd == 3)
        assert program.figures.malformed == {"malformed": 1, "tag": 1, "frames": 1}


def test_a_gateway_goes_to_the_next_controller_when_its_own_is_gone(tmp_path):
    with ScriptedController(epoch=2) as standby:
        leader = ScriptedController()
        given = settings(leader.endpoint, tmp_path, endpoints=(leader.endpoint, standby.endpoint))
        with running(given):
            leader.until(lambda: len(leader.states) == 3)
            leader.__exit__()
            standby.until(lambda: len(standby.states) == 3)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_and_figures_are_printed(tmp_path, capsys, number, code):
    before = signal.getsignal(number)
    with ScriptedController() as controller:
        timer = threading.Timer(1.0, os.kill, (os.getpid(), number))
        timer.start()
        assert run(settings(controller.endpoint, tmp_path), boot=lambda: urandom(16), as_json=True) == code
        timer.join()
    assert signal.getsignal(number) == before
    assert json.loads(capsys.readouterr().out)["ticks"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--connect", "http://x", "--count", "1"], "is no endpoint"),
        (["--connect", "tcp://10.0.0.5:7100", "--count", "1"], "--keys"),
        (["--connect", "tcp://127.0.0.1:9", "--count", "1", "--gateways", "2"], "--gateways"),
        (["--connect", "tcp://127.0.0.1:9", "--count", "9999"], "do not fit"),
    ],
)
def test_the_command_says_what_is_wrong(capsys, arguments, words):
    assert main(["robots", "tiny", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_poses_that_find_no_room_are_dropped_and_messages_are_kept():
    context = zmq.Context()
    link = GatewayLink(context, ["tcp://127.0.0.1:1"], None)
    link.connect(0)
    pose = PoseReport("amr-000", 1, 0, Pose(0.0, 0.0, 0.0, "hall"), Velocity(0.0))
    link.send_poses([pose, pose])
    link.send([Hb(1, 1, 0)])
    link.send_poses([pose])
    assert link.dropped == 3
    assert list(link.received()) == []
    link.drop()
    link.drop()
    link.send_poses([pose])
    assert list(link.received()) == []
    context.term()
