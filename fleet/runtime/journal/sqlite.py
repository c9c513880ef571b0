"""A journal in one SQLite file, by apsw, which brings a SQLite without the WAL defect of 3.51.2 and before.

One connection, the leader's, writes and checkpoints. A standby only reads the lease file until the lease has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from fleet.errors import DamagedJournalError, JournalError, LeadershipLostError
from fleet.runtime.journal.batch import Batch
from fleet.runtime.journal.lease_file import Lease, LeaseFile
from fleet.runtime.journal.sqlite_file import check_sound, open_file, rows_of, sqlite_errors
from fleet.runtime.journal.stopped_writer import end_stopped_writer
from fleet.runtime.journal.store import LedByOther
from fleet.runtime.journal.tables import TABLES, Row, Table

# Others hold the write lock only to see that they do not lead, or to take over.
_BUSY_MS: Final = 2000
_UPSERTS: Final = {table: table.upsert(f"VALUES ({', '.join('?' * len(table.columns))})") for table in TABLES}
# The lease of whoever holds the write lock has ended: it is slow, about to lose, or stopped.
_WRITING: Final = LedByOther("a controller that is writing", 0.0)
_LEADERSHIP: Final = "SELECT term, batch FROM leadership"


class SqliteStore:
    """Tables in a file; see Store.

    steady  seconds on the machine's monotonic clock, the same for all its processes; boot tells its boots apart
    wall    seconds since 1970 UTC: terms are at least that, so they grow even where an old copy was put back
    vfs     name of the SQLite VFS that reads and writes, None for the operating system's
    """

    def __init__(
        self,
        path: Path,
        holder: str,
        lease_s: float,
        *,
        steady: Callable[[], float],
        wall: Callable[[], float],
        boot: str,
        vfs: str | None = None,
    ) -> None:
        self._path = path
        self._holder = holder
        self._lease_s = lease_s
        self._steady = steady
        self._wall = wall
        self._boot = boot
        self._vfs = vfs
        self._lease = LeaseFile(Path(f"{path}-lease"))
        self._open: apsw.Connection | None = None
        self._term = 0

    @property
    def place(self) -> str:
        """The file."""
        return str(self._path)

    def lead(self) -> int | LedByOther:
        """Take the leadership unless somebody has it."""
        with sqlite_errors(self._path):
            leader = self._leader()
        if leader is not None:
            return leader
        connection = open_file(self._path, self._vfs)
        try:
            with sqlite_errors(self._path):
                leader = self._claim(connection)
        except BaseException:
            connection.close()
            raise
        if leader is None:
            self._open = connection
            return self._term
        connection.close()
        if leader is _WRITING:
            end_stopped_writer(self._path)
        return leader

    def read(self, table: Table) -> list[Row]:
        """Return all rows of a table by ascending key."""
        with sqlite_errors(self._path):
            return rows_of(self._connection, table.selection)

    def last(self, table: Table) -> Row | None:
        """Return the row with the greatest key, or None."""
        with sqlite_errors(self._path):
            rows = rows_of(self._connection, f"{table.selection} DESC LIMIT 1")
        return rows[0] if rows else None

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction that makes sure of the term, and renew the lease."""
        connection = self._connection
        with sqlite_errors(self._path):
            try:
                connection.execute("BEGIN IMMEDIATE")
                if self._written_by_now(connection) < batch.number:
                    self._write_rows(connection, batch)
                self._renew_lease()
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
        # The mark only helps to find damage later: without it the journal is as good.
        with suppress(OSError):
            self._lease.write_mark(self._term, batch.number)

    def renew(self) -> None:
        """Renew the lease; nothing has to reach the disk for that."""
        connection = self._connection
        with sqlite_errors(self._path):
            try:
                connection.execute("BEGIN IMMEDIATE")
                self._written_by_now(connection)
                self._renew_lease()
            finally:
                _roll_back(connection)

    def close(self) -> None:
        """End the lease if it is still ours, and close the file."""
        connection, self._open = self._open, None
        if connection is not None:
            try:
                with sqlite_errors(self._path):
                    connection.execute("BEGIN IMMEDIATE")
                    self._written_by_now(connection)
                    self._lease.write_lease(Lease(self._boot, self._term, self._steady(), self._holder))
            except LeadershipLostError:
                # The leader checkpoints, and nobody else.
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            except (JournalError, DamagedJournalError):
                pass  # then the lease ends by itself
            finally:
                _roll_back(connection)
                connection.close()
        self._lease.close()

    @property
    def _connection(self) -> apsw.Connection:
        if self._open is None:
            raise JournalError(f"{self._path}: the journal is not open")
        return self._open

    def _leader(self) -> LedByOther | None:
        """Return who leads according to the lease; a process that is dead leads no more."""
        lease = self._lease.read_lease()
        if lease is None or lease.boot != self._boot or not self._lease.is_held(lease.term):
            return None
        left_s = lease.until_s - self._steady()
        # A lease that is longer than leases are is damaged: the term in the database keeps order without it.
        return LedByOther(lease.holder, left_s) if 0 < left_s <= max(60.0, self._lease_s) else None

    def _claim(self, connection: apsw.Connection) -> LedByOther | None:
        """Take over, or return who was faster. What still holds the write lock is told from the lease."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            return _WRITING
        leader = self._leader()
        if leader is None:
            check_sound(connection, self._path)
            self._take_over(connection)
            connection.set_busy_timeout(_BUSY_MS)
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        return leader

    def _take_over(self, connection: apsw.Connection) -> None:
        term, batch = rows_of(connection, _LEADERSHIP)[0]
        mark = self._lease.read_mark()
        if mark > (term, batch):
            raise DamagedJournalError(
                str(self._path),
                f"ends at commit {batch} of term {term}, though commit {mark[1]} of term {mark[0]} was made safe: "
                f"{self._path}-wal is damaged or missing, or an old copy was put back",
                f"restore a backup; to go on with it as it is, remove {self._lease.path} (docs/journal.md)",
            )
        self._term = max(term + 1, int(self._wall()))
        self._lease.hold(self._term)
        self._renew_lease()
        connection.execute("UPDATE leadership SET term = ?, holder = ?, batch = 0", (self._term, self._holder))
        connection.execute("COMMIT")
        with suppress(OSError):
            self._lease.write_mark(self._term, 0)

    def _written_by_now(self, connection: apsw.Connection) -> int:
        """Return the number of the last batch that was written; raises LeadershipLostError if the term is not ours."""
        term, batch = rows_of(connection, _LEADERSHIP)[0]
        if term != self._term:
            raise LeadershipLostError(f"{self._path}: another controller leads, in term {term} after {self._term}")
        return int(batch)

    def _write_rows(self, connection: apsw.Connection, batch: Batch) -> None:
        for table in batch.emptied:
            connection.execute(table.clearance)
        for table, rows in batch.rows.items():
            connection.executemany(_UPSERTS[table], rows)
        connection.execute("UPDATE leadership SET batch = ?", (batch.number,))

    def _renew_lease(self) -> None:
        self._lease.write_lease(Lease(self._boot, self._term, self._steady() + self._lease_s, self._holder))


def _roll_back(connection: apsw.Connection) -> None:
    """End a transaction; SQLite may have done so already, and it is over in any case."""
    with suppress(apsw.Error):
        if not connection.get_autocommit():
            connection.execute("ROLLBACK")
