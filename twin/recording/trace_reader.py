"""Reads traces from files, part by part; damage is found where it is, and what comes before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from robots.errors import InputError
from twin.recording import frames
from twin.recording.block_codec import DECODING_ERRORS, decode_block, decompress
from twin.recording.errors import TraceFileError
from twin.recording.frames import Frame, read_content, read_heads
from twin.recording.trace_parts import CLOCK_EPS_S, TRACE_FORMAT, Checkpoint, TickBlock, TraceHeader


class _Format(msgspec.Struct):
    format: int


class Trace:
    """A trace file, open for reading; a context manager.

    header: what was recorded. Raises TraceFileError if there is no such file, or it is no trace.
    """

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        try:
            self._file = path.open("rb")
        except OSError as failure:
            problem = "there is no such file" if isinstance(failure, FileNotFoundError) else str(failure.strerror)
            raise TraceFileError(self.where, problem, "give a file that was written by `--record`") from None
        try:
            self.header = self._read_header()
        except TraceFileError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def complete(self) -> bool:
        """Whether the recording was ended: not killed, and nothing cut off. Reads the heads of all frames."""
        try:
            return [frame.kind for frame in read_heads(self._file, self.where)][-1] == frames.END
        except TraceFileError:
            return False

    def parts(self, from_s: float = -inf) -> Iterator[Checkpoint | TickBlock]:
        """Go through the trace, from the last checkpoint at or before `from_s` on, else from the first one.

        Raises TraceFileError where the file goes wrong; all that was read until then is as it was written.
        """
        begin = self._checkpoint_before(from_s)
        last_s: float | None = None
        for frame in read_heads(self._file, self.where):
            if frame.offset >= begin and frame.kind in (frames.CHECKPOINT, frames.TICKS):
                yield self._part(frame, last_s)
            if frame.kind != frames.HEADER:
                last_s = frame.time_s

    def blocks(self) -> Iterator[TickBlock]:
        """Go through the blocks of ticks, see `parts`."""
        for part in self.parts():
            if isinstance(part, TickBlock):
                yield part

    def _checkpoint_before(self, from_s: float) -> int:
        """Where the content of that checkpoint begins; damage is left for who reads on to find."""
        found = 0
        with suppress(TraceFileError):
            for frame in read_heads(self._file, self.where):
                if frame.kind == frames.CHECKPOINT and frame.time_s <= from_s + CLOCK_EPS_S:
                    found = frame.offset
        return found

    def _part(self, frame: Frame, last_s: float | None) -> Checkpoint | TickBlock:
        content = read_content(self._file, frame, self.where, last_s)
        try:
            if frame.kind == frames.CHECKPOINT:
                return Checkpoint(frame.time_s, decompress(content))
            return decode_block(content)
        except DECODING_ERRORS:
            raise frames.damage(self.where, "holds no ticks", frame.begin, last_s) from None

    def _read_header(self) -> TraceHeader:
        frame = next(read_heads(self._file, self.where), None)
        if frame is None or frame.kind != frames.HEADER:
            raise frames.damage(self.where, "has no header", len(frames.MAGIC), None)
        content = read_content(self._file, frame, self.where, None)
        try:
            written = msgspec.json.decode(content, type=_Format).format
            header = msgspec.json.decode(content, type=TraceHeader) if written <= TRACE_FORMAT else None
        except (msgspec.MsgspecError, InputError) as failure:
            raise TraceFileError(self.where, f"has a header that is none: {failure}", "record it again") from None
        if header is None:
            problem = f"has trace format {written}, this version reads formats up to {TRACE_FORMAT}"
            raise TraceFileError(self.where, problem, "use a newer futurepark")
        return header
