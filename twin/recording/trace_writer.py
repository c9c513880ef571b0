"""Writes traces to files: under a temporary name and block by block, so a killed run leaves all but its last block."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from twin.recording.block_codec import compress, encode_block
from twin.recording.errors import TraceFileError
from twin.recording.frames import CHECKPOINT, END, HEADER, MAGIC, TICKS, framed
from twin.recording.trace_parts import Checkpoint, TickBlock, TraceHeader

PART_SUFFIX: Final = ".part"


class TraceWriter:
    """A TraceSink that writes `path`.

    Until the trace is ended it is called `path` + `.part`, and each block is handed to the operating system at once. A
    run that is killed leaves that file: it is a trace like any other, as far as it goes. The next recording to the same
    `path` replaces it. Raises TraceFileError if the file cannot be made, OSError if it cannot be written on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART_SUFFIX)
        self._begun = False
        self._last_s = 0.0
        try:
            if path.is_dir():
                raise IsADirectoryError(None, "is a folder")
            self._file = self._part.open("wb")
        except OSError as failure:
            problem = f"cannot be written: {failure.strerror}"
            raise TraceFileError(str(path), problem, "choose another file") from None

    def begin(self, header: TraceHeader) -> None:
        """Write the header. Raises TraceFileError if there is one already: a file has one recording."""
        if self._begun:
            raise TraceFileError(str(self._path), "has a recording already", "record to another file")
        self._begun = True
        self._file.write(MAGIC)
        self._write(HEADER, 0.0, msgspec.json.encode(header))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint."""
        self._write(CHECKPOINT, checkpoint.time_s, compress(checkpoint.data))

    def block(self, block: TickBlock) -> None:
        """Write a block."""
        self._write(TICKS, float(block.time_s[-1]), encode_block(block))

    def end(self) -> None:
        """Write that the trace is complete, and give the file its name."""
        self._write(END, self._last_s, b"")
        self._file.close()
        self._part.replace(self._path)

    def close(self) -> None:
        """Let go of the file; may be called twice.

        A recording that was not ended keeps its temporary name; one that was not begun leaves nothing.
        """
        self._file.close()
        if not self._begun:
            self._part.unlink(missing_ok=True)

    def _write(self, kind: bytes, time_s: float, content: bytes) -> None:
        self._file.write(framed(kind, time_s, content))
        self._file.flush()
        self._last_s = time_s
