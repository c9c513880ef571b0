"""Run directories: one folder a run, `<world>-<seed>-<n>`, written whole or not at all.

config.toml    everything needed to repeat the run
summary.json   results, see fleet.report.summary.Summary
events.jsonl   what happened to orders, tasks and robots, one JSON object a line
trace.npz      positions over time, see fleet.report.trace.Trace
heatmap.png    where it was congested
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
import tomli_w

from fleet.errors import RunError, SettingError
from fleet.report.summary import RUN_FORMAT, Summary, summary_json
from fleet.report.trace import Trace, read_trace, write_trace
from fleet.runtime.config import RunConfig, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

CONFIG_FILE: Final = "config.toml"
SUMMARY_FILE: Final = "summary.json"
EVENTS_FILE: Final = "events.jsonl"
TRACE_FILE: Final = "trace.npz"
HEATMAP_FILE: Final = "heatmap.png"

_EVENT_BUFFER_BYTES: Final = 1 << 20


class RunWriter:
    """Writes a run into a hidden folder that gets its name when everything is in it.

    A context manager: `commit` ends it well; leaving it in any other way, interrupts included, removes what was
    written, with the folders that were made for it. Raises RunError if `parent` cannot be written to.

    folder  where the files are until `commit`; whatever else is put there becomes part of the run
    """

    def __init__(self, parent: Path, world: str, seed: int) -> None:
        self._parent = parent
        self._name = f"{world}-{seed}"
        try:
            self._made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
            parent.mkdir(parents=True, exist_ok=True)
            self.folder = self._make_hidden()
            self._events = (self.folder / EVENTS_FILE).open("wb", buffering=_EVENT_BUFFER_BYTES)
        except OSError as failure:
            problem = f"cannot hold run directories: {failure.strerror}"
            raise RunError(str(parent), problem, "choose another folder") from None
        self._encoder = msgspec.json.Encoder()
        self._committed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._committed:
            return
        try:
            self._events.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            # Innermost first; one that another run uses by now is not empty and stays, with those around it.
            with suppress(OSError):
                for folder in self._made:
                    folder.rmdir()

    def write_event(self, event: Mapping[str, Any]) -> None:
        """Add an event to `events.jsonl`; values are plain JSON values."""
        self._events.write(self._encoder.encode(event) + b"\n")

    def write_config(self, table: dict[str, Any]) -> None:
        """Write the settings of the run, a TOML table."""
        (self.folder / CONFIG_FILE).write_bytes(tomli_w.dumps(table).encode())

    def write_summary(self, summary: Summary) -> None:
        """Write the results."""
        (self.folder / SUMMARY_FILE).write_text(summary_json(summary) + "\n", encoding="utf-8")

    def write_trace(self, trace: Trace) -> None:
        """Write the positions over time."""
        write_trace(self.folder / TRACE_FILE, trace)

    def commit(self) -> Path:
        """Give the folder its name, with the next number that is free, and return its path."""
        self._events.close()
        number = self._highest_number() + 1
        while True:
            final = self._parent / f"{self._name}-{number}"
            try:
                self.folder.rename(final)
            except OSError as failure:
                # Another run may have taken the number in the meantime.
                if failure.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                    raise
                number += 1
            else:
                self._committed = True
                return final

    def _make_hidden(self) -> Path:
        attempt = 0
        while True:
            folder = self._parent / f".{self._name}.{os.getpid()}-{attempt}.partial"
            try:
                folder.mkdir()
            except FileExistsError:
                attempt += 1
            else:
                return folder

    def _highest_number(self) -> int:
        numbers = [path.name.removeprefix(f"{self._name}-") for path in self._parent.glob(f"{self._name}-*")]
        return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)


class RunReader:
    """A finished run, read and checked when it is opened.

    Raises RunError with file and remedy if `path` is not a run directory, a file is missing or damaged, a newer version
    wrote it, or the files are not of one run.

    config   its settings
    summary  what came of it
    trace    positions over time
    """

    def __init__(self, path: Path) -> None:
        _check_files(path, SUMMARY_FILE, CONFIG_FILE, TRACE_FILE)
        self.path = path
        self.config, self.summary = read_result(path)
        self.trace = read_trace(path / TRACE_FILE)
        self._check_trace()

    @property
    def name(self) -> str:
        """Name of the directory."""
        return self.path.resolve().name

    def _check_trace(self) -> None:
        trace, summary, where = self.trace, self.summary, str(self.path / TRACE_FILE)
        remedy = "run it again: these files are not of one run"
        if (trace.steps, trace.robots) != (summary.steps, summary.robots):
            problem = (
                f"has {trace.steps} steps of {trace.robots} robots, "
                f"the summary says {summary.steps} steps of {summary.robots}"
            )
            raise RunError(where, problem, remedy)
        if (trace.world, trace.step_s) != (summary.world, summary.step_s):
            problem = f"is of world {trace.world!r}, step {trace.step_s} s, not {summary.world!r}, {summary.step_s} s"
            raise RunError(where, problem, remedy)
        if trace.digest() != summary.trace_hash:
            raise RunError(where, "is not the trace whose hash the summary has", remedy)


def read_result(path: Path) -> tuple[RunConfig, Summary]:
    """Read settings and summary of a run, which is quick; raises RunError as RunReader does."""
    _check_files(path, SUMMARY_FILE, CONFIG_FILE)
    summary = _read_summary(path / SUMMARY_FILE)
    return _read_config(path / CONFIG_FILE), summary


def _check_files(run: Path, *names: str) -> None:
    remedy = "give a run directory, as `futurepark run` writes it"
    if not run.is_dir():
        raise RunError(str(run), "is not a directory" if run.exists() else "there is no such directory", remedy)
    for name in names:
        if not (run / name).is_file():
            raise RunError(str(run / name), "is missing", remedy)


def _read_summary(path: Path) -> Summary:
    try:
        content = path.read_bytes()
        written = msgspec.json.decode(content, type=_Format).format
        if written > RUN_FORMAT:
            problem = f"has run format {written}, this version reads formats up to {RUN_FORMAT}"
            raise RunError(str(path), problem, "use a newer futurepark")
        return msgspec.json.decode(content, type=Summary)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as damage:
        raise RunError(str(path), f"is damaged: {damage}", "run it again: the file is no summary any more") from None


def _read_config(path: Path) -> RunConfig:
    try:
        return read_config(path)
    except SettingError as damage:
        raise RunError(damage.where, damage.problem, damage.remedy) from None


class _Format(msgspec.Struct):
    format: int
