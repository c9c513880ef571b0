"""A robot's firmware, simulated, that knows nothing of its controller but docs/protocol.md.

One process is one robot. It needs pyzmq and msgpack; `robot.py --help` has the options. From top to bottom: what may
come over the wire, what the robot remembers, the robot (its base, how it moves, what it says), the session with the
controller, the program. Metres, radians (0 east, clockwise seen from above), seconds.

Lines on standard input stand for what happens to a robot on the floor: `estop` and `release`, `block` and `clear` (an
obstacle), `fail` and `repair`, `lost` (it was pushed away), `place X,Y,THETA` (a person puts it there).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import msgpack
import zmq
import zmq.auth

Table = dict[str, Any]

TAG: Final = b"RG1"
MAX_FRAME: Final = 8192
PROTOCOL: Final = (1, 0)
PATIENCE_S: Final = 3.0  # for a welcome, before the next endpoint is tried
PAUSE_S: Final = 1.0  # after a bye, before the next hello
TICK_S, POSE_S, STATE_S = 0.02, 0.1, 1.0
ENTRIES_AHEAD, INSTANTS_KEPT = 64, 256
STDIN: Final = 0
TURN_ACCELERATION: Final = 8.0  # rad/s2
BRAKE: Final = 2.0  # m/s2, for a pause, an obstacle and the emergency stop
NEAR: Final = 0.01  # metres or radians: the same place
BATTERY_WH, IDLE_W, MOVE_W, CHARGE_W = 480.0, 35.0, 160.0, 1600.0

# --- What may come over the wire ---

PLAIN: Final = {type(None), bool, int, float, str, bytes, list, dict}
# (type, least, most), of a number itself or of the length of a text or list; `?` marks a key that may be missing.

NAME, TEXT = (str, 1, 64), (str, 0, 256)
NUMBER, COUNT, VERSION = (int, 0, 2**31 - 1), (int, 0, 2**63 - 1), (int, 0, 65535)
METRES, RADIANS, SECONDS, SPEED = (float, -1e6, 1e6), (float, -1e3, 1e3), (float, 0, 1e6), (float, 1e-9, 100)
BOOL = (bool, False, True)
POSITION = {"x?": METRES, "y?": METRES, "theta?": RADIANS, "map?": NAME, "last_seq?": NUMBER}
ACTION = {"id": NAME, "type": NAME, "params?": {"seconds?": SECONDS, "mps?": SPEED, **POSITION}}
ACTIONS = (list, 0, 8, ACTION)
PLACE = {"x": METRES, "y": METRES, "map": NAME, "theta?": RADIANS}
NODE = {"id": NAME, "seq": NUMBER, "rel": BOOL, **PLACE, "actions?": ACTIONS}
EDGE = {"id": NAME, "seq": NUMBER, "rel": BOOL, "from": NAME, "to": NAME, "vmax?": SPEED, "actions?": ACTIONS}
HEAD = {"robot": NAME, "epoch": NUMBER, "seq": COUNT}
SESSION = {"session": COUNT, "epoch": COUNT}
LEASE = {"lease_ms": (int, 100, 600_000), "hb_ms": (int, 10, 60_000), "proto": (list, 2, 2, VERSION)}
MESSAGES: Final[dict[str, Table]] = {
    "welcome": {**SESSION, **LEASE},
    "order": {**HEAD, "order": NAME, "upd": NUMBER, "nodes": (list, 1, 32, NODE), "edges?": (list, 0, 32, EDGE)},
    "instant": {**HEAD, "actions": (list, 1, 8, ACTION)},
    "hb": {**SESSION, "t": COUNT},
    "bye": {**SESSION, "t": COUNT, "reason?": TEXT},
    "resync": {**SESSION, "t": COUNT, "robots?": (list, 0, 32, NAME)},
}


def decode(frames: Sequence[bytes]) -> Table:
    """Read one message; raises ValueError for anything that is none. Memory is bounded by what a frame may hold."""
    if len(frames) != 2 or frames[0] != TAG or len(frames[1]) > MAX_FRAME:
        raise ValueError("not a tag and one frame of at most 8 KiB")
    most = dict.fromkeys(("max_str_len", "max_bin_len", "max_array_len", "max_map_len"), 256)
    try:
        found = msgpack.unpackb(frames[1], raw=False, strict_map_key=True, max_ext_len=0, **most)
        _check_values(found, depth=16)
    except (msgpack.UnpackException, RecursionError, TypeError) as error:
        raise ValueError(f"no MessagePack: {type(error).__name__}") from None
    kind = found.get("msg") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in MESSAGES:
        raise ValueError("a message of no known kind")
    message: Table = _read(found, MESSAGES[kind], kind)
    return message | {"msg": kind}


def _check_values(value: object, depth: int) -> None:
    """Refuse ext types, NaN and infinities, also under keys that are passed over, and what is nested too deep."""
    if type(value) not in PLAIN or depth == 0 or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("an ext type, a number that is not finite, or nested too deep")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_values(inner, depth - 1)


def _read(value: Any, shape: Any, where: str) -> Any:  # noqa: ANN401 (it is what the shape says)
    """Return what has the shape: keys that it does not name are left out, optional ones that are missing are None."""
    if isinstance(shape, dict):
        if type(value) is not dict:
            raise ValueError(f"{where} is no map")
        found = {}
        for key, inner in shape.items():
            name = key.rstrip("?")
            missing = value.get(name) is None and name != key
            found[name] = None if missing else _read(value.get(name), inner, f"{where}.{name}")
        return found
    kind, least, most = shape[:3]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or not least <= (len(value) if kind in {str, list} else value) <= most:
        raise ValueError(f"{where} is no {kind.__name__}, or not from {least} to {most}")
    return [_read(one, shape[3], where) for one in value] if kind is list else value


# --- What the robot remembers ---


@dataclass(slots=True)
class Node:
    """The end of an entry of the base; `size` is how much the entry takes: metres, radians or seconds."""

    seq: int
    x: float
    y: float
    theta: float
    id: str = ""
    kind: str = "start"  # or drive, turn, service, startCharging
    size: float = 0.0
    vmax: float | None = None
    action: str = ""

    @classmethod
    def after(cls, before: Node, node: Table, edge: Table) -> Node:
        """Read what leads from a node to the next one; raises ValueError if it is no entry of a base."""
        theta = before.theta if node["theta"] is None else node["theta"]
        new = cls(node["seq"], node["x"], node["y"], theta, node["id"], vmax=edge["vmax"])
        x, y, cos, sin = new.x - before.x, new.y - before.y, math.cos(before.theta), math.sin(before.theta)
        ahead, aside, turned = x * cos + y * sin, y * cos - x * sin, math.remainder(theta - before.theta, math.tau)
        actions = node["actions"] or []
        if edge["actions"] or any(action["type"] not in {"service", "startCharging"} for action in actions):
            raise ValueError("unknown_action")
        if actions:
            new.kind, new.action = actions[0]["type"], actions[0]["id"]
            new.size = (actions[0]["params"] or {}).get("seconds") or 0.0
            possible = len(actions) == 1 and before.is_at(new.x, new.y, theta)
        elif abs(turned) < NEAR:
            new.kind, new.size = "drive", ahead
            possible = ahead > NEAR > abs(aside)
        else:
            new.kind, new.size = "turn", abs(turned)
            possible = math.hypot(x, y) < NEAR > abs(new.size - math.pi / 2)
        if not possible:
            raise ValueError("impossible")
        return new

    def is_at(self, x: float, y: float, theta: float | None) -> bool:
        """Whether a place is this one."""
        turned = 0.0 if theta is None else math.remainder(theta - self.theta, math.tau)
        return math.hypot(x - self.x, y - self.y) < NEAR > abs(turned)

    def is_the_same(self, node: Table, *, first: bool) -> bool:
        """Whether a node of an order is this one. The first one of an order need not repeat the action there."""
        actions = [(action["type"], action["id"]) for action in node["actions"] or []]
        same = actions == ([(self.kind, self.action)] if self.action else []) or (first and not actions)
        return same and self.is_at(node["x"], node["y"], node["theta"])


@dataclass(slots=True)
class Memory:
    """What outlives a restart."""

    robot: str
    map: str
    base: list[Node]  # the node where the entry under way begins, then what is to be done
    soc: float  # percent
    confirmed: int = 0  # entries; the one under way too, when it is a drive and nothing is in the cell before
    along: float = 0.0  # how much of the entry under way is done: metres, radians or seconds
    epoch: int = 0
    order: str = ""
    controller: int = 0  # the greatest epoch of a controller that it has seen
    paused: bool = False
    limit: float | None = None  # m/s
    estop: bool = False
    charging: bool = False
    place: list[float] | None = None  # x, y, theta of a robot that is lost
    over: str = ""  # the action that was last over
    instants: list[str] = field(default_factory=list)  # ids of those carried out, the newest last

    @classmethod
    def load(cls, file: Path) -> Memory:
        """Read what `save` wrote; raises ValueError if it is damaged, OSError if it cannot be read."""
        try:
            found: Table = json.loads(file.read_bytes())
            return cls(**found | {"base": [Node(**node) for node in found["base"]]})
        except (TypeError, KeyError) as error:
            raise ValueError(f"it is damaged: {error}") from None

    def save(self, file: Path, *, durable: bool) -> None:
        """Write it all, or leave what was there: under another name first. Durable: a power cut does not undo it."""
        new = file.with_name(file.name + ".new")
        with new.open("w", encoding="utf-8") as out:
            json.dump(asdict(self), out)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        new.replace(file)


# --- The robot ---


@dataclass(frozen=True, slots=True)
class Body:
    """What a robot is made of."""

    length: float = 0.72
    width: float = 0.66
    speed: float = 1.0
    acceleration: float = 1.0
    turn_rate: float = 3.0


class Robot:
    """Carries its base out, and nothing else."""

    def __init__(self, body: Body, memory: Memory) -> None:
        self.body = body
        self.memory = memory
        self.speed = 0.0  # m/s in a drive, rad/s in a turn
        self.energy = 0.0  # Wh drawn
        self.obstacle = self.broken = self.asked = False  # asked: for a state, whatever it would say
        self.instants_told: list[str] = []

    # What the controller wants.

    def obey(self, message: Table) -> tuple[str, str]:
        """Take an order or an instant; return result and error of its acknowledgement."""
        memory, is_order = self.memory, message["msg"] == "order"
        if message["epoch"] < memory.epoch:
            return "rejected", "old_epoch"
        raised = message["epoch"] > memory.epoch
        if raised:
            memory.epoch, memory.order = message["epoch"], ""
            self._drop_rest()
        try:
            if is_order:
                news = raised or self._grow(message["nodes"], message["edges"] or [])
                memory.order = message["order"]
            else:
                news = self._act(message["actions"])
        except ValueError as refusal:
            return "rejected", str(refusal)
        return ("accepted" if news else "duplicate"), ""

    def _grow(self, nodes: list[Table], edges: list[Table]) -> bool:
        """Let the base grow by what is new; return whether anything is. Raises ValueError, and takes nothing then."""
        base, first = self.memory.base, nodes[0]["seq"]
        numbers = [node["seq"] for node in nodes]
        in_turn = first % 2 == 0 and numbers == list(range(first, first + 2 * len(nodes), 2))
        if not in_turn or [edge["seq"] + 1 for edge in edges] != numbers[1:]:
            raise ValueError("numbers")
        if first > base[-1].seq:
            raise ValueError("gap")
        known, grown = {node.seq: node for node in base}, list(base)
        for node, edge in zip(nodes, [{}, *edges], strict=True):
            if not node["rel"]:
                break  # what follows is horizon: a wish, it may be another one in the next order
            if node["map"] != self.memory.map:
                raise ValueError("map")
            if node["seq"] > base[-1].seq:
                grown.append(Node.after(grown[-1], node, edge))
            elif node["seq"] in known and not known[node["seq"]].is_the_same(node, first=node is nodes[0]):
                raise ValueError("changed")
        if len(grown) > ENTRIES_AHEAD + 1:
            raise ValueError("full")
        self.memory.base = grown
        return len(grown) > len(base)

    def _act(self, actions: list[Table]) -> bool:
        """Carry out the actions that are new, all or none; return whether there is one. Raises ValueError."""
        new = [action for action in actions if action["id"] not in self.memory.instants]
        for action in new:
            self._check_action(action["type"], action["params"] or {})
        for action in new:
            self._carry_out(action["type"], action["params"] or {})
        names = [action["id"] for action in new]
        self.instants_told += names
        self.memory.instants = [*self.memory.instants, *names][-INSTANTS_KEPT:]
        return bool(new)

    def _check_action(self, kind: str, params: Table) -> None:
        if kind in {"startPause", "stopPause", "speedLimit", "stateRequest", "cancelOrder"}:
            return
        if kind != "initPosition":
            raise ValueError("unknown_action")
        missing = any(params.get(key) is None for key in ("x", "y", "theta", "map", "last_seq"))
        if missing or params["last_seq"] % 2 or params["last_seq"] < 2 * self.memory.confirmed:
            raise ValueError("parameters")
        if self.speed > 0 or (len(self.memory.base) > 1 and self.memory.place is None):
            raise ValueError("busy")

    def _carry_out(self, kind: str, params: Table) -> None:
        memory = self.memory
        if kind in {"startPause", "stopPause"}:
            memory.paused = kind == "startPause"
        elif kind == "speedLimit":
            memory.limit = params.get("mps")
        elif kind == "stateRequest":
            self.asked = True
        elif kind == "cancelOrder":
            self._drop_rest(stops_serving=True)
            memory.charging = False
        else:
            memory.map, memory.confirmed = params["map"], params["last_seq"] // 2
            self._stand_at(Node(params["last_seq"], params["x"], params["y"], params["theta"]))

    def _stand_at(self, node: Node) -> None:
        """Stand at a node, with nothing left to do."""
        memory = self.memory
        memory.base, memory.along, memory.place, memory.charging = [node], 0.0, None, False

    def _drop_rest(self, *, stops_serving: bool = False) -> None:
        """Drop what is not begun; come to rest in the middle of the next cell where that is possible."""
        memory, base = self.memory, self.memory.base
        keep = memory.confirmed - base[0].seq // 2
        dropped = memory.along == 0 or memory.place is not None or (stops_serving and base[1].kind == "service")
        if not dropped:
            keep, rest = 1, base[1].size - memory.along
            braking = self.speed**2 / (2 * self.body.acceleration) if base[1].kind == "drive" else 0.0
            while braking > rest + 1e-3 and keep + 1 < len(base) and base[keep + 1].kind == "drive":
                keep += 1
                rest += base[keep].size
        if keep == 0:
            memory.along = 0.0
        del base[keep + 1 :]

    # What happens on the floor.

    def happen(self, line: str) -> None:
        """Let something happen to the robot, see the top of this file; raises ValueError if it is unknown."""
        memory = self.memory
        match line.split():
            case ["estop" | "release" as what]:
                memory.estop = what == "estop"
            case ["block" | "clear" as what]:
                self.obstacle = what == "block"
            case ["fail" | "repair" as what]:
                self.broken = what == "fail"
            case ["lost"]:
                memory.place, self.speed = [*self.pose()], 0.0
            case ["place", where]:
                place, self.speed = read_place(where), 0.0
                self._stand_at(self._confirmed_node())
                memory.place = None if memory.base[0].is_at(*place) else [*place]  # lost still, until initPosition
            case _:
                raise ValueError(f"{line!r}: nothing that can happen to a robot, see the top of robot.py")

    def step(self, dt: float) -> None:
        """Let dt seconds pass."""
        memory = self.memory
        self._use_battery(dt)
        stands = memory.paused or memory.estop or self.broken or memory.place is not None or memory.soc <= 0
        if len(memory.base) == 1:
            return
        entry = memory.base[1]
        if entry.kind == "drive":
            self._move(dt, self.body.acceleration, stop=stands or self.obstacle)
            if memory.along >= min(entry.size, (entry.size + self.body.length) / 2):
                memory.confirmed = entry.seq // 2  # nothing of the robot is in the cell before
        elif entry.kind == "turn":
            self._move(dt, TURN_ACCELERATION, stop=stands)
        elif not stands:
            memory.along += dt
        memory.charging = memory.charging and (memory.along == 0 or entry.kind == "startCharging")
        if memory.along > 0 and memory.along >= entry.size:
            self._finish(entry)

    def _move(self, dt: float, acceleration: float, *, stop: bool) -> None:
        """Drive or turn, as fast as may be so that it stands where the run ends."""
        if stop:
            self.speed = max(0.0, self.speed - max(BRAKE, acceleration) * dt)
        else:
            self.speed = min(self.speed + acceleration * dt, self._allowed(acceleration))
        self.memory.along += self.speed * dt

    def _allowed(self, acceleration: float) -> float:
        """Return the greatest speed now that keeps all limits ahead: of the entries of this run, and of its end."""
        base, rest = self.memory.base, max(self.memory.base[1].size - self.memory.along, 0.0)
        if base[1].kind == "turn":
            return min(self.body.turn_rate, math.sqrt(2 * acceleration * rest) + 1e-4)
        top = min(self.body.speed, self.memory.limit or math.inf, base[1].vmax or math.inf)
        for entry in base[2:]:
            if entry.kind != "drive":
                break
            top = min(top, math.hypot(entry.vmax or math.inf, math.sqrt(2 * acceleration * rest)))
            rest += entry.size
        return min(top, math.sqrt(2 * acceleration * rest) + 1e-4)  # or the last hair would take for ever

    def _finish(self, entry: Node) -> None:
        """End the entry under way. A service takes effect by being written down here: once, whatever happens."""
        memory = self.memory
        del memory.base[0]
        memory.confirmed = entry.seq // 2
        runs_on = entry.kind == "drive" and len(memory.base) > 1 and memory.base[1].kind == "drive"
        memory.along = memory.along - entry.size if runs_on else 0.0
        self.speed = self.speed if runs_on else 0.0
        if entry.action:
            memory.over, memory.charging = entry.action, entry.kind == "startCharging"

    def _use_battery(self, dt: float) -> None:
        drawn = (MOVE_W if self.speed else IDLE_W) * dt / 3600
        gained = CHARGE_W * dt / 3600 if self.memory.charging else 0.0
        self.energy += drawn
        self.memory.soc = min(100.0, max(0.0, self.memory.soc + (gained - drawn) / BATTERY_WH * 100))

    # What it says.

    def pose(self) -> tuple[float, float, float]:
        """Return x, y and theta."""
        memory, start, end = self.memory, self.memory.base[0], self.memory.base[min(1, len(self.memory.base) - 1)]
        if memory.place is not None:
            x, y, theta = memory.place
            return x, y, theta
        part = min(memory.along / end.size, 1.0) if end.kind in {"drive", "turn"} and end is not start else 0.0
        turned = math.remainder(end.theta - start.theta, math.tau)
        return start.x + part * (end.x - start.x), start.y + part * (end.y - start.y), start.theta + part * turned

    def place_and_speed(self) -> Table:
        """Return pose and velocity, as they go over the wire."""
        (x, y, theta), base = self.pose(), self.memory.base
        pose = {"x": x, "y": y, "theta": theta, "map": self.memory.map, "ok": self.memory.place is None}
        turns = self.speed > 0 and base[1].kind == "turn"
        w = math.copysign(self.speed, math.remainder(base[1].theta - base[0].theta, math.tau)) if turns else 0.0
        return {"pose": pose, "vel": {"v": 0.0 if turns else self.speed, "w": w}}

    def state(self) -> Table:
        """Return all there is to know, as it goes over the wire."""
        memory, last = self.memory, self._confirmed_node()
        left = [node.seq for node in memory.base if node.seq > last.seq]
        obeyed = {"robot": memory.robot, "epoch": memory.epoch, "order": memory.order, "upd": memory.base[-1].seq // 2}
        done = {"last_node": last.id, "last_seq": last.seq, "nodes": left, "edges": [seq - 1 for seq in left]}
        power = {"soc": round(memory.soc, 1), "energy": self.energy, "charging": memory.charging}
        stands = {"paused": memory.paused and self.speed == 0, "estop": "MANUAL" if memory.estop else "NONE"}
        wrong = {"failed": self.broken or memory.soc <= 0, "lost": memory.place is not None}
        errors = [{"type": name, "level": "FATAL"} for name, is_so in wrong.items() if is_so]
        errors += [{"type": "blocked", "level": "WARNING"}] if self.obstacle else []
        doing = {"driving": self.speed > 0, "errors": errors, "actions": self._actions()[:64]}
        return self.place_and_speed() | obeyed | done | power | stands | doing

    def _confirmed_node(self) -> Node:
        return self.memory.base[self.memory.confirmed - self.memory.base[0].seq // 2]

    def _actions(self) -> list[Table]:
        memory = self.memory
        over = [*self.instants_told, *([memory.over] if memory.over else [])]
        found: list[Table] = [{"id": action, "status": "FINISHED"} for action in over]
        for node in memory.base[1:]:
            if node.action:
                along = memory.along if node is memory.base[1] else 0.0
                status = "RUNNING" if along else "WAITING"
                found.append({"id": node.action, "status": status, "left": max(node.size - along, 0.0)})
        return found


# --- The session with the controller ---


class Port:
    """The socket: connected to one endpoint after the other."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], options: argparse.Namespace) -> None:
        self.context = context
        self.endpoints = deque(options.connect)
        self.keys = (options.key, options.server_key)
        self.socket: zmq.Socket[bytes] | None = None

    def connect(self) -> None:
        """Drop the connection and connect to the next endpoint."""
        self.close()
        self.socket = self.context.socket(zmq.DEALER)
        limits = {zmq.SNDHWM: 64, zmq.RCVHWM: 256, zmq.MAXMSGSIZE: MAX_FRAME, zmq.LINGER: 200}
        for option, value in {**limits, zmq.RECONNECT_IVL: 100, zmq.RECONNECT_IVL_MAX: 1000}.items():
            self.socket.setsockopt(option, value)
        if self.keys[0]:
            self.socket.curve_publickey, self.socket.curve_secretkey = self.keys[0]
            self.socket.curve_serverkey = self.keys[1]
        self.socket.connect(self.endpoints[0])
        self.endpoints.rotate(-1)

    def close(self) -> None:
        """Drop the connection."""
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def send(self, message: Table) -> bool:
        """Hand a message to the network; returns False if it takes none now."""
        with suppress(zmq.Again):
            if self.socket is not None:
                self.socket.send_multipart([TAG, msgpack.packb(message)], zmq.NOBLOCK)
                return True
        return False

    def receive(self) -> list[list[bytes]]:
        """Return what has come in, at most so much that the robot is not kept from moving on."""
        found: list[list[bytes]] = []
        with suppress(zmq.Again):
            while self.socket is not None and len(found) < 100:
                found.append(self.socket.recv_multipart(zmq.NOBLOCK))
        return found


