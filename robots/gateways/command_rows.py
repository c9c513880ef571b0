"""Rows of commands: checked as a whole, and which of them say something new."""

from __future__ import annotations

from typing import Any

import numpy as np

from robots.arrays import Int32, Int64
from robots.driver import COMMAND_COLUMNS, Commands
from robots.errors import DriverError
from robots.state import Entry


class CommandRows:
    """The rows that were taken last, to tell which have changed. n: robots."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._last: Commands | None = None

    def changed(self, commands: Commands) -> Int32:
        """Return the rows that differ from those taken last, (m,).

        Raises DriverError if a column has the wrong shape or type, or a row is impossible for any robot.
        """
        commands.check_columns(self._n)
        last = self._last
        if last is None or last.entries.shape != commands.entries.shape:
            rows = np.arange(self._n, dtype=np.int32)
        else:
            differs = (commands.entries != last.entries).any(axis=1) | (commands.service_s != last.service_s).any(
                axis=1
            )
            for name in ("epoch", "index", "halt", "speed_limit_mps"):
                differs |= getattr(commands, name) != getattr(last, name)
            rows = np.flatnonzero(differs).astype(np.int32)
        self._check_rows(commands, rows)
        return rows

    def take(self, commands: Commands) -> None:
        """Remember these rows; the columns may be reused."""
        if self._last is None or self._last.entries.shape != commands.entries.shape:
            self._last = Commands(**{name: getattr(commands, name).copy() for name in COMMAND_COLUMNS})
            return
        for name in COMMAND_COLUMNS:
            np.copyto(getattr(self._last, name), getattr(commands, name))

    def _check_rows(self, commands: Commands, rows: Int32) -> None:
        entries, seconds = commands.entries[rows], commands.service_s[rows]
        waits, serves = entries == Entry.WAIT, entries == Entry.SERVICE
        wrongs: tuple[tuple[Any, str], ...] = (
            ((commands.epoch[rows] < 0) | (commands.index[rows] < 0), "has an epoch or an index below 0 in its row"),
            (~(commands.speed_limit_mps[rows] > 0), "was given a speed_limit_mps that is not > 0"),
            ((entries > Entry.CHARGE).any(axis=1), "was given an entry that is none of 0 to 5"),
            ((waits[:, :-1] & ~waits[:, 1:]).any(axis=1), "was given entries after a WAIT: WAIT only fills up a row"),
            (
                (serves & ~((seconds > 0) & np.isfinite(seconds))).any(axis=1),
                "was given a SERVICE whose service_s is not a number > 0",
            ),
            ((~serves & (seconds != 0)).any(axis=1), "was given service_s for an entry that is no SERVICE"),
        )
        for wrong, what in wrongs:
            if wrong.any():
                raise DriverError(f"robot {int(rows[np.argmax(wrong)])} {what}")


def entries_in(commands: Commands, rows: Int32) -> Int64:
    """Return how many entries each of these rows has, (m,)."""
    counts: Int64 = np.count_nonzero(commands.entries[rows] != Entry.WAIT, axis=1)
    return counts
