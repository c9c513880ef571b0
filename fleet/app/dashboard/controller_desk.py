"""Asks the controller on behalf of browsers: off the event loop, remembered for a moment, and not too often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NoReturn, TypeVar

from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.request_limits import TokenBucket
from fleet.app.dashboard.site_follower import SiteAddress
from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.api_messages import PASSING
from fleet.app.site.errors import ControllerUnreachableError, MessageError, RefusedError
from fleet.app.site.local_socket import Context
from fleet.runtime.clock import Clock

_Answer = TypeVar("_Answer")
# An answer to a question is as good as new for so long.
_FRESH_S: Final = 1.0
_MOST_REMEMBERED: Final = 512
_MOST_ACTS_WAITING: Final = 16
_MOST_READS_WAITING: Final = 32
_READS: Final = ClientParams(answer_s=1.0, give_up_s=2.0)
_ACTS: Final = ClientParams(answer_s=2.0, give_up_s=6.0)
_STATUS: Final = {
    "unknown_order": 404,
    "malformed": 422,
    "bad_action": 422,
    "too_large": 422,
    "not_allowed": 403,
    "revoked": 403,
}


class ControllerDesk:
    """Asks from `start` to `stop`. One question at a time goes to the controller, and one action beside it.

    asks: how many questions a second may go to it in all; what is asked again within a second is not one of them.
    """

    def __init__(self, context: Context, address: SiteAddress, clock: Clock, asks: float) -> None:
        self._context = context
        self._address = address
        self._clock = clock
        self._bucket = TokenBucket(asks, clock.now())
        self._readers = ThreadPoolExecutor(1, "controller-reads")
        self._actors = ThreadPoolExecutor(1, "controller-acts")
        self._reading: ApiClient | None = None
        self._acting: dict[str, ApiClient] = {}
        self._known: dict[Hashable, tuple[float, asyncio.Future[Any]]] = {}
        self._reads_waiting = self._acts_waiting = 0

    async def read(self, key: Hashable, ask: Callable[[ApiClient], _Answer]) -> _Answer:
        """Return what a client answers to `ask`; the same for everybody who has the same key within a second.

        Raises RequestError: 429 if too many ask too much, 503 if no controller answers, and what it refuses.
        """
        now_s = self._clock.now()
        known = self._known.get(key)
        if known is None or now_s - known[0] >= _FRESH_S:
            # Of a controller that is away, each question waits for seconds: others do not line up behind it for ever.
            if self._reads_waiting >= _MOST_READS_WAITING or not self._bucket.take(now_s):
                raise RequestError(429, "controller", "too much is asked of it", "ask again in a second")
            known = now_s, asyncio.get_running_loop().run_in_executor(self._readers, self._read, ask)
            self._reads_waiting += 1
            known[1].add_done_callback(self._has_been_read)
            self._forget(now_s)
            self._known[key] = known
        try:
            # One that asked and went away must not take the answer from the others.
            answer: _Answer = await asyncio.shield(known[1])
        except (ControllerUnreachableError, MessageError, RefusedError) as failure:
            _raise(failure)
        return answer

    async def act(self, user: str, do: Callable[[ApiClient], _Answer]) -> _Answer:
        """Return what a client answers to `do`, done in the name of `user`. Raises RequestError as `read` does."""
        if self._acts_waiting >= _MOST_ACTS_WAITING:
            raise RequestError(429, "controller", "too many actions wait for it", "try again in a moment")
        self._acts_waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._actors, self._act, user, do)
        except (ControllerUnreachableError, MessageError, RefusedError) as failure:
            _raise(failure)
        finally:
            self._acts_waiting -= 1

    def stop(self) -> None:
        """End, and wait for what is under way; a few seconds at most."""
        self._readers.shutdown(cancel_futures=True)
        self._actors.shutdown(cancel_futures=True)
        for client in (self._reading, *self._acting.values()):
            if client is not None:
                client.close()

    def _has_been_read(self, _answer: asyncio.Future[Any]) -> None:
        self._reads_waiting -= 1

    def _read(self, ask: Callable[[ApiClient], _Answer]) -> _Answer:
        if self._reading is None:
            self._reading = self._client(self._address.name, _READS)
        return ask(self._reading)

    def _act(self, user: str, do: Callable[[ApiClient], _Answer]) -> _Answer:
        if user not in self._acting:
            self._acting[user] = self._client(user, _ACTS)
        return do(self._acting[user])

    def _client(self, user: str, params: ClientParams) -> ApiClient:
        address = self._address
        return ApiClient(self._context, address.endpoints, address.keys, self._clock, user=user, params=params)

    def _forget(self, now_s: float) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known = {key: known for key, known in self._known.items() if now_s - known[0] < _FRESH_S}


def _raise(failure: ControllerUnreachableError | MessageError | RefusedError) -> NoReturn:
    """Say in terms of HTTP what the controller said, or that it said nothing."""
    if isinstance(failure, RefusedError):
        status = 503 if failure.code in PASSING else _STATUS.get(failure.code, 409)
        raise RequestError(status, failure.code, failure.problem, failure.remedy) from None
    raise RequestError(503, "controller", str(failure), "see whether it runs; this server goes on trying") from None
