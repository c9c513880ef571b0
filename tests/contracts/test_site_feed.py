"""The feed over real sockets: viewers that join late, are slow, follow a takeover, or may not listen any more."""

from __future__ import annotations

import numpy as np
import pytest
import zmq

from benchmarks.site_processes import free_ports
from fleet.app.site.api_client import ClientParams
from fleet.app.site.api_codec import decode_news
from fleet.app.site.api_messages import NewLine, NewOrder
from fleet.app.site.errors import RefusedError
from fleet.app.site.feed import Feed
from fleet.app.site.feed_messages import unpacked
from fleet.app.site.feed_reader import _reachable
from fleet.app.site.feed_tracker import FeedTracker
from fleet.app.site.local_socket import bind
from fleet.errors import SettingError
from robots.gateways.allow_list_edits import revoke
from robots.state import FleetState
from tests.served_site import SERIALS, Keys, SmallSite, client_of, served, until, viewer_of

PATIENT = ClientParams(answer_s=20.0, give_up_s=60.0)
BRIEF = ClientParams(answer_s=0.3, give_up_s=1.0)


def new(order_id):
    return NewOrder(order_id, (NewLine("bolt", 1, 1.0, 1.0),))


@pytest.fixture
def context():
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


def test_a_revoked_key_is_mute_and_deaf_although_its_connection_lives_on(tmp_path):
    keys = Keys(tmp_path / "keys")
    with served(keys) as site, viewer_of(site.endpoint, keys, "ben", PATIENT) as (reader, client):
        until(lambda: reader.poll(0.1) or reader.tracker.site is not None)
        revoke(keys.folder, "ben")
        site.readmit = True
        until(lambda: not site.readmit)
        with pytest.raises(RefusedError, match="ben is not on the allow-list any more"):
            client.status()
        seq = site.site.writer.snapshot().seq
        until(lambda: site.site.writer.snapshot().seq > seq + 3)
        reader._drain(reader._socket)
        assert reader.tracker._seq <= seq


def test_viewers_that_may_stay_come_back_after_a_key_was_revoked(tmp_path):
    keys = Keys(tmp_path / "keys")
    with served(keys) as site, viewer_of(site.endpoint, keys, "ben", PATIENT) as (reader, _):
        until(lambda: reader.poll(0.1) or reader.tracker.site is not None)
        revoke(keys.folder, "carla")
        site.readmit = True
        until(lambda: not site.readmit)
        seq = site.site.writer.snapshot().seq
        until(lambda: reader.poll(0.1) or reader.tracker._seq > seq + 5)
        until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)


@pytest.mark.parametrize("rate_hz", [0.5, 1.9, 11.0, float("nan")])
def test_a_feed_is_neither_faster_nor_slower_than_viewers_want(rate_hz, context):
    with pytest.raises(SettingError, match="give 2 to 10"):
        Feed(context, "tcp://127.0.0.1:0", None, SmallSite().writer, rate_hz)


class SlowViewer:
    """Subscribes with the smallest of buffers and reads nothing."""

    def __init__(self, endpoint):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, 1)
        self.socket.connect(endpoint)
        self.socket.subscribe(b"")

    def close(self):
        self.context.destroy(linger=0)


def test_a_slow_viewer_loses_messages_knows_it_and_is_made_good_and_holds_nobody_up(context):
    """The feed is published here, without a thread: nothing but dropping can make room."""
    site = SmallSite()
    feed = Feed(context, "tcp://127.0.0.1:0", None, site.writer, 10.0)
    viewer = SlowViewer(feed.endpoint)
    n = 5000
    state = FleetState.at(np.arange(n, dtype=np.int32), width=100)
    none = np.full(n, -1, dtype=np.int32)

    def publish(at):
        condition = np.zeros(n, dtype=np.uint8)
        feed.publish(state, condition, none, site.news, 0.1 * at, duties=site.duties, committed=True)

    at = 0
    while not viewer.socket.poll(10):
        publish(at)
        at += 1
        assert at < 6000
    for more in range(2000):
        publish(at + more)
    at += 2000
    tracker = FeedTracker()
    heard = 0
    while viewer.socket.poll(300):
        tracker.hear(decode_news(viewer.socket.recv_multipart()))
        heard += 1
        publish(at := at + 1)
    assert heard < 2000
    assert tracker.missed > 0
    assert tracker.wants_snapshot
    tracker.resync(feed.snapshot())
    assert not tracker.wants_snapshot
    viewer.close()
    feed.close()
    feed.close()


