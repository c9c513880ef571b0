"""The controller's loop over a site that it leads: requests, a tick, answers, the feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from time import process_time
from typing import Any, Final, TextIO

from fleet.app.site.api_server import ApiServer
from fleet.app.site.compose_site import Site
from fleet.app.site.feed import Feed
from fleet.app.site.feed_messages import JournalNews
from fleet.app.site.kept_page import KeptPage
from fleet.app.site.service_manager import ServiceManager
from fleet.app.site.site_reporter import Leadership
from fleet.app.site.site_service import SiteService
from fleet.app.site.site_view import SiteView
from robots.gateways.allow_list import AllowList

_ALIVE_S: Final = 1.0


class SiteLog:
    """What happens at a site, as lines of JSON; most of what is routine is left to journal and feed."""

    _LEFT_OUT: Final = frozenset({"cells", "edges"})
    _TOLD: Final = frozenset(
        {
            "refused",
            "noted",
            "order_rejected",
            "order_cancelled",
            "task_failed",
            "charger_failed",
            "zone_refused",
            "deadlock_suspected",
            "deadlock_over",
            "livelock_suspected",
            "livelock_over",
        }
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
    """Runs a site until it is told to stop, or another controller leads. page: who serves its live page."""

    def __init__(
        self,
        site: Site,
        api: ApiServer,
        feed: Feed,
        log: SiteLog,
        manager: ServiceManager,
        allow_list: AllowList | None,
        journal_kind: str,
        page: KeptPage | None,
    ) -> None:
        self._site = site
        self._allow_list = allow_list
        self._peers = () if allow_list is None else allow_list.peers
        self._feed = feed
        self._log = log
        self._manager = manager
        self._page = page
        self._planning_s = 0.0
        self._cpu_s = process_time()
        self._alive_s = -_ALIVE_S
        self._stopping = False
        self._held_up = False
        self._granting = False
        view = SiteView(
            site.loop,
            site.world,
            site.crew.pool,
            site.crew.dispatcher.roster,
            serials=site.roster,
            zones=site.zones,
            version=version("futurepark"),
            now=site.clock.now,
            began_s=site.began_s,
            leadership=Leadership(site.journal.term, leads=True),
            journal=lambda: JournalNews(journal_kind, held_up=self._held_up),
            reactions=site.reactions.told,
        )
        self._service = SiteService(view, api, feed, site.keeper.act)

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
        self._service.take()
        site.loop.tick()
        committed = not site.loop.held_up
        now_s = site.clock.now()
        self._service.tell(now_s, committed=committed)
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
            self._look_at_page(now_s)
            self._manager.alive()

    def _look_at_peers(self) -> None:
        """Let viewers prove anew who they are when the allow-list has changed; the driver reads it again."""
        if self._allow_list is not None and self._allow_list.peers is not self._peers:
            self._peers = self._allow_list.peers
            self._feed.readmit()

    def _look_at_page(self, now_s: float) -> None:
        code = None if self._page is None else self._page.look(now_s)
        if code is not None:
            self._log.say("page_ended", t=now_s, exit_code=code)

    def _add_up(self) -> None:
        """Add planning times up, so that their list does not grow for months."""
        self._planning_s += sum(self._site.planning.planning_s)
        self._site.planning.planning_s.clear()
