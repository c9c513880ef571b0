"""Bad rows set aside: a file that a person can correct and feed back, and a refusal for each order concerned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import OrderError
from fleet.tasks.refusal import Refusal, RefusalReason
from fleet.text_file import replace_text


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was set aside: its line number (from 1), its order if that can be told, why, and its text."""

    line: int
    order: str
    reason: str
    text: str


class RejectSink:
    """Collects the rows of rejected orders and writes them to a file, one JSON object a line.

    An order of which one row is bad is rejected whole: all its rows are set aside, and it counts once. A row that does
    not tell its order counts as an order of its own.
    """

    def __init__(self, path: Path) -> None:
        """Raise OrderError if no file can be written at `path`."""
        if path.is_dir() or not path.parent.is_dir():
            problem = "is a folder" if path.is_dir() else "there is no such folder"
            raise OrderError(f"--rejects {path}", problem, "name a file in a folder that exists")
        self.path = path
        self.refusals: list[Refusal] = []
        self.rows: list[RejectedRow] = []

    def set_aside(self, order_id: str, detail: str, rows: list[RejectedRow]) -> None:
        """Set aside all rows of one order."""
        self.refusals.append(Refusal(order_id, RefusalReason.BAD_ROW, detail))
        self.rows.extend(rows)

    def write(self) -> None:
        """Write the file, in the order of lines: to a temporary name, then renamed. Raises OrderError if it cannot."""
        rows = sorted(self.rows, key=lambda row: row.line)
        text = "".join(
            # Bytes that are not UTF-8 were read as surrogates; here they become \udcXX, which a reader can turn back.
            json.dumps({"line": row.line, "order": row.order, "reason": row.reason, "text": row.text}) + "\n"
            for row in rows
        )
        replace_text(self.path, text, OrderError)
