"""A disk that fails when it is told to: an SQLite VFS over the operating system's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import apsw

CODES = {
    "full": apsw.SQLITE_FULL,
    "write": apsw.SQLITE_IOERR_WRITE,
    "sync": apsw.SQLITE_IOERR_FSYNC,
    "read": apsw.SQLITE_IOERR_READ,
    "truncate": apsw.SQLITE_IOERR_TRUNCATE,
}


class Disk:
    """`faults` says which coming calls fail: by name of the call, how many still go well, or by position of any call.

    calls  what was called since `faults` was set: xWrite, xSync, xRead, xTruncate
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[str] = []
        self.failing: dict[int, str] = {}
        self.full = False
        self.delay_s = 0.0

    def fail(self, failing: dict[int, str]) -> None:
        """Let the calls at these positions from now on fail, each in its way (CODES)."""
        self.calls, self.failing = [], failing

    def heal(self) -> None:
        self.failing, self.full = {}, False

    def meet(self, call: str) -> None:
        position = len(self.calls)
        self.calls.append(call)
        if call == "xSync":
            time.sleep(self.delay_s)
        if self.full and call == "xWrite":
            raise apsw.exception_for(apsw.SQLITE_FULL)
        if position in self.failing:
            raise apsw.exception_for(CODES[self.failing[position]])


@contextmanager
def failing_disk(name: str) -> Iterator[Disk]:
    """Register the VFS under a name, and take it away afterwards."""
    disk = Disk(name)

    class File(apsw.VFSFile):
        def xWrite(self, data, offset):
            disk.meet("xWrite")
            super().xWrite(data, offset)

        def xSync(self, flags):
            disk.meet("xSync")
            super().xSync(flags)

        def xRead(self, amount, offset):
            disk.meet("xRead")
            return super().xRead(amount, offset)

        def xTruncate(self, size):
            disk.meet("xTruncate")
            super().xTruncate(size)

    class Vfs(apsw.VFS):
        def __init__(self):
            super().__init__(name, "")

        def xOpen(self, file, flags):
            return File("", file, flags)

    vfs = Vfs()
    try:
        yield disk
    finally:
        vfs.unregister()
