"""Follows a site's feed over a socket, and asks for a snapshot whenever something may be missing."""

from __future__ import annotations

from types import TracebackType
from typing import Final

import zmq

from fleet.app.site.api_client import ApiClient
from fleet.app.site.api_codec import decode_news
from fleet.app.site.errors import ControllerUnreachableError, MessageError
from fleet.app.site.feed_messages import FEED_TAG, MAX_FEED_BYTES
from fleet.app.site.feed_tracker import FeedTracker
from fleet.app.site.local_socket import ClientKeys, Context, Options, Socket, connect, prepare
from fleet.runtime.clock import Clock

_OPTIONS: Final[Options] = {zmq.MAXMSGSIZE: MAX_FEED_BYTES, zmq.RCVHWM: 1000, zmq.RECONNECT_IVL: 200}
_SILENT_S: Final = 3.0
_RESYNC_S: Final = 0.5


class FeedReader:
    """Keeps a FeedTracker up to date. `client` says where the feed is and makes good what was missed.

    A controller that counts from the start again, with a journal of its own and a clock that was set back, is another
    site. It is believed to be one once nothing of what it tells has been news for a while: then `tracker` is a new one.

    serials  of the robots, by row; empty before the first snapshot
    trouble  why nothing is known now, empty if all is well
    """

    def __init__(self, context: Context, client: ApiClient, keys: ClientKeys | None, clock: Clock) -> None:
        self.tracker = FeedTracker()
        self.serials: tuple[str, ...] = ()
        self.trouble = ""
        self._context = context
        self._client = client
        self._keys = keys
        self._clock = clock
        self._socket: Socket | None = None
        self._endpoint = ""
        self._heard_s = clock.now()
        self._asked_s = -_RESYNC_S

    def __enter__(self) -> FeedReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def silent_s(self) -> float:
        """For how long no news has been heard, in seconds."""
        return self._clock.now() - self._heard_s

    def poll(self, timeout_s: float) -> None:
        """Take in what comes within `timeout_s` seconds, and then what is missing.

        A controller that cannot be reached is no error but `trouble`; it is asked again in a later call. Raises
        RefusedError where it does not let us read.
        """
        until_s = self._clock.now() + timeout_s
        while (left_s := until_s - self._clock.now()) > 0:
            self._resync()
            if self._socket is None:
                return
            if self._socket.poll(max(1, round(1000 * min(left_s, _RESYNC_S)))):
                self._drain(self._socket)

    def close(self) -> None:
        """Let go of the connection. May be called twice."""
        if self._socket is not None:
            self._socket.close(linger=0)
            self._socket = None

    def _drain(self, socket: Socket) -> None:
        while True:
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                news = self.tracker.hear(decode_news(frames))
            except MessageError as bad:
                self.trouble = f"the feed is not understood: {bad}"
                continue
            if news:
                self._heard_s = self._clock.now()
                self.trouble = ""

    def _resync(self) -> None:
        """Ask for a snapshot if it is time to."""
        silent = self.silent_s() >= _SILENT_S
        if not (self.tracker.wants_snapshot or silent) or self._clock.now() - self._asked_s < _RESYNC_S:
            return
        try:
            answer = self._client.snapshot()
        except ControllerUnreachableError as failure:
            self.trouble = str(failure)
            return
        finally:
            self._asked_s = self._clock.now()
        if silent and self.tracker.is_behind(answer.snapshot):
            self.tracker = FeedTracker()
        self.serials = answer.roster.serials
        self._follow(_reachable(answer.feed, self._client.endpoint))
        self.tracker.resync(answer.snapshot)

    def _follow(self, endpoint: str) -> None:
        if endpoint == self._endpoint and self._socket is not None:
            return
        self.close()
        socket = prepare(self._context, zmq.SUB, endpoint, self._keys, _OPTIONS)
        socket.setsockopt(zmq.SUBSCRIBE, FEED_TAG)
        connect(socket, endpoint)
        self._socket, self._endpoint = socket, endpoint


def _reachable(feed: str, api: str) -> str:
    """The endpoint of a feed as seen from here: one bound to every address is where the API is."""
    scheme, _, rest = feed.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme == "tcp" and host in ("*", "0.0.0.0", "[::]") and api.startswith("tcp://"):  # noqa: S104
        return f"tcp://{api.removeprefix('tcp://').rpartition(':')[0]}:{port}"
    return feed
