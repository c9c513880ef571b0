"""A site without robots or loop behind a real API and feed, in a thread: what requests do is real, the rest stands."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import msgspec
import numpy as np
import zmq

from fleet.app.main import main
from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.api_server import ApiServer
from fleet.app.site.condition import conditions
from fleet.app.site.duties import duty_columns
from fleet.app.site.feed import Feed
from fleet.app.site.feed_messages import JournalNews, Reactions
from fleet.app.site.feed_reader import FeedReader
from fleet.app.site.feed_writer import FeedWriter
from fleet.app.site.floor_answer import floor_is
from fleet.app.site.local_socket import ClientKeys
from fleet.app.site.robot_answer import robot_shown
from fleet.app.site.site_reporter import Leadership, SiteReporter
from fleet.app.site.site_requests import Site, SiteRequests
from fleet.grid.layout import Layout
from fleet.runtime.clock import WallClock
from fleet.runtime.roster import Roster
from fleet.tasks.pool import TaskPool
from fleet.traffic.zones.zones import Zones
from robots.gateways.allow_list import FILE_NAME, AllowList, Peer
from robots.gateways.allow_list_edits import allow
from robots.gateways.authenticator import Authenticator
from robots.gateways.handshakes import Domain, guard
from robots.gateways.keys import load_key, new_key
from robots.state import Flag, FleetState
from tests.orders import HEIGHT, WIDTH, splitter

SERIALS = ("amr-000", "amr-001", "amr-002", "amr-003")
NO_CELLS = np.zeros(0, dtype=np.int32)
NAMED = {"Aisle 1": np.arange(WIDTH, dtype=np.int32)}


def floor() -> Layout:
    return Layout(HEIGHT, WIDTH, np.ones((HEIGHT, WIDTH), dtype=np.bool_))


class SmallSite:
    """The parts behind SiteRequests, and a clock that a test moves; knows no socket."""

    def __init__(self, term=1):
        self.now_s = 1000.0
        self.records = []
        self.events = []
        self.listeners = [self.events.append]
        self.pool = TaskPool(splitter(), self.hear)
        self.zones = Zones(floor(), NAMED, NO_CELLS, NO_CELLS, self.hear, robots=len(SERIALS))
        self.leadership = Leadership(term, leads=True)
        self.held_up = False
        self.state = FleetState.at(np.arange(len(SERIALS), dtype=np.int32), width=WIDTH)
        self.state.flags[1] = Flag.FAILED
        off = np.zeros(len(SERIALS), dtype=np.bool_)
        self.watch = SimpleNamespace(silent=off.copy(), astray=off, blocked=off)
        self.watch.silent[2] = True
        self.roster = Roster.of(len(SERIALS))
        self.goal, self.task = self.roster.goal, self.roster.task
        self.delayed = off.copy()
        self.waits = SimpleNamespace(
            waits_for=np.full(len(SERIALS), -1, dtype=np.int32),
            reason=np.zeros(len(SERIALS), dtype=np.uint8),
            waited_s=np.zeros(len(SERIALS), dtype=np.float32),
        )
        self.floor_hash = "small"
        self.reporter = SiteReporter(self.pool, self.zones, world="small", version="0", serials=SERIALS, began_s=990.0)
        self.writer = FeedWriter(term, lambda: 0)
        self.listeners.append(self.writer.hear)
        self.requests = self.requests_with("")

    def requests_with(self, feed):
        return SiteRequests(
            Site(
                orders=self.pool,
                zones=self.zones,
                layout=floor(),
                named=NAMED,
                record=lambda by, what, at_s: self.records.append((by, what, at_s)),
                status=self.news,
                snapshot=self.writer.snapshot,
                floor=self.floor_answer,
                robot=self.robot_answer,
                lead_time_s=600.0,
                serials=SERIALS,
                feed=feed,
            )
        )

    def hear(self, event):
        for listener in self.listeners:
            listener(event)

    def conditions(self):
        return conditions(self.state, self.watch, self.goal)

    def floor_answer(self):
        down = self.watch.silent
        zones = self.zones.in_force()
        return floor_is(self.state, down, self.task, zones, world="small", floor=self.floor_hash, now_s=self.now_s)

    def robot_answer(self, robot):
        return robot_shown(
            robot, SERIALS[robot], self.state, self.roster, self.pool, chargers=NO_CELLS, alarm=False, ledger=None
        )

    def duties(self):
        return duty_columns(self.roster, self.pool, self.waits, self.delayed)

    def news(self):
        journal = JournalNews("memory", self.held_up)
        news = self.reporter.news(self.conditions(), self.leadership, journal, self.now_s)
        return msgspec.structs.replace(news, reactions=Reactions((10, 50), (5, 3, 1), 0.2))


class Keys:
    """A folder of keys: the controller's, anna (an operator), ben (a viewer), gw-1 (a gateway), eve (not listed)."""

    def __init__(self, folder):
        self.folder = folder
        roles = {"anna": "operator", "carla": "operator", "ben": "viewer", "gw-1": "gateway"}
        for name in ("controller", "eve", *roles):
            new_key(folder, name)
        for name, role in roles.items():
            robots = ("amr-000",) if role == "gateway" else ()
            public = load_key(folder / f"{name}.key_secret").public.decode()
            allow(folder, Peer(name, public, role, robots))


