"""On which line of a TOML text a table, an entry of an array of tables or a key stands."""

from __future__ import annotations

import re
from typing import Final

Place = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


class TomlLines:
    """Line numbers, counted from 1, for messages about the values that tomllib returns without their places."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        table: Place = ()
        entries: dict[Place, int] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                table = _parts(header[2])
                if header[1] == "[[":
                    entry = entries.get(table, -1) + 1
                    entries[table] = entry
                    table = (*table, entry)
                self._lines.setdefault(table, number)
            elif key:
                self._lines.setdefault((*table, *_parts(key[1])), number)

    def line(self, place: Place) -> int:
        """Line of a place such as `("chute", 3, "cell")`, or of the closest table or key around it that has one."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def _parts(dotted: str) -> Place:
    return tuple(next(part for part in match.groups() if part is not None) for match in _PART.finditer(dotted))
