"""Load for the benchmark `gateways`, in a process of its own: peers with a connection and a key each.

    python -m benchmarks.gateway_peers ENDPOINT KEYS.json SECONDS RATE

A peer is a gateway of one robot that turns on the spot: it sends RATE poses and a state a second, acknowledges orders,
and confirms an entry a second after it came. SECONDS count from when all were welcomed. Prints, as JSON, milliseconds
from a state that confirms to the next order.
"""

from __future__ import annotations

import json
import resource
import sys
from math import inf, pi
from pathlib import Path
from time import perf_counter, time_ns

import zmq

from robots.codec import Decoder, encode
from robots.gateways.wire_params import WireParams
from robots.messages import (
    PROTOCOL,
    Ack,
    FromController,
    Hb,
    Hello,
    Instant,
    Order,
    Pose,
    PoseReport,
    RobotIdentity,
    State,
    Velocity,
    Welcome,
)

_CONFIRM_S = 1.0


class Peer:
    """A gateway of one robot."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str, row: int, keys: list[str]) -> None:
        name, public, secret, controller = keys
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.curve_publickey, self.socket.curve_secretkey = public.encode(), secret.encode()
        self.socket.curve_serverkey = controller.encode()
        self.socket.connect(endpoint)
        self.latencies_ms: list[float] = []
        self._serial = f"amr-{row:03d}"
        self._boot = row.to_bytes(16, "big")
        self._x = row + 0.5
        self._seq = self._done = self._has = self.session = 0
        self._confirm_at: float | None = None
        self._said_at: float | None = None
        self.beat_at = 0.0
        self.send(Hello(PROTOCOL, name, self._boot, (RobotIdentity("bench", self._serial),)))

    def send(self, message: Hello | Ack | State | PoseReport | Hb) -> None:
        """Send a message; one for which there is no room is lost."""
        try:
            self.socket.send_multipart(encode(message), zmq.DONTWAIT)
        except zmq.Again:
            return

    def say(self, now: float) -> None:
        """Send a pose, and what else is due."""
        if not self.session:
            return
        if self._confirm_at is not None and now >= self._confirm_at:
            self._done, self._confirm_at, self._said_at = self._has, None, perf_counter()
            self.state()
        elif now >= self.beat_at:
            self.beat_at = now + WireParams().hb_s
            self.send(Hb(self.session, 1, time_ns()))
            self.state()
        else:
            self._seq += 1
            self.send(PoseReport(self._serial, self._seq, time_ns(), self._pose(), Velocity(0.0)))

    def hear(self, message: FromController, now: float) -> None:
        """Answer what has come."""
        if isinstance(message, Welcome):
            self.session = message.session
            self.state()
        elif isinstance(message, Order | Instant):
            self.send(Ack(self._serial, message.seq, "accepted"))
            if isinstance(message, Order) and message.upd > self._has:
                if self._said_at is not None:
                    self.latencies_ms.append(1000 * (perf_counter() - self._said_at))
                    self._said_at = None
                self._has, self._confirm_at = message.upd, now + _CONFIRM_S
                self.state()

    def state(self) -> None:
        """Send a state."""
        self._seq += 1
        self.send(
            State(
                self._serial, self._boot, self._seq, time_ns(), 0, "", self._has, "", 2 * self._done, self._pose(),
                Velocity(0.0), 50.0, nodes=tuple(range(2 * self._done + 2, 2 * self._has + 1, 2)),
            )
        )  # fmt: skip

    def _pose(self) -> Pose:
        return Pose(self._x, 0.5, self._done % 4 * pi / 2, "bench")


def main(endpoint: str, keys_file: str, seconds: str, rate: str) -> None:
    """Connect all peers, then talk for so many seconds."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    context.set(zmq.MAX_SOCKETS, 16_384)
    decoder: Decoder[FromController] = Decoder(FromController)
    keys = json.loads(Path(keys_file).read_text())
    poller = zmq.Poller()
    by_socket = {}
    for row, key in enumerate(keys):
        peer = Peer(context, endpoint, row, key)
        by_socket[peer.socket] = peer
        poller.register(peer.socket, zmq.POLLIN)
    peers = list(by_socket.values())
    start = perf_counter()
    end = inf
    said = 0
    while (now := perf_counter()) < end:
        if end == inf and all(peer.session for peer in peers):
            end = now + float(seconds)
        # Spread evenly over each period, as robots are that do not know of each other.
        due = int((now - start) * float(rate) * len(peers))
        for number in range(said, due):
            peers[number % len(peers)].say(now)
        said = due
        for socket, _ in poller.poll(1):
            while socket.get(zmq.EVENTS) & zmq.POLLIN:
                by_socket[socket].hear(decoder.decode(socket.recv_multipart()), now)
    print(json.dumps([round(ms, 3) for peer in peers for ms in peer.latencies_ms]))
    context.destroy(linger=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
