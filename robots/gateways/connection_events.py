"""What ZeroMQ tells of a socket's connections, event by event.

`zmq.utils.monitor` does this, too, but brings asyncio and ssl with it, which every start of a program would wait for.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final, NamedTuple

import zmq

_EVENT: Final = Struct("=HI")


class ConnectionEvent(NamedTuple):
    """A kind, one of zmq.Event, and what it comes with: an error number, the reason of a protocol error."""

    kind: int
    value: int


def next_event(monitor: zmq.Socket[Any]) -> ConnectionEvent:
    """Return the next event from a monitor's socket, see zmq_socket_monitor(3). Raises zmq.Again if there is none."""
    described, *_ = monitor.recv_multipart(zmq.DONTWAIT)
    return ConnectionEvent(*_EVENT.unpack(described))
