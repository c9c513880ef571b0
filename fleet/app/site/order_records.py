"""Orders and tasks on record, as the API says them to whoever looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from fleet.app.site.api_messages import OrderOnRecord, OrderRecords, OrdersOnRecord
from fleet.tasks.order_view import OrderStatus, OrderView
from fleet.tasks.records import OrderRecord, TaskRecord

# Lines and errands of a reply, some 100 bytes each: whatever orders are like, it stays far below the largest reply.
_MOST_PARTS: Final = 5000


class Records(Protocol):
    """The task pool; see fleet.tasks.pool."""

    def orders(self, status: OrderStatus | None, limit: int, after: int) -> Sequence[OrderView]:
        """Return up to `limit` orders of a status (None: any) in the rows after `after`."""

    def order_record(self, row: int) -> OrderRecord:
        """Return what is kept of the order in this row."""

    def task_record(self, task: int) -> TaskRecord:
        """Return what is kept of a task."""


def orders_on_record(pool: Records, ask: OrderRecords) -> OrdersOnRecord:
    """Return the orders that are asked for, at least one if there is one; some 100 µs each."""
    status = None if ask.status is None else OrderStatus(ask.status)
    views = pool.orders(status, ask.limit + 1, ask.after)
    rows: list[OrderOnRecord] = []
    parts = 0
    for view in views[: ask.limit]:
        tasks = tuple(pool.task_record(task.task) for task in view.tasks) if ask.tasks else ()
        row = OrderOnRecord(pool.order_record(view.row), tasks)
        parts += len(row.order.order.lines) + sum(len(kept.task.errands) for kept in tasks)
        if rows and parts > _MOST_PARTS:
            break
        rows.append(row)
    return OrdersOnRecord("", tuple(rows), more=len(rows) < len(views))
