"""What a person wants to know of orders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fleet.tasks.books import PoolBooks
from fleet.tasks.model import Order
from fleet.tasks.task_view import TaskView, task_views
from robots.arrays import Bool


class OrderStatus(StrEnum):
    """How an order stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"  # one of its tasks was given up: it is open for ever, until a person has seen to it


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it stands.

    row          in the order of acceptance, from 0
    order        as it was accepted, but with the priority and due time that it has now
    destination  where it goes, which the floor has chosen if the order did not say
    done_s       when it was done or cancelled, None if it is neither
    """

    row: int
    order: Order
    status: OrderStatus
    destination: str
    done_s: float | None
    tasks: tuple[TaskView, ...]


def order_view(books: PoolBooks, row: int) -> OrderView:
    """Return how the order in this row stands."""
    of = books.orders.tasks_of(row)
    return OrderView(
        row=row,
        order=books.orders.order(row),
        status=_status(books, row),
        destination=books.tasks.destinations[of.start],
        done_s=books.orders.ended_s(row),
        tasks=tuple(task_views(books, of)),
    )


def order_views(books: PoolBooks, status: OrderStatus | None, limit: int, after: int) -> list[OrderView]:
    """Return up to `limit` orders of a status (None: any) in the rows after `after`, ascending."""
    if status is None:
        rows = range(after + 1, min(after + 1 + limit, len(books.orders)))
        return [order_view(books, row) for row in rows]
    found = after + 1 + np.flatnonzero(_having(books, status)[after + 1 :])[:limit]
    return [order_view(books, row) for row in found.tolist()]


def _having(books: PoolBooks, status: OrderStatus) -> Bool:
    """Which orders have a status, bool, one row an order."""
    orders = books.orders
    cancelled: Bool = orders.cancelled.view
    ended: Bool = ~np.isnan(orders.done_s.values)
    if status is OrderStatus.CANCELLED:
        return cancelled
    if status is OrderStatus.DONE:
        return ended & ~cancelled
    failed = np.zeros(len(orders), dtype=np.bool_)
    failed[books.tasks.order.values[list(books.failures)]] = True
    return ~ended & (failed if status is OrderStatus.FAILED else ~failed)


def _status(books: PoolBooks, row: int) -> OrderStatus:
    orders = books.orders
    if orders.cancelled.values[row]:
        return OrderStatus.CANCELLED
    if orders.ended_s(row) is not None:
        return OrderStatus.DONE
    failed = any(task in books.failures for task in orders.tasks_of(row))
    return OrderStatus.FAILED if failed else OrderStatus.OPEN
