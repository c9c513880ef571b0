"""The snapshot of a site that its journal tells of, while a controller leads it or after that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import msgspec
import numpy as np

from fleet.app.forecast.errors import SnapshotError
from fleet.app.forecast.journal_file import JournalFile
from fleet.app.forecast.snapshot import (
    LATELY_S,
    UNFINISHED,
    FloorSnapshot,
    RobotRows,
    recent_orders,
    settled,
    unfinished_work,
)
from fleet.app.site.site_floor import floor_hash
from fleet.errors import JournalError, SettingError
from fleet.runtime.journal.bases import Bases
from fleet.runtime.journal.rows import order_of, read_from, task_of
from fleet.runtime.journal.seal import unseal
from fleet.runtime.journal.tables import ACTIONS, ORDERS, ROBOTS, SITE, TASKS, Row, Table
from fleet.tasks.model import Order
from fleet.tasks.records import OrderRecord, TaskRecord
from robots.state import Entry
from sim_worlds.world import World

_URL_STARTS = ("postgresql://", "postgres://")
_HOLDER = "a reader"
# By table `tasks`: where the order and the status stand.
_ORDER, _STATUS = 1, 3


class Tables(Protocol):
    """Tables of a journal that are only read; see fleet.runtime.journal.store."""

    @property
    def place(self) -> str:
        """Where they are, for messages; no passwords."""

    def read(self, table: Table) -> list[Row]:
        """Return all rows of a table by ascending key."""

    def close(self) -> None:
        """Let go of every resource."""


def journal_snapshot(place: str, world: World, now_unix_s: float) -> FloorSnapshot:
    """Return what a journal, a file or a postgresql:// URL, knows of the floor at a time in seconds since 1970 UTC.

    A journal does not know batteries, which robots are down, and how far services are: charges are NaN, nobody is down,
    and half of each service under way is taken to be left. Takes some 5 µs for each task that was ever on record.

    Raises SnapshotError for one of another floor or without a site, SettingError for one that is not there or cannot be
    read, DamagedJournalError for one that cannot be trusted.
    """
    try:
        with closing(_open(place)) as tables:
            return _snapshot(tables, world, now_unix_s)
    except JournalError as failure:
        raise SettingError(
            "--journal", f"cannot be read now: {failure}", "see whether its disk or database is there"
        ) from None


def _open(place: str) -> Tables:
    if not place.startswith(_URL_STARTS):
        return JournalFile(Path(place))
    try:
        from fleet.runtime.journal.postgres import PostgresStore
    except ImportError as error:
        problem, remedy = "a journal in PostgreSQL needs psycopg", "install it: pip install 'futurepark[postgres]'"
        raise SettingError("--journal", problem, remedy) from error
    # It leads only when it is told to.
    return PostgresStore(place, _HOLDER, 1.0, steady=monotonic)


def _snapshot(tables: Tables, world: World, now_unix_s: float) -> FloorSnapshot:
    place = tables.place
    site = _rows(tables, SITE)
    if not site:
        raise SnapshotError(
            place, "no site was founded in it yet", "wait until its controller has heard all its robots"
        )
    _, started_unix_s, floor, _ = site[0]
    if floor != floor_hash(world):
        raise SnapshotError(place, f"is of another floor than {world.name}", "name its world, or another journal")
    at_s = max(0.0, now_unix_s - started_unix_s)
    # Tasks come first: what is committed between two reads of a database then adds orders without tasks, no more.
    tasks = _unfinished_tasks(tables)
    orders, recent = _orders(tables, {kept.order_row for kept in tasks}, at_s)
    robots = _robots(tables)
    work = unfinished_work(orders, tasks)
    lately, recent_s = recent_orders(recent, at_s)
    return FloorSnapshot(
        world=world.name,
        at_s=at_s,
        robots=settled(robots, work),
        work=work,
        zones=tuple(_zone_records(tables)),
        recent=lately,
        recent_s=recent_s,
    )


def _rows(tables: Tables, table: Table) -> list[Row]:
    return unseal(tables.read(table), table, tables.place)


def _unfinished_tasks(tables: Tables) -> list[TaskRecord]:
    """All tasks of orders that have one that is not finished; no others are decoded."""
    rows = _rows(tables, TASKS)
    orders = {row[_ORDER] for row in rows if row[_STATUS] in UNFINISHED}
    with read_from(TASKS, tables.place):
        return [task_of(row) for row in rows if row[_ORDER] in orders]


def _orders(tables: Tables, wanted: set[int], at_s: float) -> tuple[list[OrderRecord], list[Order]]:
    """The orders in these rows, and those that came in lately: orders are on record as they came."""
    rows = _rows(tables, ORDERS)
    recent: list[Order] = []
    with read_from(ORDERS, tables.place):
        for row in reversed(rows):
            order = order_of(row).order
            if order.release_s <= at_s - LATELY_S:
                break
            recent.append(order)
        return [order_of(row) for row in rows if row[0] in wanted], recent


def _robots(tables: Tables) -> RobotRows:
    bases = Bases()
    with read_from(ROBOTS, tables.place):
        bases.load(_rows(tables, ROBOTS))
    held = bases.held()
    n = len(held.cell)
    next_entries = [entries[0] if entries else (int(Entry.WAIT), 0.0) for entries in held.entries]
    serving = np.array([kind == Entry.SERVICE for kind, _ in next_entries], dtype=np.bool_)
    left_s = np.array([seconds / 2 for _, seconds in next_entries], dtype=np.float32)
    return RobotRows(
        cell=held.cell,
        heading=held.heading,
        charge_percent=np.full(n, np.nan, dtype=np.float32),
        service_left_s=left_s,
        serving=serving,
        down=np.zeros(n, dtype=np.bool_),
    )


def _zone_records(tables: Tables) -> Iterator[dict[str, Any]]:
    """What is on record of zones, in order."""
    for row in _rows(tables, ACTIONS):
        with read_from(ACTIONS, tables.place):
            body = msgspec.json.decode(row[3], type=dict[str, Any])
        if "edges" in body:
            yield body
