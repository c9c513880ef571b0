"""The conservation auditor finds every counter or column that does not fit the others."""

from collections.abc import Callable

import numpy as np
import pytest

from fleet.errors import AuditError
from fleet.tasks.pool import TaskPool
from tests.orders import order, splitter


def busy_pool() -> TaskPool:
    """Task 0 done, 1 loaded, 2 failed, 3 open, 4 waits for a takeover, the one of 5 is under way, 6 is cancelled.

    Order B is done, order X (6 and 7, of 2 and 3 units) is cancelled: 7 is being picked by robot 0.
    """
    pool = TaskPool(splitter(totes=1))
    for name in "BACDEF":
        pool.add_order(order(name, 2), 0.0)
    for task in (0, 1, 4, 5):
        pool.assign(task, 5 + task, 0.0)
        pool.advance(task, 1.0)
    for task in (4, 5):
        pool.strand(task, 77, 30.0, 1.0)
    pool.assign(5, 2, 1.0)
    pool.advance(0, 2.0)
    pool.fail(2, "unreachable", 2.0)
    pool.add_order(order("X", 2, 3), 2.0)
    pool.watch_services(lambda: np.array([7], dtype=np.int32))
    pool.assign(7, 0, 2.0)
    pool.cancel_order("X", 3.0)
    return pool


def test_a_pool_whose_books_agree_passes() -> None:
    busy_pool().check()
    TaskPool(splitter()).check()


def spoil(column: str, row: int, value: float, table: str = "_tasks") -> Callable[[TaskPool], None]:
    def change(pool: TaskPool) -> None:
        getattr(getattr(pool, table), column).values[row] = value

    return change


def lose_waiting(pool: TaskPool) -> None:
    pool._books.waiting._ids = pool.waiting()[:0]


def cancel_without_its_task(pool: TaskPool) -> None:
    pool._orders.cancelled.values[3] = True
    pool._orders.done_s.values[3] = 3.0


def cancel_task_alone(pool: TaskPool) -> None:
    pool._books.cancel_task(3, 3.0)
    pool._orders.done_s.values[3] = 3.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (spoil("status", 3, 2), "errands done of done task 3"),
        (spoil("status", 1, 2), "errands done of done task 1"),
        (spoil("status", 1, 0), "errands done of open task 1"),
        (spoil("status", 0, 3), "errands done of task 0"),
        (spoil("status", 3, 3), "failed tasks"),
        (spoil("robot", 3, 4), "robot of open task 3"),
        (spoil("robot", 1, -1), "whether task 1 has a robot"),
        (spoil("errand_index", 1, 0), "picked units"),
        (spoil("robot", 4, 3), "robot of open task 4"),
        (spoil("robot", 5, 10), "whether task 5 is taken over by another robot"),
        (spoil("errand_index", 4, 0), "whether task 4 has a load to take over"),
        (spoil("status", 5, 3), "whether task 5 can be taken over"),
        (spoil("first_cell", 4, 0), "first cell of task 4"),
        (spoil("takeover_cell", 4, -1), "whether task 4 is taken over somewhere"),
        (spoil("takeover_s", 5, 0.0), "whether task 5 is taken over somewhere"),
        (spoil("takeover_robot", 4, -1), "takeover cell and time of task 4"),
        (spoil("takeover_robot", 1, 3), "whether task 1 is taken over somewhere"),
        (spoil("takeover_cell", 3, 5), "takeover cell and time of task 3"),
        (spoil("takeover_s", 3, 5.0), "takeover cell and time of task 3"),
        (lambda pool: pool._books.recoveries.update(stranded=3), "stranded tasks"),
        (lambda pool: pool._books.recoveries.update(taken_over=1), "stranded tasks"),
        (lambda pool: pool._books.recoveries.update(reclaimed=1), "stranded tasks"),
        (spoil("order", 1, 0), "tasks of order 'B'"),
        (spoil("units", 1, 3), "units of task 1"),
        (spoil("first_cell", 1, 0), "first cell of task 1"),
        (spoil("errand_units", 0, 7), "units that task 0 picks and drops"),
        (spoil("errand_kinds", 1, 0), "kinds of errands of task 0"),
        (spoil("tasks_left", 0, 1, "_orders"), "tasks left of order 'B'"),
        (spoil("units", 1, 3, "_orders"), "units of order 'A'"),
        (spoil("done_s", 1, 3.0, "_orders"), "whether order 'A' is done"),
        (spoil("done_s", 0, float("nan"), "_orders"), "whether order 'B' is done"),
        (spoil("status", 6, 0), "tasks left of order 'X'"),
        (spoil("status", 7, 4), "robot of cancelled task 7"),
        (spoil("robot", 6, 4), "robot of cancelled task 6"),
        (spoil("errand_index", 6, 1), "errands done of cancelled task 6"),
        (spoil("status", 3, 4), "tasks left of order 'D'"),
        (spoil("cancelled", 6, 0, "_orders"), "whether order 'X' is done"),
        (spoil("cancelled", 0, 1, "_orders"), "done orders"),
        (spoil("cancelled", 2, 1, "_orders"), "whether order 'C' is done"),
        (spoil("done_s", 6, float("nan"), "_orders"), "whether order 'X' is done"),
        (spoil("tasks", 6, 1, "_orders"), "tasks of order 'X'"),
        (cancel_without_its_task, "tasks of cancelled order 'D' that wait for a robot"),
        (cancel_task_alone, "cancelled tasks of order 'D'"),
        (lambda pool: pool._books.customers.orders_ended.update(cancelled=2), "cancelled orders"),
        (lambda pool: pool._books.customers.tasks_ended.update(cancelled=2), "cancelled tasks"),
        (lambda pool: pool._books.customers.units.update(cancelled=5), "cancelled units"),
        (lose_waiting, "waiting tasks"),
        (lambda pool: pool._books.customers.orders_ended.update(done=2), "done orders"),
        (lambda pool: pool._books.customers.tasks_ended.update(done=2), "done tasks"),
        (lambda pool: pool._books.failures.update({3: "made up"}), "failed tasks"),
        (lambda pool: pool._books.customers.units.update(ordered=1), "ordered units"),
        (lambda pool: pool._books.customers.units.update(picked=1), "picked units"),
        (lambda pool: pool._books.customers.units.update(dropped=1), "dropped units"),
    ],
)
def test_books_that_disagree_are_found(change: Callable[[TaskPool], None], message: str) -> None:
    pool = busy_pool()
    change(pool)
    with pytest.raises(AuditError, match=message):
        pool.check()


@pytest.mark.parametrize(
    ("group", "counter"),
    [
        ("orders", "rejected"),
        ("orders", "open"),
        ("orders", "accepted"),
        ("tasks", "open"),
        ("tasks", "cancelled"),
        ("orders", "cancelled"),
    ],
)
def test_counters_that_do_not_add_up_are_found(group: str, counter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = busy_pool()
    counts = pool.counts()
    counts[group][counter] += 1
    monkeypatch.setattr(TaskPool, "counts", lambda _pool: counts)
    with pytest.raises(AuditError, match=group):
        pool.check()
