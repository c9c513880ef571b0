"""Wires a site: journal, robots behind gateways, the loop on grants, the API and the feed."""

from __future__ import annotations

import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import time, time_ns
from typing import Any, Final

import msgspec
import zmq

from fleet.app.crew import Crew, make_crew, orders_of
from fleet.app.loop_wiring import one_robot, warmup, wire_loop
from fleet.app.site.api_server import ApiServer
from fleet.app.site.feed import Feed
from fleet.app.site.feed_writer import FeedWriter
from fleet.app.site.reaction_times import ReactionTimes
from fleet.app.site.roster import allowed_roster, known_roster, numbered_roster
from fleet.app.site.settings import SiteError, SiteSettings
from fleet.app.site.site_floor import floor_hash, floor_map
from fleet.grid.distances import DistanceFields
from fleet.runtime.clock import SiteClock, WallClock
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.journal.journal import Journal
from fleet.runtime.reported_audit import ReportedAudit
from fleet.runtime.site_journal import SiteRecord
from fleet.runtime.site_keeper import SiteKeeper
from fleet.runtime.window_planning import WindowPlanning
from fleet.tasks.changes import PoolChanges
from fleet.tasks.model import Order
from fleet.traffic.execution import NO_ENTRY
from fleet.traffic.journal import HeldBases
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.zones.zones import Zones
from robots.arrays import Int8, Int32, UInt8
from robots.gateways.allow_list import FILE_NAME, AllowList
from robots.gateways.authenticator import Authenticator
from robots.gateways.handshakes import Domain, Refusal, guard
from robots.gateways.keys import Key, load_key
from robots.gateways.wire_params import WireParams
from robots.gateways.zmq_driver import ZmqDriver
from robots.state import FleetState
from sim_worlds.world import World
from sim_worlds.world_file import load_world

_SWITCH_S: Final = 0.0005
# At the beginning, and after a closure, all distance fields are missing: robots must hear from us meanwhile.
_FIELD_S: Final = 0.2
# The same of tasks that nobody has looked at yet: those that a journal knew, or a file of orders.
_LOOK_S: Final = 0.05


class NoTrace:
    """A recorder that keeps nothing: a site runs for months."""

    def start(self, cell: Int32, heading: Int8) -> None:
        """Take where the robots are, and let it go."""

    def append(self, cell: Int32, heading: Int8, activity: UInt8, delayed: object) -> None:
        """Take a step, and let it go."""


@dataclass(slots=True)
class Access:
    """Who may come in. `key`, the controller's own, and the allow-list are None without keys; path: of the roster."""

    context: zmq.Context[Any]
    key: Key | None
    allow_list: AllowList | None
    roster: tuple[str, ...]
    path: str


@dataclass(slots=True)
class Site:
    """A site that is led: what runs, and what is asked about it.

    began_s  when this controller began to lead, on the site's clock
    """

    world: World
    roster: tuple[str, ...]
    clock: SiteClock
    began_s: float
    journal: Journal
    driver: ZmqDriver
    reactions: ReactionTimes
    crew: Crew
    loop: GrantLoop
    planning: WindowPlanning
    zones: Zones
    events: EventRelay
    keeper: SiteKeeper
    audit: ReportedAudit | None


def open_access(settings: SiteSettings, stack: ExitStack, on_refused: Callable[[Refusal], None]) -> Access:
    """Read keys and allow-list and start the authenticator; the stack ends it. Raises InputErrors."""
    _allow_files()
    context: zmq.Context[Any] = zmq.Context()
    stack.callback(context.destroy, linger=1000)
    if settings.keys is None:
        if not settings.run.robots:
            raise SiteError("--robots", "nobody says how many robots there are", "give --robots, or --keys")
        return Access(context, None, None, numbered_roster(settings.run.robots), "--robots")
    path = settings.keys / FILE_NAME
    allow_list = AllowList(path)
    key = load_key(settings.keys / "controller.key_secret")
    authenticator = Authenticator(context, allow_list, on_refused)
    # Its thread needs the interpreter for every frame: where the loop has much to do, it would wait 5 ms each time.
    sys.setswitchinterval(_SWITCH_S)
    authenticator.start()
    stack.callback(authenticator.stop)
    return Access(context, key, allow_list, allowed_roster(allow_list, str(path)), str(path))


