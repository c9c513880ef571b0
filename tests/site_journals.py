"""Journals to test with: in a file, in a database, and naive; and what to put into them."""

from __future__ import annotations

import numpy as np

from fleet.runtime.journal.opening import open_journal
from fleet.tasks.model import Errand, ErrandKind, Order, OrderLine, Task
from fleet.tasks.records import OrderRecord, RejectionRecord, TaskRecord
from fleet.traffic.journal import GrantRecord
from tests.oracles.site_journal import NaiveDisk, NaiveJournal

# Longer than any test on a slow machine: by the database server's clock it really has to end.
LEASE_S = 30.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


class FileSite:
    """A journal in an SQLite file."""

    def __init__(self, path, vfs=None):
        self.path, self.vfs, self.clock, self.wall = path, vfs, Clock(), Clock()
        self.journals = []

    def open(self, holder="first"):
        journal = open_journal(self.path, holder, lease_s=LEASE_S, steady=self.clock, wall=lambda: 0.0, vfs=self.vfs)
        self.journals.append(journal)
        return journal

    def end_lease(self):
        """As if the leader had not been heard of for the time of its lease."""
        self.clock.now_s += LEASE_S + 0.001

    def close(self):
        for journal in self.journals:
            getattr(journal, "close", lambda: None)()


class DatabaseSite(FileSite):
    """A journal in PostgreSQL, empty at first."""

    def __init__(self, server):
        super().__init__(server.url)
        self.server = server
        server.clear()

    def end_lease(self):
        # Our own clock too, for the pause after a failed connection.
        super().end_lease()
        self.server.execute("UPDATE futurepark.leadership SET until = clock_timestamp()")


class NaiveSite:
    """The oracle."""

    def __init__(self):
        self.disk = NaiveDisk()

    def open(self, holder="first"):
        return NaiveJournal(self.disk)

    def end_lease(self):
        pass

    def close(self):
        pass


def ints(*values):
    return np.array(values, dtype=np.int32)


def headings(*values):
    return np.array(values, dtype=np.int8)


def grants(*entries):
    """Grants from (robot, kind, seconds)."""
    robots, kinds, seconds = zip(*entries, strict=True)
    return GrantRecord(ints(*robots), np.array(kinds, dtype=np.uint8), np.array(seconds, dtype=np.float32))


def found(journal, robots=2):
    """Begin a site with robots in cells 10, 11, ...; nothing granted."""
    cells = np.arange(10, 10 + robots, dtype=np.int32)
    zeros = np.zeros(robots, dtype=np.int32)
    journal.found([f"amr-{row:03d}" for row in range(robots)], 1.7e9, "floor")
    journal.begin(cells, zeros.astype(np.int8), zeros, zeros)
    journal.commit()


def order(row, *, done_s=None, cancelled=False, name="O", priority=0):
    lines = (OrderLine("sku-1", 2, 0.5, 0.1), OrderLine("sku-2", 1 + row % 3, 1.25, 2.0))
    return OrderRecord(row, Order(f"{name}-{row}", lines, 0.1 * row, 3600.5, priority, None), done_s, cancelled)


def task(number, order_row, *, status=0, robot=-1, errand_index=0, takeover=(-1, -1, 0.0), reason="", name="O"):
    errands = (Errand(7, ErrandKind.PICK, 2.5, "sku-1", 2), Errand(9, ErrandKind.DROP, 3.25, "", 2))
    what = Task(number, f"{name}-{order_row}", "chute-1", errands, 0, 0.1, 3600.5, 2, 0.3, 1)
    return TaskRecord(what, order_row, status, robot, errand_index, *takeover, reason)


def rejection(number):
    return RejectionRecord(f"R-{number}", "duplicate_order", f"order 'R-{number}' was accepted before", 0.5 * number)


def same(one, other):
    """Whether two SiteRecords, or None, say the same."""
    if one is None or other is None:
        return one is other
    return plain(one) == plain(other)


def plain(record):
    """A SiteRecord as plain values, to be compared and printed."""
    return (record.roster, record.world, plain_bases(record.bases), record.pool, record.services, record.actions)


def plain_bases(held):
    columns = (held.cell, held.heading, held.confirmed, held.epoch)
    return [(column.dtype.name, column.tolist()) for column in columns], held.entries
