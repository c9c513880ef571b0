"""The lease beside an SQLite journal: who leads, until when; and how far the journal has certainly come.

A small file of its own, so that a standby never opens the database while somebody leads, and so that renewing costs no
wait for the disk. It decides nothing that matters: a controller that leads wrongly is stopped by the term in the
database. Times are of the machine's monotonic clock, which all its processes share and nobody sets; it begins anew
with each boot, and with it every lease ends. Neither record needs to survive a power cut.

Who leads also has a lock on this file, one byte for each term: the kernel takes it away from a process that dies, so
that a standby need not wait for the end of its lease.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

_LEASE: Final = struct.Struct(">36sQd64s")
_MARK: Final = struct.Struct(">QQ")
_CHECKSUM: Final = struct.Struct(">I")
_MARK_OFFSET: Final = 256
# A record that is read while it is written fails its checksum; the next try finds it whole.
_TRIES: Final = 5
_LOCK: Final = struct.Struct("hhqqi4x")
# Beyond all that is ever read or written; locks may lie behind the end of a file.
_LOCK_OFFSET: Final = 2**32


def boot_id() -> str:
    """Return what tells this boot of the machine from every other, 36 characters."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@dataclass(frozen=True, slots=True)
class Lease:
    """The leadership of `term` lasts until `until_s` on the monotonic clock of this boot of the machine."""

    boot: str
    term: int
    until_s: float
    holder: str


class LeaseFile:
    """The lease, and the mark: term and number of the last batch that was certainly committed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def read_lease(self) -> Lease | None:
        """Return what stands in the file, or None if it has no lease."""
        found = self._read(0, _LEASE)
        if found is None:
            return None
        boot, term, until_s, holder = found
        return Lease(boot.decode("ascii", "replace"), term, until_s, holder.rstrip(b"\0").decode("utf-8", "replace"))

    def read_mark(self) -> tuple[int, int]:
        """Return term and batch of the mark; (0, 0) if there is none."""
        return self._read(_MARK_OFFSET, _MARK) or (0, 0)

    def write_lease(self, lease: Lease) -> None:
        """Write a lease; only whoever holds the database's write lock may. Raises OSError if that fails."""
        holder = lease.holder.encode()[:64]
        self._write(0, _LEASE.pack(lease.boot.encode(), lease.term, lease.until_s, holder))

    def write_mark(self, term: int, batch: int) -> None:
        """Write the mark, after the commit. Raises OSError if that fails."""
        self._write(_MARK_OFFSET, _MARK.pack(term, batch))

    def hold(self, term: int) -> None:
        """Have the kernel know that this process leads under a term, for as long as it lives. Raises OSError."""
        fcntl.fcntl(
            self._opened(), fcntl.F_OFD_SETLK, _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _LOCK_OFFSET + term, 1, 0)
        )

    def is_held(self, term: int) -> bool:
        """Whether a process that is alive, stopped perhaps, holds this term."""
        try:
            with self.path.open("rb") as file:
                asked = _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _LOCK_OFFSET + term, 1, 0)
                kind: int = _LOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))[0]
        except FileNotFoundError:
            return False
        return kind != fcntl.F_UNLCK

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._file

    def _write(self, offset: int, record: bytes) -> None:
        os.pwrite(self._opened(), record + _CHECKSUM.pack(crc32(record)), offset)

    def _read(self, offset: int, record: struct.Struct) -> tuple[Any, ...] | None:
        for _ in range(_TRIES):
            try:
                with self.path.open("rb") as file:
                    file.seek(offset)
                    found = file.read(record.size + _CHECKSUM.size)
            except FileNotFoundError:
                return None
            body, checksum = found[: record.size], found[record.size :]
            if len(found) == record.size + _CHECKSUM.size and _CHECKSUM.pack(crc32(body)) == checksum:
                return record.unpack(body)
        return None
