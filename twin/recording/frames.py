"""Trace files as rows of frames: each says how long it is and has a checksum, so damage is found where it is.

    MAGIC, then frames: kind (4 bytes), length of the content (uint32), time (float64), CRC-32 of all that, content

Numbers are little-endian. The time is the driver's clock at the end of what the frame holds: whoever looks for a moment
reads the heads of frames and leaves their contents out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from twin.recording.errors import TraceFileError

MAGIC: Final = b"FPTRACE\n"
HEADER: Final = b"HEAD"
CHECKPOINT: Final = b"CHKP"
TICKS: Final = b"TICK"
END: Final = b"DONE"
_HEAD: Final = struct.Struct("<4sId")
_CRC: Final = struct.Struct("<I")
_HEAD_BYTES: Final = _HEAD.size + _CRC.size
_MOST_BYTES: Final = 1 << 30  # in a frame: a length that says more is damaged


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a frame, and where its content begins in the file."""

    kind: bytes
    length: int
    time_s: float
    crc: int
    offset: int

    @property
    def begin(self) -> int:
        """Where the frame begins."""
        return self.offset - _HEAD_BYTES

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.offset + self.length


def framed(kind: bytes, time_s: float, content: bytes) -> bytes:
    """Return a whole frame."""
    head = _HEAD.pack(kind, len(content), time_s)
    return head + _CRC.pack(zlib.crc32(content, zlib.crc32(head))) + content


def read_heads(file: IO[bytes], where: str) -> Iterator[Frame]:
    """Go through the heads of a file's frames. Raises TraceFileError where the file is no trace or goes wrong."""
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise TraceFileError(where, "is not a trace", "give a file that was written by `--record`")
    offset = len(MAGIC)
    last_s: float | None = None
    while True:
        file.seek(offset)
        head = file.read(_HEAD_BYTES)
        if not head:
            return
        if len(head) < _HEAD_BYTES:
            raise damage(where, "is cut off", offset, last_s)
        kind, length, time_s = _HEAD.unpack(head[: _HEAD.size])
        frame = Frame(kind, length, time_s, _CRC.unpack(head[_HEAD.size :])[0], offset + _HEAD_BYTES)
        if kind not in (HEADER, CHECKPOINT, TICKS, END) or length > _MOST_BYTES:
            raise damage(where, "is damaged", offset, last_s)
        yield frame
        offset, last_s = frame.end, time_s


def read_content(file: IO[bytes], frame: Frame, where: str, last_s: float | None) -> bytes:
    """Return the content of a frame. Raises TraceFileError if it is not what was written.

    last_s: time up to which everything before it could be read.
    """
    file.seek(frame.offset)
    content = file.read(frame.length)
    if len(content) < frame.length:
        raise damage(where, "is cut off", frame.begin, last_s)
    head = _HEAD.pack(frame.kind, frame.length, frame.time_s)
    if zlib.crc32(content, zlib.crc32(head)) != frame.crc:
        raise damage(where, "is damaged", frame.begin, last_s)
    return content


def damage(where: str, what: str, offset: int, last_s: float | None) -> TraceFileError:
    """An error about the frame that begins at `offset`."""
    if last_s is None:
        return TraceFileError(where, f"{what} at byte {offset}, before its first tick", "record it again")
    remedy = f"everything up to {last_s:g} s can be read: use --to {last_s:g}"
    return TraceFileError(where, f"{what} at byte {offset}, after {last_s:g} s", remedy)
