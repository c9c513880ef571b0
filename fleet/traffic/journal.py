"""What a controller must still know after a crash about grants: written before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from robots.arrays import Float32, Int8, Int32, UInt8
from robots.state import Entry

_RING: Final = 64


@dataclass(slots=True)
class GrantRecord:
    """Entries added to bases: robot int32 (m,), kind uint8 (m,) (robots.state.Entry), service_s float32 (m,).

    Several entries of one robot are in the order in which they were granted.
    """

    robot: Int32
    kind: UInt8
    service_s: Float32


@dataclass(slots=True)
class HeldBases:
    """What a journal knows: where each robot was last confirmed, columns (n,), and the entries granted beyond that.

    entries  a list for each robot: (kind, service_s) from entry number confirmed[robot] on
    """

    cell: Int32
    heading: Int8
    confirmed: Int32
    epoch: Int32
    entries: list[list[tuple[int, float]]]

    def open_entries(self) -> Iterator[tuple[int, int, Float32]]:
        """Yield (robot, kind, seconds float32 (1,)) of all entries that are not confirmed, robot by robot, in order."""
        for robot, entries in enumerate(self.entries):
            for kind, seconds in entries:
                yield robot, kind, np.array([seconds], dtype=np.float32)


class GrantJournal(Protocol):
    """Keeps grants. What it was given is safe once `commit` has returned; columns may be reused after each call."""

    def begin(self, cell: Int32, heading: Int8, confirmed: Int32, epoch: Int32) -> None:
        """Start from robots at rest with nothing granted; what was kept before is forgotten."""

    def granted(self, record: GrantRecord) -> None:
        """Keep entries that are about to be sent."""

    def cut(self, robots: Int32, granted: Int32) -> None:
        """Forget entries from number granted[k] of robots[k] on: the robot has said that it dropped them."""

    def confirmed(self, confirmed: Int32, cell: Int32, heading: Int8) -> None:
        """Keep how far robots have come, columns (n,)."""

    def epochs(self, epoch: Int32) -> None:
        """Keep the epochs of all robots, (n,), before they are sent."""

    def commit(self) -> None:
        """Make everything that was given so far safe; to be called before anything of it is sent."""

    def restore(self) -> HeldBases:
        """Return what is known."""


class MemoryJournal:
    """A journal in memory, for simulations that restart their controller, not their process."""

    def __init__(self) -> None:
        none: Int32 = np.zeros(0, dtype=np.int32)
        self.begin(none, none.astype(np.int8), none, none)

    def begin(self, cell: Int32, heading: Int8, confirmed: Int32, epoch: Int32) -> None:
        """Start from robots at rest with nothing granted."""
        n = len(cell)
        self._cell, self._heading = cell.copy(), heading.copy()
        self._confirmed, self._epoch = confirmed.copy(), epoch.copy()
        self._granted: Int32 = confirmed.copy()
        self._kind: UInt8 = np.full((n, _RING), Entry.WAIT, dtype=np.uint8)
        self._service_s: Float32 = np.zeros((n, _RING), dtype=np.float32)

    def granted(self, record: GrantRecord) -> None:
        """Keep entries that are about to be sent."""
        if len(np.unique(record.robot)) == len(record.robot):
            self._keep(record.robot, record.kind, record.service_s)
            return
        for k in range(len(record.robot)):
            row = slice(k, k + 1)
            self._keep(record.robot[row], record.kind[row], record.service_s[row])

    def _keep(self, robots: Int32, kind: UInt8, service_s: Float32) -> None:
        column = self._granted[robots] % _RING
        self._kind[robots, column] = kind
        self._service_s[robots, column] = service_s
        self._granted[robots] += 1

    def cut(self, robots: Int32, granted: Int32) -> None:
        """Forget entries from number granted[k] of robots[k] on."""
        self._granted[robots] = granted

    def confirmed(self, confirmed: Int32, cell: Int32, heading: Int8) -> None:
        """Keep how far robots have come."""
        self._confirmed[:], self._cell[:], self._heading[:] = confirmed, cell, heading

    def epochs(self, epoch: Int32) -> None:
        """Keep the epochs of all robots."""
        self._epoch[:] = epoch

    def commit(self) -> None:
        """Do nothing: it is kept already."""

    def restore(self) -> HeldBases:
        """Return what is known."""
        entries = [
            [
                (int(self._kind[robot, number % _RING]), float(self._service_s[robot, number % _RING]))
                for number in range(self._confirmed[robot], self._granted[robot])
            ]
            for robot in range(len(self._cell))
        ]
        return HeldBases(self._cell.copy(), self._heading.copy(), self._confirmed.copy(), self._epoch.copy(), entries)
