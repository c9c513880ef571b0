"""What it costs to keep a site's journal: commits while robots drive, and recovery after a crash."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, thread_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.errors import JournalError
from fleet.runtime.journal.journal import Journal
from fleet.runtime.journal.opening import open_journal
from fleet.tasks.model import Errand, ErrandKind, Order, OrderLine, Task
from fleet.tasks.records import OrderRecord, TaskRecord
from fleet.traffic.journal import GrantRecord
from robots.arrays import Float64, Int32
from robots.state import Entry

_ROBOTS: Final = 500
_MOVED: Final = 40
_CHANGED_TASKS: Final = 10
_TASKS_AN_ORDER: Final = 4
_COMMITS: Final = 1000
_LOADING: Final = 1000
_COLUMNS: Final = (
    "tasks on record", "commits", "CPU ms p50", "CPU ms p99", "commit ms p50", "commit ms p99", "KiB written a commit",
)  # fmt: skip
_RECOVERY: Final = ("tasks on record", "file MB", "open s", "recover s")
_NOTES: Final = (
    f"a commit: {_MOVED} of {_ROBOTS} robots confirmed an entry and were granted another, {_CHANGED_TASKS} tasks "
    "changed; SQLite, WAL, synchronous FULL",
    "CPU: of this process, from telling the journal to the end of the commit; commit: with the wait for the disk",
    "a controller of 500 robots commits 50 times a second",
)


def run(options: Options) -> Report:
    """Commit with many tasks on record, then open and recover; ten times as many tasks in the full form."""
    commits, recoveries = [], []
    for tasks in (100_000, 1_000_000) if options.full else (100_000,):
        with tempfile.TemporaryDirectory(prefix="futurepark-journal-", dir=Path.cwd()) as folder:
            place = Path(folder) / "site.journal"
            options.say(f"{tasks} tasks")
            with _opened(place) as journal:
                _load(journal, tasks)
                commits.append((tasks, _COMMITS, *_drive(journal, tasks)))
            began_s = perf_counter()
            with _opened(place) as journal:
                opened_s = perf_counter()
                journal.recover()
                recovered_s = perf_counter()
            size_mb = place.stat().st_size / 1e6
            recoveries.append((tasks, size_mb, opened_s - began_s, recovered_s - opened_s))
    return Report((Table("Commits", _COLUMNS, tuple(commits)), Table("Recovery", _RECOVERY, tuple(recoveries))), _NOTES)


@contextmanager
def _opened(place: Path) -> Iterator[Journal]:
    journal = open_journal(place, "benchmark")
    if not isinstance(journal, Journal):
        raise JournalError(f"{place} is led by {journal.holder}")
    try:
        yield journal
    finally:
        journal.close()


def _load(journal: Journal, tasks: int) -> None:
    """Found a site and put orders and tasks on record."""
    cell: Int32 = np.arange(_ROBOTS, dtype=np.int32)
    zeros = np.zeros_like(cell)
    journal.found([f"amr-{row:03d}" for row in range(_ROBOTS)], 0.0, "benchmark")
    journal.begin(cell, zeros.astype(np.int8), zeros, zeros)
    for first in range(0, tasks, _LOADING):
        numbers = range(first, first + _LOADING)
        journal.orders([_order(number) for number in {number // _TASKS_AN_ORDER for number in numbers}])
        journal.tasks([_task(number, 0) for number in numbers])
        journal.commit()


def _drive(journal: Journal, tasks: int) -> tuple[Cell, ...]:
    """Return CPU milliseconds, milliseconds (p50 and p99 each) and KiB of a commit while robots drive."""
    rng = np.random.default_rng(1)
    held = journal.restore()
    kind = np.full(_MOVED, Entry.FORWARD, dtype=np.uint8)
    seconds = np.zeros(_MOVED, dtype=np.float32)
    times: Float64 = np.zeros((_COMMITS, 2))
    written = resource.getrusage(resource.RUSAGE_SELF).ru_oublock
    for tick in range(_COMMITS):
        moved = rng.choice(_ROBOTS, _MOVED, replace=False).astype(np.int32)
        changed = [_task(int(number), tick) for number in rng.integers(tasks - _ROBOTS, tasks, _CHANGED_TASKS)]
        began = np.array([thread_time(), perf_counter()])
        journal.granted(GrantRecord(moved, kind, seconds))
        held.confirmed[moved] += 1
        held.cell[moved] += 1
        journal.confirmed(held.confirmed, held.cell, held.heading)
        journal.tasks(changed)
        journal.commit()
        times[tick] = 1000 * (np.array([thread_time(), perf_counter()]) - began)
    blocks = resource.getrusage(resource.RUSAGE_SELF).ru_oublock - written
    cpu, wall = (np.percentile(column, [50, 99]).tolist() for column in times.T)
    return (*cpu, *wall, blocks * 512 / 1024 / _COMMITS)


def _order(number: int) -> OrderRecord:
    lines = tuple(OrderLine(f"sku-{number + line:06d}", 2, 1.0, 0.5) for line in range(4))
    return OrderRecord(
        number, Order(f"order-{number:06d}", lines, float(number), number + 3600.0), None, cancelled=False
    )


def _task(number: int, tick: int) -> TaskRecord:
    picks = tuple(Errand(number % 997 + pick, ErrandKind.PICK, 2.5, f"sku-{number + pick:06d}", 2) for pick in range(4))
    order = number // _TASKS_AN_ORDER
    task = Task(
        number, f"order-{order:06d}", "chute-1", (*picks, Errand(9, ErrandKind.DROP, 3.0, "", 8)), 0, float(order),
        order + 3600.0, 8, 4.0, 1,
    )  # fmt: skip
    return TaskRecord(task, order, 1, tick % _ROBOTS, tick % 5, -1, -1, 0.0, "")


BENCHMARK = Benchmark("journal", "a site's journal: commits and recovery", run)
