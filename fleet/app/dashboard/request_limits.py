"""How much one client may ask."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from fleet.app.dashboard.errors import RequestError
from fleet.runtime.clock import Clock

_MOST_CLIENTS: Final = 4096


@dataclass(frozen=True, slots=True)
class LimitParams:
    """Requests a second of one client, as many at once; of all of them, what goes on to the controller; websockets.

    most_body_bytes  of a request
    """

    reads: float = 2000.0
    acts: float = 20.0
    asks: float = 20.0
    sockets: int = 100
    most_body_bytes: int = 2**20


class TokenBucket:
    """Lets `rate` through in a second on average, and as many at once after a pause."""

    def __init__(self, rate: float, now_s: float) -> None:
        self._rate = rate
        self._left = rate
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Whether one more may go through at `now_s` seconds; if so it is counted."""
        self._left = min(self._rate, self._left + self._rate * (now_s - self._at_s))
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Limits:
    """A bucket for each client: those that have been quiet for longest are forgotten."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def check(self, client: str) -> None:
        """Count a request; raises RequestError 429 if it is one too many."""
        if not self.allows(client):
            problem = f"more than {self._rate:g} requests a second"
            raise RequestError(429, "client", problem, "ask less often")

    def allows(self, client: str) -> bool:
        """Count a request; return whether it is not one too many."""
        now_s = self._clock.now()
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = TokenBucket(self._rate, now_s)
            if len(self._buckets) > _MOST_CLIENTS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        return bucket.take(now_s)
