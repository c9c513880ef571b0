"""Rows that wait to be written, and those that are written together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleet.runtime.journal.seal import seal
from fleet.runtime.journal.tables import TABLES, Row, Table


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes: tables that are emptied first, then rows, by table, at most one for each key.

    number  counts the batches of a term, from 1: a store writes each once, however often it is handed in
    """

    number: int
    emptied: tuple[Table, ...]
    rows: Mapping[Table, list[Row]]


class PendingRows:
    """Rows since the last batch, sealed; of those with the same key the newest counts."""

    def __init__(self) -> None:
        self._emptied: list[Table] = []
        self._rows: dict[Table, dict[int | str, Row]] = {}

    def put(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows to what is to be written."""
        self._rows.setdefault(table, {}).update((row[0], seal(row)) for row in rows)

    def empty(self, table: Table) -> None:
        """Let a table be emptied before what is put from now on."""
        self._emptied.append(table)
        self._rows.pop(table, None)

    def take(self, number: int) -> Batch | None:
        """Return all of it as one batch, or None if there is nothing, and start anew."""
        rows = {table: list(self._rows[table].values()) for table in TABLES if self._rows.get(table)}
        if not rows and not self._emptied:
            return None
        batch = Batch(number, tuple(self._emptied), rows)
        self._emptied, self._rows = [], {}
        return batch
