"""`futurepark controller`: from settings to a site that is led, until it is told to stop."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from functools import partial

from fleet.app.interrupts import StopRequest
from fleet.app.page_process import PageProcess, PageSettings
from fleet.app.site.api_server import ApiServer
from fleet.app.site.compose_site import (
    holder,
    load,
    open_access,
    open_api,
    open_feed,
    open_floor,
    take_up,
    warm,
)
from fleet.app.site.controller import Controller, SiteLog
from fleet.app.site.kept_page import KeptPage
from fleet.app.site.service_manager import ServiceManager
from fleet.app.site.settings import SiteError, SiteSettings
from fleet.errors import JournalError, SettingError
from fleet.runtime.journal.journal import Journal
from fleet.runtime.journal.opening import open_journal, wait_for_leadership
from fleet.runtime.journal.store import LedByOther
from robots.gateways.allow_list import AllowList
from robots.gateways.handshakes import Refusal
from robots.gateways.keys import load_key


def serve(settings: SiteSettings, *, for_s: float | None, as_json: bool) -> int:
    """Lead the site, or wait for that, and run it; return the exit code.

    Lines of JSON on standard error say what happens. for_s: stop after so many seconds of leading; None: when told to.
    SIGTERM ends it with 0, an interrupt with 130; in both cases robots come to the end of what they were granted and
    wait. Raises InputErrors before anything is touched, LeadershipLostError when another controller has taken over,
    AuditError if auditors found something.
    """
    log = SiteLog(sys.stderr)
    manager = ServiceManager(os.environ)
    with ExitStack() as stack:
        stop = stack.enter_context(StopRequest())
        stack.callback(manager.stopping)
        access = open_access(settings, stack, lambda refusal: _refused(log, refusal))
        if settings.page is not None:
            _check_page(settings.page, access.allow_list)
        world, orders = load(settings)
        # Before anything else: after an installation it takes half a minute, in which nobody would lead.
        distances = warm(settings, world)
        opened = open_journal(settings.journal, holder(), lease_s=settings.lease_s)
        if isinstance(opened, LedByOther):
            if not settings.standby:
                remedy = "stop that controller, or wait for its end with --standby"
                raise SiteError(settings.journal, f"the site is led by {opened.holder}", remedy)
            journal = _stand_by(settings, log, manager, stop, opened.holder)
        else:
            journal = opened
        if journal is None:
            return stop.code
        stack.callback(journal.close)
        log.say("leading", term=journal.term, robots=len(access.roster), listen=settings.listen)
        api = open_api(settings, access, stack)
        try:
            floor = open_floor(settings, world, access, journal, stack, partial(_wait, journal, manager, stop))
        except _StoppedError:
            return stop.code
        journal.renew()
        site = take_up(settings, world, orders, distances, access, journal, floor)
        site.events.join(log.hear)
        feed = open_feed(settings, access, site, stack)
        page = None if settings.page is None else stack.enter_context(_page(settings.page, api))
        controller = Controller(site, api, feed, log, manager, access.allow_list, settings.journal_kind, page)
        stop.then(controller.stop)
        log.say("running", listen=site.driver.endpoint, api=api.endpoint, feed=feed.endpoint)
        manager.ready(f"{len(site.roster)} robots on {world.name}, term {journal.term}")
        ends_s = None if for_s is None else site.clock.now() + for_s
        controller.run(lambda now_s: ends_s is not None and now_s >= ends_s)
        summary = controller.summary()
        if as_json:
            print(json.dumps(summary, indent=2))
        log.say("stopped", t=site.clock.now(), grants=site.loop.execution.granted)
        if site.audit is not None:
            site.audit.raise_findings()
    return stop.code


def _check_page(page: PageSettings, allow_list: AllowList | None) -> None:
    """Demand that the live page has a key exactly where there are keys, and that it is let in with it."""
    if allow_list is None or page.keys is None:
        if page.name:
            raise SettingError("--live-as", "is for sites with keys", "leave it out, or give --keys")
        return
    if not page.name:
        remedy = f"give --live-as NAME, a viewer or operator whose key is in {page.keys}"
        raise SettingError("--live-as", "is needed with --keys: the page asks the API with a key", remedy)
    load_key(page.keys / f"{page.name}.key_secret")
    peer = allow_list.peer(page.name)
    if peer is None or peer.revoked or peer.role not in ("viewer", "operator"):
        problem = f"{page.name} is no viewer or operator on the allow-list"
        raise SettingError("--live-as", problem, "name one, or see futurepark keys allow")


def _page(page: PageSettings, api: ApiServer) -> KeptPage:
    """Start the live page; until it listens takes a second or two, for which nobody waits."""
    return KeptPage(lambda: PageProcess(api.endpoint, page))


class _StoppedError(Exception):
    """The controller was told to end before all robots were there."""


def _wait(journal: Journal, manager: ServiceManager, stop: StopRequest) -> None:
    """Go on leading while robots are waited for."""
    journal.renew()
    manager.alive()
    if stop.wanted:
        raise _StoppedError


def _stand_by(
    settings: SiteSettings, log: SiteLog, manager: ServiceManager, stop: StopRequest, leader: str
) -> Journal | None:
    """Return the journal once this controller leads; None if it was stopped before that."""
    log.say("standing_by", leader=leader)
    manager.ready(f"standing by for {leader}")

    def given_up() -> bool:
        manager.alive()
        return stop.wanted

    def held_up(error: JournalError) -> None:
        log.say("journal_out_of_reach", detail=str(error))

    return wait_for_leadership(settings.journal, holder(), lease_s=settings.lease_s, given_up=given_up, held_up=held_up)


def _refused(log: SiteLog, refusal: Refusal) -> None:
    """Write down who was not let in."""
    log.say("not_let_in", reason=refusal.reason, address=refusal.address, peer=refusal.peer, socket=refusal.domain)
