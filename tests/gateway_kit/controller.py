"""The scripted controller: answers hellos, beats its heart, remembers what it hears, says what a check wants."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import zmq

from tests.gateway_kit.watch import Watch
from tests.gateway_kit.wire import Table, decode, encode

PATIENCE_S = 60.0  # for what has to come: generous, the machine may be busy


class ScriptedController:
    """One ROUTER on loopback.

    epoch, lease_ms, hb_ms  what the next welcome says
    welcomes, beats  whether hellos are answered, and heartbeats sent
    patience_s  how long `expect` waits
    heard   all messages, oldest first, each with `at`, seconds on the monotonic clock, and `peer`, its connection
    """

    def __init__(self, context: zmq.Context, *, server_keys: tuple[bytes, bytes] | None = None) -> None:
        self._context = context
        self._server_keys = server_keys
        self.epoch, self.lease_ms, self.hb_ms = 5, 3000, 500
        self.welcomes = self.beats = True
        self.patience_s = PATIENCE_S
        self.heard: list[Table] = []
        self.watch = Watch()
        self.states: dict[str, Table] = {}
        self._numbers = itertools.count(1)
        self._sessions = itertools.count(100)
        self._session: dict[bytes, tuple[int, bytes]] = {}  # by connection: number, boot
        self._beat_at = 0.0
        self.port = 0
        self.bind()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def peer(self) -> bytes:
        """The connection of the last hello."""
        return next(message["peer"] for message in reversed(self.heard) if message["msg"] == "hello")

    @property
    def session(self) -> int:
        """The session of the last hello, 0 if there is none."""
        return self._session.get(self.peer, (0, b""))[0]

    def bind(self) -> None:
        """Listen, on the port of the last time."""
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.router_mandatory = True
        if self._server_keys:
            self._socket.curve_publickey, self._socket.curve_secretkey = self._server_keys
            self._socket.curve_server = True
        for _ in range(100):
            try:
                self._socket.bind(f"tcp://127.0.0.1:{self.port or '*'}")
                break
            except zmq.ZMQError:  # the old socket is being closed in the background
                time.sleep(0.1)
        self.port = int(self._socket.last_endpoint.decode().rsplit(":", 1)[1])

    def close(self) -> None:
        """Stop listening; sessions are forgotten."""
        self._socket.close()
        self._session = {}

    # What it hears

    def pump(self, wait_s: float = 0.05) -> None:
        """Take what comes within a time, and beat when it is due."""
        now = time.monotonic()
        if self.beats and now >= self._beat_at:
            self._beat_at = now + self.hb_ms / 1000
            for peer, (session, _boot) in list(self._session.items()):
                self.send({"msg": "hb", **self.about(session)}, peer)
        if not self._socket.poll(max(0, int(wait_s * 1000))):
            return
        while self._socket.poll(0):
            peer, *frames = self._socket.recv_multipart()
            message = decode(frames)
            if not self.watch.see(peer, message):
                continue
            self.heard.append({**message, "peer": peer, "at": time.monotonic()})
            if message["msg"] == "hello" and self.welcomes:
                self.welcome(peer, message)
            elif message["msg"] == "bye":
                self._session.pop(peer, None)
            elif message["msg"] == "state":
                self.states[message["robot"]] = message

    def listen(self, seconds: float) -> list[Table]:
        """Take what comes for a time, and return it."""
        mark, until = len(self.heard), time.monotonic() + seconds
        while time.monotonic() < until:
            self.pump(min(0.05, until - time.monotonic()))
        return self.heard[mark:]

    def expect(self, what: str, fits: Callable[[Table], bool], since: int | None = None) -> Table:
        """Return the first message that fits, of those to come, or of those since a mark in `heard`."""
        mark, until = (len(self.heard) if since is None else since), time.monotonic() + self.patience_s
        while True:
            while mark < len(self.heard):
                if fits(self.heard[mark]):
                    return self.heard[mark]
                mark += 1
            assert time.monotonic() < until, (
                f"in {self.patience_s} s there was no {what}; last heard: {self.heard[-3:]}"
            )
            self.pump()

    # What it says

    def about(self, session: int) -> Table:
        """Return what hb, bye and resync carry."""
        return {"session": session, "epoch": self.epoch, "t": time.time_ns()}

    def send(self, message: Table, peer: bytes | None = None) -> None:
        """Send a message, to the connection of the last hello unless said."""
        self.send_frames(encode(message), peer)

    def send_frames(self, frames: list[bytes], peer: bytes | None = None) -> None:
        """Send frames as they are."""
        peer = self.peer if peer is None else peer
        try:
            self._socket.send_multipart([peer, *frames])
        except zmq.ZMQError:  # that connection is gone
            self._session.pop(peer, None)

    def welcome(self, peer: bytes, hello: Table) -> None:
        """Answer a hello; the hellos of one boot in one connection belong to one session."""
        session = self._session.setdefault(peer, (next(self._sessions), hello["boot"]))[0]
        self.watch.welcomed(peer)
        lease = {"lease_ms": self.lease_ms, "hb_ms": self.hb_ms, "proto": hello["proto"]}
        self.send({"msg": "welcome", "session": session, "epoch": self.epoch, **lease}, peer)

    def forget(self) -> None:
        """Forget all sessions: no more heartbeats in them."""
        self._session = {}

    def order(self, robot: str, epoch: int, part: Table, **more: object) -> int:
        """Send an order; returns its number."""
        number = next(self._numbers)
        head = {"msg": "order", "robot": robot, "epoch": epoch, "seq": number, "order": f"order-{epoch}"}
        self.send({**head, **part, **more})
        return number

    def instant(self, robot: str, epoch: int, *actions: Table) -> int:
        """Send instant actions; those without an id get one. Returns the message's number."""
        number = next(self._numbers)
        if any(action["type"] == "cancelOrder" for action in actions):
            self.watch.cancelled(robot)
        named = [{"id": f"i{number}-{place}", "block": "NONE", **action} for place, action in enumerate(actions)]
        self.send({"msg": "instant", "robot": robot, "epoch": epoch, "seq": number, "actions": named})
        return number
