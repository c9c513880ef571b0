"""The API without its socket: who may ask what, and that everything is carried out once and answered once."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

import msgspec

from fleet.app.site.api_codec import decode_ask, encode, request_id
from fleet.app.site.api_messages import (
    PASSING,
    Act,
    AnyAsk,
    OrderAdd,
    OrderCancel,
    Refused,
    Reply,
    SnapshotAsk,
    StatusAsk,
)
from fleet.app.site.errors import MessageError

MOST_PENDING: Final = 256
MOST_PENDING_OF_ONE: Final = 32
MOST_KEPT: Final = 4096
MOST_KEPT_BYTES: Final = 32 * 2**20
# What `take` hands out in one go: so many orders, or reads that cost about as much.
_WORK_A_TAKE: Final = 50
_WORK: Final = {"order_list": 20, "order_show": 5, "order_records": 25, "task_list": 5, "floor": 5, "status": 5}


class User(Protocol):
    """Somebody on the allow-list."""

    @property
    def role(self) -> str:
        """What they may do: an operator everything, a viewer read."""

    @property
    def revoked(self) -> bool:
        """Whether they may do nothing any more."""


class Users(Protocol):
    """Who may talk to the controller; see robots.gateways.allow_list."""

    def peer(self, name: str) -> User | None:
        """Return who has this name now, or None."""


@dataclass(slots=True, eq=False)
class Request:
    """A request to be carried out: `user` asks, `ask` says what."""

    user: str
    ask: AnyAsk
    digest: bytes = field(repr=False)
    route: bytes = field(repr=False)


class _Answer(NamedTuple):
    """What a request is answered; `passing` if it had better be asked again."""

    request: Request
    frames: list[bytes]
    passing: bool


Outgoing = tuple[bytes, list[bytes]]


class RequestDesk:
    """Takes frames in, hands requests out, and gives back frames to send; knows neither socket nor clock.

    The same request (user, id, content) is carried out once: a copy that comes while it is pending is answered with it,
    one that comes later gets the remembered answer, byte for byte. Of requests that change nothing only pending ones
    are known. Remembered are the last MOST_KEPT answers, up to MOST_KEPT_BYTES.

    users: None where the controller runs without keys; then every request is an operator's, and may say whose.
    refusals: how many requests were refused here, by code
    """

    def __init__(self, users: Users | None) -> None:
        self.refusals: Counter[str] = Counter()
        self._users = users
        self._waiting: list[Request] = []
        self._pending: dict[tuple[str, str], Request] = {}
        self._answered: list[_Answer] = []
        self._kept: OrderedDict[tuple[str, str], tuple[bytes, list[bytes]]] = OrderedDict()
        self._kept_bytes = 0
        self._ready: list[Outgoing] = []

    def receive(self, route: bytes, user: str | None, frames: Sequence[bytes]) -> None:
        """Take in what came from `route`; `user` is the name that its key proved, None where there was no key."""
        try:
            ask = decode_ask(frames)
        except MessageError as bad:
            self._refuse(route, request_id(frames), bad.code, bad.problem, "see docs/site-api.md for requests")
            return
        name = user if self._users is not None else ask.user or "local"
        if not name:
            self._refuse(route, ask.id, "not_allowed", "there is no key", "connect with a key")
            return
        if not self._may(name, ask, route):
            return
        digest = blake2b(frames[1], digest_size=16).digest()
        key = name, ask.id
        known = self._pending.get(key)
        kept = self._kept.get(key)
        before = known.digest if known is not None else kept[0] if kept is not None else digest
        if before != digest:
            problem = "another request has had this id"
            self._refuse(route, ask.id, "id_reused", problem, "choose a new id for each request")
        elif known is not None:
            known.route = route
        elif kept is not None:
            self._ready.append((route, kept[1]))
        elif self._full(name):
            self._refuse(route, ask.id, "busy", "too many requests wait", "ask again in a moment")
        else:
            request = Request(name, ask, digest, route)
            self._pending[key] = request
            self._waiting.append(request)

    def take(self) -> list[Request]:
        """Return requests to be carried out and answered now, at least one if any waits; actions first, then by age."""
        # An emergency stop does not wait behind a file of orders.
        self._waiting.sort(key=lambda request: not isinstance(request.ask, Act))
        work = taken = 0
        while taken < len(self._waiting) and work < _WORK_A_TAKE:
            work += _work(self._waiting[taken].ask)
            taken += 1
        requests, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return requests

    def answer(self, request: Request, reply: Reply) -> None:
        """Give the answer to a request that was taken; it is sent once it may be, see `outgoing`."""
        frames = encode(msgspec.structs.replace(reply, id=request.ask.id))
        passing = isinstance(reply, Refused) and reply.code in PASSING
        self._answered.append(_Answer(request, frames, passing))

    def outgoing(self, *, committed: bool) -> list[Outgoing]:
        """Return routes and frames to send now.

        committed  whether everything that was done for the answers is safe. If not, only status and snapshots go out,
                   which say nothing that could be lost, and answers that ask to try again
        """
        held = []
        for answer in self._answered:
            if committed or answer.passing or isinstance(answer.request.ask, StatusAsk | SnapshotAsk):
                self._let_go(answer)
            else:
                held.append(answer)
        self._answered = held
        ready, self._ready = self._ready, []
        return ready

    def _may(self, name: str, ask: AnyAsk, route: bytes) -> bool:
        """Whether this user may ask that; otherwise it is refused."""
        if self._users is None:
            return True
        user = self._users.peer(name)
        if user is None or user.revoked:
            self._refuse(route, ask.id, "revoked", f"{name} is not on the allow-list any more", "ask for a new key")
        elif user.role == "operator" or (user.role == "viewer" and not ask.changes):
            return True
        else:
            self._refuse(route, ask.id, "not_allowed", f"{name} is a {user.role}", "ask an operator")
        return False

    def _full(self, name: str) -> bool:
        return (
            len(self._pending) >= MOST_PENDING or sum(user == name for user, _ in self._pending) >= MOST_PENDING_OF_ONE
        )

    def _let_go(self, answer: _Answer) -> None:
        """Send an answer, and remember it if its request may have changed something."""
        request = answer.request
        key = request.user, request.ask.id
        del self._pending[key]
        self._ready.append((request.route, answer.frames))
        if not request.ask.changes or answer.passing:
            return
        self._kept[key] = request.digest, answer.frames
        self._kept_bytes += len(answer.frames[1])
        while len(self._kept) > MOST_KEPT or self._kept_bytes > MOST_KEPT_BYTES:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest[1])

    def _refuse(self, route: bytes, request: str, code: str, problem: str, remedy: str) -> None:
        self.refusals[code] += 1
        # A flood of refusals costs no memory: who sends so much nonsense need not hear of all of it.
        if len(self._ready) < MOST_PENDING:
            self._ready.append((route, encode(Refused(request, code=code, problem=problem, remedy=remedy))))


def _work(ask: AnyAsk) -> int:
    if isinstance(ask, OrderAdd | OrderCancel):
        return len(ask.orders)
    return _WORK.get(str(ask.__struct_config__.tag), 1)
