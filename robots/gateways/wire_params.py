"""Times and bounds of the controller's side of the wire."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class WireParams:
    """How the controller listens; see docs/protocol.md. Seconds on the driver's clock unless said.

    tick_s           `poll` returns at multiples of this; 0: as soon as what has come is taken in
    wait_s           `open` waits at most so long for robots that are not known yet
    stop_s           `stop` waits at most so long for robots to acknowledge it
    lease_s, hb_s    a session ends when nothing valid was heard for the lease; a heartbeat goes out every `hb_s`
    resend_s         what is not acknowledged is sent again after so long
    settle_s         what is acknowledged, and not reported by then, is sent again
    gather_s         after a message has come, wait so long for others: one round for many costs less
    refresh_s        the allow-list is looked at so often: a revoked key is mute after that
    future_s         a state from so far in the future, by its own clock, is refused
    hellos_a_second  of one peer; `hello_burst` may come at once
    most_sessions    sessions at the same time
    high_water       messages queued to and from each peer
    handshake_s, backlog, linger_s  of the socket: for a handshake, connections not taken yet, what `close` waits

    Raises InputError if a value is impossible.
    """

    tick_s: float = 0.1
    wait_s: float = 30.0
    stop_s: float = 1.0
    lease_s: float = 3.0
    hb_s: float = 1.0
    resend_s: float = 0.5
    settle_s: float = 2.0
    gather_s: float = 0.005
    refresh_s: float = 0.25
    future_s: float = 10.0
    hellos_a_second: float = 50.0
    hello_burst: int = 128
    most_sessions: int = 4096
    high_water: int = 1000
    handshake_s: float = 2.0
    backlog: int = 1024
    linger_s: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            may_be_0 = field.name in {"tick_s", "gather_s", "linger_s", "stop_s"}
            if not (isfinite(value) and (value > 0 or (may_be_0 and value == 0))):
                raise InputError(f"wire.{field.name}", f"is {value}", "give a number greater than zero")
        if not self.hb_s < self.lease_s:
            raise InputError("wire.hb_s", f"is {self.hb_s}", f"give less than the lease, {self.lease_s} s")
