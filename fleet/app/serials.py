"""Robots by their serials, as on the command line: `amr-000:amr-019,amr-042`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from fleet.errors import SettingError

_MOST: Final = 10_000
_SERIAL: Final = re.compile(r"[^\x00-\x20\x7f,:]{1,64}")
_NUMBERED: Final = re.compile(r"(.*?)([0-9]+)", re.DOTALL)


def parse_serials(text: str, option: str) -> tuple[str, ...]:
    """Return the serials of a list with commas; FROM:TO is a range, both ends in it. An empty text has none.

    option: names it in messages. Raises SettingError for what is no serial or range, and for a serial named twice.
    """
    serials: list[str] = []
    for part in (each.strip() for each in text.split(",") if text.strip()):
        first, colon, last = part.partition(":")
        if not _SERIAL.fullmatch(first) or (colon and not _SERIAL.fullmatch(last)):
            raise SettingError(option, f"{part!r} is no robot", "write it like amr-000:amr-019,amr-042")
        serials.extend(_range(first, last, option) if colon else (first,))
        if len(serials) > _MOST:
            raise SettingError(option, f"more than {_MOST} robots", "give fewer")
    serial, times = Counter(serials).most_common(1)[0] if serials else ("", 0)
    if times > 1:
        raise SettingError(option, f"{serial} is named {times} times", "name each robot once")
    return tuple(serials)


def format_serials(serials: Sequence[str]) -> str:
    """Write serials short, with ranges, so that `parse_serials` reads them again."""
    parts: list[list[str]] = []
    for serial in serials:
        if parts and serial == _after(parts[-1][-1]):
            parts[-1].append(serial)
        else:
            parts.append([serial])
    return ",".join(part[0] if len(part) == 1 else f"{part[0]}:{part[-1]}" for part in parts)


def _range(first: str, last: str, option: str) -> list[str]:
    begin, end = _NUMBERED.fullmatch(first), _NUMBERED.fullmatch(last)
    if begin is None or end is None or begin[1] != end[1] or len(first) != len(last) or first > last:
        remedy = "begin and end with one name and ascending numbers of as many digits, like amr-000:amr-019"
        raise SettingError(option, f"{first}:{last} is no range", remedy)
    low, high, digits = int(begin[2]), int(end[2]), len(begin[2])
    if high - low >= _MOST:
        raise SettingError(option, f"{first}:{last} is more than {_MOST} robots", "give fewer")
    return [f"{begin[1]}{number:0{digits}}" for number in range(low, high + 1)]


def _after(serial: str) -> str | None:
    """Return the serial that follows in a range; None if there is none of as many digits."""
    numbered = _NUMBERED.fullmatch(serial)
    if numbered is None:
        return None
    following = f"{numbered[1]}{int(numbered[2]) + 1:0{len(numbered[2])}}"
    return following if len(following) == len(serial) else None
