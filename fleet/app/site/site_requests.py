"""Carries the API's requests out on the parts of a running site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fleet.app.site.api_messages import (
    Act,
    Acted,
    FloorAsk,
    FloorIs,
    NewOrder,
    OrderAdd,
    OrderCancel,
    OrderList,
    OrderPrioritise,
    OrderRecords,
    OrderResult,
    OrderResults,
    OrderShow,
    Refused,
    Reply,
    RobotShow,
    RobotShown,
    SnapshotAsk,
    SnapshotIs,
    StatusAsk,
    StatusIs,
    TaskList,
)
from fleet.app.site.feed_messages import Roster, SiteNews, Snapshot
from fleet.app.site.operator_action import operator_action
from fleet.app.site.order_answers import accepted_result, cancel_result, order_rows, order_shown, prioritise_result
from fleet.app.site.order_records import orders_on_record
from fleet.app.site.request_desk import Request
from fleet.app.site.task_answers import task_rows
from fleet.grid.layout import Layout
from fleet.tasks.cancelling import CancelResult
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.order_view import OrderStatus, OrderView
from fleet.tasks.prioritising import PrioritiseResult
from fleet.tasks.records import OrderRecord, TaskRecord
from fleet.tasks.refusal import ChangeRefusal, Refusal, RefusalReason
from fleet.tasks.task_table import TaskStatus
from fleet.tasks.task_view import TaskView
from fleet.traffic.zones.action_file import ActionError
from fleet.traffic.zones.actions import MakingAction, ZoneAction
from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason
from fleet.traffic.zones.restriction import Restriction
from robots.arrays import Int32

_Read = OrderList | OrderShow | OrderRecords | TaskList | RobotShow | FloorAsk | StatusAsk | SnapshotAsk


class Orders(Protocol):
    """The task pool, as far as the API needs it; see fleet.tasks.pool."""

    def add_order(self, order: Order, now_s: float) -> list[int] | Refusal:
        """Take an order on and return its tasks, or why it is refused."""

    def cancel_order(self, order_id: str, now_s: float) -> CancelResult | ChangeRefusal:
        """Cancel an order and return what became of its tasks, or why it is left as it is."""

    def prioritise_order(
        self, order_id: str, priority: int, now_s: float, due_s: float | None = None
    ) -> PrioritiseResult | ChangeRefusal:
        """Give an order another priority and due time, or say why it is left as it is."""

    def orders(self, status: OrderStatus | None, limit: int, after: int) -> Sequence[OrderView]:
        """Return up to `limit` orders of a status (None: any) in the rows after `after`."""

    def order(self, order_id: str) -> OrderView | None:
        """Return how an order stands, None if none of this id was accepted."""

    def tasks(self, status: TaskStatus | None, limit: int, after: int) -> Sequence[tuple[str, TaskView]]:
        """Return up to `limit` tasks of a status (None: any) after number `after`, each with the id of its order."""

    def order_record(self, row: int) -> OrderRecord:
        """Return what is kept of the order in this row."""

    def task_record(self, task: int) -> TaskRecord:
        """Return what is kept of a task."""


class Zones(Protocol):
    """What is restricted on the floor; see fleet.traffic.zones.zones."""

    def apply(self, action: ZoneAction, now_s: float) -> int | ZoneRefusal:
        """Carry an action out and return the restriction that it was about, or why it was not."""

    def in_force(self) -> list[Restriction]:
        """Return what is in force."""


@dataclass(frozen=True, slots=True)
class Site:
    """The parts of a site that requests are about.

    record       puts on record what an operator did, with whom and when, before the commit
    lead_time_s  from acceptance to when an order is due that does not say
    robot        tells all there is to know of the robot in a row
    serials      of the robots, by row
    feed         endpoint of the feed, as it was bound
    """

    orders: Orders
    zones: Zones
    layout: Layout
    named: Mapping[str, Int32]
    record: Callable[[str, dict[str, Any], float], None]
    status: Callable[[], SiteNews]
    snapshot: Callable[[], Snapshot]
    floor: Callable[[], FloorIs]
    robot: Callable[[int], RobotShown]
    lead_time_s: float
    serials: tuple[str, ...]
    feed: str


class SiteRequests:
    """Answers each request, by what it did. Reads no clock: `now_s` is the site's."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._roster = Roster(site.serials)
        self._row_of = {serial: row for row, serial in enumerate(site.serials)}

    def reply(self, request: Request, now_s: float) -> Reply:
        """Carry a request out; what it changes is safe only after the next commit, and answered then."""
        ask, by = request.ask, _on_record(request)
        match ask:
            case OrderAdd():
                return OrderResults("", tuple(self._add(order, now_s) for order in ask.orders))
            case OrderCancel():
                return OrderResults("", tuple(self._cancel(order, by, now_s) for order in ask.orders))
            case OrderPrioritise():
                return OrderResults("", (self._prioritise(ask, by, now_s),))
            case Act():
                return self._act(ask, by, now_s)
            case _:
                return self._read(ask, now_s)

    def _read(self, ask: _Read, now_s: float) -> Reply:
        site = self._site
        match ask:
            case OrderList():
                return order_rows(site.orders, ask, now_s)
            case OrderShow():
                return self._show(ask, now_s)
            case OrderRecords():
                return orders_on_record(site.orders, ask)
            case TaskList():
                return task_rows(site.orders, ask, site.serials)
            case RobotShow():
                return self._show_robot(ask)
            case FloorAsk():
                return site.floor()
            case StatusAsk():
                return StatusIs("", site.status())
            case SnapshotAsk():
                return SnapshotIs("", site.feed, self._roster, site.snapshot())

    def _add(self, new: NewOrder, now_s: float) -> OrderResult:
        order = _order(new, now_s, self._site.lead_time_s)
        known = self._site.orders.order(new.id)
        if known is not None and _same(known.order, new):
            # A copy, as when a file is added again after an interrupt: no order came in that could be refused.
            detail = "was accepted before, with the same lines"
            return OrderResult(new.id, "duplicate", RefusalReason.DUPLICATE_ORDER.value, detail, len(known.tasks))
        return accepted_result(new.id, self._site.orders.add_order(order, now_s))

    def _cancel(self, order_id: str, by: str, now_s: float) -> OrderResult:
        done = self._site.orders.cancel_order(order_id, now_s)
        if isinstance(done, CancelResult):
            self._site.record(by, {"event": "order_cancelled", "order": order_id}, now_s)
        return cancel_result(order_id, done)

    def _prioritise(self, ask: OrderPrioritise, by: str, now_s: float) -> OrderResult:
        due_s = None if ask.due_in_s is None else now_s + ask.due_in_s
        done = self._site.orders.prioritise_order(ask.order, ask.priority, now_s, due_s)
        if isinstance(done, PrioritiseResult):
            what = {"event": "order_prioritised", "order": ask.order, "priority": ask.priority, "due_s": due_s}
            self._site.record(by, what, now_s)
        return prioritise_result(ask.order, done)

    def _show(self, ask: OrderShow, now_s: float) -> Reply:
        view = self._site.orders.order(ask.order)
        if view is None:
            return Refused("", code="unknown_order", problem=f"no order {ask.order!r} was accepted")
        return order_shown(view, self._site.serials, now_s)

    def _show_robot(self, ask: RobotShow) -> Reply:
        row = self._row_of.get(ask.robot)
        if row is None:
            return Refused("", code="unknown_robot", problem=f"no robot is called {ask.robot!r}")
        return self._site.robot(row)

    def _act(self, ask: Act, by: str, now_s: float) -> Reply:
        """Carry an operator's action out; what it does to the floor goes on record by its event."""
        site = self._site
        try:
            action = operator_action(ask.action, by, f"r-{ask.id}", site.layout, site.named, site.serials)
        except ActionError as bad:
            return Refused(
                "", code="bad_action", problem=f"{bad.where}: {bad.problem}"[:1000], remedy=bad.remedy[:1000]
            )
        done = site.zones.apply(action, now_s)
        if isinstance(done, int):
            return Acted("", done)
        if done.reason is ZoneRefusalReason.REF_TAKEN and isinstance(action, MakingAction):
            for restriction in site.zones.in_force():
                if restriction.ref == action.ref == f"r-{ask.id}" and restriction.by == by:
                    # This very request was carried out by the controller from which this one has taken over.
                    return Acted("", restriction.id)
        return Refused("", code=done.reason.value, problem=done.problem, remedy=done.remedy[:1000])


def _on_record(request: Request) -> str:
    """Who it was: the one whose key it is, or somebody for whom that one asks."""
    asked = request.ask.user
    return request.user if asked in ("", request.user) else f"{asked} via {request.user}"


def _order(new: NewOrder, now_s: float, lead_time_s: float) -> Order:
    lines = tuple(OrderLine(line.sku, line.quantity, line.unit_litres, line.unit_kg) for line in new.lines)
    due_s = now_s + (lead_time_s if new.due_in_s is None else new.due_in_s)
    return Order(new.id, lines, now_s, due_s, new.priority, new.destination)


def _same(order: Order, new: NewOrder) -> bool:
    """Whether an order that was accepted is the one that comes in; its times and priority may have changed since."""
    asked = [(line.sku, line.quantity, line.unit_litres, line.unit_kg) for line in new.lines]
    had = [(line.sku, line.quantity, line.unit_litres, line.unit_kg) for line in order.lines]
    return asked == had and order.destination == new.destination
