"""A gateway's connection: one DEALER at a time, whose sends never wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import zmq

from robots.codec import encode
from robots.gateways.connection_events import next_event
from robots.gateways.keys import Key
from robots.messages import MAX_FRAME_BYTES, Message, PoseReport

_HIGH_WATER: Final = 1000
_HANDSHAKE_MS: Final = 10_000
_LINGER_MS: Final = 200
_BROKEN: Final = (
    zmq.Event.DISCONNECTED
    | zmq.Event.CONNECT_RETRIED
    | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_AUTH
)


class GatewayLink:
    """Connects to one of several endpoints.

    keys    the gateway's own key and the controller's public one; None: no encryption, for loopback alone
    dropped poses that could not be sent
    """

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], endpoints: Sequence[str], keys: tuple[Key, bytes] | None
    ) -> None:
        self._context = context
        self._endpoints = endpoints
        self._keys = keys
        self._unsent: deque[list[bytes]] = deque()
        self._monitor: zmq.Socket[bytes] | None = None
        self.socket: zmq.Socket[bytes] | None = None
        self.dropped = 0

    def connect(self, endpoint: int) -> None:
        """Begin to connect. Raises ZMQError for what is no endpoint."""
        self.drop()
        self.socket = socket = self._context.socket(zmq.DEALER)
        socket.linger = _LINGER_MS
        socket.sndhwm = socket.rcvhwm = _HIGH_WATER
        socket.maxmsgsize = 2 * MAX_FRAME_BYTES
        socket.handshake_ivl = _HANDSHAKE_MS
        socket.immediate = 1  # nothing is queued for a connection that there may never be
        if self._keys is not None:
            own, controller = self._keys
            socket.curve_publickey, socket.curve_secretkey = own.public, own.secret
            socket.curve_serverkey = controller
        self._monitor = socket.get_monitor_socket(_BROKEN)
        socket.connect(self._endpoints[endpoint])

    def drop(self) -> None:
        """Close the connection and forget what was not sent; what ZeroMQ has taken goes out within 0.2 s, or not."""
        self._unsent.clear()
        if self.socket is None or self._monitor is None:
            return
        self.socket.disable_monitor()
        self._monitor.close(0)
        self.socket.close()
        self.socket = self._monitor = None

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages in this order; those for which there is no room stay until `flush` can send them."""
        self._unsent.extend(encode(message) for message in messages)
        self.flush()

    def send_poses(self, poses: Sequence[PoseReport]) -> None:
        """Send poses, and drop those for which there is no room: the next ones say more."""
        for place, pose in enumerate(poses):
            if self._unsent or not self._sent(encode(pose)):
                self.dropped += len(poses) - place
                return

    def flush(self) -> None:
        """Send what was left, as far as there is room."""
        while self._unsent and self._sent(self._unsent[0]):
            self._unsent.popleft()

    def received(self) -> Iterator[list[bytes]]:
        """Yield the frames of each message that has come."""
        while self.socket is not None:
            try:
                yield self.socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return

    def broken(self) -> bool:
        """Whether the connection has broken down, or could not be made, since this was asked last."""
        found = False
        while self._monitor is not None and self._monitor.poll(0):
            next_event(self._monitor)
            found = True
        return found

    def _sent(self, frames: list[bytes]) -> bool:
        if self.socket is None:
            return False
        try:
            self.socket.send_multipart(frames, zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True
