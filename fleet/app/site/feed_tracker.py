"""A viewer's picture of the site, from a feed that may lose messages, and when it has to ask for a snapshot."""

from __future__ import annotations

from typing import Any, Final

from fleet.app.site.feed_messages import (
    AnyNews,
    Columns,
    DutiesTold,
    DutyColumns,
    Event,
    EventsTold,
    FleetNews,
    SiteNews,
    Snapshot,
)

EVENTS_KEPT: Final = 500


class FeedTracker:
    """Takes in messages and snapshots in any order; a message of an older term than the newest is passed over.

    site, columns, duties  as last told; None before that
    term           the newest leadership heard of; -1 before that
    gaps, missed   how often messages were missing between two that were heard, and how many
    lost_events    events that were missed and that no snapshot had any more
    """

    def __init__(self) -> None:
        self.site: SiteNews | None = None
        self.columns: Columns | None = None
        self.duties: DutyColumns | None = None
        self.term = -1
        self.gaps = 0
        self.missed = 0
        self.lost_events = 0
        self._seq: int | None = None
        self._joined = False
        self._needed = 0
        self._synced = False
        self._site_seq = -1
        self._columns_seq = -1
        self._duties_seq = -1
        self._events: dict[int, dict[str, Any]] = {}
        self._settled: int | None = None

    @property
    def wants_snapshot(self) -> bool:
        """Whether something may be missing that only a snapshot can make good."""
        return not self._synced

    def events(self) -> list[Event]:
        """Return the last events known, of this term, by number."""
        return [Event(number, self._events[number]) for number in sorted(self._events)]

    def hear(self, news: AnyNews) -> bool:
        """Take in a message of the feed; return false for one that is passed over, as old or heard already."""
        if news.term < self.term:
            return False
        if news.term > self.term:
            self._begin(news.term)
        if self._seq is not None:
            if news.seq <= self._seq:
                return False
            if news.seq > self._seq + 1:
                self._need(news.seq - 1)
                # What was told between the first snapshot and the first message was never to be heard: no loss.
                if self._joined:
                    self.gaps += 1
                    self.missed += news.seq - self._seq - 1
        self._seq = news.seq
        self._joined = True
        if isinstance(news, FleetNews):
            self._take_columns(news.columns, news.seq)
        elif isinstance(news, DutiesTold):
            self._take_duties(news.duties, news.seq)
        elif isinstance(news, EventsTold):
            self._take_events(news.events)
            if self._synced:
                self._settle()
        else:
            self._take_site(news.site, news.seq)
        return True

    def is_behind(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot ends before what has been heard."""
        return (snapshot.term, snapshot.seq) < (self.term, self._seq or 0)

    def resync(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; one that is older than what is missing helps, but does not do."""
        if snapshot.term < self.term:
            return
        if snapshot.term > self.term:
            self._begin(snapshot.term)
        if snapshot.columns is not None:
            self._take_columns(snapshot.columns, snapshot.seq)
        if snapshot.duties is not None:
            self._take_duties(snapshot.duties, snapshot.seq)
        if snapshot.site is not None:
            self._take_site(snapshot.site, snapshot.seq)
        self._take_events(snapshot.events)
        if self._seq is None or snapshot.seq > self._seq:
            # What was told up to then is all in the snapshot; of what is still under way nothing is needed.
            self._seq = snapshot.seq
        if snapshot.seq >= self._needed:
            self._synced = True
            self._settle()

    def _begin(self, term: int) -> None:
        """Forget what an earlier leader told: numbers start again."""
        self.term = term
        self._seq = None
        self._joined = False
        self._need(0)
        self._site_seq = self._columns_seq = self._duties_seq = -1
        self._events.clear()
        self._settled = None

    def _need(self, seq: int) -> None:
        self._synced = False
        self._needed = seq

    def _take_site(self, site: SiteNews, seq: int) -> None:
        if seq > self._site_seq:
            self.site, self._site_seq = site, seq

    def _take_columns(self, columns: Columns, seq: int) -> None:
        if seq > self._columns_seq:
            self.columns, self._columns_seq = columns, seq

    def _take_duties(self, duties: DutyColumns, seq: int) -> None:
        if seq > self._duties_seq:
            self.duties, self._duties_seq = duties, seq

    def _take_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._events[event.number] = event.record

    def _settle(self) -> None:
        """Count the events that are missing for good, now that nothing can bring them any more."""
        if not self._events:
            return
        newest = max(self._events)
        settled = min(self._events) - 1 if self._settled is None else self._settled
        self.lost_events += sum(number not in self._events for number in range(settled + 1, newest + 1))
        self._settled = newest
        for number in sorted(self._events)[:-EVENTS_KEPT]:
            del self._events[number]
