"""Orders from a CSV file of order lines."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
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
    gathered: dict[str | int, _Gathered] = {}
    for line in lines:
        cells, error = _split(path, line)
        order_id = _order_id(columns, cells)
        # A row that does not tell its order is an order of its own, known by its line.
        order = gathered.setdefault(order_id or line.number, _Gathered(order_id))
        order.rows.append(line)
        try:
            if error:
                raise error
            order.add(CsvRow(f"{path}, line {line.number}", columns, cells), destinations)
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
    """The rows of one order so far, and what they say about it."""

    id: str
    rows: list[OrderFileLine] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    release_s: float | None = None
    due_s: float | None = None
    priority: int | None = None
    destination: str | None = None
    error: OrderError | None = None

    def add(self, row: CsvRow, destinations: Collection[str] | None) -> None:
        """Take in a good row; raises OrderError for one that is not, or that contradicts an earlier one."""
        row.text("order_id")
        if len(self.lines) == MOST_LINES:
            problem = f"order {self.id!r} has more than {MOST_LINES} lines"
            raise OrderError(row.where("order_id"), problem, "break the order up")
        cubic_mm = 1.0
        for side in ("width_mm", "length_mm", "depth_mm"):
            cubic_mm *= row.positive(side, MOST_MM)
        line = OrderLine(
            sku=row.text("sku"),
            quantity=row.whole("quantity", 1, MOST_UNITS),
            unit_litres=cubic_mm / 1e6,
            unit_kg=row.number("weight_g", MOST_KG * 1000) / 1000,
        )
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


def _agreed(row: CsvRow, column: str, earlier: _Said | None, value: _Said) -> _Said:
    if earlier is not None and earlier != value:
        problem = f"is {value!r}, but an earlier line of the order has {earlier!r}"
        raise OrderError(row.where(column), problem, "give all lines of an order the same")
    return value


def _read_header(path: Path, line: OrderFileLine | None) -> Sequence[str]:
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
    return columns


def _split(path: Path, line: OrderFileLine) -> tuple[list[str], OrderError | None]:
    """Return the cells of a line and why they cannot be used, if so. Each line stands for itself, quotes included."""
    try:
        return next(csv.reader([line.text], strict=True)), line.error
    except csv.Error as failure:
        error = OrderError(f"{path}, line {line.number}", f"is not CSV: {failure}", "close every quote on its line")
        return line.text.split(","), line.error or error


def _order_id(columns: Sequence[str], cells: Sequence[str]) -> str:
    """Return the order id of a row, however broken the row is otherwise; empty if it cannot be told."""
    at = columns.index("order_id")
    order_id = cells[at].strip() if at < len(cells) else ""
    try:
        order_id.encode()
    except UnicodeEncodeError:
        return ""
    return order_id
