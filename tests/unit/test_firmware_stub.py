"""The Python firmware stub by itself: what its robot does, what it takes, what it says when the network is slow."""

from __future__ import annotations

import math
import random
import re

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_stubs.python.robot import (
    TICK_S,
    Body,
    Memory,
    Node,
    Robot,
    Session,
    decode,
    main,
    read_options,
    read_place,
    remember,
)
from tests.gateway_kit.base import Base
from tests.gateway_kit.mutants import STUB
from tests.gateway_kit.wire import encode

POSE = {"x": 2.5, "y": 2.5, "theta": 0.0, "map": "hall"}


def new_robot():
    return Robot(Body(), Memory("amr-000", "hall", [Node(0, 2.5, 2.5, 0.0)], soc=90.0))


def order(base, first=0, epoch=0, **changed):
    part = base.part(first)
    message = {"msg": "order", "robot": "amr-000", "epoch": epoch, "seq": 1, "order": f"order-{epoch}", **part}
    return decode(encode(message | changed))


def instant(kind, name="i", epoch=0, **params):
    actions = [{"id": name, "type": kind, "params": params}]
    return decode(encode({"msg": "instant", "robot": "amr-000", "epoch": epoch, "seq": 1, "actions": actions}))


def run(robot, seconds):
    for _ in range(round(seconds / TICK_S)):
        robot.step(TICK_S)


def test_a_drive_takes_as_long_as_speed_and_acceleration_say():
    robot = new_robot()
    assert robot.obey(order(Base(POSE, 0, 1.0).drive(4))) == ("accepted", "")
    seconds = 0.0
    while robot.memory.confirmed < 4 or robot.speed:
        robot.step(TICK_S)
        seconds += TICK_S
        assert robot.speed <= 1.0
    assert seconds == pytest.approx(4 / 1.0 + 1.0 / 1.0, abs=0.15)
    assert robot.pose() == pytest.approx((6.5, 2.5, 0.0))


def test_a_slow_edge_ahead_is_entered_slowly():
    robot = new_robot()
    part = order(Base(POSE, 0, 1.0).drive(4))
    part["edges"][2]["vmax"] = 0.3
    robot.obey(part)
    while robot.memory.confirmed < 3:
        robot.step(TICK_S)
        if 4.5 < robot.pose()[0] < 5.5:
            assert robot.speed <= 0.31


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_controller_says_the_robot_keeps_to_its_base(seed):
    rng = random.Random(seed)
    robot, epoch, plan = new_robot(), 0, Base(POSE, 0, 1.0)
    confirmed = 0
    for number in range(60):
        memory = robot.memory
        plan.cut(2 * robot.state()["upd"])
        what = rng.choice(["drive", "turn", "serve", "charge", "pause", "go", "epoch", "limit"])
        if what in {"drive", "turn", "serve", "charge"} and len(memory.base) < 20:
            first = plan.end["seq"]
            {
                "drive": lambda: plan.drive(rng.randint(1, 4)),
                "turn": lambda: plan.turn(rng.choice([1, -1])),
                "serve": lambda: plan.serve(rng.random()),
                "charge": plan.charge,
            }[what]()
            assert robot.obey(order(plan, first, epoch)) == ("accepted", "")
        elif what == "epoch":
            epoch += 1
            robot.obey(instant("stateRequest", f"i{number}", epoch))
        elif what in {"pause", "go"}:
            robot.obey(instant("startPause" if what == "pause" else "stopPause", f"i{number}", epoch))
        elif what == "limit":
            robot.obey(instant("speedLimit", f"i{number}", epoch, mps=rng.uniform(0.1, 2)))
        for _ in range(rng.randint(1, 100)):
            robot.step(TICK_S)
            state = robot.state()
            assert confirmed <= state["last_seq"] <= 2 * state["upd"]
            confirmed = state["last_seq"]
    robot.obey(instant("stopPause", "last", epoch))
    run(robot, 300)
    end = robot.memory.base[-1]
    assert robot.memory.base == [end]
    assert robot.speed == 0.0
    assert math.dist(robot.pose(), (end.x, end.y, end.theta)) < 1e-9


