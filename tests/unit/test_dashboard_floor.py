"""What browsers are told of a live site, picture by picture; no sockets."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fleet.app.dashboard.access import Caller
from fleet.app.dashboard.browser_feed import BrowserFeed
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.metrics import SiteMetrics
from fleet.app.dashboard.page_messages import Watch
from fleet.app.dashboard.picture import Picture
from fleet.app.dashboard.samples import Samples
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import LateOrder, Reactions
from tests.live_pictures import TINY, PageState, duties_of, event, fleet_at, floor, picture, site_news

FLOOR = floor()
CELLS = TINY.layout.free_cells


def counts(done):
    return {"orders": {"open": 3}, "tasks": {"done": done, "open": 12}}


def test_samples_come_every_five_seconds_with_the_rate_of_the_last_minute():
    samples = Samples()
    fleet = fleet_at(
        CELLS[:4], condition=[Condition.WAITING, Condition.DRIVING, Condition.TURNING, Condition.IDLE], task=7
    )
    for second in range(121):
        samples.take(site_news(float(second), counts=counts(second)), fleet)
    kept = list(samples.kept)
    assert [sample.t_s for sample in kept] == [5.0 * n for n in range(25)]
    assert kept[-1].tasks_per_hour == pytest.approx(3600, rel=0.01)
    last = kept[-1]
    assert (last.orders_open, last.tasks_waiting, last.robots_waiting, last.robots_driving) == (3, 8, 1, 2)


def test_a_site_that_begins_again_begins_new_samples():
    samples = Samples()
    samples.take(site_news(500.0, counts=counts(900)), fleet_at(CELLS[:1]))
    samples.take(site_news(2.0, counts=counts(0)), fleet_at(CELLS[:1]))
    assert [(sample.t_s, sample.tasks_per_hour) for sample in samples.kept] == [(2.0, 0.0)]


def told(feed, now_s, kind=None):
    """Messages of a browser: all, or those of a kind."""
    found = [m if isinstance(m, bytes) else json.loads(m) for m in feed.messages(now_s)]
    return [m for m in found if kind in (None, m[0] if isinstance(m, bytes) else m["kind"])]


def test_frames_told_one_after_the_other_are_the_fleet():
    live, page, rng = LiveFloor(), PageState(), np.random.default_rng(1)
    feed = BrowserFeed(live, Caller("here"))
    cells = CELLS[:30].copy()
    for turn in range(50):
        moved = rng.random(30) < 0.3
        cells[moved] = rng.choice(CELLS, moved.sum())
        duties = duties_of(30, waited_s=rng.integers(0, 400, 30), waits_for=rng.integers(-1, 30, 30))
        live.take(picture(cells, 10 + 0.1 * turn, floor=FLOOR, duties=duties))
        for frame in told(feed, 0.1 * turn):
            if isinstance(frame, bytes):
                page.take(frame)
        wanted = live.fleet, live.duties
        for name in ("x", "y", "heading", "condition"):
            assert np.array_equal(page.columns[name], getattr(wanted[0], name))
        for name in ("waits_for", "wait", "waited", "charge", "loaded"):
            assert np.array_equal(page.columns[name], getattr(wanted[1], name))
    assert page.keys == 1
    assert feed.left_out == 0


def test_who_was_busy_is_told_what_changed_and_who_was_away_everything():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    for at in (10.0, 10.1, 10.2, 10.3):
        live.take(picture(CELLS[:3] + 0, at, floor=FLOOR))
        if at == 10.0:
            told(feed, at)
    (frame,) = told(feed, 10.3, 1)
    assert (frame[1], feed.left_out) == (0, 2)
    live.take(picture(CELLS[:3], 12.0, floor=FLOOR))
    (frame,) = told(feed, 12.0, 1)
    assert frame[1] == 1


def test_browsers_that_know_the_same_share_a_frame():
    live = LiveFloor()
    feeds = [BrowserFeed(live, Caller("here")) for _ in range(3)]
    for at in (10.0, 10.1):
        live.take(picture(CELLS[:3], at, floor=FLOOR))
        frames = [next(m for m in feed.messages(at) if isinstance(m, bytes)) for feed in feeds]
        assert frames[0] is frames[1] is frames[2]


def test_each_event_is_told_once_and_a_new_browser_the_last_hundred():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    live.take(picture(CELLS[:2], floor=FLOOR, events=tuple(event(n) for n in range(1, 151))))
    (first,) = told(feed, 0.0, "events")
    assert [e["t"] for e in first["events"]] == [float(n) for n in range(51, 151)]
    assert told(feed, 0.1, "events") == []
    live.take(picture(CELLS[:2], 10.2, floor=FLOOR, events=(event(151),)))
    (second,) = told(feed, 0.2, "events")
    assert [e["t"] for e in second["events"]] == [151.0]


def test_the_site_is_told_with_each_sample_once_and_goes_on_while_it_is_silent():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    live.take(picture(CELLS[:2], floor=FLOOR, site=site_news(100.0)))
    (hello,) = told(feed, 0.0, "hello")
    assert [sample["t_s"] for sample in hello["samples"]] == [100.0]
    live.take(picture(CELLS[:2], 15.0, floor=FLOOR, site=site_news(105.0)))
    (site,) = told(feed, 0.5, "site")
    assert site["sample"]["t_s"] == 105.0
    silent = picture(CELLS[:2], 19.0, floor=FLOOR, site=live.picture.site, silent_s=4.0, trouble="away")
    live.take(silent)
    (site,) = told(feed, 0.9, "site")
    assert (site["silent_s"], site["trouble"], "sample" in site) == (4.0, "away", False)
    assert [alert["kind"] for alert in site["alerts"]] == ["feed"]


def begun_again(kind):
    """A picture of another site: its clock began later, its robots or its floor are others."""
    return {
        "clock": picture(CELLS[:2], 20.0, floor=FLOOR, site=site_news(3.0), t_s=3.0, events=(event(1, order="new"),)),
        "robots": picture(CELLS[:3], 20.0, floor=FLOOR, site=site_news(503.0), events=(event(1, order="new"),)),
        "floor": picture(CELLS[:2], 20.0, floor=floor(), site=site_news(503.0), events=(event(1, order="new"),)),
    }[kind]


@pytest.mark.parametrize("kind", ["clock", "robots", "floor"])
def test_of_another_site_browsers_are_told_anew_and_nothing_of_the_one_before(kind):
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    late = site_news(500.0, late_tasks=1, late_orders=(LateOrder("A", 60.0, 0),))
    for second in range(3):
        live.take(picture(CELLS[second : 2 + second], 10.0 + second, floor=FLOOR, site=late, t_s=500.0 + second,
                          events=(event(second + 1, order="old"),)))  # fmt: skip
        told(feed, float(second))
    live.take(begun_again(kind))
    (hello,) = told(feed, 3.0, "hello")
    assert [sample["t_s"] for sample in hello["samples"]] == [live.picture.site.site_s]
    assert live.alerts == []
    assert not live.heat.values("visits", 3600).any()
    assert [record["order"] for _, record in live.events] == ["new"]
    live.take(picture(CELLS[:2], 30.0, floor=live.picture.floor, roster=live.picture.roster,
                      fleet=live.picture.fleet, duties=live.picture.duties,
                      site=site_news(live.picture.site.site_s + 10)))  # fmt: skip
    (site,) = told(feed, 3.1, "site")
    assert site["sample"]["t_s"] == live.picture.site.site_s


def test_a_browser_that_begins_anew_is_told_what_happened_since():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    live.take(picture(CELLS[:2], floor=FLOOR, events=(event(1),)))
    told(feed, 0.0)
    live.take(picture(CELLS[:3], 10.1, floor=FLOOR, events=(event(7),)))
    (events,) = told(feed, 0.1, "events")
    assert [record["t"] for record in events["events"]] == [7.0]


def test_a_controller_that_takes_over_with_a_clock_a_little_behind_is_the_same_site():
    live = LiveFloor()
    live.take(picture(CELLS[:2], 10.0, floor=FLOOR, site=site_news(500.0)))
    live.take(picture(CELLS[:2], 20.0, floor=FLOOR, site=site_news(499.5, term=4)))
    assert live.rosters == 1


def test_before_the_controller_was_heard_browsers_are_told_why():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    live.take(Picture(seen_s=1.0, trouble="no controller answers"))
    hello, site = told(feed, 0.0)
    assert hello["robots"] == []
    assert (site["trouble"], "site" in site) == ("no controller answers", False)


def test_heat_is_told_every_two_seconds_to_who_wants_it_and_what_is_no_metric_is_passed_over():
    live = LiveFloor()
    feed = BrowserFeed(live, Caller("here"))
    live.take(picture(CELLS[:2], floor=FLOOR))
    feed.see(Watch(heat="colour"))
    assert told(feed, 0.0, 3) == []
    feed.see(Watch(heat="waits", window_s=1e9))
    assert len(told(feed, 0.0, 3)) == 1
    assert told(feed, 1.9, 3) == []
    assert len(told(feed, 2.0, 3)) == 1


def test_columns_of_another_fleet_than_the_roster_are_not_shown():
    live = LiveFloor()
    live.take(picture(CELLS[:2], floor=None))
    assert live.fleet is None
    assert live.chains() is None
    assert live.robot_row(0) is None


def test_metrics_say_what_a_picture_says():
    live, counts = LiveFloor(), TrafficCounts(browsers=3)
    counts.refused["418"] += 1
    metrics = SiteMetrics(live, counts)
    assert "futurepark_feed_up 0.0\n" in metrics.text().decode()
    assert "reaction" not in metrics.text().decode()
    site = site_news(reactions=Reactions((10, 50), (5, 3, 1), 0.25))
    live.take(picture(CELLS[:2], floor=FLOOR, site=site, duties=duties_of(2, waited_s=[3.0, 8.0])))
    text = metrics.text().decode()
    for line in (
        "futurepark_page_clients 3.0",
        'futurepark_requests_refused_total{status="418"} 1.0',
        'futurepark_tasks_total{state="done"} 8.0',
        "futurepark_orders_open 5.0",
        'futurepark_robots{condition="idle"} 3.0',
        'futurepark_robots{condition="lost"} 0.0',
        "futurepark_longest_wait_seconds 8.0",
        'futurepark_alerts{kind="deadlock"} 0.0',
        "futurepark_leader_term 3.0",
        'futurepark_reaction_seconds_bucket{le="0.01"} 5.0',
        'futurepark_reaction_seconds_bucket{le="0.05"} 8.0',
        'futurepark_reaction_seconds_bucket{le="+Inf"} 9.0',
        "futurepark_reaction_seconds_count 9.0",
        "futurepark_reaction_seconds_sum 0.25",
    ):
        assert line in text.splitlines()
    assert "orders" not in SiteMetrics(None, counts).text().decode()
