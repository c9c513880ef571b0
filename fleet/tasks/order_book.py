"""The columns of orders: what each still waits for, and when it was done."""

from __future__ import annotations

import numpy as np

from fleet.tasks.growing_column import GrowingColumn
from fleet.tasks.model import Order


class OrderBook:
    """One row an accepted order.

    due_s       float64, when it should be done
    done_s      float64, when it was; NaN until then
    tasks_left  int32, its tasks that are not done
    units       int32, units over all its lines
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.due_s = GrowingColumn(np.float64)
        self.done_s = GrowingColumn(np.float64)
        self.tasks_left = GrowingColumn(np.int32)
        self.units = GrowingColumn(np.int32)

    def __len__(self) -> int:
        return len(self.ids)

    def append(self, order: Order, tasks: int) -> int:
        """Add an order of so many tasks and return its row."""
        self.ids.append(order.id)
        self.due_s.append(order.due_s)
        self.done_s.append(np.nan)
        self.tasks_left.append(tasks)
        self.units.append(order.units)
        return len(self.ids) - 1
