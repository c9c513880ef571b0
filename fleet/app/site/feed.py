"""The feed's socket: tells viewers how the site is, and never waits for any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import zmq

from fleet.app.site.api_codec import encode_news
from fleet.app.site.feed_messages import DutyColumns, News, SiteNews, Snapshot, packed
from fleet.app.site.feed_writer import FeedWriter
from fleet.app.site.local_socket import Context, Guard, Options, Socket, bind
from fleet.errors import SettingError
from robots.arrays import Int32, UInt8
from robots.state import FleetState

LEAST_HZ: Final = 2.0
MOST_HZ: Final = 10.0
_SITE_S: Final = 1.0
# Messages that wait for a viewer, some seconds; more are dropped for that viewer alone, and it asks for a snapshot.
_OPTIONS: Final[Options] = {zmq.SNDHWM: 64, zmq.MAXMSGSIZE: 1024}


class Feed:
    """A PUB socket: the fleet `rate_hz` times a second, duties and site once a second, and events as they come.

    Raises SettingError for a rate out of range or an endpoint that cannot be bound; see local_socket.bind.
    """

    def __init__(
        self, context: Context, endpoint: str, guard: Guard | None, writer: FeedWriter, rate_hz: float = 5.0
    ) -> None:
        if not LEAST_HZ <= rate_hz <= MOST_HZ:
            raise SettingError("rate_hz", f"is {rate_hz:g}", f"give {LEAST_HZ:g} to {MOST_HZ:g} messages a second")
        self._context = context
        self._guard = guard
        self._writer = writer
        self._every_s = 1.0 / rate_hz
        self._socket: Socket | None = bind(context, zmq.PUB, endpoint, guard, _OPTIONS, "--feed")
        self.endpoint: str = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._fleet_s = self._site_s = -np.inf

    def hear(self, record: dict[str, Any]) -> None:
        """Take in an event, to be told once it is safe."""
        self._writer.hear(record)

    def publish(
        self,
        state: FleetState,
        condition: UInt8,
        task: Int32,
        site: Callable[[], SiteNews],
        now_s: float,
        *,
        duties: Callable[[], DutyColumns],
        committed: bool,
    ) -> None:
        """Tell what is due at `now_s`; to be called in every tick, after the commit. Does not wait.

        condition, task: columns (n,), see condition.conditions and Roster. site, duties: asked only when they are due.
        committed: whether everything that was heard so far is safe; if not, events wait.
        """
        fleet_due = now_s - self._fleet_s >= self._every_s
        site_due = now_s - self._site_s >= _SITE_S
        if not fleet_due and not site_due:
            return
        if self._socket is None:
            self._bind_again()
        if fleet_due:
            self._fleet_s = now_s
            self._tell(
                self._writer.fleet(
                    packed(
                        x_m=state.x_m,
                        y_m=state.y_m,
                        theta_rad=state.theta_rad,
                        speed_mps=state.speed_mps,
                        charge_percent=np.rint(state.charge_percent).astype(np.uint8),
                        condition=condition,
                        task=task,
                    )
                )
            )
            while committed and (events := self._writer.events()) is not None:
                self._tell(events)
        if site_due:
            self._site_s = now_s
            self._tell(self._writer.duties(duties()))
            self._tell(self._writer.site(site()))

    def snapshot(self) -> Snapshot:
        """Return all that has been told so far."""
        return self._writer.snapshot()

    def readmit(self) -> None:
        """End all connections, after a key was revoked: whoever is still allowed comes back by itself.

        The feed cannot tell viewers apart, so a revoked one would go on listening.
        """
        if self._guard is not None and self._socket is not None:
            self._socket.close(linger=0)
            self._socket = None

    def close(self) -> None:
        """Let go of the socket. May be called twice."""
        if self._socket is not None:
            self._socket.close()

    def _bind_again(self) -> None:
        """Bind where we were; the old socket lets go of the address in its own time, so it may take another try."""
        try:
            self._socket = bind(self._context, zmq.PUB, self.endpoint, self._guard, _OPTIONS, "--feed")
        except SettingError:
            self._socket = None

    def _tell(self, news: News) -> None:
        if self._socket is not None:
            self._socket.send_multipart(encode_news(news), zmq.NOBLOCK)
