"""Where robots are and what they were granted, as it is now; which robots' rows are not written yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from fleet.errors import TrafficError
from fleet.grid.layout import NO_TASK
from fleet.runtime.journal.rows import check_numbers
from fleet.runtime.journal.tables import Row
from fleet.runtime.site_journal import ServiceRecord
from fleet.traffic.journal import GrantRecord, HeldBases
from robots.arrays import Bool, Int8, Int32
from robots.state import Entry

_CELL, _HEADING, _CONFIRMED, _EPOCH = range(4)
_NO_DUTY: Final = (NO_TASK, 0)

# Kind of an entry; or kind, seconds, task and errand of a SERVICE.
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[int | tuple[int, float, int, int]]).decode


class Bases:
    """Robots by row. What is confirmed or cut is gone, so this and its rows are no larger for all the driving done."""

    def __init__(self) -> None:
        none: Int32 = np.zeros(0, dtype=np.int32)
        self.begin(none, none.astype(np.int8), none, none)

    def begin(self, cell: Int32, heading: Int8, confirmed: Int32, epoch: Int32) -> None:
        """Start from robots at rest with nothing granted; all rows are to be written."""
        self._now: Int32 = np.stack([cell, heading, confirmed, epoch], axis=1).astype(np.int32)
        self._written = self._now.copy()
        self._touched: Bool = np.ones(len(cell), dtype=np.bool_)
        self._entries: list[list[tuple[int, float]]] = [[] for _ in range(len(cell))]
        # Task and errand of a SERVICE entry, by robot and entry number; heard of before or after it is granted.
        self._duties: dict[tuple[int, int], tuple[int, int]] = {}

    def load(self, rows: Sequence[Row]) -> None:
        """Start from rows as they were written; raises ValueError for ones that make no sense."""
        check_numbers([row[0] for row in rows], 0)
        columns = np.array([row[1:5] for row in rows], dtype=np.int32).reshape(-1, 4)
        self.begin(columns[:, 0], columns[:, 1].astype(np.int8), columns[:, 2], columns[:, 3])
        for number, _, _, confirmed, _, base in rows:
            for entry, item in enumerate(_decode(base), start=confirmed):
                kind, seconds, *duty = (item, 0.0, *_NO_DUTY) if isinstance(item, int) else item
                self._entries[number].append((kind, seconds))
                if duty[0] != NO_TASK:
                    self._duties[number, entry] = duty[0], duty[1]
        self._touched[:] = False

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self._now)

    def granted(self, record: GrantRecord) -> None:
        """Append entries to bases."""
        grants = zip(record.robot.tolist(), record.kind.tolist(), record.service_s.tolist(), strict=True)
        for robot, kind, seconds in grants:
            self._entries[robot].append((kind, seconds))
        self._touched[record.robot] = True

    def services(self, robots: Int32, entries: Int32, tasks: Int32, errands: Int32) -> None:
        """Take in what SERVICE entries stand for; raises TrafficError for one that is confirmed already."""
        if (entries < self._now[robots, _CONFIRMED]).any():
            raise TrafficError("a service that is confirmed already was put on record")
        duties = zip(robots.tolist(), entries.tolist(), tasks.tolist(), errands.tolist(), strict=True)
        self._duties.update(((robot, entry), (task, errand)) for robot, entry, task, errand in duties)
        self._touched[robots] = True

    def cut(self, robots: Int32, granted: Int32) -> None:
        """Drop entries from number granted[k] of robots[k] on."""
        for robot, end in zip(robots.tolist(), granted.tolist(), strict=True):
            begin = int(self._now[robot, _CONFIRMED])
            entries = self._entries[robot]
            self._forget(robot, end, begin + len(entries))
            del entries[max(0, end - begin) :]
        self._touched[robots] = True

    def confirmed(self, confirmed: Int32, cell: Int32, heading: Int8) -> None:
        """Drop entries that are confirmed, and move robots to where they led, columns (n,)."""
        before = self._now[:, _CONFIRMED].copy()
        for robot in np.flatnonzero(confirmed != before).tolist():
            begin, end = int(before[robot]), int(confirmed[robot])
            self._forget(robot, begin, end)
            del self._entries[robot][: end - begin]
        self._now[:, _CONFIRMED], self._now[:, _CELL], self._now[:, _HEADING] = confirmed, cell, heading

    def epochs(self, epoch: Int32) -> None:
        """Take in the epochs of all robots, (n,)."""
        self._now[:, _EPOCH] = epoch

    def take_changed(self) -> list[Row]:
        """Return the rows that differ from those that were taken last."""
        changed = np.flatnonzero(self._touched | (self._now != self._written).any(axis=1))
        self._touched[changed] = False
        self._written[changed] = self._now[changed]
        columns = self._now[changed].tolist()
        return [
            (robot, *row, self._base(robot, row[_CONFIRMED]))
            for robot, row in zip(changed.tolist(), columns, strict=True)
        ]

    def held(self) -> HeldBases:
        """Return what is known, as copies."""
        cell, heading, confirmed, epoch = self._now.T.copy()
        entries = [list(entries) for entries in self._entries]
        return HeldBases(cell, heading.astype(np.int8), confirmed, epoch, entries)

    def open_services(self) -> tuple[ServiceRecord, ...]:
        """Return what the SERVICE entries that are granted and not confirmed stand for, by robot and entry."""
        begins = self._now[:, _CONFIRMED].tolist()
        return tuple(
            ServiceRecord(robot, entry, *duty)
            for (robot, entry), duty in sorted(self._duties.items())
            if entry < begins[robot] + len(self._entries[robot])
        )

    def _base(self, robot: int, begin: int) -> str:
        base = [
            (kind, seconds, *self._duties.get((robot, entry), _NO_DUTY)) if kind == Entry.SERVICE else kind
            for entry, (kind, seconds) in enumerate(self._entries[robot], start=begin)
        ]
        return _encode(base).decode()

    def _forget(self, robot: int, begin: int, end: int) -> None:
        """Forget what the services from number `begin` to before `end` stood for."""
        if not self._duties:
            return
        for entry in range(begin, end):
            self._duties.pop((robot, entry), None)
