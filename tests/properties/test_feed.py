"""A viewer of the feed, whatever it misses: it knows when it does not know, and one snapshot makes it good."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.app.site.api_codec import decode_news, encode_news
from fleet.app.site.feed_messages import Columns, DutyColumns, JournalNews, SiteNews, packed, packed_duties
from fleet.app.site.feed_tracker import FeedTracker
from fleet.app.site.feed_writer import EVENTS_KEPT, FeedWriter

STEP = st.sampled_from(["fleet", "duties", "site", "event", "event", "resync", "slow resync"])


def columns(mark: int) -> Columns:
    some = np.full(2, mark, dtype=np.float32)
    few = np.zeros(2, dtype=np.uint8)
    return packed(
        x_m=some, y_m=some, theta_rad=some, speed_mps=some, charge_percent=few, condition=few,
        task=np.full(2, mark, dtype=np.int32),
    )  # fmt: skip


def duties(mark: int) -> DutyColumns:
    cells = np.full(2, mark, dtype=np.int32)
    flags = np.zeros(2, dtype=np.bool_)
    return packed_duties(
        goal=cells, waits_for=cells, wait=flags, waited_s=cells.astype(np.float32), delayed=flags, loaded=flags,
    )  # fmt: skip


def site(mark: int) -> SiteNews:
    return SiteNews(
        world="w", version="0", site_s=float(mark), uptime_s=0.0, term=1, leads=True,
        journal=JournalNews("memory"), counts={}, robots={},
    )  # fmt: skip


class Told:
    """What was told, written down plainly: the last columns and site, and every event, of one term."""

    def __init__(self, term):
        self.writer = FeedWriter(term, lambda: 0)
        self.columns = self.duties = self.site = None
        self.events = []
        self.messages = 0

    def tell(self, step, mark):
        if step == "fleet":
            self.columns = columns(mark)
            news = self.writer.fleet(self.columns)
        elif step == "duties":
            self.duties = duties(mark)
            news = self.writer.duties(self.duties)
        elif step == "site":
            self.site = site(mark)
            news = self.writer.site(self.site)
        else:
            self.events.append(mark)
            self.writer.hear({"event": "e", "mark": mark, "cells": list(range(1000))})
            news = self.writer.events()
        self.messages += 1
        return decode_news(encode_news(news))

    def known_by(self, tracker):
        return (
            tracker.columns == self.columns
            and tracker.duties == self.duties
            and tracker.site == self.site
            and [event.record["mark"] for event in tracker.events()] == self.events[-len(tracker.events()) :]
        )


@given(st.lists(st.tuples(STEP, st.booleans()), max_size=60))
def test_a_viewer_that_wants_no_snapshot_knows_all_that_was_told_up_to_the_last_message_it_got(steps):
    told, tracker = Told(1), FeedTracker()
    # What the viewer would know if nothing had been lost up to the last message that it got, by that message.
    truths = {}
    late = None
    for mark, (step, arrives) in enumerate(steps):
        if step == "resync":
            tracker.resync(told.writer.snapshot())
            assert told.known_by(tracker)
            assert not tracker.wants_snapshot
        elif step == "slow resync":
            # It comes with the next one: taken before what comes in between, which may be lost.
            if late is not None:
                tracker.resync(late)
            late = told.writer.snapshot()
        else:
            news = told.tell(step, mark)
            truths[news.seq] = (told.columns, told.duties, told.site, list(told.events))
            if arrives:
                tracker.hear(news)
        if not tracker.wants_snapshot and tracker._seq:
            *known, known_events = truths[tracker._seq]
            assert [tracker.columns, tracker.duties, tracker.site] == known
            marks = [event.record["mark"] for event in tracker.events()]
            assert marks == known_events[len(known_events) - len(marks) :]
    assert tracker.lost_events == 0
    assert tracker.gaps <= tracker.missed <= told.messages
    tracker.resync(told.writer.snapshot())
    assert told.known_by(tracker)
    assert not tracker.wants_snapshot


@given(st.lists(st.booleans(), max_size=40))
def test_every_message_that_was_missed_between_two_that_came_is_counted(arrivals):
    told, tracker = Told(1), FeedTracker()
    tracker.resync(told.writer.snapshot())
    for mark, arrives in enumerate(arrivals):
        news = told.tell("fleet", mark)
        if arrives:
            tracker.hear(news)
    came = [at for at, arrives in enumerate(arrivals) if arrives]
    if not came:
        assert (tracker.gaps, tracker.missed, tracker.wants_snapshot) == (0, 0, False)
        return
    # A viewer that joins between its first snapshot and its first message has lost nothing, but does not know it all.
    assert tracker.missed == arrivals[came[0] : came[-1]].count(False)
    assert tracker.gaps == sum(after > before + 1 for before, after in pairwise(came))
    assert tracker.wants_snapshot is (False in arrivals[: came[-1]])


@given(st.lists(st.tuples(st.integers(1, 3), STEP), max_size=40))
def test_the_newest_leader_is_believed_and_no_older_one(steps):
    tolds = {term: Told(term) for term in (1, 2, 3)}
    tracker = FeedTracker()
    newest = 0
    for mark, (term, step) in enumerate(steps):
        told = tolds[term]
        if step in ("resync", "slow resync"):
            tracker.resync(told.writer.snapshot())
        else:
            tracker.hear(told.tell(step, mark))
        newest = max(newest, term)
        assert tracker.term == newest
    if newest:
        tracker.resync(tolds[newest].writer.snapshot())
        marks = [event.record["mark"] for event in tracker.events()]
        assert marks == tolds[newest].events


def test_events_that_no_snapshot_has_any_more_are_counted_as_lost():
    told, tracker = Told(1), FeedTracker()
    tracker.hear(told.tell("event", 0))
    tracker.resync(told.writer.snapshot())
    missed = EVENTS_KEPT + 30
    for mark in range(missed):
        told.tell("event", mark)
    tracker.hear(told.tell("fleet", 0))
    assert tracker.wants_snapshot
    tracker.resync(told.writer.snapshot())
    assert (tracker.gaps, tracker.missed, tracker.lost_events) == (1, missed, 30)
    assert len(tracker.events()) == EVENTS_KEPT + 1


def test_a_snapshot_from_before_the_gap_does_not_do():
    told, tracker = Told(1), FeedTracker()
    tracker.resync(told.writer.snapshot())
    tracker.hear(told.tell("event", 0))
    old = told.writer.snapshot()
    told.tell("event", 1)
    tracker.hear(told.tell("event", 2))
    tracker.resync(old)
    assert tracker.wants_snapshot
    tracker.resync(told.writer.snapshot())
    assert not tracker.wants_snapshot
    assert [event.record["mark"] for event in tracker.events()] == [0, 1, 2]


def test_events_that_wait_for_a_commit_for_too_long_leave_a_hole_that_shows():
    writer, tracker = FeedWriter(1, lambda: 0), FeedTracker()
    tracker.resync(writer.snapshot())
    writer.hear({"event": "first"})
    tracker.hear(writer.events())
    for mark in range(5001):
        writer.hear({"event": "e", "mark": mark})
    while (news := writer.events()) is not None:
        tracker.hear(news)
    assert (tracker.missed, tracker.lost_events) == (0, 1)


def test_lists_of_cells_are_left_out():
    writer = FeedWriter(1, lambda: 7)
    writer.hear({"event": "zone_closed", "cells": [1, 2], "edges": [], "by": "anna"})
    news = writer.events()
    assert (news.t, news.events[0].record) == (7, {"event": "zone_closed", "by": "anna"})
    assert writer.events() is None
