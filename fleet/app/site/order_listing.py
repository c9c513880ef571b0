"""Orders of a running controller, for people and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet.app.site.api_client import ApiClient
from fleet.app.site.api_messages import Label, OrderResult, OrderRow, OrderShown, OrderStatus
from fleet.errors import SettingError

# Rows asked for in one go: a page of this size costs the controller some milliseconds.
_PAGE: Final = 100


def checked_id(order: str) -> str:
    """Return an order's id; raises SettingError for what no order can be called."""
    try:
        return str(msgspec.convert(order, Label))
    except msgspec.ValidationError:
        problem = f"{order[:40]!r} is no order's id"
        raise SettingError("ID", problem, "give 1 to 128 characters, without blanks at the ends") from None


def listed(client: ApiClient, status: OrderStatus | None, after: int, limit: int) -> tuple[list[OrderRow], bool]:
    """Return up to `limit` orders after a row, page by page, and whether there are more."""
    rows: list[OrderRow] = []
    more = True
    while more and len(rows) < limit:
        page = client.orders(status, after=after, limit=min(_PAGE, limit - len(rows)))
        rows += page.rows
        more = page.more
        after = rows[-1].row if rows else after
    return rows, more


def print_orders(rows: Sequence[OrderRow], more: bool, *, as_json: bool) -> None:
    """Print a list of orders; `more`: there are others after it."""
    if as_json:
        typer.echo(msgspec.json.encode({"orders": rows, "more": more}).decode())
        return
    table = Table("row", "order", "status", "priority", "units", "tasks done", "due s", "late s")
    for row in rows:
        late = f"{row.late_s:.0f}" if row.late_s > 0 else ""
        tasks = f"{row.tasks_done} of {row.tasks}"
        due = f"{row.due_s:.0f}"
        cells = (str(row.row), row.order, row.status, str(row.priority), str(row.units), tasks, due, late)
        table.add_row(*map(Text, cells))
    Console().print(table)
    if more:
        typer.echo(f"there are more: --after {rows[-1].row}")


def print_order(shown: OrderShown, *, as_json: bool) -> None:
    """Print all there is to know of an order."""
    if as_json:
        typer.echo(msgspec.json.encode(shown).decode())
        return
    order = shown.order
    ended = "" if order.done_s is None else f", ended at {order.done_s:.0f} s"
    typer.echo(f"{order.order}: {order.status}{ended}; priority {order.priority}, to {shown.destination}")
    late = f", {order.late_s:.0f} s late" if order.late_s > 0 else ""
    typer.echo(f"accepted at {order.release_s:.0f} s, due at {order.due_s:.0f} s of the site's clock{late}")
    lines = Table("sku", "quantity", "litres a unit", "kg a unit")
    for line in shown.lines:
        lines.add_row(Text(line.sku), str(line.quantity), f"{line.unit_litres:g}", f"{line.unit_kg:g}")
    tasks = Table("task", "stage", "errands done", "robot", "reason")
    for task in shown.tasks:
        done = f"{task.errands_done} of {task.errands}"
        tasks.add_row(*map(Text, (str(task.task), task.status, done, task.robot, task.reason)))
    console = Console()
    console.print(lines)
    console.print(tasks)


def print_results(results: Sequence[OrderResult], *, as_json: bool) -> None:
    """Print what became of orders, one a line."""
    if as_json:
        typer.echo(msgspec.json.encode(results).decode())
        return
    for result in results:
        why = f" ({result.reason})" if result.reason else ""
        typer.echo(f"{result.order}: {result.outcome}{why}; {result.detail}")
