"""What a journal needs of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fleet.runtime.journal.batch import Batch
from fleet.runtime.journal.tables import Row, Table


@dataclass(frozen=True, slots=True)
class LedByOther:
    """Another controller leads, under a name of its own, for at least `left_s` seconds more."""

    holder: str
    left_s: float


class Store(Protocol):
    """Tables of one site, which one controller at a time may write.

    All but `close` raise JournalError when the database cannot be used now, and DamagedJournalError when what is in it
    cannot be trusted.
    """

    @property
    def place(self) -> str:
        """Where it is, for messages; no passwords."""

    def lead(self) -> int | LedByOther:
        """Take the leadership unless somebody has it, and return its term. May be called again and again."""

    def read(self, table: Table) -> list[Row]:
        """Return all rows of a table by ascending key."""

    def last(self, table: Table) -> Row | None:
        """Return the row with the greatest key, or None."""

    def write(self, batch: Batch) -> None:
        """Write a batch, all of it or nothing, once, and renew the leadership.

        Raises LeadershipLostError, with nothing written, if somebody else has led since `lead`. After a JournalError it
        may be written or not; the same batch is to be handed in again.
        """

    def renew(self) -> None:
        """Renew the leadership; raises LeadershipLostError if somebody else has led since `lead`."""

    def close(self) -> None:
        """Give up the leadership if it can be done, and let go of every resource. May be called twice."""
