"""Holding tasks back until what they need is there: goods in a bin, or a chute to drop at."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from fleet.tasks.books import PoolBooks
from fleet.tasks.task_table import TaskStatus


class Hold(IntEnum):
    """What a task waits for, as bits: it may wait for several things. As a column uint8, 0 for nothing."""

    STOCK = 1  # a bin that it picks from has not enough
    CHUTE = 2  # no chute of its destination is open


def hold(books: PoolBooks, tasks: Iterable[int], what: Hold, now_s: float) -> None:
    """Hold tasks back; see `TaskPool.hold`."""
    held = books.tasks.hold.values
    for task in tasks:
        books.demand(task, TaskStatus.OPEN, TaskStatus.ASSIGNED)
        if held[task] & what:
            continue
        held[task] |= what
        books.waiting.leave()
        books.events({"t": now_s, "event": "task_held", "task": int(task), "waits_for": what.name.lower()})


def let_go(books: PoolBooks, tasks: Iterable[int], what: Hold, now_s: float) -> None:
    """Let tasks go on; see `TaskPool.let_go`."""
    held = books.tasks.hold.values
    for task in tasks:
        books.demand(task, TaskStatus.OPEN, TaskStatus.ASSIGNED)
        if not held[task] & what:
            continue
        held[task] ^= what
        books.waiting.join(int(task))
        books.events({"t": now_s, "event": "task_let_go", "task": int(task), "waited_for": what.name.lower()})
