"""From an order file to orders for a running controller."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from fleet.app.site.api_messages import NewLine, NewOrder
from fleet.errors import OrderError
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.draft import OrderDraft
from fleet.tasks.sources.jsonl_source import read_jsonl
from fleet.tasks.sources.rejects import RejectSink

_READERS: Final = {"csv": read_csv, "jsonl": read_jsonl}
_STDIN: Final = Path("/dev/stdin")


def new_orders(file: str, form: str | None, rejects: Path | None) -> list[NewOrder]:
    """Read a file of orders whole; `-` is standard input, and needs a form, csv or jsonl.

    With `rejects`, bad rows are set aside there, and it is written before this returns. Raises OrderError.
    """
    path = _STDIN if file == "-" else Path(file)
    form = form or path.suffix.lower().removeprefix(".")
    if form not in _READERS or "\0" in file:
        remedy = "give --format csv or --format jsonl" if file == "-" else "give a .csv or .jsonl file, or --format"
        raise OrderError(file, "is no order file", remedy)
    sink = None if rejects is None else RejectSink(rejects)
    if rejects is not None and rejects.resolve() == path.resolve():
        raise OrderError("--rejects", f"{file} is the order file itself", "name another file")
    drafts = _READERS[form](path, None, sink)
    orders = [_new_order(file, draft) for draft in drafts]
    if sink is not None:
        sink.write()
    return orders


def _new_order(file: str, draft: OrderDraft) -> NewOrder:
    """Return an order as it is sent. One that is to wait does not go to a controller that releases at once."""
    where = f"{file}, order {draft.id!r}"
    if draft.release_s:
        problem = f"is to be released at {draft.release_s:g} s, but a running controller releases what it accepts"
        raise OrderError(where, problem, "leave release_s out or make it 0, and add the order when it is time")
    order = NewOrder(
        draft.id,
        tuple(NewLine(line.sku, line.quantity, line.unit_litres, line.unit_kg) for line in draft.lines),
        draft.due_s,
        draft.priority,
        draft.destination,
    )
    try:
        return msgspec.convert(msgspec.to_builtins(order), NewOrder)
    except msgspec.ValidationError as failure:
        raise OrderError(where, str(failure), "give names of up to 128 characters, and sizes above 0") from None