def test_a_lost_robot_that_is_put_back_at_its_node_goes_on_from_there():
    robot = new_robot()
    base = Base(POSE, 0, 1.0).drive(3)
    robot.obey(order(base))
    run(robot, 1.9)
    node = base.node(robot.state()["last_seq"])
    robot.happen("lost")
    robot.happen("place 9,9,0")
    assert robot.state()["pose"]["ok"] is False
    robot.happen(f"place {node['x']},{node['y']},0")
    assert robot.state()["pose"] == {**POSE, "x": node["x"], "ok": True}
    assert robot.state()["upd"] * 2 == node["seq"]


def test_a_failed_robot_and_one_with_an_empty_battery_stand():
    robot = new_robot()
    robot.obey(order(Base(POSE, 0, 1.0).drive(3)))
    robot.happen("fail")
    run(robot, 2)
    assert robot.pose()[0] == 2.5
    robot.happen("repair")
    robot.memory.soc = 0.0
    run(robot, 2)
    assert robot.pose()[0] == 2.5
    assert [error["type"] for error in robot.state()["errors"]] == ["failed"]


def test_more_entries_than_it_can_report_are_refused():
    robot = new_robot()
    base = Base(POSE, 0, 1.0)
    for first in range(0, 64, 16):
        base.turn(*[1] * 16)
        assert robot.obey(order(base, 2 * first)) == ("accepted", "")
    base.turn(1)
    assert robot.obey(order(base, 128)) == ("rejected", "full")


def test_a_position_that_lacks_something_or_goes_back_is_refused():
    robot = new_robot()
    place = {"x": 1.5, "y": 2.5, "theta": 0.0, "map": "hall"}
    assert robot.obey(instant("initPosition", "a", **place)) == ("rejected", "parameters")
    assert robot.obey(instant("initPosition", "b", **place, last_seq=8)) == ("accepted", "")
    assert robot.obey(instant("initPosition", "c", **place, last_seq=6)) == ("rejected", "parameters")


class Net:
    """A network that takes as many messages as it is told."""

    def __init__(self):
        self.room, self.sent = 0, []

    def connect(self):
        pass

    def send(self, message):
        if self.room == 0:
            return False
        self.room -= 1
        self.sent.append(message)
        return True


def test_when_the_network_takes_nothing_states_wait_and_poses_are_dropped(tmp_path):
    net = Net()
    robot = new_robot()
    session = Session(robot, "gateway-1", tmp_path / "state", net)
    session.begin(0.0)
    lease = {"lease_ms": 600_000, "hb_ms": 60_000, "proto": [1, 0]}
    session.take(encode({"msg": "welcome", "session": 1, "epoch": 1, **lease}), 0.0)
    robot.obey(order(Base(POSE, 0, 1.0).drive(4)))
    now = 0.0
    while now < 10.0:
        now += TICK_S
        robot.step(TICK_S)
        session.report(now)
    net.room = 1000
    session.report(now)
    states = [message for message in net.sent if message["msg"] == "state"]
    assert [state["seq"] for state in states] == list(range(1, len(states) + 1))
    assert {state["last_seq"] for state in states} == {0, 2, 4, 6, 8}
    assert not [message for message in net.sent if message["msg"] == "pose"]
    assert states[-1]["pose"]["x"] == pytest.approx(6.5)


def test_a_session_begins_with_a_welcome_and_ends_with_a_bye_the_lease_or_an_old_controller(tmp_path):
    net, robot = Net(), new_robot()
    net.room = 1000
    session = Session(robot, "gateway-1", tmp_path / "state", net)
    session.begin(0.0)

    def take(kind, epoch=7, **more):
        session.take(encode({"msg": kind, "session": 1, "epoch": epoch, "t": 1, **more}), 0.0)
        session.report(0.0)
        return [message["msg"] for message in net.sent]

    lease = {"lease_ms": 3000, "hb_ms": 1000}
    assert take("welcome", **lease, proto=[2, 0]) == ["hello", "bye"]
    assert take("welcome", **lease, proto=[1, 0])[2:] == ["state", "resync", "hb"]
    assert take("hb", session=2) == take("hb") == take("resync", robots=["amr-001"])
    assert take("resync")[5:] == ["state"]
    assert session.deadline == 3.0
    assert take("hb", epoch=6)[6:] == ["bye"]
    assert take("resync", epoch=8) == take("hb", epoch=8)
    assert take("welcome", epoch=9, **lease, proto=[1, 0])[7:] == ["state", "hb"]
    assert take("bye", epoch=9) == take("resync", epoch=9)
    assert session.session is None
    assert session.dropped == 4


