"""Prioritising an order: what is open of it gets another priority and, if said, another due time."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from fleet.tasks.books import PoolBooks
from fleet.tasks.order_changes import open_order
from fleet.tasks.refusal import ChangeRefusal, ChangeRefusalReason
from fleet.tasks.sources.limits import MOST_PRIORITY, MOST_SECONDS
from fleet.tasks.task_stage import TaskStage, stages
from fleet.tasks.task_table import TaskStatus


@dataclass(frozen=True, slots=True)
class PrioritiseResult:
    """What prioritising an order did: the priority and due time that it has now, and how far its tasks are.

    Those that wait are matched with robots by the new priority from now on. Those that robots are on their way to keep
    them, like those that are loaded; who goes first where robots meet has nothing to do with it.
    """

    order_id: str
    priority: int
    due_s: float
    tasks: tuple[tuple[int, TaskStage], ...]

    def of(self, stage: TaskStage) -> list[int]:
        """Tasks in this stage."""
        return [task for task, its_stage in self.tasks if its_stage is stage]


def prioritise(
    books: PoolBooks, order_id: str, priority: int, now_s: float, due_s: float | None
) -> PrioritiseResult | ChangeRefusal:
    """Prioritise an order; see `TaskPool.prioritise_order`."""
    row = open_order(books, order_id)
    if isinstance(row, ChangeRefusal):
        return row
    orders, tasks = books.orders, books.tasks
    problem = _out_of_range(priority, due_s, float(orders.release_s.values[row]))
    if problem:
        return ChangeRefusal(order_id, ChangeRefusalReason.OUT_OF_RANGE, problem)
    due_s = float(orders.due_s.values[row]) if due_s is None else float(due_s)
    orders.priority.values[row] = priority
    orders.due_s.values[row] = due_s
    of = orders.tasks_of(row)
    still_open = [task for task in of if tasks.status.values[task] in (TaskStatus.OPEN, TaskStatus.ASSIGNED)]
    tasks.priority.values[still_open] = priority
    tasks.due_s.values[still_open] = due_s
    books.events(
        {"t": now_s, "event": "order_prioritised", "order": order_id, "priority": int(priority), "due_s": due_s}
    )
    return PrioritiseResult(order_id, int(priority), due_s, tuple(zip(of, stages(books, of), strict=True)))


def _out_of_range(priority: int, due_s: float | None, release_s: float) -> str:
    """What is wrong with these values for an order, as in order sources; empty if nothing is."""
    if not -MOST_PRIORITY <= priority <= MOST_PRIORITY:
        return f"priority {priority} is not one of -{MOST_PRIORITY} to {MOST_PRIORITY}"
    if due_s is not None and not (isfinite(due_s) and release_s <= due_s <= MOST_SECONDS):
        return f"due_s {due_s:g} is not from its release at {release_s:g} s to {MOST_SECONDS:g} s"
    return ""
