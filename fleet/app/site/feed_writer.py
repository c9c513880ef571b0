"""The feed without its socket: what has been told, numbered, and the snapshot that stands for all of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from fleet.app.site.feed_messages import (
    MAX_EVENTS,
    Columns,
    DutiesTold,
    DutyColumns,
    Event,
    EventsTold,
    FleetNews,
    News,
    SiteNews,
    SiteTold,
    Snapshot,
)

# Events in a snapshot: what a viewer that missed some can still make good.
EVENTS_KEPT: Final = 200
# Events that wait to be told, while nothing can be committed; the oldest go first, and their numbers show it.
_MOST_WAITING: Final = 5000
# Lists of cells may have one for each of the floor: too long for a feed.
_LEFT_OUT: Final = frozenset({"cells", "edges"})


class FeedWriter:
    """Makes the messages of one term, in order. utc_ns: the time, nanoseconds UTC, for people."""

    def __init__(self, term: int, utc_ns: Callable[[], int]) -> None:
        self._term = term
        self._utc_ns = utc_ns
        self._seq = 0
        self._events = 0
        self._waiting: deque[Event] = deque(maxlen=_MOST_WAITING)
        self._told: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._site: SiteNews | None = None
        self._columns: Columns | None = None
        self._duties: DutyColumns | None = None

    def hear(self, record: dict[str, Any]) -> None:
        """Take in an event, plain JSON values, to be told once it is safe."""
        self._events += 1
        self._waiting.append(Event(self._events, {key: record[key] for key in record if key not in _LEFT_OUT}))

    def fleet(self, columns: Columns) -> News:
        """Return the message that tells where robots are."""
        self._columns = columns
        return FleetNews(term=self._term, seq=self._next(), t=self._utc_ns(), columns=columns)

    def duties(self, duties: DutyColumns) -> News:
        """Return the message that tells what robots are about."""
        self._duties = duties
        return DutiesTold(term=self._term, seq=self._next(), t=self._utc_ns(), duties=duties)

    def site(self, site: SiteNews) -> News:
        """Return the message that tells how the site is."""
        self._site = site
        return SiteTold(term=self._term, seq=self._next(), t=self._utc_ns(), site=site)

    def events(self) -> News | None:
        """Return a message with the oldest events that have not been told; None if there are none."""
        if not self._waiting:
            return None
        events = tuple(islice(self._waiting, MAX_EVENTS))
        for event in events:
            self._waiting.popleft()
            self._told.append(event)
        return EventsTold(term=self._term, seq=self._next(), t=self._utc_ns(), events=events)

    def snapshot(self) -> Snapshot:
        """Return all that has been told so far."""
        return Snapshot(
            self._term, self._seq, self._utc_ns(), self._site, self._columns, tuple(self._told), self._duties
        )

    def _next(self) -> int:
        self._seq += 1
        return self._seq
