"""A gateway's session with a controller: when to connect where, who is believed, and when it is over.

No clock and no sockets: it is told the time (seconds on a monotonic clock; nanoseconds UTC for what goes into
messages) and what has come, and leaves in `wanted` what is to be done. See docs/protocol.md, "A session".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from math import inf
from random import Random
from typing import Final

from robots.errors import WireError
from robots.messages import (
    MAX_ROBOTS_A_HELLO,
    PROTOCOL,
    Bye,
    FromController,
    Hb,
    Hello,
    Message,
    Resync,
    RobotIdentity,
    Welcome,
)
from robots.versions import check_welcome

_FIRST_ATTEMPT_S: Final = 1.0  # from connecting until every hello is answered
_LONGEST_ATTEMPT_S: Final = 16.0
_FIRST_BACK_OFF_S: Final = 0.1
_LONGEST_BACK_OFF_S: Final = 0.25


class _Phase(Enum):
    AWAY = auto()  # no connection
    GREETING = auto()  # hellos are sent, not all are answered
    JOINED = auto()


class Connect(int):
    """Connect to the endpoint of this number."""


class Drop:
    """Drop the connection, with all that is not sent; messages before this are given a moment to leave."""


Wanted = Message | Connect | Drop


class GatewaySession:
    """The session of one gateway.

    robots     whom it speaks for
    endpoints  how many there are to be tried in turn
    random     of back-off
    epoch      greatest epoch of a controller that it has seen before
    wanted     what the caller is to do next, in this order; the caller takes it out
    refused    what was wrong with what came, by reason: how often
    """

    def __init__(
        self, name: str, boot: bytes, robots: Sequence[RobotIdentity], *, endpoints: int, random: Random, epoch: int = 0
    ) -> None:
        self._hellos = [
            Hello(proto=PROTOCOL, gw=name, boot=boot, robots=tuple(robots[first : first + MAX_ROBOTS_A_HELLO]))
            for first in range(0, len(robots), MAX_ROBOTS_A_HELLO)
        ]
        self._endpoints = endpoints
        self._random = random
        self._phase = _Phase.AWAY
        self._answered = 0
        self._failures = 0
        self._endpoint = -1
        self._welcome: Welcome | None = None
        self._retry_at = -inf
        self._ends_at = inf
        self._beat_at = inf
        self.epoch = epoch
        self.wanted: list[Wanted] = []
        self.refused: dict[str, int] = {}

    @property
    def greeted(self) -> int:
        """How many robots, from the first on, the controller has welcomed in this session."""
        return sum(len(hello.robots) for hello in self._hellos[: self._answered])

    @property
    def joined(self) -> bool:
        """Whether every robot was welcomed, and the session goes on."""
        return self._phase is _Phase.JOINED

    def wake(self, now: float, t_ns: int) -> None:
        """Do what is due: to be called several times a heartbeat, and before messages that have come are given in."""
        if self._phase is not _Phase.AWAY and now >= self._ends_at:
            self._refuse("lease" if self.joined else "no_welcome")
            self._end(now)
        if self._phase is _Phase.AWAY and now >= self._retry_at:
            self._endpoint = (self._endpoint + 1) % self._endpoints
            self._phase = _Phase.GREETING
            self._ends_at = now + self._attempt_s()
            self.wanted += [Connect(self._endpoint), *self._hellos]
        if self._welcome is not None and now >= self._beat_at:
            self._beat_at = now + self._welcome.hb_ms / 1000
            self.wanted.append(Hb(session=self._welcome.session, epoch=self.epoch, t=t_ns))

    def take(self, message: FromController, now: float, t_ns: int) -> bool:
        """Take in what has come; return whether it is of a session that goes on, so that it may be obeyed."""
        if self._phase is _Phase.AWAY:
            return self._refuse("no_session")
        if isinstance(message, Welcome):
            return self._take_welcome(message, now, t_ns)
        if isinstance(message, Bye):
            self._refuse("bye")
            self._end(now)
            return False
        welcome = self._welcome
        if welcome is None:
            return self._refuse("no_session")
        if isinstance(message, Hb | Resync):
            if message.session != welcome.session:
                return self._refuse("session")
            if not self._believes(message.epoch, now, t_ns):
                return False
            self._failures = 0
        if self.joined:
            self._ends_at = now + welcome.lease_ms / 1000
        return True

    def lost(self, now: float) -> None:
        """Take in that the connection has broken down."""
        if self._phase is not _Phase.AWAY:
            self._refuse("connection")
            self._end(now)

    def close(self, now: float, t_ns: int, reason: str) -> None:
        """Say bye and come to an end; there is no way back."""
        if self._phase is not _Phase.AWAY:
            self._bye(t_ns, reason)
            self._end(now)
        self._retry_at = inf

    def _take_welcome(self, welcome: Welcome, now: float, t_ns: int) -> bool:
        if not self._believes(welcome.epoch, now, t_ns):
            return False
        try:
            check_welcome(welcome.proto, None if self._welcome is None else self._welcome.proto)
        except WireError as error:
            return self._break_off("version", error.detail, now, t_ns)
        if self._welcome is not None and welcome.session != self._welcome.session:
            return self._break_off("session", "two sessions for one boot", now, t_ns)
        if self._welcome is None:
            self._beat_at = now + welcome.hb_ms / 1000
        self._welcome = welcome
        self._answered = min(self._answered + 1, len(self._hellos))
        if self._answered == len(self._hellos):
            self._phase = _Phase.JOINED
            self._ends_at = now + welcome.lease_ms / 1000
        return True

    def _believes(self, epoch: int, now: float, t_ns: int) -> bool:
        """Remember the greatest epoch; break off with a controller of a smaller one."""
        if epoch < self.epoch:
            return self._break_off("old_controller", f"epoch {epoch} is over: {self.epoch} was seen", now, t_ns)
        self.epoch = epoch
        return True

    def _break_off(self, reason: str, text: str, now: float, t_ns: int) -> bool:
        self._bye(t_ns, text)
        self._refuse(reason)
        self._end(now)
        return False

    def _bye(self, t_ns: int, reason: str) -> None:
        session = 0 if self._welcome is None else self._welcome.session
        self.wanted.append(Bye(session=session, epoch=self.epoch, t=t_ns, reason=reason))

    def _end(self, now: float) -> None:
        """Drop the connection, and come back after a while: longer each time until a controller's heart beats."""
        longest = min(_FIRST_BACK_OFF_S * 2.0**self._failures, _LONGEST_BACK_OFF_S)
        self._failures = min(self._failures + 1, 16)
        self._retry_at = now + longest * self._random.uniform(0.5, 1.0)
        self._phase = _Phase.AWAY
        self._welcome = None
        self._answered = 0
        self._beat_at = inf
        self.wanted.append(Drop())

    def _attempt_s(self) -> float:
        """How long to wait for the answer: longer in each round of the endpoints, for a controller with much to do."""
        rounds = max(self._failures - 1, 0) // self._endpoints
        return min(_FIRST_ATTEMPT_S * 2.0**rounds, _LONGEST_ATTEMPT_S) * self._random.uniform(1.0, 1.25)

    def _refuse(self, reason: str) -> bool:
        self.refused[reason] = self.refused.get(reason, 0) + 1
        return False
