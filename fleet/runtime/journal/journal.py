"""A site's journal over a store: everything waits for `commit`, which writes one batch."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fleet.errors import DamagedJournalError, SettingError, TaskError, TrafficError
from fleet.runtime.journal.bases import Bases
from fleet.runtime.journal.batch import Batch, PendingRows
from fleet.runtime.journal.hash_chain import FIRST_HASH, chain_hash, check_chain
from fleet.runtime.journal.rows import (
    action_of,
    check_numbers,
    order_of,
    read_from,
    rejection_of,
    roster_of,
    row_of_action,
    row_of_order,
    row_of_rejection,
    row_of_site,
    row_of_task,
    task_of,
)
from fleet.runtime.journal.seal import unseal
from fleet.runtime.journal.store import Store
from fleet.runtime.journal.tables import ACTIONS, ORDERS, RECOVERIES, REJECTIONS, ROBOTS, SITE, TASKS, Row, Table
from fleet.runtime.site_journal import OperatorRecord, SiteRecord
from fleet.tasks.records import OrderRecord, PoolRecord, RejectionRecord, TaskRecord
from fleet.traffic.journal import GrantRecord, HeldBases
from robots.arrays import Int8, Int32


class Journal:
    """Keeps a site in a store that is led under `term`; see SiteJournal.

    A batch whose commit failed stays as it is, and is written again, before anything newer, by the next commit: the
    store tells by its number whether it was written after all. A commit of nothing renews the leadership only when a
    third of the lease is over; until then it costs nothing.
    """

    def __init__(self, store: Store, term: int, lease_s: float, steady: Callable[[], float]) -> None:
        self._store = store
        self._term = term
        self._steady = steady
        self._renew_every_s = lease_s / 3
        self._renewed_s = steady()
        self._pending = PendingRows()
        self._outstanding: Batch | None = None
        self._batches = 0
        self._site = self._last(SITE)
        self._bases = Bases()
        with read_from(ROBOTS, store.place):
            self._bases.load(self._read(ROBOTS))
        order, rejection, action = map(self._last, (ORDERS, REJECTIONS, ACTIONS))
        self._orders: int = order[0] + 1 if order else 0
        self._rejections: int = rejection[0] if rejection else 0
        self._action: tuple[int, str] = (action[0], action[4]) if action else (0, FIRST_HASH)

    @property
    def term(self) -> int:
        """Number of this leadership: greater than that of every earlier one."""
        return self._term

    @property
    def started_unix_s(self) -> float:
        """When the site began, in seconds since 1970 UTC."""
        if self._site is None:
            raise TrafficError("the site was not founded yet")
        return float(self._site[1])

    def found(self, roster: Sequence[str], started_unix_s: float, world: str) -> None:
        """Begin a new site with these robots, by row."""
        if self._site is not None:
            raise TrafficError(f"{self._store.place} has a site already")
        self._site = row_of_site(started_unix_s, world, tuple(roster))
        self._pending.put(SITE, [self._site])

    # Grants

    def begin(self, cell: Int32, heading: Int8, confirmed: Int32, epoch: Int32) -> None:
        """Start from robots at rest with nothing granted; what was kept of grants before is forgotten."""
        self._pending.empty(ROBOTS)
        self._bases.begin(cell, heading, confirmed, epoch)

    def granted(self, record: GrantRecord) -> None:
        """Keep entries that are about to be sent."""
        self._bases.granted(record)

    def cut(self, robots: Int32, granted: Int32) -> None:
        """Forget entries from number granted[k] of robots[k] on."""
        self._bases.cut(robots, granted)

    def confirmed(self, confirmed: Int32, cell: Int32, heading: Int8) -> None:
        """Keep how far robots have come, columns (n,)."""
        self._bases.confirmed(confirmed, cell, heading)

    def epochs(self, epoch: Int32) -> None:
        """Keep the epochs of all robots, (n,)."""
        self._bases.epochs(epoch)

    def services(self, robots: Int32, entries: Int32, tasks: Int32, errands: Int32) -> None:
        """Keep which errands SERVICE entries stand for, columns (m,); before or after they are granted."""
        self._bases.services(robots, entries, tasks, errands)

    def restore(self) -> HeldBases:
        """Return what is known of grants, with what was not committed yet."""
        return self._bases.held()

    # Orders, tasks, operators

    def orders(self, records: Sequence[OrderRecord]) -> None:
        """Keep orders as they are now."""
        self._pending.put(ORDERS, map(row_of_order, records))
        self._orders = max([self._orders, *(record.row + 1 for record in records)])

    def tasks(self, records: Sequence[TaskRecord]) -> None:
        """Keep tasks as they are now; raises TaskError for one whose order is not on record."""
        unknown = next((record.task.id for record in records if record.order_row >= self._orders), None)
        if unknown is not None:
            raise TaskError(f"task {unknown} is of an order that is not on record")
        self._pending.put(TASKS, map(row_of_task, records))

    def rejected(self, record: RejectionRecord) -> None:
        """Keep that an order was refused."""
        self._rejections += 1
        self._pending.put(REJECTIONS, [row_of_rejection(self._rejections, record)])

    def recoveries(self, counts: dict[str, int]) -> None:
        """Keep the pool's counts of recoveries."""
        self._pending.put(RECOVERIES, counts.items())

    def action(self, operator: str, body: str, at_s: float) -> None:
        """Keep an operator's action; raises SettingError for text that no database takes."""
        _check_text(operator, "operator's name")
        _check_text(body, f"action of operator {operator!r}")
        at_s = float(at_s)
        last, previous = self._action
        number = last + 1
        self._action = number, chain_hash(previous, number, at_s, operator, body)
        self._pending.put(ACTIONS, [row_of_action(OperatorRecord(number, at_s, operator, body, self._action[1]))])

    # Safety

    def commit(self) -> None:
        """Make everything that was given so far safe, all of it or nothing; renews the leadership."""
        if self._outstanding is not None:
            self._write(self._outstanding)
        self._pending.put(ROBOTS, self._bases.take_changed())
        batch = self._pending.take(self._batches + 1)
        if batch is not None:
            self._batches = batch.number
            self._write(batch)
        elif self._steady() - self._renewed_s >= self._renew_every_s:
            self.renew()

    def renew(self) -> None:
        """Renew the leadership and commit nothing."""
        self._store.renew()
        self._renewed_s = self._steady()

    def close(self) -> None:
        """Give up the leadership and let go of every resource; what was not committed is dropped."""
        self._store.close()

    def _write(self, batch: Batch) -> None:
        self._outstanding = batch
        started_s = self._steady()
        self._store.write(batch)
        self._outstanding = None
        self._renewed_s = started_s

    # What is known

    def recover(self) -> SiteRecord | None:
        """Return what is known, or None on a new site; to be called before anything is given."""
        if self._site is None:
            return None
        place = self._store.place
        actions = tuple(map(action_of, self._read(ACTIONS)))
        check_chain(actions, place)
        with read_from(SITE, place):
            roster = roster_of(self._site)
        if len(roster) != self._bases.robots:
            raise DamagedJournalError(
                place, f"{len(roster)} robots are on the roster and {self._bases.robots} on record", "restore a backup"
            )
        bases, services = self._bases.held(), self._bases.open_services()
        with _without_collector():
            pool = self._pool()
        return SiteRecord(roster, self._site[2], bases, pool, services, actions)

    def _pool(self) -> PoolRecord:
        with read_from(ORDERS, self._store.place):
            orders = tuple(map(order_of, self._numbered(ORDERS, 0)))
        with read_from(TASKS, self._store.place):
            tasks = tuple(map(task_of, self._numbered(TASKS, 0)))
        with read_from(REJECTIONS, self._store.place):
            rejections = tuple(map(rejection_of, self._numbered(REJECTIONS, 1)))
        recoveries: dict[str, int] = dict(self._read(RECOVERIES))
        return PoolRecord(orders, tasks, rejections, recoveries)

    def _numbered(self, table: Table, first: int) -> list[Row]:
        rows = self._read(table)
        check_numbers([row[0] for row in rows], first)
        return rows

    def _read(self, table: Table) -> list[Row]:
        return unseal(self._store.read(table), table, self._store.place)

    def _last(self, table: Table) -> Row | None:
        row = self._store.last(table)
        return None if row is None else unseal([row], table, self._store.place)[0]


@contextmanager
def _without_collector() -> Iterator[None]:
    """Make objects by the hundred thousand, all of which stay: Python's collector would search them over and over."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _check_text(text: str, where: str) -> None:
    """Raise SettingError for text that cannot be stored as it is."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise SettingError(where, "is no valid text", "leave out NUL characters and lone surrogates")
