"""One connection of a client to one controller, and why it does not come about."""

from __future__ import annotations

from typing import Final

import zmq

from fleet.app.site.api_messages import MAX_REPLY_BYTES
from fleet.app.site.local_socket import ClientKeys, Context, Options, connect, prepare
from robots.gateways.connection_events import next_event

_OPTIONS: Final[Options] = {zmq.MAXMSGSIZE: MAX_REPLY_BYTES, zmq.RECONNECT_IVL: 200}
# What a connection that will not come about looks like, and what that means.
_FAILED: Final[dict[int, str]] = {
    zmq.EVENT_CONNECT_RETRIED: "nobody listens there",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "the handshake failed; it has other keys, or none",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "the handshake failed; it has other keys, or none",
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "it does not admit this key",
    zmq.EVENT_DISCONNECTED: "the connection was lost",
}
_MOMENT_MS: Final = 100
_EVENTS: Final = zmq.EVENT_HANDSHAKE_SUCCEEDED | sum(_FAILED)


class ApiLink:
    """A DEALER, connected to one endpoint. `failure` says why nothing can be heard on it, empty while something may."""

    def __init__(self, context: Context, endpoint: str, keys: ClientKeys | None) -> None:
        self.failure = ""
        self._socket = prepare(context, zmq.DEALER, endpoint, keys, _OPTIONS)
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        connect(self._socket, endpoint)
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)

    def send(self, frames: list[bytes]) -> None:
        """Send once connected; nothing is sent on a link that cannot take more."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            # A controller that has turned us away already takes nothing in; why, its monitor may be about to say.
            self._listen(_MOMENT_MS)
            self.failure = self.failure or "it takes nothing in"

    def receive(self, timeout_s: float) -> list[bytes] | None:
        """Return the next message; None after `timeout_s` seconds, or at once when the link has failed."""
        ready = dict(self._poller.poll(max(0, round(1000 * timeout_s))))
        if self._socket in ready:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        if self._monitor in ready:
            self._listen(0)
        return None

    def _listen(self, wait_ms: int) -> None:
        """Take in the next event of the connection, if there is one."""
        if self._monitor.poll(wait_ms):
            event = next_event(self._monitor)
            self.failure = _FAILED.get(event.kind, self.failure)

    def close(self) -> None:
        """Let go of the connection; what was not sent is dropped."""
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=0)
