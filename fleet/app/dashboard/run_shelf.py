"""The run directories below a folder: which there are, and the last few that somebody looked at, ready to be played."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

import msgspec

from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.page_messages import RunRow
from fleet.app.dashboard.recorded_run import RecordedRun
from fleet.report.run_directory import SUMMARY_FILE
from robots.errors import InputError

_MOST_LISTED: Final = 1000
_MOST_OPEN: Final = 4
_MOST_OPEN_BYTES: Final = 512 * 2**20

# When a file was written, and how long it is.
_Stamp = tuple[int, int]


class _Rates(msgspec.Struct):
    tasks: float


class _Head(msgspec.Struct):
    """What a list shows of a summary."""

    world: str
    robots: int
    seed: int
    steps: int
    step_s: float
    throughput_per_hour: _Rates


class RunShelf:
    """Lists and opens runs; for threads, of which one at a time reads a run. `folder` need not be there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[_Stamp, RunRow]] = {}
        self._open: OrderedDict[str, tuple[_Stamp, RecordedRun]] = OrderedDict()

    def rows(self) -> list[RunRow]:
        """Return the runs that can be read, the newest first, at most 1,000."""
        with self._lock:
            found = {}
            for path in self._folder.glob(f"*/{SUMMARY_FILE}"):
                name = path.parent.name
                row = self._row(name, path)
                if row is not None:
                    found[name] = row
            self._rows = found
            newest = sorted(found.values(), key=lambda row: (-row[0][0], row[1].run))
            return [row for _, row in newest[:_MOST_LISTED]]

    def open(self, name: str) -> RecordedRun:
        """Return a run by name; raises RequestError, 404 if there is none, 409 if it cannot be read."""
        path = self._folder / name
        with self._lock:
            stamp = _stamp(path / SUMMARY_FILE)
            # A hidden folder is a run that is still being written.
            if stamp is None or name.startswith("."):
                raise RequestError(404, "run", f"there is no run {name!r}", "see GET runs")
            known = self._open.get(name)
            if known is None or known[0] != stamp:
                self._open.pop(name, None)
                self._make_room()
                try:
                    known = self._open[name] = stamp, RecordedRun(path)
                except (InputError, ValueError) as error:
                    raise _unreadable(error) from None
            self._open.move_to_end(name)
            return known[1]

    def _make_room(self) -> None:
        """Forget the runs that nobody has looked at for longest."""
        while self._open and (
            len(self._open) >= _MOST_OPEN or sum(run.memory_bytes for _, run in self._open.values()) > _MOST_OPEN_BYTES
        ):
            self._open.popitem(last=False)

    def _row(self, name: str, path: Path) -> tuple[_Stamp, RunRow] | None:
        stamp = _stamp(path)
        if stamp is None or name.startswith("."):
            return None
        known = self._rows.get(name)
        if known is not None and known[0] == stamp:
            return known
        try:
            head = msgspec.json.decode(path.read_bytes(), type=_Head)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None  # no run of ours, or one that is damaged: `open` tells why
        return stamp, RunRow(
            run=name,
            world=head.world,
            robots=head.robots,
            steps=head.steps,
            step_s=head.step_s,
            seed=head.seed,
            tasks_per_hour=head.throughput_per_hour.tasks,
        )


def _unreadable(error: InputError | ValueError) -> RequestError:
    if isinstance(error, InputError):
        return RequestError(409, error.where, error.problem, error.remedy)
    return RequestError(409, "run", str(error), "look at it with `futurepark heatmap`")


def _stamp(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
