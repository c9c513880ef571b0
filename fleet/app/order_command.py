"""`futurepark order`: give a running controller orders, and see and change what becomes of them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleet.app.connection_options import As, AsJson, Connect, Keys, connected

if TYPE_CHECKING:
    from fleet.app.site.api_messages import OrderResult

_Order = Annotated[str, typer.Argument(metavar="ID", help="Id of the order.")]


class FileFormat(StrEnum):
    """What an order file can be."""

    CSV = "csv"
    JSONL = "jsonl"


class Status(StrEnum):
    """How an order stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


def register(app: typer.Typer) -> None:
    """Add `order` and its commands."""
    group = typer.Typer(help="Give a running controller orders, and change them.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_orders)
    group.command("show")(show)
    group.command("cancel")(cancel)
    group.command("prioritise")(prioritise)
    app.add_typer(group, name="order")


def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Orders, a .csv or .jsonl file; - for standard input.")],
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    form: Annotated[FileFormat | None, typer.Option("--format", help="What FILE is, whatever it is called.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Set bad rows aside in this file and go on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add the orders in a file; each is released when the controller accepts it, and safe once it is reported.

    May be repeated after an interrupt: orders that were accepted before are told apart from those that are refused.
    Exit code 1 if the controller refused any, 3 if it could not be reached for the rest.
    """
    from fleet.app.site.order_file import new_orders
    from fleet.app.site.order_upload import upload

    orders = new_orders(file, None if form is None else form.value, rejects)
    with connected(connect, keys, name) as client:
        raise typer.Exit(upload(orders, client, as_json=as_json))


def list_orders(
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    after: Annotated[int, typer.Option(min=-1, help="Begin after this row.")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List orders, in the order in which they were accepted."""
    from fleet.app.site.order_listing import listed, print_orders

    with connected(connect, keys, name) as client:
        rows, more = listed(client, None if status is None else status.value, after, limit)
    print_orders(rows, more, as_json=as_json)


def show(order: _Order, connect: Connect = "", keys: Keys = None, name: As = "", as_json: AsJson = False) -> None:
    """Show an order, its lines and its tasks."""
    from fleet.app.site.order_listing import checked_id, print_order

    order = checked_id(order)
    with connected(connect, keys, name) as client:
        shown = client.order(order)
    print_order(shown, as_json=as_json)


def cancel(
    orders: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of the orders.")],
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    as_json: AsJson = False,
) -> None:
    """Cancel orders, at any stage, and say what became of their tasks.

    What waits is dropped, robots on their way to a first pick are called back; what robots have on board they bring to
    its end. Exit code 1 if an order was left as it is; cancelling a cancelled one again is none of that.
    """
    from fleet.app.site.api_messages import MAX_ORDERS
    from fleet.app.site.order_listing import checked_id, print_results

    ids = [checked_id(order) for order in orders]
    results: list[OrderResult] = []
    with connected(connect, keys, name) as client:
        for begin in range(0, len(ids), MAX_ORDERS):
            results += client.cancel_orders(ids[begin : begin + MAX_ORDERS])
    print_results(results, as_json=as_json)
    left = (result for result in results if result.outcome == "unchanged")
    raise typer.Exit(int(any(result.reason != "already_cancelled" for result in left)))


def prioritise(
    order: _Order,
    priority: Annotated[int, typer.Option(min=-1000, max=1000, help="The larger, the more urgent.")],
    due: Annotated[str | None, typer.Option(help="Due so long from now, like 90s, 30m or 2h.")] = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
    as_json: AsJson = False,
) -> None:
    """Give an order another priority and, if wanted, another time when it is due; say what that changes.

    Exit code 1 if the order was left as it is.
    """
    from fleet.app.durations import parse_duration
    from fleet.app.site.order_listing import checked_id, print_results
    from fleet.errors import SettingError
    from fleet.tasks.sources.limits import MOST_SECONDS

    order = checked_id(order)
    due_in_s = None if due is None else parse_duration(due, "--due")
    if due_in_s is not None and due_in_s > MOST_SECONDS:
        raise SettingError("--due", f"is {due}", f"give up to {MOST_SECONDS:g} seconds")
    with connected(connect, keys, name) as client:
        result = client.prioritise_order(order, priority, due_in_s)
    print_results([result], as_json=as_json)
    raise typer.Exit(int(result.outcome == "unchanged"))
