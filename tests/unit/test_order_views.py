"""Orders as people ask for them."""

from __future__ import annotations

import pytest

from fleet.tasks.order_view import OrderStatus
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_stage import TaskStage
from fleet.tasks.task_view import TaskView
from tests.orders import order, splitter


@pytest.fixture
def pool() -> TaskPool:
    """Orders 0 to 7 of one task each: 0 and 4 are done, 1 and 5 cancelled, 2 and 6 have failed, 3 and 7 are open."""
    pool = TaskPool(splitter())
    for number in range(8):
        pool.add_order(order(f"{number}", 2), 0.0)
        if number % 4 == 0:
            pool.assign(number, 3, 1.0)
            while not pool.advance(number, 5.0 + number):
                pass
        elif number % 4 == 1:
            pool.cancel_order(f"{number}", 6.0)
        elif number % 4 == 2:
            pool.fail(number, "unreachable", 7.0)
    return pool


def names(pool: TaskPool, *arguments: OrderStatus | int | None) -> list[str]:
    return [view.order.id for view in pool.orders(*arguments)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (OrderStatus.DONE, ["0", "4"]),
        (OrderStatus.CANCELLED, ["1", "5"]),
        (OrderStatus.FAILED, ["2", "6"]),
        (OrderStatus.OPEN, ["3", "7"]),
        (None, ["0", "1", "2", "3", "4", "5", "6", "7"]),
    ],
)
def test_orders_are_listed_by_status_in_the_order_of_acceptance(
    pool: TaskPool, status: OrderStatus | None, expected: list[str]
) -> None:
    assert names(pool, status) == expected
    assert {view.status for view in pool.orders(status)} <= ({status} if status else set(OrderStatus))


def test_orders_are_listed_page_by_page(pool: TaskPool) -> None:
    assert names(pool, None, 3) == ["0", "1", "2"]
    assert names(pool, None, 3, 2) == ["3", "4", "5"]
    assert names(pool, None, 3, 7) == names(pool, None, 3, 99) == []
    assert names(pool, OrderStatus.DONE, 1) == ["0"]
    assert names(pool, OrderStatus.DONE, 1, 0) == ["4"]
    assert names(pool, OrderStatus.DONE, 1, 4) == names(pool, OrderStatus.DONE, 1, 99) == []


def test_a_view_has_the_order_as_it_was_accepted_and_when_it_ended(pool: TaskPool) -> None:
    view = pool.order("4")
    assert view is not None
    assert (view.row, view.order, view.done_s) == (4, order("4", 2), 9.0)
    assert view.destination in {"Lyon", "Oslo"}
    assert view.tasks == (TaskView(4, TaskStage.DONE, 3, 2, 2, ""),)
    cancelled, failed, still_open = pool.order("1"), pool.order("2"), pool.order("3")
    assert cancelled is not None
    assert failed is not None
    assert still_open is not None
    assert (cancelled.done_s, failed.done_s, still_open.done_s) == (6.0, None, None)
    assert failed.tasks == (TaskView(2, TaskStage.FAILED, -1, 0, 2, "unreachable"),)


def test_a_view_tells_how_far_tasks_are(pool: TaskPool) -> None:
    pool.assign(7, 5, 8.0)
    pool.advance(7, 9.0)
    view = pool.order("7")
    assert view is not None
    assert view.tasks == (TaskView(7, TaskStage.LOADED, 5, 1, 2, ""),)


def test_an_order_that_nobody_knows_has_no_view(pool: TaskPool) -> None:
    assert pool.order("8") is None
    with pytest.raises(KeyError):
        pool.order_rows("8")
