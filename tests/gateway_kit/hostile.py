"""Facts about what is no message: it is dropped, and the robot goes on as if it had not come."""

from __future__ import annotations

from itertools import product

import msgpack

from tests.gateway_kit.rig import Rig
from tests.gateway_kit.wire import TAG, Table, encode

DEEP = b"\x81\xa1a" * 2500
HUGE = (
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
)
WRONG = (None, True, -1, 2**63, 2**64 - 1, 1.5, float("nan"), float("inf"), "x" * 4000, b"\xff", [], {}, [[]])


def frames_that_are_no_messages_are_dropped(rig: Rig) -> None:
    state = rig.meet(cells=3)
    rig.base.drive(2)
    good = {"msg": "order", "robot": rig.robot, "epoch": state["epoch"], "seq": 900_000, "order": "order-x"}
    good |= rig.base.part(state["last_seq"])
    body = encode(good)[1]
    shapes = [[TAG], [], [b""], [b"", b""], [TAG, b""], [b"RG2", body], [body], [TAG, body, b""], [TAG, TAG, body]]
    bodies = [b"\xc1", b"\x80", b"\x90", b"\xff", DEEP, b"\x91" * 4096]
    bodies += [body[:-1], body[: len(body) // 2], body + b"\x00", bytes(range(256))]
    bodies += [*HUGE, *(b"\x81\xa3msg" + head for head in HUGE), b"\x81\xa3msg\xa2\xff\xfe"]
    bodies += [b"\x91\xc7\x0c\xff" + bytes(12), b"\x91\xd6\xff" + bytes(4), b"\x91\xc7\x00\x05"]
    kinds = ("order", "instant", "hb", "bye", "resync", "welcome", "x", 5, [])
    bodies += [msgpack.packb({"msg": kind}) for kind in kinds]
    for frames in [*shapes, *([TAG, body] for body in bodies)]:
        rig.controller.send_frames(frames)
    _still_well(rig)


def orders_with_wrong_values_are_not_obeyed(rig: Rig) -> None:
    state = rig.meet(cells=3)
    rig.base.drive(2)
    good = {"msg": "order", "robot": rig.robot, "epoch": state["epoch"], "seq": 900_000, "order": "order-x"}
    good |= rig.base.part(state["last_seq"])
    for key, wrong in product(("robot", "epoch", "seq", "order", "nodes", "edges"), WRONG):
        rig.controller.send({**good, key: wrong})
    for key, wrong in product(("seq", "rel", "x", "y", "map", "theta", "actions"), WRONG):
        may_be = (key == "rel" and wrong is True) or (key in {"theta", "actions"} and wrong in (None, []))
        if not may_be:
            rig.controller.send({**good, "nodes": [*good["nodes"][:-1], {**good["nodes"][-1], key: wrong}]})
    rig.controller.send({**good, "nodes": good["nodes"] * 11})
    rig.controller.send({**good, "nodes": [{**good["nodes"][0], "id": ""}, *good["nodes"][1:]]})
    missing = [{name: value for name, value in good.items() if name != key} for key in good]
    for message in missing:
        rig.controller.send(message)
    rig.controller.send({**good, "weather": float("nan")})
    rig.controller.send({**good, "weather": msgpack.Timestamp(1, 2)})
    _still_well(rig)


def entries_that_a_robot_cannot_do_are_rejected(rig: Rig) -> None:
    state = rig.meet(cells=3)
    rig.base.drive(1)
    start, end = rig.base.part(state["last_seq"])["nodes"]
    aside = {**end, "x": start["x"] + 0.5, "y": start["y"] + 0.5}
    round_about = {**start, "id": end["id"], "seq": end["seq"], "theta": start["theta"] + 3.14159}
    unknown = {**end, "x": start["x"], "y": start["y"], "actions": [{"id": "a1", "type": "makeCoffee", "params": {}}]}
    elsewhere = {**end, "map": "another floor"}
    for node in (aside, round_about, unknown, elsewhere):
        result, error = rig.answer(rig.order({**rig.base.part(state["last_seq"]), "nodes": [start, node]}))
        assert result == "rejected", f"{node} is {result}"
        assert error
    rig.base.cut(state["last_seq"])
    _still_well(rig)


def a_frame_of_a_megabyte_is_survived(rig: Rig) -> None:
    rig.meet(cells=3)
    rig.controller.send({"msg": "hb", **rig.controller.about(rig.controller.session), "x": b"\0" * 1_000_000})
    rig.controller.listen(1.0)
    rig.assert_alive()
    # Its ZeroMQ may have dropped the connection; then it says hello again when the lease ends.
    mark = rig.mark
    rig.state_where("state", lambda _state: True, since=mark)
    rig.controller.listen(4.5)
    mark = rig.mark
    rig.state_where("state", lambda _state: True, since=mark)
    rig.base.drive()
    rig.go()
    rig.arrive()


def _still_well(rig: Rig) -> None:
    """Nothing of all that has been obeyed, the session goes on, and a good order is."""
    start: Table = rig.state
    rig.controller.listen(1.0)
    rig.assert_alive()
    assert not [message for message in rig.said("ack") if message["re"] == 900_000 and message["result"] != "rejected"]
    assert len([message for message in rig.controller.heard if message["msg"] == "hello"]) == _hellos(rig)
    rig.assert_stands(0.5)
    assert (rig.state["upd"], rig.state["epoch"]) == (start["upd"], start["epoch"])
    rig.base.cut(2 * start["upd"])
    rig.base.drive(2)
    rig.go()
    rig.arrive()


def _hellos(rig: Rig) -> int:
    """How many hellos the program needed for its robots."""
    peers = {message["peer"] for message in rig.controller.heard if message["msg"] == "hello"}
    assert len(peers) == 1, "it had to connect again"
    return len([message for message in rig.controller.heard if message["msg"] == "hello"])


FACTS = (
    frames_that_are_no_messages_are_dropped,
    orders_with_wrong_values_are_not_obeyed,
    entries_that_a_robot_cannot_do_are_rejected,
    a_frame_of_a_megabyte_is_survived,
)
