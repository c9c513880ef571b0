"""Orders from a CSV file of order lines."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Final, TypeVar

from fleet.errors import OrderError
from fleet.tasks.model import OrderLine
from fleet.tasks.sources.csv_row import CsvRow
from fleet.tasks.sources.draft import OrderDraft
from fleet.tasks.sources.limits import MOST_KG, MOST_LINES, MOST_MM, MOST_PRIORITY, MOST_SECONDS, MOST_UNITS
from fleet.tasks.sources.order_checks import check_destination, check_times
from fleet.tasks.sources.order_file import OrderFileLine, order_file_lines
from fleet.tasks.sources.rejects import RejectedRow, RejectSink

REQUIRED_COLUMNS: Final = ("order_id", "quantity", "sku", "width_mm", "length_mm", "depth_mm", "weight_g")
OPTIONAL_COLUMNS: Final = ("release_s", "due_s", "priority", "destination")
_LINE_COLUMNS: Final = REQUIRED_COLUMNS[1:]  # all that says what an order line is
_MOST_REMEMBERED: Final = 10_000  # order lines; a file in which none is like another is not held twice

_Said = TypeVar("_Said", float, int, str)


def read_csv(
    path: Path, destinations: Collection[str] | None = None, rejects: RejectSink | None = None
) -> list[OrderDraft]:
    """Read orders from a CSV file of order lines, in the order in which each is first named.

    The first line names the columns, in any order: REQUIRED_COLUMNS, and any of OPTIONAL_COLUMNS. Lines of one order
    may stand apart. A blank optional cell says nothing; lines of one order that say something must agree. A due time
    needs a release time. `destinations` are those that exist, None if any will do.

    A bad row raises OrderError with file, line, column, reason and remedy; with `rejects` its whole order is set aside
    there instead. A bad header is always an error, and so is a file without rows.
    """
    lines = order_file_lines(path)
    columns = _read_header(path, next(lines, None))
    order_lines = _OrderLines(columns)
    gathered: dict[str | int, _Gathered] = {}
    for line in lines:
        cells, error = _split(path, line)
        order_id = _order_id(columns, cells)
        # A row that does not tell its order is an order of its own, known by its line.
        order = gathered.get(order_id or line.number)
        if order is None:
            order = gathered[order_id or line.number] = _Gathered(order_id)
        if rejects is not None:
            order.rows.append(line)
        try:
            if error:
                raise error
            order.add(CsvRow(path, line.number, columns, cells), order_lines, destinations)
        except OrderError as bad:
            if rejects is None:
                raise
            order.error = order.error or bad
    if not gathered:
        raise OrderError(str(path), "there is no order below the header", "add at least one order line")
    drafts = []
    for order in gathered.values():
        if order.error is None:
            drafts.append(order.draft())
        elif rejects is not None:
            rejects.set_aside(order.id, str(order.error), order.rejected_rows())
    return drafts


@dataclass(slots=True)
class _Gathered:
    """What the rows of one order say about it so far, and the rows themselves if they may have to be set aside."""

    id: str
    rows: list[OrderFileLine] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    release_s: float | None = None
    due_s: float | None = None
    priority: int | None = None
    destination: str | None = None
    error: OrderError | None = None

    def add(self, row: CsvRow, order_lines: _OrderLines, destinations: Collection[str] | None) -> None:
        """Take in a good row; raises OrderError for one that is not, or that contradicts an earlier one."""
        row.text("order_id")
        if len(self.lines) == MOST_LINES:
            problem = f"order {self.id!r} has more than {MOST_LINES} lines"
            raise OrderError(row.where("order_id"), problem, "break the order up")
        line = order_lines.read(row)
        if row.says("release_s"):
            self.release_s = _agreed(row, "release_s", self.release_s, row.number("release_s", MOST_SECONDS))
        if row.says("due_s"):
            self.due_s = _agreed(row, "due_s", self.due_s, row.number("due_s", MOST_SECONDS))
        if row.says("priority"):
            priority = row.whole("priority", -MOST_PRIORITY, MOST_PRIORITY)
            self.priority = _agreed(row, "priority", self.priority, priority)
        if row.says("destination"):
            destination = row.text("destination")
            check_destination(row.where("destination"), destination, destinations)
            self.destination = _agreed(row, "destination", self.destination, destination)
        if self.due_s is not None:
            check_times(row.where("due_s"), self.release_s, self.due_s)
        self.lines.append(line)

    def draft(self) -> OrderDraft:
        """Return the order that the rows describe."""
        return OrderDraft(self.id, tuple(self.lines), self.release_s, self.due_s, self.priority or 0, self.destination)

    def rejected_rows(self) -> list[RejectedRow]:
        """Return all rows, to be set aside for the sake of one."""
        return [RejectedRow(row.number, self.id, str(self.error), row.text) for row in self.rows]


class _OrderLines:
    """The order lines of a file, each read once: the same goods are ordered again and again, in the same words."""

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._texts = itemgetter(*(columns[column] for column in _LINE_COLUMNS))
        self._read: dict[tuple[str, ...], OrderLine] = {}

    def read(self, row: CsvRow) -> OrderLine:
        """Return the order line that a row describes; raises OrderError unless all its cells are good."""
        texts = self._texts(row.cells)
        line = self._read.get(texts)
        if line is None:
            line = _order_line(row)
            if len(self._read) < _MOST_REMEMBERED:
                self._read[texts] = line
        return line


def _order_line(row: CsvRow) -> OrderLine:
    cubic_mm = 1.0
    for side in ("width_mm", "length_mm", "depth_mm"):
        cubic_mm *= row.positive(side, MOST_MM)
    return OrderLine(
        sku=row.text("sku"),
        quantity=row.whole("quantity", 1, MOST_UNITS),
        unit_litres=cubic_mm / 1e6,
        unit_kg=row.number("weight_g", MOST_KG * 1000) / 1000,
    )


def _agreed(row: CsvRow, column: str, earlier: _Said | None, value: _Said) -> _Said:
    if earlier is not None and earlier != value:
        problem = f"is {value!r}, but an earlier line of the order has {earlier!r}"
        raise OrderError(row.where(column), problem, "give all lines of an order the same")
    return value


def _read_header(path: Path, line: OrderFileLine | None) -> Mapping[str, int]:
    """Return the columns of the file and where they stand in a row, from left to right."""
    remedy = f"begin the file with: {','.join(REQUIRED_COLUMNS)}"
    if line is None:
        raise OrderError(str(path), "the order file is blank", remedy)
    cells, error = _split(path, line)
    if error:
        raise error
    columns = [cell.strip() for cell in cells]
    where = f"{path}, line {line.number}"
    for column in columns:
        if column not in REQUIRED_COLUMNS + OPTIONAL_COLUMNS:
            known = ", ".join(REQUIRED_COLUMNS + OPTIONAL_COLUMNS)
            raise OrderError(f"{where}, column {column!r}", "there is no such column", f"use only: {known}")
        if columns.count(column) > 1:
            raise OrderError(f"{where}, column {column}", "the column is named twice", "remove one of the two")
    for column in REQUIRED_COLUMNS:
        if column not in columns:
            raise OrderError(f"{where}, column {column}", "the column is missing", remedy)
    return {column: at for at, column in enumerate(columns)}


def _split(path: Path, line: OrderFileLine) -> tuple[list[str], OrderError | None]:
    """Return the cells of a line and why they cannot be used, if so. Each line stands for itself, quotes included."""
    text = line.text
    # The csv module, which is slower, differs only over a quote, a stray end of line and a very long cell.
    if '"' not in text and "\r" not in text and len(text) <= csv.field_size_limit():
        return text.split(","), line.error
    try:
        return next(csv.reader([text], strict=True)), line.error
    except csv.Error as failure:
        error = OrderError(f"{path}, line {line.number}", f"is not CSV: {failure}", "close every quote on its line")
        return text.split(","), line.error or error


def _order_id(columns: Mapping[str, int], cells: Sequence[str]) -> str:
    """Return the order id of a row, however broken the row is otherwise; empty if it cannot be told."""
    at = columns["order_id"]
    order_id = cells[at].strip() if at < len(cells) else ""
    try:
        order_id.encode()
    except UnicodeEncodeError:
        return ""
    return order_id
