"""Tasks that are held back are given to nobody until they are let go."""

from __future__ import annotations

import pytest

from fleet.errors import AuditError, TaskError
from fleet.tasks.holding import Hold
from tests.staged_pool import StagedPool


def test_what_is_held_back_does_not_wait_for_a_robot_until_it_is_let_go() -> None:
    staged = StagedPool()
    pool = staged.pool
    waiting = pool.waiting().tolist()
    pool.hold_back([0, 7], Hold.CHUTE, 9.0)
    assert pool.waiting().tolist() == [task for task in waiting if task not in {0, 7}]
    pool.check()
    pool.let_go([7, 0], Hold.CHUTE, 10.0)
    assert pool.waiting().tolist() == waiting
    assert staged.events == [
        {"t": 9.0, "event": "task_held", "task": 0, "waits_for": "chute"},
        {"t": 9.0, "event": "task_held", "task": 7, "waits_for": "chute"},
        {"t": 10.0, "event": "task_let_go", "task": 7, "waited_for": "chute"},
        {"t": 10.0, "event": "task_let_go", "task": 0, "waited_for": "chute"},
    ]


def test_a_task_that_waits_for_two_things_goes_when_both_are_there() -> None:
    pool = StagedPool().pool
    pool.hold_back([0], Hold.STOCK, 9.0)
    pool.hold_back([0], Hold.CHUTE, 9.0)
    pool.let_go([0], Hold.STOCK, 9.0)
    assert 0 not in pool.waiting()
    pool.let_go([0], Hold.CHUTE, 9.0)
    assert 0 in pool.waiting()


def test_holding_twice_and_letting_go_of_what_is_free_changes_nothing() -> None:
    staged = StagedPool()
    staged.pool.let_go([0], Hold.STOCK, 9.0)
    assert staged.events == []
    staged.pool.hold_back([0], Hold.STOCK, 9.0)
    staged.pool.hold_back([0], Hold.STOCK, 10.0)
    assert len(staged.events) == 1


def test_a_held_task_that_ends_waits_for_nothing_any_more() -> None:
    staged = StagedPool()
    pool = staged.pool
    pool.hold_back([0, 1, 3, 7], Hold.CHUTE, 9.0)
    pool.fail(1, "unreachable", 9.0)
    pool.advance(3, 9.0)
    staged.cancel("A")
    assert pool.hold.nonzero()[0].tolist() == [7]
    pool.check()


@pytest.mark.parametrize("task", [5, 6, 99])
def test_what_is_over_or_unknown_cannot_be_held(task: int) -> None:
    pool = StagedPool().pool
    for call in (pool.hold_back, pool.let_go):
        with pytest.raises(TaskError):
            call([task], Hold.STOCK, 9.0)


def test_a_task_that_is_over_and_still_held_is_found() -> None:
    pool = StagedPool().pool
    pool._tasks.hold.values[5] = Hold.STOCK
    with pytest.raises(AuditError, match="what task 5 waits for"):
        pool.check()
