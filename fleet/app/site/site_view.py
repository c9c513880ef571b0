"""What there is to tell of a running floor: by the feed to viewers, by the API to whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from fleet.app.site.api_messages import FloorIs, RobotShown
from fleet.app.site.condition import conditions, conditions_in_step
from fleet.app.site.duties import duty_columns
from fleet.app.site.feed_messages import DutyColumns, JournalNews, Reactions, SiteNews
from fleet.app.site.floor_answer import floor_is
from fleet.app.site.robot_answer import robot_shown
from fleet.app.site.site_floor import floor_hash
from fleet.app.site.site_reporter import Leadership, SiteReporter
from fleet.app.site.site_requests import Zones as RestrictedFloor
from fleet.runtime.control import ControlLoop
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.roster import Roster
from fleet.tasks.pool import TaskPool
from robots.arrays import Int32, UInt8
from robots.state import FleetState
from sim_worlds.world import World


class Zones(RestrictedFloor, Protocol):
    """What is restricted on the floor; see fleet.traffic.zones.zones."""

    @property
    def alarm(self) -> bool:
        """Whether there is a fire alarm."""


class SiteView:
    """A floor as it is after the last tick of its loop, however that drives its robots.

    serials     of the robots, by row; zones: what is restricted
    now         seconds on the floor's clock, of which this loop has had the floor since `began_s`
    leadership, journal, reactions  as they are told
    """

    def __init__(
        self,
        loop: ControlLoop | GrantLoop,
        world: World,
        pool: TaskPool,
        roster: Roster,
        *,
        serials: Sequence[str],
        zones: Zones,
        version: str,
        now: Callable[[], float],
        began_s: float,
        leadership: Leadership,
        journal: Callable[[], JournalNews],
        reactions: Callable[[], Reactions],
    ) -> None:
        self.world = world
        self.pool = pool
        self.zones = zones
        self.serials = tuple(serials)
        self.now = now
        self._loop = loop
        self._roster = roster
        self._leadership = leadership
        self._journal = journal
        self._reactions = reactions
        self._floor_hash = floor_hash(world)
        self._reporter = SiteReporter(
            pool, zones, world=world.name, version=version, serials=self.serials, began_s=began_s
        )

    @property
    def state(self) -> FleetState:
        """Where robots are."""
        return self._loop.state

    @property
    def tasks(self) -> Int32:
        """The task that each robot works on, int32 (n,), -1 for none."""
        return self._roster.task

    def conditions(self) -> UInt8:
        """Return the Condition of every robot, uint8 (n,)."""
        loop = self._loop
        if isinstance(loop, GrantLoop):
            return conditions(loop.state, loop.floor.watch, self._roster.goal)
        return conditions_in_step(loop.activity, loop.state.charge_percent)

    def duties(self) -> DutyColumns:
        """Return what robots are about."""
        return duty_columns(self._roster, self.pool, self._loop.waits, self._loop.delayed)

    def news(self) -> SiteNews:
        """Return how the floor is, in figures."""
        news = self._reporter.news(self.conditions(), self._leadership, self._journal(), self.now())
        if isinstance(self._loop, GrantLoop):
            grants = {"granted": self._loop.execution.granted}
            news = msgspec.structs.replace(news, counts=news.counts | {"grants": grants})
        return msgspec.structs.replace(news, reactions=self._reactions())

    def robot(self, row: int) -> RobotShown:
        """Return all there is to know of the robot in a row."""
        loop = self._loop
        return robot_shown(
            row,
            self.serials[row],
            loop.state,
            self._roster,
            self.pool,
            chargers=self.world.chargers,
            alarm=self.zones.alarm,
            ledger=loop.execution.ledger if isinstance(loop, GrantLoop) else None,
        )

    def floor(self) -> FloorIs:
        """Return what a forecast begins with."""
        loop, state = self._loop, self._loop.state
        return floor_is(
            state,
            loop.floor.watch.down if isinstance(loop, GrantLoop) else state.charge_percent <= 0,
            self._roster.task,
            self.zones.in_force(),
            world=self.world.name,
            floor=self._floor_hash,
            now_s=self.now(),
        )