class ServedSite:
    """A small site that is served by a thread from `start` to `stop`. `held_up`: nothing can be committed."""

    def __init__(self, keys=None, site=None, api="tcp://127.0.0.1:0", feed="tcp://127.0.0.1:0"):
        self.site = site or SmallSite()
        self.context = zmq.Context()
        self.authenticator = self.allow_list = None
        lock = None
        if keys is not None:
            self.allow_list = AllowList(keys.folder / FILE_NAME)
            self.authenticator = Authenticator(self.context, self.allow_list, lambda refusal: None)
            self.authenticator.start()
            key = load_key(keys.folder / "controller.key_secret")

            def lock(socket):
                guard(socket, key, Domain.API)

        self.api = ApiServer(self.context, api, lock, self.allow_list)
        self.feed = Feed(self.context, feed, lock, self.site.writer, rate_hz=10.0)
        self.requests = self.site.requests_with(self.feed.endpoint)
        self.carried_out = []
        self.answering = True
        self.readmit = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self.failure = None

    @property
    def endpoint(self):
        return self.api.endpoint

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.api.close()
        self.feed.close()
        if self.authenticator is not None:
            self.authenticator.stop()
        self.context.destroy(linger=0)
        if self.failure is not None:
            raise self.failure

    def _serve(self):
        try:
            while not self._stopping.is_set():
                self._tick()
                time.sleep(0.002)
        except Exception as failure:  # noqa: BLE001 (raised again by `stop`, in the test's own thread)
            self.failure = failure

    def _tick(self):
        site = self.site
        site.now_s += 0.002
        if self.readmit:
            self.allow_list.refresh()
            self.feed.readmit()
            self.readmit = False
        for request in self.api.take():
            reply = self.requests.reply(request, site.now_s)
            self.carried_out.append(request)
            self.api.answer(request, reply)
        if self.answering:
            self.api.flush(committed=not site.held_up)
        task = site.task
        self.feed.publish(
            site.state,
            site.conditions(),
            task,
            site.news,
            time.monotonic(),
            duties=site.duties,
            committed=not site.held_up,
        )


@contextmanager
def served(keys=None, **options):
    site = ServedSite(keys, **options).start()
    try:
        yield site
    finally:
        site.stop()


@contextmanager
def client_of(endpoints, keys=None, name="", params=None):
    """A client of one endpoint or several, with a context of its own."""
    endpoints = [endpoints] if isinstance(endpoints, str) else endpoints
    context = zmq.Context()
    try:
        with _client(context, endpoints, keys, name, params) as client:
            yield client
    finally:
        context.destroy(linger=0)


@contextmanager
def viewer_of(endpoints, keys=None, name="", params=None):
    """A reader of the feed that is made good over the API of one endpoint or several, and its client."""
    endpoints = [endpoints] if isinstance(endpoints, str) else endpoints
    context = zmq.Context()
    own = None if keys is None else ClientKeys.load(keys.folder, name)
    try:
        with (
            _client(context, endpoints, keys, name, params) as client,
            FeedReader(context, client, own, WallClock()) as reader,
        ):
            yield reader, client
    finally:
        context.destroy(linger=0)


def _client(context, endpoints, keys, name, params):
    own = None if keys is None else ClientKeys.load(keys.folder, name)
    return ApiClient(context, endpoints, own, WallClock(), user=name, params=params or ClientParams())


def command_line(command, site, monkeypatch, capsys):
    """A function that runs `futurepark COMMAND ...` as anna at the site, and returns exit code, output and errors."""
    monkeypatch.setenv("FUTUREPARK_API", site.endpoint)
    monkeypatch.setenv("FUTUREPARK_USER", "anna")

    def run(*arguments):
        code = main([command, *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def until(fact):
    """Wait until something holds; a loaded machine may take its time."""
    give_up_s = time.monotonic() + 60
    while not fact():
        assert time.monotonic() < give_up_s
        time.sleep(0.01)
