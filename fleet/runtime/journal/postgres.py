"""A journal in a PostgreSQL database, in the schema `futurepark`, by psycopg 3.

Leases are reckoned by the server's clock alone. Each batch is one transaction that begins with the leader's own row, so
that whoever takes over waits for it, or is seen by it. A commit whose answer was lost is looked up after reconnecting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from fleet.errors import DamagedJournalError, JournalError, LeadershipLostError, SettingError
from fleet.runtime.journal.batch import Batch
from fleet.runtime.journal.bounded_connection import BoundedConnection
from fleet.runtime.journal.store import LedByOther
from fleet.runtime.journal.tables import SCHEMA_VERSION, TABLES, ColumnType, Row, Table

_SCHEMA: Final = "futurepark"
_TYPES: Final[dict[ColumnType, str]] = {"integer": "bigint", "real": "double precision", "text": "text"}
# A controller is held up that long, at most, by a server that does not answer; robots' own leases are longer.
_CONNECT_S: Final = 2
_ANSWER_S: Final = 2.0
# After a failed connection the next is not tried before that.
_PAUSE_S: Final = 1.0
# The server drops what a stopped controller has left open; without synchronous_commit a commit would promise nothing.
_SESSION: Final = (
    f"SET search_path TO {_SCHEMA}",
    "SET synchronous_commit TO on",
    f"SET statement_timeout TO {int(_ANSWER_S * 1000)}",
    "SET lock_timeout TO 500",
    "SET idle_in_transaction_session_timeout TO 1000",
)
_CREATION_LOCK: Final = 0x46504A31
_LEADERSHIP: Final = (
    "CREATE TABLE leadership (number bigint PRIMARY KEY CHECK (number = 0), version bigint NOT NULL, "
    "term bigint NOT NULL, holder text NOT NULL, batch bigint NOT NULL, until timestamptz NOT NULL)"
)
_TAKE_OVER: Final = (
    "UPDATE leadership SET term = greatest(term + 1, floor(extract(epoch FROM clock_timestamp()))::bigint), "
    "holder = %s, batch = 0, until = clock_timestamp() + make_interval(secs => %s) "
    "WHERE until <= clock_timestamp() RETURNING term"
)
_LEADER: Final = "SELECT holder, extract(epoch FROM until - clock_timestamp())::float8 FROM leadership"
_LOCK: Final = "SELECT term, batch FROM leadership FOR UPDATE"
_COUNT: Final = "UPDATE leadership SET batch = %s"
_RENEW: Final = (
    "UPDATE leadership SET until = clock_timestamp() + make_interval(secs => %s) WHERE term = %s RETURNING term"
)
_RELEASE: Final = "UPDATE leadership SET until = clock_timestamp() WHERE term = %s"


def _columns(table: Table) -> str:
    return ", ".join(f"%s::{_TYPES[column.type]}[]" for column in table.columns)


_UPSERTS: Final = {
    table: table.upsert(f"SELECT * FROM unnest({_columns(table)})")  # noqa: S608 - types of our own
    for table in TABLES
}
_DAMAGED: Final = (errors.DataCorrupted, errors.IndexCorrupted, errors.UndefinedTable, errors.UndefinedColumn)


class PostgresStore:
    """Tables in a database; see Store. `steady` is a clock of ours, for time limits only, in seconds."""

    def __init__(self, url: str, holder: str, lease_s: float, *, steady: Callable[[], float]) -> None:
        try:
            where = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise SettingError("--journal", f"is no PostgreSQL URL: {error}", "see docs/journal.md") from error
        self._place = f"database {where.get('dbname', '')} at {where.get('host', 'localhost')}"
        self._url = url
        self._holder = holder
        self._lease_s = lease_s
        self._steady = steady
        self._open: BoundedConnection | None = None
        self._failed_s: float | None = None
        self._failure = ""
        self._laid_out = False
        self._term = 0

    @property
    def place(self) -> str:
        """Database and host."""
        return self._place

    def lead(self) -> int | LedByOther:
        """Take the leadership unless somebody has it, by the server's clock."""
        with self._server() as connection:
            if not self._laid_out:
                _lay_out(connection, self._place)
                self._laid_out = True
            leader = self._leader(connection)
            if leader is not None:
                return leader
            try:
                term = connection.execute(_TAKE_OVER, (self._holder, self._lease_s)).fetchone()
            except errors.LockNotAvailable:
                return LedByOther("a controller that is writing", 0.0)
            if term is None:
                return self._leader(connection) or LedByOther("another controller", 0.0)
            self._term = int(term[0])
            return self._term

    def read(self, table: Table) -> list[Row]:
        """Return all rows of a table by ascending key."""
        with self._server() as connection:
            # Reading everything takes as long as it takes.
            connection.deadline_s = None
            connection.execute("SET statement_timeout TO 0")
            rows = connection.execute(table.selection).fetchall()
            connection.execute(_SESSION[2])
            return rows

    def last(self, table: Table) -> Row | None:
        """Return the row with the greatest key, or None."""
        with self._server() as connection:
            return connection.execute(f"{table.selection} DESC LIMIT 1").fetchone()

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction that makes sure of the term, and renew the lease."""
        with self._server() as connection:
            with connection.pipeline():
                connection.execute("BEGIN")
                locked = connection.execute(_LOCK)
            term, written = locked.fetchone() or (0, 0)
            if term != self._term:
                raise self._lost()
            with connection.pipeline():
                if written < batch.number:
                    _write_rows(connection, batch)
                connection.execute(_RENEW, (self._lease_s, self._term))
                committed = connection.execute("COMMIT")
            if committed.statusmessage != "COMMIT":
                raise JournalError(f"{self._place}: a commit was answered by {committed.statusmessage}")

    def renew(self) -> None:
        """Renew the lease."""
        with self._server() as connection:
            if connection.execute(_RENEW, (self._lease_s, self._term)).fetchone() is None:
                raise self._lost()

    def close(self) -> None:
        """End the lease if it is still ours, and disconnect."""
        if self._open is not None and self._term:
            with suppress(JournalError, DamagedJournalError), self._server() as connection:
                connection.execute(_RELEASE, (self._term,))
        self._disconnect()
        self._term = 0

    def _leader(self, connection: BoundedConnection) -> LedByOther | None:
        row = connection.execute(_LEADER).fetchone()
        return LedByOther(row[0], row[1]) if row is not None and row[1] > 0 else None

    def _lost(self) -> LeadershipLostError:
        return LeadershipLostError(f"{self._place}: another controller has led since term {self._term}")

    @contextmanager
    def _server(self) -> Iterator[BoundedConnection]:
        """Yield a connection that answers in time. After any error it is dropped, with its transaction."""
        try:
            connection = self._connect()
            connection.deadline_s = self._steady() + _ANSWER_S
            yield connection
        except _DAMAGED as error:
            self._disconnect()
            raise DamagedJournalError(
                self._place, f"is damaged: {_first_line(error)}", "restore a backup (docs/journal.md)"
            ) from error
        except errors.InsufficientPrivilege as error:
            self._disconnect()
            raise SettingError(self._place, _first_line(error), "give the controller's user these rights") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            self._disconnect()
            raise JournalError(f"{self._place}: {_first_line(error)}") from error
        except BaseException:
            self._disconnect()
            raise

    def _connect(self) -> BoundedConnection:
        if self._open is not None:
            return self._open
        if self._failed_s is not None and self._steady() - self._failed_s < _PAUSE_S:
            raise JournalError(f"{self._place}: {self._failure}")
        try:
            connection = BoundedConnection.connect(self._url, autocommit=True, connect_timeout=_CONNECT_S)
        except psycopg.OperationalError as error:
            self._failed_s, self._failure = self._steady(), _first_line(error)
            raise
        self._failed_s = None
        connection.steady = self._steady
        connection.deadline_s = self._steady() + _ANSWER_S
        self._open = connection
        with connection.pipeline():
            for setting in _SESSION:
                connection.execute(setting)
        return connection

    def _disconnect(self) -> None:
        connection, self._open = self._open, None
        if connection is not None:
            connection.close()


def _lay_out(connection: BoundedConnection, place: str) -> None:
    """Create the tables unless they are there; raises DamagedJournalError for those of a newer version."""
    with connection.transaction():
        # Two controllers may start at once.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
        if connection.execute("SELECT to_regclass('leadership') IS NULL").fetchone() == (True,):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
            connection.execute(_LEADERSHIP)
            connection.execute(
                "INSERT INTO leadership VALUES (0, %s, 0, '', 0, timestamptz 'epoch')", (SCHEMA_VERSION,)
            )
            for table in TABLES:
                connection.execute(table.creation(_TYPES))
    row = connection.execute("SELECT version FROM leadership").fetchone()
    if row is None:
        raise DamagedJournalError(place, "is damaged: no leadership on record", "restore a backup (docs/journal.md)")
    if row[0] > SCHEMA_VERSION:
        raise DamagedJournalError(
            place, f"was written by a newer version (schema {row[0]})", "start the newer version again"
        )


def _write_rows(connection: BoundedConnection, batch: Batch) -> None:
    for table in batch.emptied:
        connection.execute(table.clearance)
    for table, rows in batch.rows.items():
        columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(_UPSERTS[table], columns)
    connection.execute(_COUNT, (batch.number,))


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
