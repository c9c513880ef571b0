"""The controller's loop over a site that it leads: requests, a tick, answers, the feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time
from typing import Any, Final, TextIO

import msgspec

from fleet.app.site.api_messages import FloorIs
from fleet.app.site.api_server import ApiServer
from fleet.app.site.compose_site import Site, reporter
from fleet.app.site.condition import conditions
from fleet.app.site.feed import Feed
from fleet.app.site.feed_messages import JournalNews, SiteNews
from fleet.app.site.floor_answer import floor_is
from fleet.app.site.service_manager import ServiceManager
from fleet.app.site.site_floor import floor_hash
from fleet.app.site.site_reporter import Leadership
from fleet.app.site.site_requests import Site as Served
from fleet.app.site.site_requests import SiteRequests
from robots.arrays import UInt8
from robots.gateways.allow_list import AllowList

_ALIVE_S: Final = 1.0


class SiteLog:
    """What happens at a site, as lines of JSON; most of what is routine is left to journal and feed."""

    _LEFT_OUT: Final = frozenset({"cells", "edges"})
    _TOLD: Final = frozenset(
        {"refused", "noted", "order_rejected", "order_cancelled", "task_failed", "charger_failed", "zone_refused"}
    )

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, event: str, **what: str | float) -> None:
        """Write a line."""
        print(json.dumps({"event": event} | what), file=self._out, flush=True)

    def hear(self, event: dict[str, Any]) -> None:
        """Write down what a person may have to know: what is wrong with robots, and who did what to the floor."""
        name = event["event"]
        if name in self._TOLD or name.startswith("robot_") or "edges" in event:
            what = {key: value for key, value in event.items() if key not in self._LEFT_OUT}
            print(json.dumps(what), file=self._out, flush=True)


class Controller:
    """Runs a site until it is told to stop, or another controller leads."""

    def __init__(
        self,
        site: Site,
        api: ApiServer,
        feed: Feed,
        log: SiteLog,
        manager: ServiceManager,
        allow_list: AllowList | None,
        journal_kind: str,
    ) -> None:
        self._site = site
        self._allow_list = allow_list
        self._peers = () if allow_list is None else allow_list.peers
        self._journal_kind = journal_kind
        self._api = api
        self._feed = feed
        self._log = log
        self._manager = manager
        self._reporter = reporter(site)
        self._planning_s = 0.0
        self._cpu_s = process_time()
        self._alive_s = -_ALIVE_S
        self._stopping = False
        self._held_up = False
        self._granting = False
        self._floor_hash = floor_hash(site.world)
        self._requests = SiteRequests(
            Served(
                orders=site.crew.pool,
                zones=site.zones,
                layout=site.world.layout,
                named=site.world.zones,
                record=site.keeper.act,
                status=self._news,
                snapshot=feed.snapshot,
                floor=self._floor,
                lead_time_s=site.world.orders.lead_time_s,
                serials=site.roster,
                feed=feed.endpoint,
            )
        )

    def stop(self) -> None:
        """Let `run` return after the tick that is under way; for signal handlers."""
        self._stopping = True

    def run(self, until: Callable[[float], bool] = lambda _now_s: False) -> None:
        """Go round until told to stop, or until `until`, which is given the site's time, says so.

        Raises LeadershipLostError when another controller leads.
        """
        while not self._stopping and not until(self._site.clock.now()):
            self._turn()

    def summary(self) -> dict[str, Any]:
        """Return what this controller did, for people and scripts: plain JSON values."""
        site = self._site
        self._add_up()
        return {
            "world": site.world.name,
            "robots": len(site.roster),
            "term": site.journal.term,
            "site_s": site.clock.now(),
            "led_s": site.clock.now() - site.began_s,
            "ticks": site.loop.ticks,
            "cpu_s": process_time() - self._cpu_s,
            "planning_s": self._planning_s,
            "grants": site.loop.execution.granted,
            "services": int(site.crew.pool.errand_index.sum()) + site.crew.pool.recoveries()["taken_over"],
            "reactions": site.reactions.figures(),
            "wire": {
                "received": site.driver.record.received,
                "accepted": site.driver.record.accepted,
                "sent": site.driver.record.sent,
                "refused": dict(site.driver.record.refused),
                "noted": dict(site.driver.record.noted),
            },
            **site.crew.pool.counts(),
            "violations": None if site.audit is None else site.audit.count,
        }

    def _turn(self) -> None:
        site = self._site
        for request in self._api.take():
            self._api.answer(request, self._requests.reply(request, site.clock.now()))
        site.loop.tick()
        committed = not site.loop.held_up
        self._api.flush(committed=committed)
        now_s = site.clock.now()
        tasks = site.crew.dispatcher.roster.task
        self._feed.publish(site.loop.state, self._conditions(), tasks, self._news, now_s, committed=committed)
        if committed is self._held_up:
            self._held_up = not committed
            self._log.say("journal_held_up" if self._held_up else "journal_writes_again", t=now_s)
        if not self._granting and committed and site.loop.execution.granted:
            self._granting = True
            self._log.say("granting", t=now_s)
        if now_s - self._alive_s >= _ALIVE_S:
            self._alive_s = now_s
            self._add_up()
            self._look_at_peers()
            self._manager.alive()

    def _look_at_peers(self) -> None:
        """Let viewers prove anew who they are when the allow-list has changed; the driver reads it again."""
        if self._allow_list is not None and self._allow_list.peers is not self._peers:
            self._peers = self._allow_list.peers
            self._feed.readmit()

    def _add_up(self) -> None:
        """Add planning times up, so that their list does not grow for months."""
        self._planning_s += sum(self._site.planning.planning_s)
        self._site.planning.planning_s.clear()

    def _conditions(self) -> UInt8:
        site = self._site
        return conditions(site.loop.state, site.loop.floor.watch, site.crew.dispatcher.roster.goal)

    def _floor(self) -> FloorIs:
        site = self._site
        return floor_is(
            site.loop.state,
            site.loop.floor.watch.down,
            site.crew.dispatcher.roster.task,
            site.zones.in_force(),
            world=site.world.name,
            floor=self._floor_hash,
            now_s=site.clock.now(),
        )

    def _news(self) -> SiteNews:
        site = self._site
        journal = JournalNews(self._journal_kind, held_up=self._held_up)
        leadership = Leadership(site.journal.term, leads=True)
        news = self._reporter.news(self._conditions(), leadership, journal, site.clock.now())
        grants = {"granted": site.loop.execution.granted}
        return msgspec.structs.replace(news, counts=news.counts | {"grants": grants})
