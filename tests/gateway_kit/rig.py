"""What a check works with: a program, a scripted controller, and words for what is done again and again."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

import zmq
import zmq.auth

from tests.gateway_kit.base import Base
from tests.gateway_kit.controller import ScriptedController
from tests.gateway_kit.program import GATEWAY, GatewayProgram
from tests.gateway_kit.wire import Table

PLACE_M = 0.06  # so near is at a place: positions may be noisy


class Rig:
    """One program and one controller. A check drives `robot`, the first that the program says hello for."""

    def __init__(self, program: GatewayProgram, folder: Path, *, curve: bool = False) -> None:
        self.program = program
        self.folder = folder
        self._keys = self._new_keys() if curve else None
        self._context = zmq.Context()
        own = zmq.auth.load_certificate(self._keys / "controller.key_secret") if self._keys else None
        self.controller = ScriptedController(self._context, server_keys=own)
        self._process: subprocess.Popen[bytes] | None = None
        self.robot = ""
        self.base: Base

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self.controller.close()
        self._context.destroy(linger=0)

    # The program

    def start(self, *, before: str = "", server_key: str = "controller.key") -> None:
        """Start the program. before: endpoints for it to try first; server_key: the file of the key that it trusts."""
        state = self.folder / "state" / "robot.json"
        state.parent.mkdir(exist_ok=True)
        trusted = self._keys / server_key if self._keys else None
        endpoints = before + self.controller.endpoint
        self._process = self.program.start(endpoints, state, self.folder / "log", self._keys, trusted)

    def kill(self) -> None:
        """Kill the program, as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None

    def say(self, line: str) -> None:
        """Let something happen to the robot."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def assert_alive(self) -> None:
        """The program runs."""
        assert self._process is not None
        assert self._process.poll() is None, f"ended with {self._process.returncode}: {self.log()}"

    def log(self) -> str:
        """Return the last that the program has said."""
        log = self.folder / "log"
        return log.read_text(errors="replace")[-600:] if log.exists() else ""

    def _new_keys(self) -> Path:
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        for name in ("controller", "stranger", GATEWAY):
            zmq.auth.create_certificates(keys, name)
            (keys / f"{name}.key_secret").chmod(0o600)
        return keys

    # A session

    def meet(self, *, cells: int = 0) -> Table:
        """Start the program and wait until its robot stands with so many free cells ahead; returns its state."""
        self.start()
        hello = self.hello(since=0)
        self.robot = hello["robots"][0]["serial"]
        state = self.state_where("state of the robot", lambda _state: True, since=0)
        self.base = Base(state["pose"], state["last_seq"], self.program.cell_m)
        while self.program.cells_ahead(*(self.base.end[key] for key in ("x", "y", "theta"))) < cells:
            self.base.turn(1)
        if len(self.base.nodes) > 1:
            self.accepted(self.order(self.base.part(state["last_seq"])))
            state = self.arrive()
        return state

    def hello(self, since: int | None = None) -> Table:
        """Wait for a hello."""
        return self.controller.expect("hello", lambda message: message["msg"] == "hello", since)

    @property
    def state(self) -> Table:
        """The last state of the robot."""
        return self.controller.states[self.robot]

    @property
    def mark(self) -> int:
        """The place in what was heard where what comes next will be."""
        return len(self.controller.heard)

    def state_where(self, what: str, fits: Callable[[Table], bool], since: int | None = None) -> Table:
        """Wait for a state of the robot that fits."""
        return self.controller.expect(
            what,
            lambda message: message["msg"] == "state" and message["robot"] == self.robot and fits(message),
            since,
        )

    def said(self, kind: str, since: int = 0) -> list[Table]:
        """Return the messages of a kind about the robot."""
        heard = self.controller.heard[since:]
        return [message for message in heard if message["msg"] == kind and message["robot"] == self.robot]

    # Orders

    def order(self, part: Table, epoch: int | None = None, **more: object) -> int:
        """Send an order, of the robot's epoch unless said."""
        return self.controller.order(self.robot, self.state["epoch"] if epoch is None else epoch, part, **more)

    def instant(self, *actions: Table, epoch: int | None = None) -> int:
        """Send instant actions, of the robot's epoch unless said."""
        return self.controller.instant(self.robot, self.state["epoch"] if epoch is None else epoch, *actions)

    def answer(self, number: int) -> tuple[str, str]:
        """Wait for the acknowledgement of a message: result, and error."""
        heard = self.controller.expect(
            f"ack of message {number}", lambda message: message["msg"] == "ack" and message["re"] == number, since=0
        )
        assert heard["robot"] == self.robot
        return heard["result"], heard["error"]

    def accepted(self, number: int) -> None:
        """A message is accepted."""
        assert self.answer(number) == ("accepted", "")

    def go(self) -> None:
        """Order all of the base that the robot has not got."""
        self.accepted(self.order(self.base.part(2 * self.state["upd"])))

    def arrive(self) -> Table:
        """Wait until the whole base is done; the robot stands at its end."""
        end = self.base.end
        state = self.state_where(
            f"arrival at node {end['seq']}", lambda state: state["last_seq"] == end["seq"] and at_rest(state), since=0
        )
        assert state["upd"] * 2 == end["seq"]
        self.assert_at(end)
        return state

    def under_way(self, metres: float = 0.0) -> Table:
        """Wait until the robot drives, so far from where the base begins; returns that state or pose."""
        start = self.base.nodes[0]
        return self.controller.expect(
            "drive under way",
            lambda message: (
                message["msg"] in {"state", "pose"}
                and message["robot"] == self.robot
                and message["vel"]["v"] > 0.2
                and distance(message["pose"], start) >= metres
            ),
        )

    def assert_at(self, node: Table) -> None:
        """The robot says in its next state that it stands at a node."""
        mark = self.mark
        self.instant({"type": "stateRequest"})
        state = self.state_where("state", lambda _state: True, since=mark)
        turned = math.remainder(state["pose"]["theta"] - node["theta"], math.tau)
        assert distance(state["pose"], node) < PLACE_M, f"at {state['pose']}, not {node}"
        assert abs(turned) < PLACE_M, f"at {state['pose']}, not {node}"

    def assert_stands(self, seconds: float = 1.5) -> None:
        """For a time the robot does not move."""
        before = self.state
        heard = self.controller.listen(seconds)
        for message in heard:
            if message["msg"] in {"state", "pose"} and message["robot"] == self.robot:
                assert distance(message["pose"], before["pose"]) < PLACE_M, f"it moves: {message['pose']}"
                assert abs(message["vel"]["v"]) < 0.01, f"it moves: {message['vel']}"


def at_rest(state: Table) -> bool:
    """Whether a robot says that it does not move."""
    return not state["driving"] and abs(state["vel"]["v"]) < 0.01 and abs(state["vel"]["w"]) < 0.01


def distance(pose: Table, other: Table) -> float:
    """Metres between two places."""
    return math.hypot(pose["x"] - other["x"], pose["y"] - other["y"])


def doing(state: Table, action: str, status: str) -> bool:
    """Whether a state says that of an action."""
    return any(one["id"] == action and one["status"] == status for one in state["actions"])
