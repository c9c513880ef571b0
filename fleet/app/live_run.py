"""A simulated run that is shown while it goes on: API and feed of a controller, and the page that reads them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from time import sleep, time_ns
from types import TracebackType
from typing import Any, Final, Self

import zmq

from fleet.app.compose import Simulation
from fleet.app.dashboard.token_file import Role, new_token
from fleet.app.listen_address import free_address
from fleet.app.page_process import PageProcess, PageSettings
from fleet.app.site.api_server import ApiServer
from fleet.app.site.feed import MOST_HZ, Feed
from fleet.app.site.feed_messages import JournalNews, Reactions
from fleet.app.site.feed_writer import FeedWriter
from fleet.app.site.roster import numbered_roster
from fleet.app.site.site_reporter import Leadership
from fleet.app.site.site_service import SiteService
from fleet.app.site.site_view import SiteView, Zones
from fleet.errors import SettingError
from fleet.runtime.clock import Clock
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_control import GrantLoop
from fleet.traffic.zones.actions import ZoneAction
from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason
from fleet.traffic.zones.restriction import Restriction

_OPERATOR: Final = "operator"
# How long requests wait for an answer while the run waits for its time.
_MOMENT_S: Final = 0.02
# A server that has not begun to listen by then never will.
_PAGE_S: Final = 60.0
# What a run may be behind its time and still catch up with: beyond, it would race after everything that took long.
_MOST_BEHIND_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Live:
    """How a run is to be shown; options of `futurepark run`, not settings of the run.

    address  HOST:PORT of the page
    speed    simulated seconds in a second; 0: as fast as it goes
    stays    whether the page stays when the run is over, until an interrupt
    world    file of the floor, empty for a shipped one; runs: folder of recorded runs that the page shows as well

    Raises SettingError for a speed that is none.
    """

    address: str
    speed: float = 1.0
    stays: bool = False
    world: str = ""
    runs: Path | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.speed) and self.speed >= 0):
            raise SettingError("--speed", f"is {self.speed:g}", "give simulated seconds a second, 0 for no brake")


class NoZones:
    """What is restricted on the floor of a run in step: nothing, and nothing can be."""

    alarm = False

    def apply(self, action: ZoneAction, now_s: float) -> ZoneRefusal:
        """Refuse an action."""
        problem = f"{action.do}: at {now_s:g} s of a run in step, where robots are not driven by grants"
        return ZoneRefusal(ZoneRefusalReason.NO_GRANTS, problem, "run it with --execution grants")

    def in_force(self) -> list[Restriction]:
        """Return what is in force: nothing."""
        return []


class LiveRun:
    """Runs a simulation at its pace and serves those who look; a context, at whose end nothing of it is left.

    Without requests the run is the same as without being shown: time here only decides when its ticks are done.

    stays: whether `stay` is wanted. events: what happens in the run, which the feed tells on. pause: lets so many
    seconds of the clock go by. Raises SettingError for an address that cannot be used.
    """

    def __init__(
        self,
        simulation: Simulation,
        events: EventRelay,
        live: Live,
        clock: Clock,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._simulation = simulation
        self._events = events
        self._live = live
        self.stays = live.stays
        self._clock = clock
        self._pause = pause
        self._stopping = False
        self._stepped = False
        self._due_s = clock.now()
        with ExitStack() as stack:
            self._page, self._service = self._open(stack)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def begin(self) -> None:
        """Run the first tick, before which there is nothing to be seen; return once the page can be opened.

        Says where that is on standard error. Raises SettingError if it cannot be opened.
        """
        self._stepped = self._tick()
        self._wait_for_page()
        self._due_s = self._clock.now()

    def run(self, on_step: Callable[[], None] | None = None) -> None:
        """Go on to the end of the run, or, after `stop`, of the step under way; `on_step` is called after each step."""
        loop, steps = self._simulation.loop, self._simulation.steps
        while loop.steps < steps and not (self._stepped and self._stopping):
            self._stepped = self._tick()
            if self._stepped and on_step is not None:
                on_step()
            self._keep_pace()

    def stay(self) -> None:
        """Serve those who look at what has become of the run, until `stop`."""
        self._service.take_nothing_more("the run is over")
        while not self._stopping:
            self._serve()
            self._pause(_MOMENT_S)

    def stop(self) -> None:
        """Let `run` or `stay` return; for signal handlers."""
        self._stopping = True

    def _open(self, stack: ExitStack) -> tuple[PageProcess, SiteService]:
        """Open API and feed for nobody but this user, and the page before them; the stack closes them."""
        host, port = free_address(self._live.address, "--live")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="futurepark-")))
        context: zmq.Context[Any] = zmq.Context()
        stack.callback(context.destroy, linger=0)
        api = ApiServer(context, f"ipc://{folder}/api", None, None)
        stack.callback(api.close)
        feed = Feed(context, f"ipc://{folder}/feed", None, FeedWriter(1, time_ns), MOST_HZ)
        stack.callback(feed.close)
        self._events.join(feed.hear)
        tokens = folder / "tokens.toml"
        self._token = new_token(tokens, _OPERATOR, Role.OPERATOR)
        settings = PageSettings(host, port, tokens, world=self._live.world, runs=self._live.runs)
        page = stack.enter_context(PageProcess(api.endpoint, settings))
        return page, SiteService(self._view(), api, feed, self._record)

    def _view(self) -> SiteView:
        simulation, loop = self._simulation, self._simulation.loop
        zones: Zones = loop.floor.zones if isinstance(loop, GrantLoop) else NoZones()
        return SiteView(
            loop,
            simulation.world,
            simulation.pool,
            simulation.dispatcher.roster,
            serials=numbered_roster(simulation.robots),
            zones=zones,
            version=version("futurepark"),
            now=lambda: loop.now_s,
            began_s=0.0,
            leadership=Leadership(1, leads=True),
            journal=lambda: JournalNews("none"),
            reactions=Reactions,
        )

    def _record(self, by: str, what: dict[str, Any], now_s: float) -> None:
        """Put on record who changed an order; the task pool tells what became of it."""
        self._events({"t": now_s, "event": "operator_acted", "by": by, "what": what["event"], "order": what["order"]})

    def _tick(self) -> bool:
        """Let the floor move on, and serve; return whether a step is done with it."""
        loop = self._simulation.loop
        before_s, steps = loop.now_s, loop.steps
        if isinstance(loop, GrantLoop):
            loop.tick()
        else:
            loop.run(1)
        if self._live.speed:
            self._due_s += (loop.now_s - before_s) / self._live.speed
        self._serve()
        return loop.steps > steps

    def _serve(self) -> None:
        self._service.take()
        self._service.tell(self._clock.now(), committed=True)

    def _keep_pace(self) -> None:
        """Serve until the next tick is due."""
        if not self._live.speed:
            return
        while not self._stopping and (left_s := self._due_s - self._clock.now()) > 0:
            self._pause(min(left_s, _MOMENT_S))
            self._serve()
        self._due_s = max(self._due_s, self._clock.now() - _MOST_BEHIND_S)

    def _wait_for_page(self) -> None:
        """Serve until the page can be opened: it may ask before it does."""
        late_s = self._clock.now() + _PAGE_S
        while not self._stopping and not self._page.listens():
            if self._page.exit_code is not None:
                problem = f"its server ended with exit code {self._page.exit_code}"
                raise SettingError("--live", problem, "see what it said")
            if self._clock.now() > late_s:
                raise SettingError("--live", f"its server does not listen after {_PAGE_S:g} s", "see what it said")
            self._serve()
            self._pause(_MOMENT_S)
        if not self._stopping:
            print(f"See it at {self._page.url}#token={self._token}", file=sys.stderr, flush=True)
