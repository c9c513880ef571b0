"""The file of an SQLite journal: a new one appears whole or not at all, an old one is opened only if it is sound."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import apsw

from fleet.errors import DamagedJournalError, JournalError, SettingError
from fleet.runtime.journal.tables import SCHEMA_VERSION, TABLES, ColumnType, Row

_APPLICATION_ID: Final = 0x46504A31  # FPJ1
_TYPES: Final[dict[ColumnType, str]] = {"integer": "INTEGER", "real": "REAL", "text": "TEXT"}
_LEADERSHIP: Final = (
    "CREATE TABLE leadership (number INTEGER PRIMARY KEY CHECK (number = 0), term INTEGER NOT NULL, "
    "holder TEXT NOT NULL, batch INTEGER NOT NULL) STRICT"
)
# Tables and columns that are not there, references to nothing, and text that is none are damage too.
_DAMAGED: Final = (
    apsw.ConstraintError, apsw.CorruptError, apsw.FormatError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError,
)  # fmt: skip
# What the disk or other processes do to us; everything else is a defect of ours.
_FROM_OUTSIDE: Final = (
    apsw.BusyError, apsw.CantOpenError, apsw.FullError, apsw.IOError, apsw.LockedError, apsw.NoMemError,
    apsw.PermissionsError, apsw.ProtocolError, apsw.ReadOnlyError,
)  # fmt: skip
_RESTORE: Final = "keep the file for an inquiry, and restore a backup (docs/journal.md)"


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Raise DamagedJournalError and JournalError for what SQLite and the operating system say."""
    try:
        yield
    except _DAMAGED as error:
        raise DamagedJournalError(str(path), f"is damaged: {error}", _RESTORE) from error
    except (*_FROM_OUTSIDE, OSError) as error:
        raise JournalError(f"{path}: {str(error) or type(error).__name__}") from error


def open_file(path: Path, vfs: str | None) -> apsw.Connection:
    """Open a journal for writing, a new one if there is none. The connection checkpoints once it is told that it may.

    Raises DamagedJournalError if it is no journal or of a newer version, SettingError if this process may not write it,
    JournalError for a disk that cannot be read or written.
    """
    with sqlite_errors(path):
        if not path.exists():
            _create(path, vfs)
        if path.is_dir():
            raise SettingError(str(path), "is a folder", "name a file")
        if path.stat().st_size == 0:
            raise DamagedJournalError(str(path), "is empty", _RESTORE)
        connection = _connect(path, apsw.SQLITE_OPEN_READWRITE, vfs)
        try:
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            _check_kind(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def check_sound(connection: apsw.Connection, path: Path) -> None:
    """Raise DamagedJournalError if SQLite finds anything wrong with the file. Takes time that grows with its size."""
    found = rows_of(connection, "PRAGMA quick_check(1)")[0][0]
    if found != "ok":
        raise DamagedJournalError(str(path), f"is damaged: {found}", _RESTORE)


def rows_of(connection: apsw.Connection, sql: str) -> list[Row]:
    """Return all rows of a query."""
    return list(connection.execute(sql))


def _connect(path: Path, flags: int, vfs: str | None) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    connection.pragma("synchronous", "FULL")
    connection.pragma("foreign_keys", 1)
    connection.pragma("cell_size_check", 1)
    return connection


def _check_kind(connection: apsw.Connection, path: Path) -> None:
    if connection.readonly("main"):
        raise SettingError(str(path), "cannot be written", "give the controller's user the right to write it")
    application, version = connection.pragma("application_id"), connection.pragma("user_version")
    if application != _APPLICATION_ID:
        raise DamagedJournalError(str(path), "is a database, but no journal", "name the journal's own file")
    if version > SCHEMA_VERSION:
        raise DamagedJournalError(
            str(path), f"was written by a newer version (schema {version})", "start the newer version again"
        )


def _create(path: Path, vfs: str | None) -> None:
    """Make an empty journal elsewhere and link it to `path`, unless somebody else was faster."""
    leftover = Path(f"{path}-wal")
    if leftover.exists():
        raise DamagedJournalError(str(path), f"is missing, though {leftover} is there", _RESTORE)
    if not path.parent.is_dir():
        raise SettingError(str(path), f"there is no folder {path.parent}", "make it, or name another file")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        new = Path(folder) / path.name
        connection = _connect(new, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, vfs)
        try:
            _lay_out(connection)
        finally:
            connection.close()
        with suppress(FileExistsError):
            os.link(new, path)
        _sync(path)
        _sync(path.parent)


def _lay_out(connection: apsw.Connection) -> None:
    connection.pragma("journal_mode", "WAL")
    with connection:
        connection.pragma("application_id", _APPLICATION_ID)
        connection.pragma("user_version", SCHEMA_VERSION)
        connection.execute(_LEADERSHIP)
        connection.execute("INSERT INTO leadership VALUES (0, 0, '', 0)")
        for table in TABLES:
            connection.execute(table.creation(_TYPES, "STRICT"))


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
