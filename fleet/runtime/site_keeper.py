"""Keeps a site's journal: what changed in a tick, made safe before anybody hears of it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from fleet.grid.layout import NO_ROBOT
from fleet.runtime.site_journal import SiteJournal
from fleet.tasks.changes import PoolChanges
from fleet.tasks.pool import TaskPool
from fleet.traffic.zones.record import REFUSED
from robots.arrays import Int32


class SiteKeeper:
    """Tells a journal of orders, tasks, services and operators' actions; grants it hears of from the ledger.

    `hear` and `changes` are to have every event of the site. A commit costs a little for each order and task that
    changed since the last one.
    """

    def __init__(self, journal: SiteJournal, pool: TaskPool, changes: PoolChanges) -> None:
        self._journal = journal
        self._pool = pool
        self._changes = changes
        self._recoveries = pool.recoveries()

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: what operators, or the controller, did to the floor goes on record."""
        if "edges" in event or event["event"] == REFUSED:
            self.act(event["by"], event, event["t"])

    def act(self, operator: str, what: dict[str, Any], at_s: float) -> None:
        """Put on record what an operator did."""
        self._journal.action(operator, msgspec.json.encode(what).decode(), at_s)

    def serving(self, robots: Int32, entries: Int32, tasks: Int32) -> None:
        """Take in services that were granted: whose, as which entry of its base, for which task."""
        pool = self._pool
        errands = np.where(pool.takeover_robot[tasks] != NO_ROBOT, np.int32(-1), pool.errand_index[tasks])
        self._journal.services(robots, entries, tasks, errands)

    def commit(self) -> None:
        """Make everything safe. Raises JournalError if that cannot be done now."""
        pool, journal = self._pool, self._journal
        orders, tasks, rejections = self._changes.take()
        if orders:
            journal.orders([pool.order_record(row) for row in orders])
        if tasks:
            journal.tasks([pool.task_record(task) for task in tasks])
        for rejection in rejections:
            journal.rejected(rejection)
        recoveries = pool.recoveries()
        if recoveries != self._recoveries:
            self._recoveries = recoveries
            journal.recoveries(recoveries)
        journal.commit()
