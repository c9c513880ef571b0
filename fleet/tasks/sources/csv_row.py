"""One row of a CSV file, read cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fleet.errors import OrderError

# Narrower than int() and float(), which also take 1_000, nan and digits of other scripts.
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class CsvRow:
    """The cells of a row by column. Every reader raises OrderError with file, line, column, reason and remedy.

    cells  as they stand in the file; the readers overlook blanks around them
    """

    __slots__ = ("_columns", "_number", "_path", "cells")

    def __init__(self, path: Path, number: int, columns: Mapping[str, int], cells: Sequence[str]) -> None:
        """Raise OrderError unless there is one cell for each column.

        number: of the line in the file
        columns: where each stands in a row, from left to right
        """
        self._path = path
        self._number = number
        self._columns = columns
        self.cells = cells
        if len(cells) != len(columns):
            raise self._miscounted()

    def where(self, column: str) -> str:
        """File, line and column, for messages."""
        return f"{self._path}, line {self._number}, column {column}"

    def says(self, column: str) -> bool:
        """Whether there is such a column and its cell is not blank."""
        return column in self._columns and bool(self.cells[self._columns[column]].strip())

    def text(self, column: str) -> str:
        """Return a text that is not blank."""
        text = self.cells[self._columns[column]].strip()
        if not text:
            raise OrderError(self.where(column), "the cell is empty", f"give the {column}")
        return text

    def whole(self, column: str, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        text = self.text(column)
        if not (_WHOLE.fullmatch(text) and least <= int(text) <= most):
            raise self._refused(column, text, f"give a whole number from {least} to {most}")
        return int(text)

    def number(self, column: str, most: float) -> float:
        """Return a finite number from 0 to `most`."""
        text = self.text(column)
        value = float(text) if _NUMBER.fullmatch(text) else -1.0
        if not 0 <= value <= most:
            raise self._refused(column, text, f"give a number from 0 to {most:g}")
        return value

    def positive(self, column: str, most: float) -> float:
        """Return a finite number greater than 0, at most `most`."""
        value = self.number(column, most)
        if value == 0:
            raise self._refused(column, self.text(column), f"give a number greater than 0, at most {most:g}")
        return value

    def _miscounted(self) -> OrderError:
        cells, columns = len(self.cells), len(self._columns)
        problem = f"the row has {cells} cells, the header has {columns} columns"
        if cells < columns:
            return OrderError(self.where(list(self._columns)[cells]), problem, "add the missing cells")
        remedy = "remove the extra cells, or put text with commas in quotes"
        return OrderError(self.where(str(columns + 1)), problem, remedy)

    def _refused(self, column: str, text: str, remedy: str) -> OrderError:
        shown = repr(text if len(text) <= 40 else text[:40] + "...")
        return OrderError(self.where(column), f"is {shown}", remedy)
