"""A controller that was stopped (SIGSTOP, a debugger) in the middle of a commit would lock everybody else out."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

# Where SQLite locks the shared memory file of a WAL database: byte 120 to write, 121 to checkpoint (walformat.html).
_FIRST_LOCK: Final = 120
_LOCKS: Final = 2
_FLOCK: Final = struct.Struct("hhqqi4x")
_STOPPED: Final = frozenset("Tt")


def end_stopped_writer(journal: Path) -> bool:
    """Kill the process that holds the journal's write lock if it is stopped; return whether there was one.

    Only for whoever takes over from a leader whose lease has ended: SQLite has no other way to take the lock from it.
    A process that waits for the disk is not stopped. The kernel says who holds the lock, so it is nobody else. This
    process must have no connection to the journal, since closing a file lets go of all its locks on it.
    """
    try:
        with Path(f"{journal}-shm").open("rb") as memory:
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _FIRST_LOCK, _LOCKS, 0)
            kind, _, _, _, holder = _FLOCK.unpack(fcntl.fcntl(memory, fcntl.F_GETLK, asked))
        if kind == fcntl.F_UNLCK or holder <= 0:
            return False
        state = Path(f"/proc/{holder}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    if state not in _STOPPED:
        return False
    with suppress(ProcessLookupError):
        os.kill(holder, signal.SIGKILL)
    return True
