"""A site's journal in an SQLite file, for reading only, while its controller writes it."""

from __future__ import annotations

from pathlib import Path

import apsw

from fleet.errors import DamagedJournalError, SettingError
from fleet.runtime.journal.sqlite_file import rows_of, sqlite_errors
from fleet.runtime.journal.tables import SCHEMA_VERSION, Row, Table

_BUSY_MS = 2000


class JournalFile:
    """Tables as of one commit, that of the moment when the first was read; the controller is not held up.

    Raises SettingError for a file that is not there, DamagedJournalError for one that is no journal or cannot be
    trusted, JournalError for a disk that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise SettingError("--journal", f"there is no journal {str(path)!r}", "name the journal of a controller")
        with sqlite_errors(path):
            # A reader must not checkpoint; one that may not write cannot.
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            with sqlite_errors(path):
                self._connection.set_busy_timeout(_BUSY_MS)
                self._check_version()
                self._connection.execute("BEGIN")
        except BaseException:
            self.close()
            raise

    @property
    def place(self) -> str:
        """The file."""
        return str(self._path)

    def read(self, table: Table) -> list[Row]:
        """Return all rows of a table by ascending key."""
        with sqlite_errors(self._path):
            return rows_of(self._connection, table.selection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _check_version(self) -> None:
        version = self._connection.pragma("user_version")
        if version > SCHEMA_VERSION:
            problem = f"was written by a newer version (schema {version})"
            raise DamagedJournalError(str(self._path), problem, "take the newer version")
