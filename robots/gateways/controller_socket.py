"""The one socket that the controller binds: a ROUTER with bounds, and with keys wherever others can reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import zmq

from robots.errors import InputError
from robots.gateways.connection_events import next_event
from robots.gateways.handshakes import FAILURES, Domain, failure, guard
from robots.gateways.keys import Key
from robots.gateways.wire_params import WireParams
from robots.messages import MAX_FRAME_BYTES

_LOCAL: Final = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:", "inproc://", "ipc://")
# Twice the most: what is a little too large is refused by name, what is larger closes its connection.
_MAX_BYTES: Final = 2 * MAX_FRAME_BYTES


class Arrival(NamedTuple):
    """A message as it came: from which connection, of whose key (None where there are no keys), and its frames."""

    route: bytes
    user: str | None
    frames: list[bytes]
    last: zmq.Frame

    @property
    def address(self) -> str | None:
        """Address of the peer, where it has one."""
        return _property(self.last, "Peer-Address")


class ControllerSocket:
    """A bound ROUTER. Sends never wait; a peer proves who it is by its key, never by its routing id.

    Raises InputError if the address cannot be bound, or if others can reach it and there is no key.
    """

    def __init__(self, context: zmq.Context[Any], listen: str, key: Key | None, params: WireParams) -> None:
        if key is None and not listen.startswith(_LOCAL):
            raise InputError("listen", f"{listen} can be reached by others", "give keys, or listen on 127.0.0.1")
        self._guarded = key is not None
        self._socket: zmq.Socket[bytes] = context.socket(zmq.ROUTER)
        socket = self._socket
        socket.linger = round(1000 * params.linger_s)
        socket.router_mandatory = 1
        socket.maxmsgsize = _MAX_BYTES
        socket.rcvhwm = socket.sndhwm = params.high_water
        socket.handshake_ivl = round(1000 * params.handshake_s)
        socket.backlog = params.backlog
        # A connection on which ZeroMQ has met bytes that were changed may stay open, and deaf: its own beats close it.
        socket.heartbeat_ivl, socket.heartbeat_timeout = round(1000 * params.hb_s), round(1000 * params.lease_s)
        self._monitor: zmq.Socket[bytes] | None = None
        if key is not None:
            guard(socket, key, Domain.GATEWAYS)
            self._monitor = _monitor(context, socket)
        try:
            socket.bind(listen)
        except zmq.ZMQError as error:
            self.close()
            raise InputError(
                "listen", f"cannot bind {listen}: {error}", "give a free address of this machine"
            ) from None
        self.endpoint: str = socket.get_string(zmq.LAST_ENDPOINT)

    def wait(self, seconds: float) -> bool:
        """Wait until a message has come, so many seconds at most; return whether one has."""
        return bool(self._socket.poll(max(0, round(1000 * seconds)), zmq.POLLIN))

    def receive(self) -> Arrival | None:
        """Return the next message that has come, None if there is none."""
        socket = self._socket
        try:
            route = socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            return None
        last = socket.recv(zmq.DONTWAIT, copy=False)
        frames = [last.bytes]
        while last.more:
            last = socket.recv(zmq.DONTWAIT, copy=False)
            if len(frames) < 3:  # more than a message has, however many follow
                frames.append(last.bytes)
        return Arrival(route, _property(last, "User-Id") if self._guarded else None, frames, last)

    def send(self, route: bytes, frames: list[bytes]) -> bool | None:
        """Send a message; return False if there is no room for it now, None if there is no such connection."""
        try:
            self._socket.send_multipart([route, *frames], zmq.DONTWAIT)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return None
        return True

    def broken(self) -> Iterator[str]:
        """Yield why connections came to nothing since this was called last: a RefusalReason, or `disconnected`.

        Some that are no ZeroMQ peers at all, or send what nobody may, are only told of as disconnected.
        """
        while self._monitor is not None and self._monitor.poll(0):
            event = next_event(self._monitor)
            ended = event.kind == zmq.EVENT_DISCONNECTED
            yield "disconnected" if ended else failure(event, Domain.GATEWAYS).reason.value

    def close(self) -> None:
        """Close; what was sent goes out for `linger_s` more. May be called twice."""
        if self._monitor is not None:
            self._socket.disable_monitor()
            self._monitor.close(0)
            self._monitor = None
        self._socket.close()


def _monitor(context: zmq.Context[Any], socket: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
    address = f"inproc://futurepark.handshakes.{id(socket)}"
    socket.monitor(address, FAILURES | zmq.EVENT_DISCONNECTED)
    monitor: zmq.Socket[bytes] = context.socket(zmq.PAIR)
    monitor.linger = 0
    monitor.rcvhwm = 0  # ZeroMQ's own thread must never wait for us
    monitor.connect(address)
    return monitor


def _property(frame: zmq.Frame, name: str) -> str | None:
    try:
        return str(frame.get(name))
    except zmq.ZMQError:
        return None
