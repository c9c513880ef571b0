"""What was submitted, as few rows as possible: of each submit only the rows that differ from the submit before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from robots.arrays import Bool, Float32, Int32, UInt8
from robots.driver import COMMAND_COLUMNS, Commands
from robots.state import Entry
from twin.recording import _command_log
from twin.recording.column_codec import pack_columns, unpack_columns

Column = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class CommandLog:
    """Rows of commands that changed, submit by submit; those of the first submit are all.

    changed  int32 (s,), rows that each submit has here
    robot    int32 (m,), whose row it is; the other columns as in robots.driver.Commands, entries and service_s (m, k)
    """

    changed: Int32
    robot: Int32
    epoch: Int32
    index: Int32
    entries: UInt8
    service_s: Float32
    halt: Bool
    speed_limit_mps: Float32

    def pack(self) -> bytes:
        """Return the log as bytes, for `unpack`. Of a row only what comes before the WAITs that fill it up is kept."""
        bits = self.service_s.view(np.uint32)
        given = (self.entries != Entry.WAIT) | (bits != 0)
        places = np.arange(1, self.entries.shape[1] + 1, dtype=np.int32)
        lengths = (given * places).max(axis=1, initial=0).astype(np.int32)
        kept = places[None, :] <= lengths[:, None]
        bits = bits[kept]
        timed = np.flatnonzero(bits)
        return msgspec.msgpack.encode(
            _Packed(
                submits=len(self.changed),
                rows=len(self.robot),
                width=self.entries.shape[1],
                numbers=[_packed(column) for column in (self.changed, self.robot, self.epoch, self.index, lengths)],
                limits=_packed(self.speed_limit_mps.view(np.int32)),
                halts=np.packbits(self.halt).tobytes(),
                entries=self.entries[kept].tobytes(),
                timed=timed.astype("<i4").tobytes(),
                service_s=bits[timed].astype("<u4").tobytes(),
            )
        )

    @classmethod
    def unpack(cls, data: bytes) -> CommandLog:
        """Read what `pack` has written. Raises ValueError or msgspec.MsgspecError if the bytes are no log."""
        packed = msgspec.msgpack.decode(data, type=_Packed)
        m, k = packed.rows, packed.width
        changed = _unpacked(packed.numbers[0], packed.submits)
        robot, epoch, index, lengths = (_unpacked(column, m) for column in packed.numbers[1:])
        kept = np.arange(k)[None, :] < lengths[:, None]
        entries = np.full((m, k), Entry.WAIT, dtype=np.uint8)
        entries[kept] = np.frombuffer(packed.entries, dtype=np.uint8)
        flat = np.zeros(int(lengths.sum()), dtype=np.uint32)
        flat[np.frombuffer(packed.timed, dtype="<i4")] = np.frombuffer(packed.service_s, dtype="<u4")
        bits = np.zeros((m, k), dtype=np.uint32)
        bits[kept] = flat
        return cls(
            changed=changed,
            robot=robot,
            epoch=epoch,
            index=index,
            entries=entries,
            service_s=bits.view(np.float32),
            halt=np.unpackbits(np.frombuffer(packed.halts, dtype=np.uint8), count=m).astype(np.bool_),
            speed_limit_mps=_unpacked(packed.limits, m).view(np.float32),
        )


class CommandReader:
    """Hands out the submits of a log, one after the other, as whole commands."""

    def __init__(self, log: CommandLog, robots: int) -> None:
        self._log = log
        self._commands = Commands.none(robots, max(log.entries.shape[1], 1))
        self._submit = 0
        self._row = 0

    def next(self) -> Commands:
        """Return the next submit; its columns are overwritten by the one after it."""
        log, commands = self._log, self._commands
        rows = slice(self._row, self._row + int(log.changed[self._submit]))
        robot = log.robot[rows]
        for name in COMMAND_COLUMNS:
            getattr(commands, name)[robot] = getattr(log, name)[rows]
        self._submit += 1
        self._row = rows.stop
        return commands


class CommandTape:
    """Takes submits down until they are taken away as a log. Time of `add` grows linearly with robots."""

    def __init__(self, robots: int) -> None:
        self._rows_changed = np.arange(robots, dtype=np.int32)
        self._last = Commands.none(robots)
        self._whole = True  # the next submit is to be taken down as a whole
        self._rows: list[Int32] = []
        self._columns: list[tuple[Column, ...]] = []

    def add(self, commands: Commands) -> None:
        """Take a submit down; its columns are copied."""
        k, n = commands.entries.shape[1], len(commands.epoch)
        columns = _columns(commands)
        if self._whole or k != self._last.entries.shape[1]:
            self._last, self._whole = Commands.none(n, k), False
            for last, column in zip(_columns(self._last), columns, strict=True):
                np.copyto(last, column)
            rows = np.arange(n, dtype=np.int32)
        else:
            arguments: tuple[Column, ...] = (*columns, *_columns(self._last), self._rows_changed)
            found = _command_log.take_over(*arguments)
            rows = self._rows_changed[:found].copy()
        self._rows.append(rows)
        self._columns.append(tuple(getattr(commands, name).take(rows, axis=0) for name in COMMAND_COLUMNS))

    def take(self) -> CommandLog:
        """Return what was added since the last `take`; the next submit is taken down as a whole."""
        parts = list(zip(*self._columns, strict=True)) or [()] * len(COMMAND_COLUMNS)
        log = CommandLog(
            changed=np.array([len(rows) for rows in self._rows], dtype=np.int32),
            robot=np.concatenate([self._rows_changed[:0], *self._rows]),
            **{name: _joined(name, columns) for name, columns in zip(COMMAND_COLUMNS, parts, strict=True)},
        )
        self._rows.clear()
        self._columns.clear()
        self._whole = True
        return log


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    submits: int
    rows: int
    width: int
    numbers: list[bytes]
    limits: bytes
    halts: bytes
    entries: bytes
    timed: bytes
    service_s: bytes


def _columns(commands: Commands) -> tuple[Column, ...]:
    """The columns, contiguous, floats as their bits."""
    found = [np.ascontiguousarray(getattr(commands, name)) for name in COMMAND_COLUMNS]
    return tuple(column.view(np.int32) if column.dtype == np.float32 else column for column in found)


def _joined(name: str, parts: Sequence[Column]) -> Column:
    """The rows of a column one after the other; what is narrower than others is filled up as commands are."""
    empty = getattr(Commands.none(0), name)
    if name not in ("entries", "service_s"):
        return np.concatenate([empty, *parts])
    widest = max((part.shape[1] for part in parts), default=1)
    rows: Column = np.zeros((sum(map(len, parts)), widest), dtype=empty.dtype)
    rows[:] = Entry.WAIT if name == "entries" else 0
    end = 0
    for part in parts:
        begin, end = end, end + len(part)
        rows[begin:end, : part.shape[1]] = part
    return rows


def _packed(column: Int32) -> bytes:
    """A column of its own, over its rows."""
    return pack_columns(column.reshape(-1, 1)) if len(column) else b""


def _unpacked(data: bytes, length: int) -> Int32:
    return unpack_columns(data, (length, 1), np.int32)[:, 0].copy() if length else np.zeros(0, dtype=np.int32)
