"""Many protobuf messages of one kind as one array: their numbers are columns, the rest was encoded once.

A protobuf double is a tag and 8 bytes, so messages that have the same fields set have the same size, and their numbers
are at the same places. One of them is encoded by the protobuf library with marks for numbers; where the marks come to
lie, the numbers of all are written. No Python object is made for a robot.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import Message

from robots.arrays import Float64


class MessageTemplate:
    """`n` messages, one after the other.

    encode  encodes one of them, tag and length included if they are fields of another message, with the given values
            for the columns; values are never 0, or the library would leave them out
    columns their names
    """

    def __init__(self, encode: Callable[[dict[str, float]], bytes], columns: tuple[str, ...], n: int) -> None:
        # Numbers that nothing else in a message looks like.
        marks = {name: -1.2345678901e-101 * (place + 1) for place, name in enumerate(columns)}
        one = encode(marks)
        offsets = [_place(one, marks[name]) for name in columns]
        self._data = bytearray(one * n)
        layout = {"names": columns, "formats": ["<f8"] * len(columns), "offsets": offsets, "itemsize": len(one)}
        self._rows: npt.NDArray[Any] = np.frombuffer(self._data, dtype=np.dtype(layout))  # type: ignore[call-overload]

    def encoded(self, columns: dict[str, Float64]) -> bytes:
        """Return all messages with these columns, float64 (n,) each."""
        for name, column in columns.items():
            self._rows[name] = column
        return bytes(self._data)


def encoded(message: Message) -> bytes:
    """Return a message as it travels."""
    data: bytes = message.SerializeToString()
    return data


def _place(message: bytes, mark: float) -> int:
    pattern = struct.pack("<d", mark)
    place = message.find(pattern)
    if place < 0 or message.find(pattern, place + 1) >= 0:
        raise ValueError("a column of a message template is not in the message exactly once")
    return place
