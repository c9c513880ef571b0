"""What became of messages: counted, and what somebody ought to know of told to a listener."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

# The same of the same peer is told once in so many seconds, with how often it happened: a flood must not fill a disk.
_AGAIN_S: Final = 1.0


class RefusedError(Exception):
    """A message that is well-formed and not to be obeyed; `code` as in `WireRecord.refused`."""

    def __init__(self, code: str, **detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class _Untold:
    times: int
    next_s: float
    detail: dict[str, Any]


class WireRecord:
    """Counts of messages since the driver was made, and events for `on_security`.

    received  messages that came; each is in `accepted` or in `refused`
    refused   by code: those of WireError, and
              unknown_peer  no key of the allow-list       revoked   a key that was revoked
              role          a key that is no gateway's     route     a routing id that the peer chose itself
              no_session    before a hello, or after the end of the session. A healthy fleet has these after a pause
                            of about the lease: what a gateway said before it hears that its session is over, and
                            what was still to be read of a connection when it said hello over another one
              identity      on a connection of another peer's session
              session       of another session             boot      of an earlier start of the gateway
              robot         no robot of this session       taken     a robot for which another peer speaks
              replay        a number that is not new       future    from the future
              ack           of what was never sent         numbers   numbers that contradict each other
              version, hello_rate, sessions  see docs/protocol.md and WireParams
    noted     what is no message: disconnected, a RefusalReason (handshakes that failed before a key was
              known), lease, replaced, reconnected, revoked, newer_controller, allow_list,
              rejected (an ack), astray (a robot that is not where its base says)
    sent, held_back  messages that went out, and that could not for now

    An event is {"event": "refused" or "noted", "code", "peer", "times", "at_s", ...}; the sum of `times` is the count
    once `tell` was called with everything due.
    """

    def __init__(self, clock: Callable[[], float], on_security: Callable[[dict[str, Any]], None]) -> None:
        self._clock = clock
        self._on_security = on_security
        self.received = 0
        self.accepted = 0
        self.sent = 0
        self.held_back = 0
        self.refused: Counter[str] = Counter()
        self.noted: Counter[str] = Counter()
        self._untold: dict[tuple[str, str, str | None], _Untold] = {}

    def refuse(self, code: str, peer: str | None, **detail: object) -> bool:
        """Count a message that was refused, and tell of it; return whether that was told at once."""
        self.refused[code] += 1
        return self._take("refused", code, peer, detail)

    def note(self, code: str, peer: str | None, **detail: object) -> None:
        """Count something that happened, and tell of it."""
        self.noted[code] += 1
        self._take("noted", code, peer, detail)

    def tell(self, now_s: float) -> None:
        """Tell of what happened more than once since it was told; `now_s` infinite: of all of it."""
        for key in [key for key, untold in self._untold.items() if untold.next_s <= now_s]:
            untold = self._untold[key]
            if untold.times == 0:
                del self._untold[key]
                continue
            self._emit(key, untold.times, untold.detail)
            untold.times, untold.next_s = 0, now_s + _AGAIN_S

    def _take(self, event: str, code: str, peer: str | None, detail: dict[str, object]) -> bool:
        key = (event, code, peer)
        untold = self._untold.get(key)
        if untold is None:
            self._untold[key] = _Untold(0, self._clock() + _AGAIN_S, {})
            self._emit(key, 1, detail)
        else:
            untold.times += 1
            untold.detail = detail
        return untold is None

    def _emit(self, key: tuple[str, str, str | None], times: int, detail: dict[str, object]) -> None:
        event, code, peer = key
        told = {"event": event, "code": code, "peer": peer, "times": times, "at_s": self._clock()}
        self._on_security(told | detail)
