"""Lets in whom the allow-list names, and nobody else: ZAP 1.0 (ZeroMQ RFC 27) for CURVE (RFC 26).

ZeroMQ asks whoever is bound to `inproc://zeromq.zap.01` in its context about every client that has proved, by CURVE,
to have the secret half of a key. pyzmq's own authenticator lets NULL clients in, so it does not serve here.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, Final

import zmq
from zmq.utils import z85

from robots.gateways.allow_list import AllowList, Role
from robots.gateways.handshakes import Domain, Refusal, RefusalReason

ROLES: Final[dict[str, frozenset[Role]]] = {
    Domain.GATEWAYS: frozenset({"gateway"}),
    Domain.API: frozenset({"operator", "viewer"}),
}
_ZAP: Final = "inproc://zeromq.zap.01"
_STOP: Final = "inproc://futurepark.authenticator"
_VERSION: Final = b"1.0"


class Authenticator:
    """Answers for all guarded sockets of a context, in a thread of its own, so that handshakes wait for nobody.

    allow_list: read for each client; its owner refreshes it.
    on_refused: called from that thread for each client that is turned away; must be quick, and must not raise.

    A client that is let in has its peer's name as the User-Id of its messages. It stays connected when its key is
    revoked: whoever receives its messages looks at the allow-list, too.
    """

    def __init__(self, context: zmq.Context[Any], allow_list: AllowList, on_refused: Callable[[Refusal], None]) -> None:
        self._context = context
        self._allow_list = allow_list
        self._on_refused = on_refused
        self._stop: zmq.Socket[Any] | None = None
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to answer. Raises zmq.ZMQError if another one answers in this context already."""
        requests, stopped, stop = (self._context.socket(kind) for kind in (zmq.REP, zmq.PAIR, zmq.PAIR))
        try:
            requests.linger = 0
            requests.bind(_ZAP)
            stopped.bind(_STOP)
            stop.connect(_STOP)
        except zmq.ZMQError:
            for socket in (requests, stopped, stop):
                socket.close()
            raise
        self._stop = stop
        self._thread = Thread(target=self._answer, args=(requests, stopped), name="authenticator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more: from now on nobody gets in. May be called twice; by the thread that called `start`."""
        if self._stop is None or self._thread is None:
            return
        self._stop.send(b"")
        self._thread.join()
        self._stop.close()
        self._stop = self._thread = None

    def _answer(self, requests: zmq.Socket[Any], stopped: zmq.Socket[Any]) -> None:
        """Answer until told to stop. Both sockets are this thread's from here on."""
        poller = zmq.Poller()
        poller.register(requests, zmq.POLLIN)
        poller.register(stopped, zmq.POLLIN)
        while stopped not in dict(poller.poll()):
            try:
                request = requests.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:  # who asked is gone
                continue
            number, answer = self._decide(request)
            if isinstance(answer, Refusal):
                requests.send_multipart([_VERSION, number, b"400", answer.reason.encode(), b"", b""])
                self._on_refused(answer)
            else:
                requests.send_multipart([_VERSION, number, b"200", b"OK", answer.encode(), b""])
        # A closed socket keeps its name until ZeroMQ's reaper comes by; an unbound one has given it up at once.
        for socket, name in ((requests, _ZAP), (stopped, _STOP)):
            socket.unbind(name)
            socket.close()

    def _decide(self, request: list[bytes]) -> tuple[bytes, str | Refusal]:
        """Return a ZAP request's number, and the name of the peer that may come in or why it may not."""
        if len(request) < 6 or request[0] != _VERSION:
            return b"".join(request[1:2]), Refusal(RefusalReason.REQUEST, "")
        number, mechanism, credentials = request[1], request[5], request[6:]
        domain, address = (part.decode(errors="replace") for part in request[2:4])
        if mechanism != b"CURVE" or [len(each) for each in credentials] != [32]:
            return number, Refusal(RefusalReason.MECHANISM, domain, address)
        public_key = z85.encode(credentials[0]).decode()
        peer = self._allow_list.owner(public_key)
        if peer is None:
            return number, Refusal(RefusalReason.UNKNOWN_KEY, domain, address, "", public_key)
        if not peer.revoked and peer.role in ROLES.get(domain, ()):
            return number, peer.name
        reason = RefusalReason.ROLE if domain in ROLES else RefusalReason.DOMAIN
        return number, Refusal(
            RefusalReason.REVOKED if peer.revoked else reason, domain, address, peer.name, public_key
        )
