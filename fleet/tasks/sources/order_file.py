"""Reading an order file line by line, whatever is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from fleet.errors import OrderError
from fleet.tasks.sources.limits import MOST_LINE_BYTES

_UNDECODABLE: Final = re.compile("[\udc80-\udcff]")
_SHOWN_OF_LONG_LINE: Final = 1000


class OrderFileLine(NamedTuple):
    """One line as it stands in the file, without its end.

    number  counted from 1
    text    decoded as UTF-8, undecodable bytes as surrogates; of a line that is too long only the beginning
    error   why the line cannot be used at all, or None
    """

    number: int
    text: str
    error: OrderError | None


def order_file_lines(path: Path) -> Iterator[OrderFileLine]:
    """Yield the lines of a file that are not blank, in their order; each is held in memory one at a time, bounded.

    Raises OrderError if the file is missing, a folder, unreadable or empty.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(MOST_LINE_BYTES + 1):
                number += 1
                too_long = len(raw) > MOST_LINE_BYTES
                if too_long:
                    _skip_line(file.readline, raw)
                line = _line(path, number, raw, too_long)
                if line.text.strip():
                    yield line
    except FileNotFoundError:
        raise OrderError(str(path), "there is no such order file", "check the path") from None
    except IsADirectoryError:
        raise OrderError(str(path), "is a folder, not an order file", "name a file in it") from None
    except OSError as failure:
        problem = f"cannot be read: {failure.strerror}"
        raise OrderError(str(path), problem, "check the path and its permissions") from None
    if not number:
        raise OrderError(str(path), "the order file is empty", "give a file with at least one order")


def _line(path: Path, number: int, raw: bytes, too_long: bool) -> OrderFileLine:
    text = raw.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape").rstrip("\r\n")
    if text.isascii() and "\0" not in text and not too_long:  # nearly all of them
        return OrderFileLine(number, text, None)
    where = f"{path}, line {number}"
    if too_long:
        problem, remedy = f"the line is longer than {MOST_LINE_BYTES} bytes", "break the order up"
        return OrderFileLine(number, text[:_SHOWN_OF_LONG_LINE], OrderError(where, problem, remedy))
    undecodable = _UNDECODABLE.search(text)
    if undecodable:
        problem = f"byte 0x{ord(undecodable[0]) - 0xDC00:02x} at character {undecodable.start() + 1} is not UTF-8 text"
        return OrderFileLine(number, text, OrderError(where, problem, "save the file as UTF-8"))
    if "\0" in text:
        problem = f"character {text.index(chr(0)) + 1} is a NUL"
        return OrderFileLine(number, text, OrderError(where, problem, "give a text file, without NUL characters"))
    return OrderFileLine(number, text, None)


def _skip_line(readline: Callable[[int], bytes], raw: bytes) -> None:
    """Read on to the end of a line of which `raw` is the beginning."""
    while raw and not raw.endswith(b"\n"):
        raw = readline(MOST_LINE_BYTES)
