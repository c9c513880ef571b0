"""Prioritising orders in the task pool."""

from __future__ import annotations

from math import inf, nan

import pytest

from fleet.tasks.prioritising import PrioritiseResult
from fleet.tasks.refusal import ChangeRefusal, ChangeRefusalReason
from fleet.tasks.task_stage import TaskStage
from tests.staged_pool import StagedPool


@pytest.fixture
def staged() -> StagedPool:
    return StagedPool()


def test_what_is_open_of_an_order_gets_the_new_priority_and_due_time(staged: StagedPool) -> None:
    result = staged.pool.prioritise_order("A", 7, 9.0, due_s=50.0)
    assert isinstance(result, PrioritiseResult)
    assert staged.pool.priority.tolist() == [7, 7, 7, 7, 7, 0, 0, 0]
    assert staged.pool.due_s.tolist() == [50.0] * 5 + [100.0] * 3
    view = staged.pool.order("A")
    assert view is not None
    assert (view.order.priority, view.order.due_s) == (7, 50.0)
    assert staged.events == [{"t": 9.0, "event": "order_prioritised", "order": "A", "priority": 7, "due_s": 50.0}]
    staged.pool.check()


def test_the_result_says_how_far_each_task_is(staged: StagedPool) -> None:
    result = staged.pool.prioritise_order("A", 7, 9.0)
    assert isinstance(result, PrioritiseResult)
    assert [stage for _, stage in result.tasks] == [
        *(TaskStage.WAITING, TaskStage.UNDER_WAY, TaskStage.PICKING, TaskStage.LOADED, TaskStage.STRANDED),
        *(TaskStage.DONE, TaskStage.FAILED),
    ]
    assert (result.of(TaskStage.WAITING), result.priority, result.due_s) == ([0], 7, 100.0)
    assert staged.pool.robot.tolist() == [-1, 1, 2, 3, -1, 5, -1, -1]


def test_lateness_counts_from_the_due_time_that_an_order_has_in_the_end(staged: StagedPool) -> None:
    staged.pool.prioritise_order("B", 0, 9.0, due_s=40.0)
    staged.pool.assign(7, 7, 10.0)
    while not staged.pool.advance(7, 45.0):
        pass
    assert staged.pool.lateness_s().tolist() == [5.0]


@pytest.mark.parametrize(
    ("priority", "due_s", "detail"),
    [
        (1001, None, "priority 1001 is not one of -1000 to 1000"),
        (-1001, None, "priority -1001 is not one of -1000 to 1000"),
        (0, -1.0, "due_s -1 is not from its release at 0 s to 1e+09 s"),
        (0, nan, "due_s nan is not from its release"),
        (0, inf, "due_s inf is not from its release"),
    ],
)
def test_values_that_no_order_may_have_are_refused(
    staged: StagedPool, priority: int, due_s: float | None, detail: str
) -> None:
    refusal = staged.pool.prioritise_order("A", priority, 9.0, due_s)
    assert isinstance(refusal, ChangeRefusal)
    assert refusal.reason is ChangeRefusalReason.OUT_OF_RANGE
    assert detail in refusal.detail
    assert set(staged.pool.priority.tolist()) == {0}
    assert [event["event"] for event in staged.events] == ["order_change_refused"]
