"""Puts together what a site says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, Protocol

import numpy as np

from fleet.app.site.condition import count_conditions
from fleet.app.site.feed_messages import JournalNews, LateOrder, SiteNews, ZoneInForce
from fleet.app.site.recent_work import RecentWork
from fleet.tasks.records import TaskRecord
from fleet.tasks.task_table import TaskStatus
from fleet.traffic.zones.restriction import Restriction
from robots.arrays import Float64, Int8, Int32, UInt8

_MOST_LATE: Final = 20
_MOST_ZONES: Final = 1000


class Pool(Protocol):
    """The task pool, as far as it is reported; see fleet.tasks.pool."""

    @property
    def status(self) -> Int8:
        """TaskStatus of every task."""

    @property
    def due_s(self) -> Float64:
        """When each task's order is due."""

    @property
    def priority(self) -> Int32:
        """Priority of each task."""

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the counters of orders, tasks and units."""

    def rejections(self) -> dict[str, int]:
        """Rejected orders by reason."""

    def failures(self) -> dict[str, int]:
        """Failed tasks by reason."""

    def task_record(self, task: int) -> TaskRecord:
        """Return how a task is."""


class Floor(Protocol):
    """What is restricted on the floor; see fleet.traffic.zones.zones."""

    def in_force(self) -> list[Restriction]:
        """Return what is in force, oldest first."""


@dataclass(frozen=True, slots=True)
class Leadership:
    """term: number of this leadership; leads: whether it still is one."""

    term: int
    leads: bool


class SiteReporter:
    """Reports a site that this controller has led since `began_s` on the site's clock.

    version: of this program; serials: of the robots, by row
    """

    def __init__(
        self, pool: Pool, zones: Floor, *, world: str, version: str, serials: Sequence[str], began_s: float
    ) -> None:
        self._pool = pool
        self._zones = zones
        self._world = world
        self._version = version
        self._serials = serials
        self._began_s = began_s
        self._recent = RecentWork()

    def news(self, condition: UInt8, leadership: Leadership, journal: JournalNews, now_s: float) -> SiteNews:
        """Return how the site is at `now_s`; condition: uint8 (n,), see condition.conditions."""
        counts = self._pool.counts()
        late_tasks, late_orders = self._late(now_s)
        return SiteNews(
            world=self._world,
            version=self._version,
            site_s=now_s,
            uptime_s=now_s - self._began_s,
            term=leadership.term,
            leads=leadership.leads,
            journal=journal,
            counts=counts,
            robots=count_conditions(condition),
            recent=self._recent.note(counts, now_s),
            rejections=_largest(self._pool.rejections()),
            failures=_largest(self._pool.failures()),
            zones=tuple(self._zone(restriction) for restriction in self._zones.in_force()[-_MOST_ZONES:]),
            late_tasks=late_tasks,
            late_orders=late_orders,
        )

    def _late(self, now_s: float) -> tuple[int, tuple[LateOrder, ...]]:
        """How many tasks are open although they are due, and the orders that have been due for longest."""
        pool = self._pool
        owed = np.isin(pool.status, (TaskStatus.OPEN, TaskStatus.ASSIGNED, TaskStatus.FAILED))
        late = np.flatnonzero(owed & (pool.due_s < now_s))
        found: dict[str, LateOrder] = {}
        for task in late[np.argsort(pool.due_s[late], kind="stable")].tolist():
            order = pool.task_record(task).task.order_id
            found.setdefault(order, LateOrder(order, now_s - float(pool.due_s[task]), int(pool.priority[task])))
            if len(found) == _MOST_LATE:
                break
        return len(late), tuple(found.values())

    def _zone(self, restriction: Restriction) -> ZoneInForce:
        return ZoneInForce(
            id=restriction.id,
            kind=restriction.kind.value,
            place=restriction.place,
            since_s=restriction.since_s,
            cells=len(restriction.cells),
            by=restriction.by,
            ref=restriction.ref,
            until_s=restriction.until_s if isfinite(restriction.until_s) else None,
            limit_mps=restriction.limit_mps if isfinite(restriction.limit_mps) else None,
            robot=self._serials[restriction.robot] if restriction.robot >= 0 else "",
            clear_requested_by=restriction.clear_requested_by,
        )


def _largest(figures: Mapping[str, int]) -> dict[str, int]:
    """The largest figures, as many as a message holds."""
    return dict(sorted(figures.items(), key=lambda item: -item[1])[:64])
