"""The tables of a journal, the same in SQLite and PostgreSQL.

What was asked for is JSON in `body`; what became of it has columns of its own. All numbers count from 0, except those
of actions and rejections, which count from 1. Every row is written whole, so writing it twice changes nothing, and ends
with a checksum (fleet.runtime.journal.seal).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

SCHEMA_VERSION: Final = 1

ColumnType = Literal["integer", "real", "text"]
# int, float, str or None, as the table's columns say.
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; only those with `null` may be empty."""

    name: str
    type: ColumnType
    null: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table whose first column is its key; `parent` is the table whose key its column `parent_column` names."""

    name: str
    columns: tuple[Column, ...]
    parent_column: str = ""
    parent: str = ""

    @property
    def key(self) -> str:
        """Name of the key."""
        return self.columns[0].name

    @property
    def names(self) -> str:
        """Names of all columns, with commas."""
        return ", ".join(column.name for column in self.columns)

    @property
    def selection(self) -> str:
        """The SQL that returns all rows by ascending key."""
        return f"SELECT {self.names} FROM {self.name} ORDER BY {self.key}"  # noqa: S608 - names of our own

    @property
    def clearance(self) -> str:
        """The SQL that takes all rows out."""
        return f"DELETE FROM {self.name}"  # noqa: S608 - a name of our own

    def creation(self, types: Mapping[ColumnType, str], options: str = "") -> str:
        """Return the SQL that creates this table, with a database's own names of types."""
        lines = [
            f"{column.name} {types[column.type]}{'' if column.null else ' NOT NULL'}"
            f"{' PRIMARY KEY' if column.name == self.key else ''}"
            for column in self.columns
        ]
        if self.parent:
            lines.append(f"FOREIGN KEY ({self.parent_column}) REFERENCES {self.parent}")
        return f"CREATE TABLE {self.name} ({', '.join(lines)}) {options}"

    def upsert(self, source: str) -> str:
        """Return the SQL that adds rows from `source`, a VALUES or SELECT, or overwrites those of the same key."""
        changes = ", ".join(f"{column.name} = excluded.{column.name}" for column in self.columns[1:])
        return f"INSERT INTO {self.name} ({self.names}) {source} ON CONFLICT ({self.key}) DO UPDATE SET {changes}"


_CHECKSUM: Final = Column("checksum", "integer")

SITE: Final = Table(
    "site",
    (
        Column("number", "integer"),
        Column("started_unix_s", "real"),
        Column("world", "text"),
        Column("roster", "text"),
        _CHECKSUM,
    ),
)
ROBOTS: Final = Table(
    "robots",
    (
        Column("number", "integer"),
        Column("cell", "integer"),
        Column("heading", "integer"),
        Column("confirmed", "integer"),
        Column("epoch", "integer"),
        Column("base", "text"),
        _CHECKSUM,
    ),
)
ORDERS: Final = Table(
    "orders",
    (
        Column("number", "integer"),
        Column("body", "text"),
        Column("done_s", "real", null=True),
        Column("cancelled", "integer"),
        _CHECKSUM,
    ),
)
TASKS: Final = Table(
    "tasks",
    (
        Column("number", "integer"),
        Column("order_number", "integer"),
        Column("body", "text"),
        Column("status", "integer"),
        Column("robot", "integer"),
        Column("errand_index", "integer"),
        Column("takeover_robot", "integer"),
        Column("takeover_cell", "integer"),
        Column("takeover_s", "real"),
        Column("reason", "text"),
        _CHECKSUM,
    ),
    parent_column="order_number",
    parent="orders",
)
REJECTIONS: Final = Table("rejections", (Column("number", "integer"), Column("body", "text"), _CHECKSUM))
RECOVERIES: Final = Table("recoveries", (Column("name", "text"), Column("count", "integer"), _CHECKSUM))
ACTIONS: Final = Table(
    "actions",
    (
        Column("number", "integer"),
        Column("at_s", "real"),
        Column("operator", "text"),
        Column("body", "text"),
        Column("hash", "text"),
        _CHECKSUM,
    ),
)
# Parents come before children.
TABLES: Final = (SITE, ROBOTS, ORDERS, TASKS, REJECTIONS, RECOVERIES, ACTIONS)
