"""Whether an order can still be changed, and the word that is given if not."""

from __future__ import annotations

from typing import TypeVar

from fleet.tasks.books import PoolBooks
from fleet.tasks.refusal import ChangeRefusal, ChangeRefusalReason

_Answer = TypeVar("_Answer")


def open_order(books: PoolBooks, order_id: str) -> int | ChangeRefusal:
    """Return the row of an order that is neither done nor cancelled, or why there is none."""
    row = books.orders.row_of.get(order_id)
    if row is None:
        detail = f"no order {order_id!r} was accepted"
        return ChangeRefusal(order_id, ChangeRefusalReason.UNKNOWN_ORDER, detail)
    ended_s = books.orders.ended_s(row)
    if ended_s is None:
        return row
    if books.orders.cancelled.values[row]:
        detail = f"order {order_id!r} was cancelled at {ended_s:g} s"
        return ChangeRefusal(order_id, ChangeRefusalReason.ALREADY_CANCELLED, detail)
    detail = f"order {order_id!r} was done at {ended_s:g} s"
    return ChangeRefusal(order_id, ChangeRefusalReason.ALREADY_DONE, detail)


def told(books: PoolBooks, change: str, answer: _Answer | ChangeRefusal, now_s: float) -> _Answer | ChangeRefusal:
    """Return the answer to an attempt to change an order; a refusal is made known."""
    if isinstance(answer, ChangeRefusal):
        books.events(
            {
                "t": now_s,
                "event": "order_change_refused",
                "order": answer.order_id,
                "change": change,
                "reason": answer.reason.value,
                "detail": answer.detail,
            }
        )
    return answer
