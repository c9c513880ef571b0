"""A program that gives way to whatever else this machine has to do."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# Linux divides processors among sessions first, and niceness counts inside of one only: sched(7), "The autogroup
# feature". So a program that leads a session of its own says there how nice that session is.
_SESSION = Path("/proc/self/autogroup")


def give_way(nice: int) -> None:
    """Run this process, at least as nice as that (1 to 19), after others that want a processor.

    It does not interrupt others when it wakes, which nice programs do as well. One that was started to have what all
    others leave (SCHED_IDLE) stays so: then others that wake do not wait for it, nor for each other beside it.
    """
    os.nice(nice)
    if hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) != os.SCHED_IDLE:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if os.getsid(0) == os.getpid() and _SESSION.exists():
        # A container may forbid it or have /proc read-only, and Linux takes few a second. Then others are as hard
        # pressed as without it.
        with suppress(OSError):
            _SESSION.write_text(f"{nice}\n", encoding="ascii")
