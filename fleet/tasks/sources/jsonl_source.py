"""Orders from a JSONL file: one order a line."""

from __future__ import annotations

from collections.abc import Collection, Container
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.errors import OrderError
from fleet.tasks.model import OrderLine
from fleet.tasks.sources.draft import OrderDraft
from fleet.tasks.sources.limits import (
    MOST_KG,
    MOST_LINES,
    MOST_LITRES,
    MOST_MM,
    MOST_PRIORITY,
    MOST_SECONDS,
    MOST_UNITS,
)
from fleet.tasks.sources.order_checks import check_destination, check_times
from fleet.tasks.sources.order_file import OrderFileLine, order_file_lines
from fleet.tasks.sources.rejects import RejectedRow, RejectSink

# Neither empty nor with blanks around it, which nobody sees and which make two names of one.
_TEXT_PATTERN = r"^\S(.*\S)?$"
_Text = Annotated[str, Meta(pattern=_TEXT_PATTERN)]
_Millimetres = Annotated[float, Meta(gt=0, le=MOST_MM)]
_Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    sku: _Text
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS)]
    unit_litres: Annotated[float, Meta(gt=0, le=MOST_LITRES)] | None = None
    width_mm: _Millimetres | None = None
    length_mm: _Millimetres | None = None
    depth_mm: _Millimetres | None = None
    unit_kg: Annotated[float, Meta(ge=0, le=MOST_KG)] | None = None
    weight_g: Annotated[float, Meta(ge=0, le=MOST_KG * 1000)] | None = None


class _Order(msgspec.Struct, forbid_unknown_fields=True):
    id: _Text
    lines: Annotated[list[_Line], Meta(min_length=1, max_length=MOST_LINES)]
    release_s: _Seconds | None = None
    due_s: _Seconds | None = None
    priority: Annotated[int, Meta(ge=-MOST_PRIORITY, le=MOST_PRIORITY)] = 0
    destination: _Text | None = None


class _OrderId(msgspec.Struct):
    id: str = ""


_FIELDS = (
    f"an order has {', '.join(_Order.__struct_fields__)}; each of its lines has {', '.join(_Line.__struct_fields__)}"
)
_TEXT_DEMAND = "a text, neither empty nor with blanks at its ends"
_ORDER = msgspec.json.Decoder(_Order)
_ORDER_ID = msgspec.json.Decoder(_OrderId)


def read_jsonl(
    path: Path, destinations: Collection[str] | None = None, rejects: RejectSink | None = None
) -> list[OrderDraft]:
    """Read orders from a JSONL file, in the order of its lines.

    A line is {"id", "lines": [{"sku", "quantity", "unit_litres" or "width_mm" with "length_mm" and "depth_mm",
    "unit_kg" or "weight_g"}, ...]} with, if wanted, "release_s", "due_s" (only with a release time), "priority" and
    "destination"; other keys are errors. `destinations` are those that exist, None if any will do.

    A bad line raises OrderError with file, line, field, reason and remedy; with `rejects` it is set aside there
    instead. A file without orders is always an error.
    """
    drafts: dict[str, OrderDraft] = {}
    blank = True
    for line in order_file_lines(path):
        blank = False
        where = f"{path}, line {line.number}"
        try:
            draft = _draft(where, _decode(where, line), destinations)
            _check_new(where, draft.id, drafts)
            drafts[draft.id] = draft
        except OrderError as bad:
            if rejects is None:
                raise
            order_id = _order_id(line.text)
            row = RejectedRow(line.number, order_id, str(bad), line.text)
            rejects.set_aside(order_id, str(bad), [row])
    if blank:
        raise OrderError(str(path), "the order file is blank", "give a file with at least one order")
    return list(drafts.values())


def _decode(where: str, line: OrderFileLine) -> _Order:
    if line.error:
        raise line.error
    try:
        return _ORDER.decode(line.text)
    except msgspec.ValidationError as failure:
        problem, _, place = str(failure).partition(" - at `$")
        name = place.strip("`").removeprefix(".")
        problem = problem.replace(f"`str` matching regex {_TEXT_PATTERN!r}", _TEXT_DEMAND)
        problem = problem[0].lower() + problem[1:]
        raise OrderError(f"{where}, field {name}" if name else where, problem, _FIELDS) from None
    except (msgspec.DecodeError, RecursionError) as failure:
        raise OrderError(where, f"is not JSON: {failure}", "write one JSON object a line") from None


def _draft(where: str, order: _Order, destinations: Collection[str] | None) -> OrderDraft:
    check_times(f"{where}, field due_s", order.release_s, order.due_s)
    check_destination(f"{where}, field destination", order.destination, destinations)
    lines = tuple(
        OrderLine(
            sku=line.sku,
            quantity=line.quantity,
            unit_litres=_unit_litres(f"{where}, field lines[{at}]", line),
            unit_kg=_unit_kg(f"{where}, field lines[{at}]", line),
        )
        for at, line in enumerate(order.lines)
    )
    return OrderDraft(order.id, lines, order.release_s, order.due_s, order.priority, order.destination)


def _check_new(where: str, order_id: str, drafts: Container[str]) -> None:
    if order_id in drafts:
        problem = f"order {order_id!r} stands on an earlier line"
        raise OrderError(f"{where}, field id", problem, "give every order its own id")


def _unit_litres(where: str, line: _Line) -> float:
    sides = [side for side in (line.width_mm, line.length_mm, line.depth_mm) if side is not None]
    if line.unit_litres is not None and not sides:
        return line.unit_litres
    if line.unit_litres is None and len(sides) == 3:
        return sides[0] * sides[1] * sides[2] / 1e6
    remedy = "give unit_litres, or width_mm, length_mm and depth_mm"
    raise OrderError(where, "the size of a unit is not given in exactly one way", remedy)


def _unit_kg(where: str, line: _Line) -> float:
    if line.unit_kg is not None and line.weight_g is None:
        return line.unit_kg
    if line.weight_g is not None and line.unit_kg is None:
        return line.weight_g / 1000
    raise OrderError(where, "the weight of a unit is not given in exactly one way", "give either unit_kg or weight_g")


def _order_id(text: str) -> str:
    """Return the id in a line that is refused, if it can be told."""
    try:
        return _ORDER_ID.decode(text).id
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return ""