class Session:
    """What is said to one controller at a time, and what it may say."""

    def __init__(self, robot: Robot, gateway: str, state_file: Path, port: Port) -> None:
        self.robot, self.gateway, self.file, self.port = robot, gateway, state_file, port
        self.boot = os.urandom(16)
        self.session: int | None = None
        self.lease_s = self.hb_s = 1.0
        self.deadline = self.hb_due = self.pose_due = self.state_due = -math.inf
        self.seq = self.dropped = 0
        self.resynced = False
        self.outbox: deque[Table] = deque()  # states and acknowledgements that have not gone out
        self.saved: Table = {}
        self.told: Table = {}
        self.pose_told: Table = {}

    def begin(self, now: float) -> None:
        """Connect anew and say hello. States that have not gone out stay; old acknowledgements mean nothing now."""
        self.outbox = deque(message for message in self.outbox if message["msg"] == "state")
        self.port.connect()
        self.session, self.deadline = None, now + PATIENCE_S
        body = self.robot.body
        size = {"length": body.length, "width": body.width, "vmax": body.speed, "battery": BATTERY_WH}
        robot = {"manufacturer": "futurepark", "serial": self.robot.memory.robot}
        hello = {"msg": "hello", "proto": PROTOCOL, "gw": self.gateway, "boot": self.boot}
        self.port.send({**hello, "robots": [{**robot, "factsheet": {"type": "stub-python", **size}}]})

    def end(self, reason: str, now: float) -> None:
        """Say bye."""
        self.port.send({**self._about("bye"), "reason": reason})
        self.session, self.deadline = None, now + PAUSE_S

    def take(self, frames: Sequence[bytes], now: float) -> None:
        """Obey one message; what is none, or not for this robot and session, is dropped and counted."""
        memory = self.robot.memory
        try:
            message = decode(frames)
        except ValueError as error:
            self._drop(str(error))
            return
        kind = message["msg"]
        if kind in {"welcome", "hb", "resync"} and message["epoch"] < memory.controller:
            self.end("a controller with a greater epoch has spoken", now)
        elif kind == "welcome":
            self._welcome(message, now)
        elif message.get("session", self.session) != self.session and (kind != "bye" or message["session"]):
            self._drop("of another session")
        elif kind == "bye":  # of this session, or of none
            self.session, self.deadline = None, now + PAUSE_S
        elif self.session is None or message.get("robot", memory.robot) != memory.robot:
            self._drop("for another robot, or in no session")
        else:
            self.deadline = now + self.lease_s
            self._obey(message)

    def _welcome(self, message: Table, now: float) -> None:
        if message["proto"][0] != PROTOCOL[0]:
            self.end("no version in common", now)
            return
        self.robot.memory.controller = message["epoch"]
        self.session = message["session"]
        self.lease_s, self.hb_s = message["lease_ms"] / 1000, message["hb_ms"] / 1000
        self.deadline, self.hb_due, self.robot.asked = now + self.lease_s, now, True

    def _obey(self, message: Table) -> None:
        robot, memory = self.robot, self.robot.memory
        if message["msg"] in {"order", "instant"}:
            result, error = robot.obey(message)
            answer = {"re": message["seq"], "result": result, "error": error}
            self.outbox.append({"msg": "ack", "robot": memory.robot, **answer})
        else:
            memory.controller = message["epoch"]
            robot.asked |= message["msg"] == "resync" and memory.robot in (message["robots"] or [memory.robot])

    def report(self, now: float) -> None:
        """Write down what has changed, then tell it; what the network does not take now waits, but for poses."""
        robot, state = self.robot, self.robot.state()
        essence = _essence(state)
        facts = essence | {"controller": robot.memory.controller}
        if facts != self.saved:
            robot.memory.save(self.file, durable=True)
            self.saved = facts
        if self.session is None:
            return
        if robot.asked or essence != self.told or now >= self.state_due:
            self.outbox.append({**state, "msg": "state", "boot": self.boot, "t": time.time_ns()})
            robot.asked, robot.instants_told = False, []
            self.told, self.pose_told, self.state_due = _essence(robot.state()), robot.place_and_speed(), now + STATE_S
        while self.outbox and self._send(self.outbox[0]):
            self.outbox.popleft()
        if not self.resynced:  # what was paused and limited before this start
            self.resynced = self.port.send({**self._about("resync"), "robots": [robot.memory.robot]})
        if now >= self.hb_due and self.port.send(self._about("hb")):
            self.hb_due = now + self.hb_s
        here = robot.place_and_speed()
        if now >= self.pose_due and here != self.pose_told and not self.outbox:
            robot.memory.save(self.file, durable=False)
            if self._send({"msg": "pose", "robot": robot.memory.robot, "t": time.time_ns(), **here}):
                self.pose_told, self.pose_due = here, now + POSE_S

    def _send(self, message: Table) -> bool:
        """Number states and poses as they go out, so that a pose that is dropped leaves no gap."""
        if message["msg"] == "ack":
            return self.port.send(message)
        sent = self.port.send({**message, "seq": self.seq + 1})
        self.seq += sent
        return sent

    def _about(self, kind: str) -> Table:
        return {"msg": kind, "session": self.session or 0, "epoch": self.robot.memory.controller, "t": time.time_ns()}

    def _drop(self, why: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:  # the first, second, fourth, eighth, ...
            print(f"robot.py: dropped a message: {why} ({self.dropped} so far)", file=sys.stderr, flush=True)


def _essence(state: Table) -> Table:
    """Return what of a state has to be told at once when it changes."""
    actions = [(action["id"], action["status"]) for action in state["actions"]]
    return {key: value for key, value in state.items() if key not in {"pose", "vel", "energy"}} | {"actions": actions}


# --- The program ---


def befall(robot: Robot, line: str) -> None:
    """Let happen to a robot what a line on standard input says."""
    try:
        robot.happen(line)
    except ValueError as error:
        print(f"robot.py: {error}", file=sys.stderr, flush=True)


def run(session: Session, ends: list[int]) -> None:
    """Take what has come in, let time pass, write down, report, 50 times a second, until a signal is in `ends`."""
    port, typed, typing, before = session.port, b"", True, time.monotonic()
    while not ends:
        sources: list[Any] = [*([port.socket] if port.socket else []), *([STDIN] if typing else [])]
        ready, _, _ = zmq.select(sources, [], [], max(0.0, before + TICK_S - time.monotonic()))
        if STDIN in ready:
            more = os.read(STDIN, 4096)
            *lines, typed = (typed + more).split(b"\n")
            typing = bool(more)
            for line in lines:
                befall(session.robot, line.decode(errors="replace"))
        now = time.monotonic()
        for frames in port.receive():
            session.take(frames, now)
        if now >= session.deadline:
            session.begin(now)
        if now >= before + TICK_S:
            session.robot.step(min(now - before, 0.1))  # a process that was held up does not jump ahead
            before = now
        session.report(now)
    session.end("switched off", time.monotonic())


def read_place(words: str) -> tuple[float, float, float]:
    """Read X,Y,THETA; raises ValueError."""
    x, y, theta = map(float, words.split(","))
    _read({"x": x, "y": y, "map": "here", "theta": theta}, PLACE, words)
    return x, y, theta


def _name(words: str) -> str:
    return str(_read(words, NAME, "name"))


def _positive(words: str) -> float:
    return float(_read(float(words), (float, 0.01, 100), words))


def read_options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line and the keys; ends the program with 2 and a message when something is wrong."""
    parser = argparse.ArgumentParser(prog="robot.py", description="A simulated robot that speaks docs/protocol.md.")
    parser.add_argument("--connect", required=True, metavar="ENDPOINTS", help="tcp://HOST:PORT, more after commas")
    parser.add_argument("--gateway", type=_name, required=True, help="name of this program on the allow-list")
    parser.add_argument("--robot", type=_name, required=True, help="serial number")
    parser.add_argument("--at", type=read_place, required=True, metavar="X,Y,THETA", help="where, if --state is new")
    parser.add_argument("--map", type=_name, required=True, help="name of the map, if --state is new")
    parser.add_argument("--state", type=Path, required=True, metavar="FILE", help="what it remembers")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its own secret key (CURVE)")
    parser.add_argument("--server-key", type=Path, metavar="FILE", help="the controller's public key")
    parser.add_argument("--battery", type=_positive, default=90.0, help="percent, if --state is new; %(default)s")
    for name, value in asdict(Body()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=_positive, default=value, help="%(default)s (SI units)")
    options = parser.parse_args(arguments)
    options.connect = options.connect.split(",")
    near = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")
    if not all(endpoint.startswith("tcp://") for endpoint in options.connect):
        parser.error("--connect: give tcp://HOST:PORT")
    if (options.key is None) != (options.server_key is None):
        parser.error("--key and --server-key go together")
    if options.key is None and not all(endpoint.startswith(near) for endpoint in options.connect):
        parser.error("--key and --server-key are needed for a controller on another machine")
    if options.key is not None:
        try:
            options.key, options.server_key = _read_keys(options.key, options.server_key)
        except (OSError, ValueError) as error:
            parser.error(str(error))
    return options


def _read_keys(own: Path, server: Path) -> tuple[tuple[bytes, bytes], bytes]:
    if own.stat().st_mode & 0o077:
        raise ValueError(f"{own} can be read by others: chmod 600 {own}")
    public, secret = zmq.auth.load_certificate(own)
    if secret is None:
        raise ValueError(f"{own} has no secret key")
    return (public, secret), zmq.auth.load_certificate(server)[0]


def remember(options: argparse.Namespace) -> Memory:
    """Return what the state file says, or a robot that was never switched on; raises ValueError or OSError."""
    if not options.state.exists():
        memory = Memory(options.robot, options.map, [Node(0, *options.at)], min(options.battery, 100.0))
        memory.save(options.state, durable=True)
    memory = Memory.load(options.state)
    if memory.robot != options.robot:
        raise ValueError(f"it is of robot {memory.robot}")
    return memory


def main(arguments: list[str]) -> int:
    """Run the robot; returns the exit code."""
    options = read_options(arguments)
    try:
        memory = remember(options)
    except (OSError, ValueError) as error:
        print(f"robot.py: error: --state {options.state}: {error}", file=sys.stderr)
        return 2
    ends: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: ends.append(number))
    body = Body(**{name: getattr(options, name) for name in asdict(Body())})
    with zmq.Context() as context:
        port = Port(context, options)
        try:
            run(Session(Robot(body, memory), options.gateway, options.state, port), ends)
        except OSError as error:  # what it cannot write down it must not do
            print(f"robot.py: error: {error}", file=sys.stderr)
            return 1
        finally:
            port.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