def _allow_files() -> None:
    """Let this process open as many files as it may: every gateway's connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def load(settings: SiteSettings) -> tuple[World, Iterator[Order]]:
    """Load the world and its orders. Raises InputErrors for what is wrong with them."""
    world = load_world(settings.run.world)
    return world, orders_of(settings.run, world) if settings.run.orders else iter(())


def warm(settings: SiteSettings, world: World) -> DistanceFields:
    """Have everything compiled that takes time to compile, with a robot that nobody sees; return distances it knew."""
    crew = make_crew(world, world.guidance, replace(settings.run, robots=1), events=_unheard, orders=iter(()))
    audit = None
    if settings.run.audit:
        audit = ReportedAudit(world.layout, world.robot, world.cell_m, one_robot(crew), crew.pool)
    warmup(crew, settings.run.grants, audit=audit)
    crew.planner.warmup()
    return crew.distances


@dataclass(frozen=True, slots=True)
class OpenFloor:
    """Robots that are accounted for: as they say themselves, or as the journal knows them.

    record  what the journal knows, None on a new site
    """

    record: SiteRecord | None
    clock: SiteClock
    events: EventRelay
    driver: ZmqDriver
    state: FleetState


def open_floor(
    settings: SiteSettings,
    world: World,
    access: Access,
    journal: Journal,
    stack: ExitStack,
    waiting: Callable[[], None],
) -> OpenFloor:
    """Listen to the robots; on a new site, wait for all of them.

    waiting: called again and again meanwhile, may raise. Raises InputErrors, among them one that names robots which
    have not said where they are.
    """
    if len(access.roster) > len(world.start_cells):
        problem = f"{len(access.roster)} robots do not fit on {world.name}"
        raise SiteError(access.path, problem, f"use at most {len(world.start_cells)}, or another world")
    record = journal.recover()
    if record is None:
        began_unix_s = time()
    else:
        if record.world != floor_hash(world):
            raise SiteError(settings.journal, f"is of another floor than {world.name}", "name its world, or a new file")
        access.roster = known_roster(record.roster, access.roster, access.path)
        began_unix_s = journal.started_unix_s
    clock = SiteClock(began_unix_s)
    events = EventRelay()
    driver = ZmqDriver(
        settings.listen,
        roster=access.roster,
        floor=floor_map(world),
        clock=clock.now,
        wall_ns=time_ns,
        context=access.context,
        epoch=journal.term,
        known=None if record is None else _known(record.bases, world),
        server_key=access.key,
        allow_list=access.allow_list,
        params=WireParams(tick_s=settings.run.grants.tick_s, wait_s=settings.wait_s),
        on_security=lambda event: events({"t": event["at_s"]} | event),
        waiting=waiting,
    )
    stack.callback(driver.close)
    state = driver.open()
    if record is None:
        journal.found(access.roster, began_unix_s, floor_hash(world))
    return OpenFloor(record, clock, events, driver, state)


def take_up(
    settings: SiteSettings,
    world: World,
    orders: Iterator[Order],
    distances: DistanceFields,
    access: Access,
    journal: Journal,
    floor: OpenFloor,
) -> Site:
    """Take the site up where its journal says it stands, or begin it. distances: of this world, as from `warm`."""
    record, state, events = floor.record, floor.state, floor.events
    crew = make_crew(
        world,
        world.guidance,
        settings.run,
        events=events,
        orders=orders,
        start=state,
        record=None if record is None else record.pool,
        distances=distances,
        clock=WallClock(),
        look_s=_LOOK_S,
    )
    changes = PoolChanges(crew.pool)
    keeper = SiteKeeper(journal, crew.pool, changes)
    zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, events, robots=len(access.roster))
    for sink in (changes, keeper.hear):
        events.join(sink)
    audit = None
    if settings.run.audit:
        audit = ReportedAudit(
            world.layout,
            world.robot,
            world.cell_m,
            replace(state, received=state.confirmed),
            crew.pool,
            bases=None if record is None else record.bases,
            services=() if record is None else record.services,
        )
        events.join(audit.hear)
    if record is None:
        ledger = TrafficLedger.begin(world.layout, world.robot, world.cell_m, state, journal)
    else:
        restricted = tuple(_zone_records(record, settings.journal))
        zones.restore(restricted)
        if audit is not None:
            for event in restricted:
                audit.hear(event)
        ledger = TrafficLedger.restored(world.layout, world.robot, world.cell_m, journal)
    reactions = ReactionTimes(floor.driver, state, floor.clock.now)
    loop, planning = wire_loop(
        crew,
        settings.run,
        reactions,
        ledger,
        zones,
        NoTrace(),
        WallClock(),
        events,
        audit=audit,
        keeper=keeper,
        state=state,
        field_s=_FIELD_S,
    )
    if record is not None:
        crew.dispatcher.resume(loop.execution.service_entry != NO_ENTRY)
    crew.planner.warmup()
    return Site(
        world,
        access.roster,
        floor.clock,
        floor.clock.now(),
        journal,
        floor.driver,
        reactions,
        crew,
        loop,
        planning,
        zones,
        events,
        keeper,
        audit,
    )


def open_api(settings: SiteSettings, access: Access, stack: ExitStack) -> ApiServer:
    """Bind the API; the stack closes it. Raises SettingError."""
    api = ApiServer(access.context, settings.api, _guarding(access), access.allow_list)
    stack.callback(api.close)
    return api


def open_feed(settings: SiteSettings, access: Access, site: Site, stack: ExitStack) -> Feed:
    """Bind the feed, and let it hear of everything; the stack closes it. Raises SettingError."""
    feed = Feed(access.context, settings.feed, _guarding(access), FeedWriter(site.journal.term, time_ns))
    stack.callback(feed.close)
    site.events.join(feed.hear)
    return feed


def holder() -> str:
    """Return who this controller is, for people that look at the journal."""
    return f"{socket.gethostname()} process {os.getpid()}"


def _guarding(access: Access) -> Callable[[zmq.Socket[Any]], None] | None:
    key = access.key
    return None if key is None else lambda endpoint: guard(endpoint, key, Domain.API)


def _known(bases: HeldBases, world: World) -> FleetState:
    """The robots as a journal knows them: not heard of yet."""
    state = FleetState.at(bases.cell, bases.heading, width=world.layout.width, cell_m=world.cell_m)
    state.confirmed, state.epoch = bases.confirmed.copy(), bases.epoch.copy()
    state.received[:] = bases.confirmed + [len(entries) for entries in bases.entries]
    return state


def _zone_records(record: SiteRecord, journal: str) -> Iterator[dict[str, Any]]:
    """What is on record of zones, in order."""
    for action in record.actions:
        try:
            body = msgspec.json.decode(action.body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise SiteError(journal, f"action {action.number} is no JSON: {error}", "restore a backup") from None
        if "edges" in body:
            yield body


def _unheard(_event: dict[str, Any]) -> None:
    """Take an event and let it go."""
