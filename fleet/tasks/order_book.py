"""The columns of orders: what was asked for, what each still waits for, and when it was done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fleet.tasks.growing_column import GrowingColumn
from fleet.tasks.model import Order, OrderLine


class OrderBook:
    """One row an accepted order; its lines in compressed rows. Rows are added at the end and never leave.

    ids          names, and `row_of` the other way round
    release_s    float64, when it came in
    due_s        float64, when it should be done
    priority     int32; the larger is the more urgent
    done_s       float64, when it was done, or cancelled; NaN until then
    cancelled    bool, whether it was cancelled
    refills      bool, whether it is a replenishment and no customer's
    first_task   int32; its tasks are first_task to first_task + tasks - 1
    tasks        int32
    tasks_left   int32, its tasks that are neither done nor cancelled
    units        int32, units over all its lines
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.row_of: dict[str, int] = {}
        self.release_s = GrowingColumn(np.float64)
        self.due_s = GrowingColumn(np.float64)
        self.priority = GrowingColumn(np.int32)
        self.done_s = GrowingColumn(np.float64)
        self.cancelled = GrowingColumn(np.bool_)
        self.refills = GrowingColumn(np.bool_)
        self.first_task = GrowingColumn(np.int32)
        self.tasks = GrowingColumn(np.int32)
        self.tasks_left = GrowingColumn(np.int32)
        self.units = GrowingColumn(np.int32)
        self._destinations: list[str | None] = []
        self._lines_end = GrowingColumn(np.int64)
        self._skus: list[str] = []
        self._quantity = GrowingColumn(np.int32)
        self._unit_litres = GrowingColumn(np.float64)
        self._unit_kg = GrowingColumn(np.float64)

    def __len__(self) -> int:
        return len(self.ids)

    def extend(self, orders: Sequence[Order], first_task: npt.ArrayLike, tasks: npt.ArrayLike) -> None:
        """Add open orders, of so many tasks from `first_task` on; int (k,) each."""
        self.row_of.update((order.id, row) for row, order in enumerate(orders, len(self)))
        self.ids.extend(order.id for order in orders)
        self.release_s.extend([order.release_s for order in orders])
        self.due_s.extend([order.due_s for order in orders])
        self.priority.extend([order.priority for order in orders])
        self.done_s.repeat(np.nan, len(orders))
        self.cancelled.repeat(0, len(orders))
        self.refills.extend([order.is_refill for order in orders])
        self.first_task.extend(first_task)
        self.tasks.extend(tasks)
        self.tasks_left.extend(tasks)
        self.units.extend([order.units for order in orders])
        self._destinations.extend(order.destination for order in orders)
        lines = [line for order in orders for line in order.lines]
        self._lines_end.extend(len(self._skus) + np.cumsum([len(order.lines) for order in orders]))
        self._skus.extend(line.sku for line in lines)
        self._quantity.extend([line.quantity for line in lines])
        self._unit_litres.extend([line.unit_litres for line in lines])
        self._unit_kg.extend([line.unit_kg for line in lines])

    def order(self, row: int) -> Order:
        """Return an order as it was accepted, but with the priority and due time that it has now."""
        ends = self._lines_end.values
        lines = range(int(ends[row - 1]) if row else 0, int(ends[row]))
        return Order(
            id=self.ids[row],
            lines=tuple(
                OrderLine(
                    sku=self._skus[line],
                    quantity=int(self._quantity.values[line]),
                    unit_litres=float(self._unit_litres.values[line]),
                    unit_kg=float(self._unit_kg.values[line]),
                )
                for line in lines
            ),
            release_s=float(self.release_s.values[row]),
            due_s=float(self.due_s.values[row]),
            priority=int(self.priority.values[row]),
            destination=self._destinations[row],
        )

    def tasks_of(self, row: int) -> range:
        """Tasks of an order, done or not."""
        first = int(self.first_task.values[row])
        return range(first, first + int(self.tasks.values[row]))

    def ended_s(self, row: int) -> float | None:
        """When an order was done, or cancelled; None while it is open."""
        done_s = float(self.done_s.values[row])
        return None if np.isnan(done_s) else done_s