@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_are_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        decode([b"RG1", data])


GOOD = order(Base(POSE, 0, 1.0).drive(2).serve(1.0))


@given(st.integers(0, len(msgpack.packb(GOOD)) - 1), st.integers(0, 255))
def test_an_order_with_a_wrong_byte_is_read_or_refused(place, byte):
    data = bytearray(msgpack.packb(GOOD))
    data[place] = byte
    robot = new_robot()
    try:
        found = decode([b"RG1", bytes(data)])
    except ValueError:
        return
    if found["msg"] == "order":
        robot.obey(found)
        run(robot, 0.1)


def test_what_was_saved_is_what_is_loaded(tmp_path):
    robot = new_robot()
    robot.obey(order(Base(POSE, 0, 1.0).drive(2).serve(1.0).turn(1)))
    robot.obey(instant("speedLimit", mps=0.5))
    run(robot, 2.0)
    robot.happen("lost")
    robot.memory.save(tmp_path / "state", durable=True)
    loaded = Memory.load(tmp_path / "state")
    assert loaded == robot.memory
    assert Robot(Body(), loaded).pose() == robot.pose()


OPTIONS = {"--connect": "tcp://127.0.0.1:1", "--gateway": "g", "--robot": "amr-000", "--at": "1,1,0", "--map": "hall"}


def words(tmp_path, **changed):
    options = {**OPTIONS, "--state": str(tmp_path / "state"), **{f"--{key}": value for key, value in changed.items()}}
    return [word for pair in options.items() for word in pair]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"connect": "tcp://10.0.0.5:7100"}, "--key and --server-key are needed"),
        ({"connect": "127.0.0.1:7100"}, "give tcp://HOST:PORT"),
        ({"at": "1,2"}, "--at"),
        ({"at": "1,2,nan"}, "--at"),
        ({"robot": "x" * 65}, "--robot"),
        ({"speed": "0"}, "--speed"),
        ({"key": "nowhere"}, "go together"),
        ({"key": "nowhere", "server-key": "nowhere"}, "No such file"),
    ],
)
def test_wrong_options_end_with_2_and_say_what_is_wrong(tmp_path, capsys, changed, told):
    with pytest.raises(SystemExit) as ended:
        main(words(tmp_path, **changed))
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_key_that_others_can_read_is_refused(tmp_path, capsys):
    key = tmp_path / "key"
    key.write_text("")
    key.chmod(0o644)
    with pytest.raises(SystemExit):
        read_options(words(tmp_path, key=str(key), **{"server-key": str(key)}))
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", '{"base": [{}]}', '{"robot": "amr-009"}', "[]"])
def test_a_state_file_that_is_damaged_or_of_another_robot_is_refused(tmp_path, capsys, content):
    (tmp_path / "state").write_text(content)
    assert main(words(tmp_path)) == 2
    assert "--state" in capsys.readouterr().err


def test_a_new_robot_stands_where_the_options_say_and_later_where_it_was(tmp_path):
    assert remember(read_options(words(tmp_path))).base == [Node(0, 1.0, 1.0, 0.0)]
    assert remember(read_options(words(tmp_path, at="5,5,0"))).base == [Node(0, 1.0, 1.0, 0.0)]
    with pytest.raises(ValueError, match="of robot amr-000"):
        remember(read_options(words(tmp_path, robot="amr-001")))


def test_every_option_and_every_line_is_in_the_readme(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    readme = (STUB.parents[1] / "README.md").read_text(encoding="utf-8")
    told = [line for line in readme.splitlines() if line.startswith("| `--")]
    assert set(re.findall(r"`(--[a-z-]+)`", "".join(line.split(" | ")[0] for line in told))) == options
    section = readme.split("## What happens on the floor")[1].split("##")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    lines = [line for row in rows for line in re.findall("`(.*?)`", row)]
    assert len(lines) == 8
    for line in lines:
        new_robot().happen(line.replace("X,Y,THETA", "1,1,0"))


@pytest.mark.parametrize("line", ["", "dance", "place", "place 1,2", "place 1,2,inf"])
def test_lines_that_mean_nothing_are_refused(line):
    with pytest.raises(ValueError, match=r".+"):
        new_robot().happen(line)


def test_a_place_is_three_numbers():
    assert read_place("1,2.5,-3") == (1.0, 2.5, -3.0)
