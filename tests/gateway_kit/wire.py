"""What a gateway may send: every field of every message, by hand, from docs/protocol.md."""

from __future__ import annotations

import math
from typing import Any

import msgpack

TAG = b"RG1"
Table = dict[str, Any]

NAME, SHORT, TEXT = (str, 1, 64), (str, 0, 64), (str, 0, 256)
NUMBER, COUNT, BOOT, BOOL = (int, 0, 2**31 - 1), (int, 0, 2**63 - 1), (bytes, 16, 16), (bool, False, True)
SIZE, VELOCITY = (float, -1e6, 1e6), (float, -100, 100)
FACTSHEET = {"type": NAME, "length": SIZE, "width": SIZE, "vmax": SIZE, "battery?": (float, 0, 1e7)}
ROBOT = {"manufacturer": NAME, "serial": NAME, "factsheet?": FACTSHEET}
POSE = {"x": SIZE, "y": SIZE, "theta": (float, -1e3, 1e3), "map": NAME, "ok?": BOOL}
VEL = {"v": VELOCITY, "w?": VELOCITY}
STATUS = {"WAITING", "INITIALIZING", "RUNNING", "PAUSED", "FINISHED", "FAILED"}
DONE = {"id": NAME, "status": STATUS, "left?": (float, 0, 1e6)}
FAULT = {"type": NAME, "level": {"WARNING", "FATAL"}, "text?": TEXT}
ABOUT = {"session": COUNT, "epoch": COUNT, "t": COUNT}
MESSAGES: dict[str, Table] = {
    "hello": {"proto": (list, 2, 2, (int, 0, 65535)), "gw": NAME, "boot": BOOT, "robots": (list, 0, 32, ROBOT)},
    "ack": {"robot": NAME, "re": COUNT, "result": {"accepted", "duplicate", "rejected"}, "error?": TEXT},
    "pose": {"robot": NAME, "seq": COUNT, "t": COUNT, "pose": POSE, "vel": VEL},
    "hb": ABOUT,
    "bye": {**ABOUT, "reason?": TEXT},
    "resync": {**ABOUT, "robots?": (list, 0, 32, NAME)},
    "state": {
        "robot": NAME,
        "boot": BOOT,
        "seq": COUNT,
        "t": COUNT,
        "epoch": NUMBER,
        "order": SHORT,
        "upd": NUMBER,
        "last_node": SHORT,
        "last_seq": NUMBER,
        "pose": POSE,
        "vel": VEL,
        "soc": (float, 0, 100),
        "nodes?": (list, 0, 64, NUMBER),
        "edges?": (list, 0, 64, NUMBER),
        "actions?": (list, 0, 64, DONE),
        "driving?": BOOL,
        "paused?": BOOL,
        "charging?": BOOL,
        "mode?": {"AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "SERVICE", "TEACHIN"},
        "estop?": {"NONE", "AUTOACK", "MANUAL", "REMOTE"},
        "loads?": (list, 0, 16, NAME),
        "errors?": (list, 0, 16, FAULT),
        "energy?": (float, 0, 1e9),
    },
}
DEFAULTS: dict[str, Table] = {
    "state": {
        "nodes": [],
        "edges": [],
        "actions": [],
        "driving": False,
        "paused": False,
        "charging": False,
        "mode": "AUTOMATIC",
        "estop": "NONE",
        "errors": [],
    },
    "ack": {"error": ""},
}


def encode(message: Table) -> list[bytes]:
    """Return the two frames of a message."""
    return [TAG, msgpack.packb(message)]


def decode(frames: list[bytes]) -> Table:
    """Read what a gateway sent, defaults filled in; raises AssertionError for anything that the page does not allow."""
    assert len(frames) == 2, f"a message of {len(frames)} frames, not two"
    assert frames[0] == TAG, f"a message with the tag {frames[0]!r}, not RG1"
    assert len(frames[1]) <= 8192, f"a frame of {len(frames[1])} bytes"
    message = msgpack.unpackb(frames[1])
    assert isinstance(message, dict), f"a message that is no map: {message!r}"
    kind = message.get("msg")
    assert kind in MESSAGES, f"a message of kind {kind!r}"
    _check(message, MESSAGES[kind], kind)
    if "pose" in message:
        message["pose"] = {"ok": True, **message["pose"]}
        message["vel"] = {"w": 0.0, **message["vel"]}
    return {**DEFAULTS.get(kind, {}), **message}


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, dict):
        assert type(value) is dict, f"{where} is no map: {value!r}"
        for key, inner in shape.items():
            name = key.rstrip("?")
            if name in value and not (key != name and value[name] is None):
                _check(value[name], inner, f"{where}.{name}")
            else:
                assert key != name, f"{where}.{name} is missing"
    elif isinstance(shape, set):
        assert value in shape, f"{where} is {value!r}, none of {sorted(shape)}"
    else:
        kind, least, most, *inner = shape
        if kind is float and type(value) is int:
            value = float(value)
        assert type(value) is kind, f"{where} is {value!r}, no {kind.__name__}"
        size = len(value) if kind in {str, bytes, list} else value
        assert least <= size <= most and (kind is not float or math.isfinite(value)), f"{where} is {value!r}"  # noqa: PT018
        for one in value if inner else ():
            _check(one, inner[0], where)
