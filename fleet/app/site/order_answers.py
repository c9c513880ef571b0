"""What the task pool says of orders, as the API says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from fleet.app.site.api_messages import (
    MAX_ROWS,
    NewLine,
    OrderList,
    OrderResult,
    OrderRow,
    OrderRows,
    OrderShown,
)
from fleet.app.site.task_answers import task_row
from fleet.tasks.cancelling import CancelResult, TaskFate
from fleet.tasks.order_view import OrderStatus, OrderView
from fleet.tasks.prioritising import PrioritiseResult
from fleet.tasks.refusal import ChangeRefusal, Refusal
from fleet.tasks.task_stage import TaskStage

_FATES = {
    TaskFate.DROPPED: "no longer waiting for a robot",
    TaskFate.TAKEN_BACK: "taken back from robots on their way",
    TaskFate.CARRIED_ON: "carried on to the end, being picked or on a robot",
    TaskFate.DONE: "done before",
    TaskFate.FAILED: "given up before",
}
_STAGES = {
    TaskStage.WAITING: "waiting, matched by the new priority",
    TaskStage.UNDER_WAY: "with robots on their way, which keep them",
    TaskStage.PICKING: "being picked",
    TaskStage.LOADED: "loaded",
    TaskStage.STRANDED: "waiting to be taken over",
    TaskStage.DONE: "done",
    TaskStage.FAILED: "given up",
}


class OrderLister(Protocol):
    """The task pool; see fleet.tasks.pool."""

    def orders(self, status: OrderStatus | None, limit: int, after: int) -> Sequence[OrderView]:
        """Return up to `limit` orders of a status (None: any) in the rows after `after`."""


def accepted_result(order_id: str, done: list[int] | Refusal) -> OrderResult:
    """Return what became of an order that came in."""
    if isinstance(done, Refusal):
        return OrderResult(order_id, "refused", done.reason.value, done.detail)
    return OrderResult(order_id, "accepted", tasks=len(done))


def cancel_result(order_id: str, done: CancelResult | ChangeRefusal) -> OrderResult:
    """Return what cancelling an order did. `cancelling`: robots still bring to an end what they have of it."""
    if isinstance(done, ChangeRefusal):
        return OrderResult(order_id, "unchanged", done.reason.value, done.detail)
    fates = Counter(task.fate for task in done.tasks)
    detail = ", ".join(f"{count} {_FATES[fate]}" for fate, count in fates.items())
    outcome = "cancelling" if done.carried_on else "cancelled"
    return OrderResult(order_id, outcome, detail=f"tasks: {detail}", tasks=len(done.tasks))


def prioritise_result(order_id: str, done: PrioritiseResult | ChangeRefusal) -> OrderResult:
    """Return what prioritising an order did."""
    if isinstance(done, ChangeRefusal):
        return OrderResult(order_id, "unchanged", done.reason.value, done.detail)
    stages = Counter(stage for _, stage in done.tasks)
    detail = ", ".join(f"{count} {_STAGES[stage]}" for stage, count in stages.items())
    return OrderResult(order_id, "prioritised", detail=f"tasks: {detail}", tasks=len(done.tasks))


def order_rows(orders: OrderLister, ask: OrderList, now_s: float) -> OrderRows:
    """Return a page of a list of orders."""
    status = None if ask.status is None else OrderStatus(ask.status)
    # One more than is asked for, to know whether there are more.
    views = orders.orders(status, ask.limit + 1, ask.after)
    rows = tuple(_row(view, now_s) for view in views[: ask.limit])
    return OrderRows("", rows, len(views) > ask.limit)


def order_shown(view: OrderView, serials: Sequence[str], now_s: float) -> OrderShown:
    """Return all there is to know of an order."""
    return OrderShown(
        "",
        order=_row(view, now_s),
        lines=tuple(NewLine(line.sku, line.quantity, line.unit_litres, line.unit_kg) for line in view.order.lines),
        tasks=tuple(task_row(task, serials) for task in view.tasks[:MAX_ROWS]),
        destination=view.destination,
    )


def _row(view: OrderView, now_s: float) -> OrderRow:
    order = view.order
    ended_s = now_s if view.done_s is None else view.done_s
    return OrderRow(
        row=view.row,
        order=order.id,
        status=view.status.value,
        priority=order.priority,
        release_s=order.release_s,
        due_s=order.due_s,
        late_s=ended_s - order.due_s,
        units=order.units,
        tasks=len(view.tasks),
        tasks_done=sum(task.stage is TaskStage.DONE for task in view.tasks),
        done_s=view.done_s,
    )
