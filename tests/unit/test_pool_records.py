"""A pool as records to be kept; what a journal has to write, and what it cannot be read back from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fleet.errors import TaskError
from fleet.tasks.changes import PoolChanges
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.records import PoolRecord, RejectionRecord
from fleet.tasks.refusal import Refusal, RefusalReason
from tests.orders import order, splitter
from tests.staged_pool import StagedPool


def test_an_order_and_its_tasks_are_kept_to_the_last_bit() -> None:
    lines = (OrderLine("mug", 3, 0.1, 0.7), OrderLine("book", 1, 1e-9, 0.0))
    asked = Order("A", lines, release_s=1 / 7, due_s=1e9 / 3, priority=-1000, destination="Lyon")
    pool = TaskPool(splitter())
    pool.add_order(asked, 0.5)
    split = pool._splitter.split(asked, 0)
    assert not isinstance(split, Refusal)
    assert pool.order_record(0).order == asked
    assert tuple(pool.task_record(task.id).task for task in split) == split


def test_a_restored_pool_keeps_every_kind_of_task_and_goes_on_with_it() -> None:
    staged = StagedPool()
    staged.pool.cancel_order("A", 9.0)
    staged.pool.reject(Refusal("C", RefusalReason.BAD_ROW, "line 3"), 10.0)
    record = staged.pool.record()
    events: list[dict[str, Any]] = []
    pool = TaskPool.restored(record, splitter(totes=1), events.append)
    assert events == []
    assert pool.record() == record
    assert pool.counts() == staged.pool.counts()
    assert pool.failures() == {"unreachable": 1}
    assert pool.rejections() == {"bad_row": 1}
    pool.check()
    pool.assign(4, 1, 11.0)
    assert pool.first_cell[4] == 77
    assert pool.add_order(order("D", 1), 12.0) == [8]
    assert isinstance(pool.add_order(order("B", 1), 12.0), Refusal)
    pool.check()


def test_an_empty_pool_is_restored_as_an_empty_pool() -> None:
    pool = TaskPool.restored(TaskPool(splitter()).record(), splitter())
    assert pool.add_order(order("A", 1), 0.0) == [0]
    pool.check()


def without_task(record: PoolRecord) -> PoolRecord:
    return replace(record, tasks=record.tasks[1:])


def without_order(record: PoolRecord) -> PoolRecord:
    return replace(record, orders=record.orders[1:])


def without_last_order(record: PoolRecord) -> PoolRecord:
    return replace(record, orders=record.orders[:-1])


def with_order_without_tasks(record: PoolRecord) -> PoolRecord:
    return replace(record, orders=(*record.orders, replace(record.orders[-1], row=2)))


def with_task_of_another_order(record: PoolRecord) -> PoolRecord:
    return replace(record, tasks=(replace(record.tasks[0], order_row=1), *record.tasks[1:]))


def with_the_same_id_twice(record: PoolRecord) -> PoolRecord:
    again = replace(record.orders[1], order=replace(record.orders[1].order, id="A"))
    return replace(record, orders=(record.orders[0], again))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_task, "task 1 was added in row 0"),
        (without_order, "rows of the orders"),
        (without_last_order, "not those of the orders on record"),
        (with_order_without_tasks, "not those of the orders on record"),
        (with_task_of_another_order, "not those of the orders on record"),
        (with_the_same_id_twice, "the same id"),
    ],
)
def test_a_record_with_rows_missing_is_refused(damage: Callable[[PoolRecord], PoolRecord], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        TaskPool.restored(damage(StagedPool().pool.record()), splitter())


def changing(pool: TaskPool) -> PoolChanges:
    changes = PoolChanges(pool)
    pool._events = pool._books.events = changes
    return changes


def test_changes_name_the_rows_that_changed_since_they_were_asked() -> None:
    pool = TaskPool(splitter(totes=1))
    changes = changing(pool)
    pool.add_order(order("A", 1, 1), 0.0)
    pool.add_order(order("B", 1), 0.0)
    assert changes.take() == ([0, 1], [0, 1, 2], [])
    assert changes.take() == ([], [], [])
    pool.assign(1, 5, 1.0)
    pool.assign(2, np.int32(6), 1.0)
    assert changes.take() == ([], [1, 2], [])
    pool.advance(2, 2.0)
    pool.advance(2, 3.0)
    assert changes.take() == ([1], [2], [])
    pool.prioritise_order("A", 5, 4.0)
    assert changes.take() == ([0], [0, 1], [])
    pool.cancel_order("A", 5.0)
    assert changes.take() == ([0], [0, 1], [])


def test_changes_have_rejections_as_they_are_on_record_and_nothing_of_refused_changes() -> None:
    pool = TaskPool(splitter())
    changes = changing(pool)
    pool.add_order(order("A", 1, kg=99.0), 3.0)
    pool.cancel_order("A", 4.0)
    orders, tasks, rejections = changes.take()
    assert (orders, tasks) == ([], [])
    assert tuple(rejections) == pool.record().rejections
    assert rejections[0] == RejectionRecord("A", "unit_too_heavy", rejections[0].detail, 3.0)
