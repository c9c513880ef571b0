"""A task pool's books as records to be kept, and back again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
from fleet.tasks.books import PoolBooks
from fleet.tasks.events import EventSink
from fleet.tasks.model import ErrandKind
from fleet.tasks.order_book import OrderBook
from fleet.tasks.records import OrderRecord, PoolRecord, TaskRecord
from fleet.tasks.task_table import TaskStatus, TaskTable
from fleet.tasks.waiting_tasks import WaitingTasks
from fleet.tasks.work_tally import WorkTally


def order_record(books: PoolBooks, row: int) -> OrderRecord:
    """Return what must be kept of the order in this row."""
    orders = books.orders
    return OrderRecord(row, orders.order(row), orders.ended_s(row), bool(orders.cancelled.values[row]))


def task_record(books: PoolBooks, task: int) -> TaskRecord:
    """Return what must be kept of a task."""
    tasks = books.tasks
    order = int(tasks.order.values[task])
    return TaskRecord(
        task=tasks.task(task, books.orders.ids[order]),
        order_row=order,
        status=int(tasks.status.values[task]),
        robot=int(tasks.robot.values[task]),
        errand_index=int(tasks.errand_index.values[task]),
        takeover_robot=int(tasks.takeover_robot.values[task]),
        takeover_cell=int(tasks.takeover_cell.values[task]),
        takeover_s=float(tasks.takeover_s.values[task]),
        reason=books.failures.get(task, ""),
    )


def pool_record(books: PoolBooks) -> PoolRecord:
    """Return all that must be kept; takes some 20 µs a task."""
    return PoolRecord(
        orders=tuple(order_record(books, row) for row in range(len(books.orders))),
        tasks=tuple(task_record(books, task) for task in range(len(books.tasks))),
        rejections=tuple(books.rejections),
        recoveries=dict(books.recoveries),
    )


def restored_books(record: PoolRecord, events: EventSink) -> PoolBooks:
    """Return the books that a record was made of; every counter follows from its rows.

    Raises TaskError where rows are missing or out of order. Time grows with tasks, some 10 µs each.
    """
    tasks = _restored_tasks(record.tasks)
    orders = _restored_orders(record.orders, tasks)
    books = PoolBooks(events, tasks, orders, WaitingTasks(tasks))
    books.failures = {kept.task.id: kept.reason for kept in record.tasks if kept.status == TaskStatus.FAILED}
    books.rejections = list(record.rejections)
    books.recoveries.update(record.recoveries)
    for refills in (False, True):
        _count(books, books.refills if refills else books.customers, refills=refills)
    return books


def _restored_tasks(records: Sequence[TaskRecord]) -> TaskTable:
    tasks = TaskTable()
    tasks.extend([kept.task for kept in records], [kept.order_row for kept in records])
    tasks.status.values[:] = [kept.status for kept in records]
    tasks.robot.values[:] = [kept.robot for kept in records]
    tasks.errand_index.values[:] = [kept.errand_index for kept in records]
    tasks.takeover_robot.values[:] = [kept.takeover_robot for kept in records]
    tasks.takeover_cell.values[:] = [kept.takeover_cell for kept in records]
    tasks.takeover_s.values[:] = [kept.takeover_s for kept in records]
    pending = tasks.takeover_robot.values != NO_ROBOT
    tasks.first_cell.values[pending] = tasks.takeover_cell.values[pending]
    return tasks


def _restored_orders(records: Sequence[OrderRecord], tasks: TaskTable) -> OrderBook:
    """Return the orders whose tasks these are: those of one order follow on each other, in the order of the orders."""
    orders, order_of = OrderBook(), tasks.order.values
    if [kept.row for kept in records] != list(range(len(records))):
        raise TaskError("the rows of the orders on record are not 0, 1, 2, ...")
    if not np.array_equal(np.unique(order_of), np.arange(len(records))) or (np.diff(order_of) < 0).any():
        raise TaskError("the tasks on record are not those of the orders on record, in their order")
    count = np.bincount(order_of, minlength=len(records))
    orders.extend([kept.order for kept in records], np.cumsum(count) - count, count)
    if len(orders.row_of) < len(orders):
        raise TaskError("two orders on record have the same id")
    orders.done_s.values[:] = [np.nan if kept.done_s is None else kept.done_s for kept in records]
    orders.cancelled.values[:] = [kept.cancelled for kept in records]
    over = np.isin(tasks.status.values, (TaskStatus.DONE, TaskStatus.CANCELLED))
    orders.tasks_left.values[:] -= np.bincount(order_of[over], minlength=len(records)).astype(np.int32)
    return orders


def _count(books: PoolBooks, tally: WorkTally, *, refills: bool) -> None:
    """Count replenishments, or customers' orders, with their tasks, and units where they are."""
    tasks, orders = books.tasks, books.orders
    its_orders = orders.refills.values == refills
    its_tasks = its_orders[tasks.order.values]
    ended, cancelled = ~np.isnan(orders.done_s.values[its_orders]), orders.cancelled.values[its_orders]
    tally.taken_on, tally.created = int(its_orders.sum()), int(its_tasks.sum())
    tally.orders_ended["cancelled"] = int(cancelled.sum())
    tally.orders_ended["done"] = int(ended.sum() - cancelled.sum())
    status = tasks.status.values
    tally.tasks_ended["done"] = int((status[its_tasks] == TaskStatus.DONE).sum())
    never = its_tasks & (status == TaskStatus.CANCELLED)
    tally.tasks_ended["cancelled"] = int(never.sum())
    begin, of_errand, errands = tasks.begin.values, tasks.errand_units.values, tasks.end.values - tasks.begin.values
    number = np.arange(len(of_errand)) - np.repeat(begin, errands)
    done = (number < np.repeat(tasks.errand_index.values, errands)) & np.repeat(its_tasks, errands)
    picks = tasks.errand_kinds.values == ErrandKind.PICK
    tally.units["ordered"] = int(orders.units.values[its_orders].sum())
    tally.units["picked"] = int(of_errand[done & picks].sum())
    tally.units["dropped"] = int(of_errand[done & ~picks].sum())
    tally.units["cancelled"] = int(tasks.units.values[never].sum())
