"""Reading a TOML table key by key and noting every problem instead of stopping at the first."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeGuard

from sim_worlds.errors import WorldError
from sim_worlds.finding import Finding
from sim_worlds.toml_lines import Place, TomlLines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class TomlTable:
    """A table of a TOML file and the findings about it; sub-tables share the list of findings.

    A reader returns the value of a key. If the key is missing or its value is of the wrong kind, the reader notes a
    finding and returns a value of the right type that means nothing. `close` notes the keys that nobody asked for.
    """

    def __init__(
        self, path: Path, lines: TomlLines, place: Place, table: dict[str, Any], findings: list[Finding]
    ) -> None:
        self._path = path
        self._lines = lines
        self._place = place
        self._asked: list[str] = []
        self.table = table
        self.findings = findings

    @classmethod
    def parse(cls, path: Path, text: str) -> TomlTable:
        """Parse a file's text; raises WorldError with line and column if it is not TOML."""
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as failure:
            problem, _, position = str(failure).removesuffix(")").partition(" (at ")
            last_line = f"line {text.rstrip().count(chr(10)) + 1}"
            where = f"{path}, {position if position.startswith('line') else last_line}"
            raise WorldError(where, f"is not TOML: {problem}", "correct the file there") from None
        except (ValueError, RecursionError) as failure:
            raise WorldError(str(path), f"is not usable TOML: {failure}", "correct the file") from None
        lines = TomlLines(text)
        for key, value in table.items():
            if _beyond_64_bits(value):
                where = f"{path}, line {lines.line((key,))}"
                raise WorldError(where, f"{key} holds a whole number beyond 64 bits", "give a smaller one")
        return cls(path, lines, (), table, [])

    def note(self, problem: str, remedy: str, *place: str | int) -> None:
        """Note a finding about a key of this table, or about the table itself."""
        where = f"{self._path}, line {self._lines.line((*self._place, *place))}"
        self.findings.append(Finding(where, problem, remedy))

    def text(self, key: str) -> str:
        """Return a string that is not empty."""
        value = self._value(key)
        if isinstance(value, str) and value.strip():
            return value
        self._refuse(key, "give a text in quotes")
        return ""

    def optional_text(self, key: str) -> str:
        """Return a string that is not empty, or an empty one if there is no such key."""
        if key in self.table:
            return self.text(key)
        self._asked.append(key)
        return ""

    def texts(self, key: str) -> list[str]:
        """Return one or more strings, none of them empty."""
        value = self._value(key)
        if isinstance(value, list) and value and all(isinstance(text, str) and text.strip() for text in value):
            return list(value)
        self._refuse(key, 'give one or more texts in quotes as ["...", ...]')
        return []

    def choice(self, key: str, options: Sequence[str]) -> str:
        """Return one of some strings."""
        value = self._value(key)
        if isinstance(value, str) and value in options:
            return value
        self._refuse(key, f"use one of: {', '.join(options)}")
        return options[0]

    def positive(self, key: str) -> float:
        """Return a finite number greater than zero."""
        value = self._value(key)
        if _is_number(value) and value > 0:
            return float(value)
        self._refuse(key, "give a number greater than zero")
        return 1.0

    def share(self, key: str) -> float:
        """Return a number from 0 to 1."""
        value = self._value(key)
        if _is_number(value) and 0 <= value <= 1:
            return float(value)
        self._refuse(key, "give a number from 0 to 1")
        return 0.0

    def ascending(self, key: str, most: float) -> tuple[float, ...]:
        """Return one or more numbers from 0 to `most`, none less than the one before."""
        value = self._value(key)
        if isinstance(value, list) and value and all(_is_number(number) and 0 <= number <= most for number in value):
            falls = [pair for pair in pairwise(value) if pair[1] < pair[0]]
            if not falls:
                return tuple(float(number) for number in value)
            self.note(f"{self._name(key)} has {falls[0][1]:g} after {falls[0][0]:g}", "let the numbers ascend", key)
        else:
            self._refuse(key, f"give one or more numbers that ascend, from 0 to {most:g}")
        return (0.0,)

    def whole(self, key: str, least: int) -> int:
        """Return a whole number, `least` or more."""
        value = self._value(key)
        if _is_whole(value) and value >= least:
            return int(value)
        self._refuse(key, f"give a whole number, {least} or more")
        return least

    def cells(self, key: str) -> list[tuple[int, int]]:
        """Return one or more pairs of row and column."""
        value = self._value(key)
        if isinstance(value, list) and value and all(_is_cell(cell) for cell in value):
            return [(cell[0], cell[1]) for cell in value]
        self._refuse(key, "give cells as [[row, column], ...], counted from 0")
        return []

    def cell(self, key: str) -> list[tuple[int, int]]:
        """Return a row and a column as a list of one, which is empty if there is no such pair."""
        value = self._value(key)
        if _is_cell(value):
            return [(value[0], value[1])]
        self._refuse(key, "give a cell as [row, column], counted from 0")
        return []

    def rects(self, key: str) -> list[tuple[int, int, int, int]]:
        """Return one or more rectangles: row and column of the north-west corner, then of the south-east one."""
        value = self._value(key)
        if isinstance(value, list) and value and all(_are_whole(rect, 4) for rect in value):
            return [(rect[0], rect[1], rect[2], rect[3]) for rect in value]
        self._refuse(key, "give rectangles as [[row, column, row, column], ...], both corners included")
        return []

    def flag(self, key: str) -> bool:
        """Return true or false, which is what a missing key means."""
        value = self._value(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self._refuse(key, "give true or false")
        return False

    def sub_table(self, key: str) -> TomlTable:
        """Return a sub-table."""
        value = self._value(key)
        if isinstance(value, dict):
            return TomlTable(self._path, self._lines, (*self._place, key), value, self.findings)
        self._refuse(key, f"add a table [{key}]")
        # A missing table is one finding, not one more for each of its keys.
        return TomlTable(self._path, self._lines, (*self._place, key), {}, [])

    def optional_table(self, key: str) -> TomlTable | None:
        """Return a sub-table, or None if there is no such key."""
        if key in self.table:
            return self.sub_table(key)
        self._asked.append(key)
        return None

    def entries(self, key: str) -> list[TomlTable]:
        """Return the entries of an array of tables; none if there is no such key."""
        value = self._value(key)
        if value is None:
            return []
        if not (isinstance(value, list) and all(isinstance(entry, dict) for entry in value)):
            self.note(f"{self._name(key)} is not an array of tables", f"write [[{key}]] before each entry", key)
            return []
        place = (*self._place, key)
        return [
            TomlTable(self._path, self._lines, (*place, number), entry, self.findings)
            for number, entry in enumerate(value)
        ]

    def close(self) -> None:
        """Note every key that no reader asked for."""
        for key in self.table:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.note(f"unknown key {self._name(key)}", f"use one of: {known}", key)

    def _value(self, key: str) -> object:
        self._asked.append(key)
        return self.table.get(key)

    def _refuse(self, key: str, remedy: str) -> None:
        if key in self.table:
            self.note(f"{self._name(key)} is {_shown(self.table[key])}", remedy, key)
        else:
            self.note(f"{self._name(key)} is missing", remedy)

    def _name(self, key: str) -> str:
        return ".".join(str(part) for part in (*self._place, key) if isinstance(part, str))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "..."


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_cell(value: object) -> TypeGuard[list[int]]:
    return _are_whole(value, 2)


def _are_whole(value: object, parts: int) -> TypeGuard[list[int]]:
    return isinstance(value, list) and len(value) == parts and all(_is_whole(part) for part in value)


def _beyond_64_bits(value: object) -> bool:
    """Whether a value holds a whole number that TOML does not allow; tomllib lets it pass."""
    if isinstance(value, dict):
        return any(_beyond_64_bits(part) for part in value.values())
    if isinstance(value, list):
        return any(_beyond_64_bits(part) for part in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**63
