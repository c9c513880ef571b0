"""Sessions of gateways: who speaks for which robot now, over which connection; see docs/protocol.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from robots.gateways.peers import Peers
from robots.gateways.wire_params import WireParams
from robots.gateways.wire_record import RefusedError
from robots.messages import Hello
from robots.versions import answer_hello

_BOOTS_KEPT: Final = 256


@dataclass(slots=True)
class Session:
    """A gateway that is connected.

    number  of the session
    peer    the name of its key; the gateway's own name where there are no keys
    boot    of the gateway's start
    route   of the connection, None if it is gone
    rows    robots that it speaks for: serial -> row
    heard_s when something valid was last heard
    spoken  version of the protocol
    """

    number: int
    peer: str
    boot: bytes
    route: bytes | None
    heard_s: float
    spoken: tuple[int, int]
    rows: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Sessions:
    """All sessions. A session belongs to a key and a boot; a connection belongs to one session at a time.

    of_row  the session of each robot, None for none
    """

    def __init__(self, roster: Sequence[str], peers: Peers, params: WireParams, controller: int) -> None:
        self._rows = {serial: row for row, serial in enumerate(roster)}
        self._peers = peers
        self._params = params
        self._by_route: dict[bytes, Session] = {}
        self._by_peer: dict[str, Session] = {}
        self._over: dict[str, dict[bytes, None]] = {}  # boots that are over, by peer, the oldest first
        self._buckets: dict[str, _Bucket] = {}
        self._next = controller << 32
        self.of_row: list[Session | None] = [None] * len(roster)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_peer.values()))

    def hello(self, user: str | None, route: bytes, hello: Hello, now_s: float) -> tuple[Session, str]:
        """Take in a hello; return its session, and what that changed: `replaced` an earlier boot's, `reconnected`.

        Raises RefusedError, and WireError("version").
        """
        peer = hello.gw if user is None else user
        self._take_token(peer, now_s)
        # Identities that ZeroMQ makes up: a zero and four random bytes. Others are chosen, maybe somebody else's.
        if len(route) != 5 or route[0] != 0:
            raise RefusedError("route")
        found = self._by_route.get(route)
        if found is not None and found.peer != peer:
            raise RefusedError("identity")
        session = self._by_peer.get(peer)
        same = session is not None and session.boot == hello.boot
        spoken = answer_hello(hello.proto, session.spoken if session is not None and same else None)
        self._check_robots(peer, hello)
        if hello.boot in self._over.get(peer, ()):
            raise RefusedError("boot")
        changed = ""
        if session is not None and not same:
            changed = "replaced"
            self.end(session, for_good=True)
            session = None
        if session is None:
            session = self._begin(peer, hello.boot, spoken, now_s)
        elif session.route != route:
            changed = "reconnected"
        self._move(session, route)
        session.heard_s = now_s
        for robot in hello.robots:
            row = self._rows[robot.serial]
            session.rows[robot.serial] = row
            self.of_row[row] = session
        return session, changed

    def find(self, user: str | None, route: bytes) -> Session:
        """Return the session of a connection; raises RefusedError if there is none, or it is not of this key."""
        session = self._by_route.get(route)
        if session is None:
            raise RefusedError("no_session")
        if user is not None and session.peer != user:
            # The true peer has gone and somebody else has taken its routing id: nothing may be sent there any more.
            self.lose(session)
            raise RefusedError("identity")
        return session

    def lose(self, session: Session) -> None:
        """Take note that the connection of a session is gone."""
        if session.route is not None:
            del self._by_route[session.route]
            session.route = None

    def end(self, session: Session, *, for_good: bool = False) -> None:
        """End a session: nobody speaks for its robots. `for_good`: its boot is not to be heard again."""
        self.lose(session)
        del self._by_peer[session.peer]
        for row in session.rows.values():
            self.of_row[row] = None
        if for_good:
            over = self._over.setdefault(session.peer, {})
            over[session.boot] = None
            if len(over) > _BOOTS_KEPT:
                del over[next(iter(over))]

    def restrict(self, session: Session, serials: frozenset[str]) -> None:
        """Take those robots from a session that its peer may no longer speak for."""
        for serial in [serial for serial in session.rows if serial not in serials]:
            self.of_row[session.rows.pop(serial)] = None

    def _take_token(self, peer: str, now_s: float) -> None:
        params = self._params
        bucket = self._buckets.setdefault(peer, _Bucket(params.hello_burst, now_s))
        more = (now_s - bucket.at_s) * params.hellos_a_second
        bucket.tokens = min(bucket.tokens + more, float(params.hello_burst))
        bucket.at_s = now_s
        if bucket.tokens < 1:
            raise RefusedError("hello_rate")
        bucket.tokens -= 1

    def _check_robots(self, peer: str, hello: Hello) -> None:
        allowed = self._peers.serials(peer)
        for robot in hello.robots:
            if robot.serial not in allowed:
                raise RefusedError("robot", robot=robot.serial)
            other = self.of_row[self._rows[robot.serial]]
            if other is not None and other.peer != peer:
                raise RefusedError("taken", robot=robot.serial)

    def _begin(self, peer: str, boot: bytes, spoken: tuple[int, int], now_s: float) -> Session:
        if len(self._by_peer) >= self._params.most_sessions:
            raise RefusedError("sessions")
        self._next += 1
        session = Session(self._next, peer, boot, None, now_s, spoken)
        self._by_peer[peer] = session
        return session

    def _move(self, session: Session, route: bytes) -> None:
        if session.route != route:
            self.lose(session)
            session.route = route
            self._by_route[route] = session
