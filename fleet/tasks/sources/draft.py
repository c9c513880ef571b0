"""What a source says about an order, before it has times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fleet.tasks.model import Order, OrderLine


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order as a file gives it; None is what the file leaves open."""

    id: str
    lines: tuple[OrderLine, ...]
    release_s: float | None
    due_s: float | None
    priority: int
    destination: str | None


def with_times(drafts: list[OrderDraft], arrivals: Iterator[float], lead_time_s: float) -> list[Order]:
    """Return the orders in release order; those of the same time stay in the order of the drafts.

    A draft without a release time takes the next arrival (seconds, ascending), one without a due time is due
    `lead_time_s` after its release.
    """
    orders = []
    for draft in drafts:
        release_s = next(arrivals) if draft.release_s is None else draft.release_s
        due_s = release_s + lead_time_s if draft.due_s is None else draft.due_s
        orders.append(Order(draft.id, draft.lines, release_s, due_s, draft.priority, draft.destination))
    return sorted(orders, key=lambda order: order.release_s)