def test_a_viewer_that_joins_late_knows_everything_and_then_follows():
    with served() as site, viewer_of(site.endpoint, params=PATIENT) as (reader, client):
        client.add_orders([new("a")])
        until(lambda: site.site.writer.snapshot().events)
        until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)
        assert reader.serials == SERIALS
        assert reader.tracker.events()[0].record["event"] == "order_accepted"
        client.add_orders([new("b")])
        until(lambda: reader.poll(0.1) or len(reader.tracker.events()) == 4)
        until(lambda: reader.poll(0.1) or reader.tracker.site.counts["orders"]["open"] == 2)
        assert (reader.trouble, reader.tracker.missed) == ("", 0)


def test_a_viewer_knows_what_robots_are_about():
    with served() as site, viewer_of(site.endpoint, params=PATIENT) as (reader, _):
        until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)
        site.site.waits.waits_for[2], site.site.waits.reason[2] = 3, 1
        until(lambda: reader.poll(0.1) or unpacked(reader.tracker.duties)["waits_for"].tolist() == [-1, -1, 3, -1])
        assert unpacked(reader.tracker.duties)["wait"].tolist() == [0, 0, 1, 0]


def test_events_wait_for_their_commit():
    with served() as site, client_of(site.endpoint, params=PATIENT) as client:
        site.site.held_up = True
        site.site.hear({"t": 1.0, "event": "something"})
        seq = site.site.writer.snapshot().seq
        until(lambda: site.site.writer.snapshot().seq > seq + 3)
        assert client.snapshot().snapshot.events == ()
        site.site.held_up = False
        until(lambda: client.snapshot().snapshot.events)


def test_a_viewer_goes_on_with_the_leader_that_took_over_and_says_when_nobody_is_there():
    with served(site=SmallSite(term=2)) as standby:
        leader = served(site=SmallSite(term=1))
        first = leader.__enter__()
        with viewer_of([first.endpoint, standby.endpoint], params=ClientParams(1.0, 30.0)) as (reader, _):
            until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)
            assert reader.tracker.term == 1
            leader.__exit__(None, None, None)
            until(lambda: reader.poll(0.1) or reader.tracker.term == 2)
            until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)


def test_a_viewer_of_a_site_that_is_gone_is_told_so():
    leader = served()
    site = leader.__enter__()
    with viewer_of(site.endpoint, params=BRIEF) as (reader, _):
        until(lambda: reader.poll(0.1) or not reader.tracker.wants_snapshot)
        leader.__exit__(None, None, None)
        until(lambda: reader.poll(0.1) or "no controller answers" in reader.trouble)
        assert reader.silent_s() >= 3.0
        assert reader.tracker.site is not None


def test_a_feed_that_is_not_understood_is_trouble_and_not_a_crash(context):
    nonsense = bind(context, zmq.PUB, "tcp://127.0.0.1:0", None, {}, "--feed")
    with served() as site, viewer_of(site.endpoint, params=PATIENT) as (reader, _):
        site.requests = site.site.requests_with(nonsense.getsockopt_string(zmq.LAST_ENDPOINT))

        def told():
            nonsense.send_multipart([b"RF1", b"\xc1"])
            reader.poll(0.05)
            return "not understood" in reader.trouble

        until(told)
    nonsense.close(linger=0)


def test_a_feed_bound_to_every_address_is_looked_for_where_the_api_is():
    assert _reachable("tcp://0.0.0.0:7001", "tcp://10.1.2.3:7000") == "tcp://10.1.2.3:7001"
    assert _reachable("tcp://[::]:7001", "tcp://[fe80::1]:7000") == "tcp://[fe80::1]:7001"
    assert _reachable("tcp://10.9.9.9:7001", "tcp://10.1.2.3:7000") == "tcp://10.9.9.9:7001"
    assert _reachable("ipc:///run/feed", "ipc:///run/api") == "ipc:///run/feed"


def test_a_viewer_goes_on_with_a_controller_that_counts_from_the_start_again():
    """Its journal was deleted and its machine's clock set back: what it tells has older numbers than what was heard."""
    (port,) = free_ports(1)
    endpoint = f"tcp://127.0.0.1:{port}"
    first = served(site=SmallSite(term=9), api=endpoint)
    first.__enter__()
    with viewer_of(endpoint, params=PATIENT) as (reader, _):
        until(lambda: reader.poll(0.1) or reader.tracker.columns is not None)
        first.__exit__(None, None, None)
        with served(site=SmallSite(term=3), api=endpoint):
            until(lambda: reader.poll(0.1) or reader.tracker.term == 3)
            until(lambda: reader.poll(0.1) or reader.silent_s() < 1.0)
            assert reader.tracker.columns is not None
