"""Cancelling orders in the task pool: what becomes of each task, wherever it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fleet.grid.layout import NO_ROBOT
from fleet.tasks.cancelling import FATES, CancelledTask, TaskFate
from fleet.tasks.refusal import ChangeRefusal, ChangeRefusalReason
from fleet.tasks.task_stage import TaskStage
from fleet.tasks.task_table import TaskStatus
from tests.orders import order
from tests.staged_pool import StagedPool


@pytest.fixture
def staged() -> StagedPool:
    return StagedPool()


def test_each_task_of_a_cancelled_order_meets_the_fate_of_its_stage(staged: StagedPool) -> None:
    assert staged.cancel().tasks == (
        CancelledTask(0, NO_ROBOT, TaskStage.WAITING, TaskFate.DROPPED),
        CancelledTask(1, 1, TaskStage.UNDER_WAY, TaskFate.TAKEN_BACK),
        CancelledTask(2, 2, TaskStage.PICKING, TaskFate.CARRIED_ON),
        CancelledTask(3, 3, TaskStage.LOADED, TaskFate.CARRIED_ON),
        CancelledTask(4, NO_ROBOT, TaskStage.STRANDED, TaskFate.CARRIED_ON),
        CancelledTask(5, 5, TaskStage.DONE, TaskFate.DONE),
        CancelledTask(6, NO_ROBOT, TaskStage.FAILED, TaskFate.FAILED),
    )
    assert [TaskStatus(status).name for status in staged.pool.status] == [
        *("CANCELLED", "CANCELLED", "ASSIGNED", "ASSIGNED", "OPEN", "DONE", "FAILED"),
        "OPEN",
    ]
    assert staged.pool.waiting().tolist() == [4, 7]
    staged.pool.check()


def test_a_result_lists_what_goes_on(staged: StagedPool) -> None:
    result = staged.cancel()
    assert result.carried_on == [2, 3, 4]
    assert result.of(TaskFate.DROPPED, TaskFate.TAKEN_BACK) == [0, 1]


def test_cancelled_orders_tasks_and_units_are_counted(staged: StagedPool) -> None:
    staged.cancel()
    assert staged.pool.counts() == {
        "orders": {"accepted": 2, "done": 0, "open": 1, "rejected": 0, "cancelled": 1},
        "tasks": {"created": 8, "done": 1, "open": 4, "failed": 1, "cancelled": 2},
        "units": {"ordered": 8, "picked": 3, "dropped": 1, "cancelled": 2},
    }


def test_events_tell_what_was_cancelled_and_what_goes_on(staged: StagedPool) -> None:
    staged.cancel()
    assert staged.events == [
        {"t": 9.0, "event": "order_cancelled", "order": "A", "cancelled": [0, 1], "carried_on": [2, 3, 4]},
        {"t": 9.0, "event": "task_cancelled", "task": 0, "robot": -1},
        {"t": 9.0, "event": "task_cancelled", "task": 1, "robot": 1},
    ]


def test_what_is_carried_on_is_done_in_the_end_and_the_order_stays_cancelled(staged: StagedPool) -> None:
    staged.cancel()
    pool = staged.pool
    staged.serving = np.zeros(0, dtype=np.int32)
    pool.assign(4, 1, 10.0)
    for task, errands in ((2, 2), (3, 1), (4, 2)):
        assert [pool.advance(task, 11.0) for _ in range(errands)][-1]
    assert pool.counts()["orders"] == {"accepted": 2, "done": 0, "open": 1, "rejected": 0, "cancelled": 1}
    assert pool.counts()["units"] == {"ordered": 8, "picked": 4, "dropped": 4, "cancelled": 2}
    assert pool.lateness_s().tolist() == []
    assert "order_done" not in {event["event"] for event in staged.events}
    pool.check()


def test_a_task_whose_first_pick_was_dropped_after_all_is_cancelled_with_its_order(staged: StagedPool) -> None:
    staged.cancel()
    assert staged.pool.unwanted(np.arange(8, dtype=np.int32)).tolist() == [
        *(True, True, True, False, False, False, True),
        False,
    ]
    staged.pool.release(2, 10.0)
    assert staged.pool.status[2] == TaskStatus.CANCELLED
    assert staged.events[-1] == {"t": 10.0, "event": "task_cancelled", "task": 2, "robot": 2}
    assert staged.pool.counts()["tasks"]["cancelled"] == 3
    staged.pool.check()


def test_the_load_of_a_cancelled_order_waits_to_be_taken_over_when_the_next_robot_drops_out_too(
    staged: StagedPool,
) -> None:
    staged.cancel()
    staged.pool.assign(4, 1, 10.0)
    staged.pool.release(4, 11.0)
    assert 4 in staged.pool.waiting()
    staged.pool.check()


@pytest.mark.parametrize(
    ("order_id", "reason", "detail"),
    [
        ("nobody's", ChangeRefusalReason.UNKNOWN_ORDER, 'no order "nobody\'s" was accepted'),
        ("A", ChangeRefusalReason.ALREADY_CANCELLED, "order 'A' was cancelled at 9 s"),
        ("B", ChangeRefusalReason.ALREADY_DONE, "order 'B' was done at 8 s"),
    ],
)
def test_an_order_that_cannot_be_changed_is_left_as_it_is(
    staged: StagedPool, order_id: str, reason: ChangeRefusalReason, detail: str
) -> None:
    staged.cancel()
    staged.pool.assign(7, 7, 7.0)
    while not staged.pool.advance(7, 8.0):
        pass
    counts, told = staged.pool.counts(), len(staged.events)
    refusal = ChangeRefusal(order_id, reason, detail)
    assert staged.pool.cancel_order(order_id, 10.0) == refusal
    assert staged.pool.prioritise_order(order_id, 5, 11.0) == refusal
    assert staged.pool.counts() == counts
    refused = {"event": "order_change_refused", "order": order_id, "reason": reason.value, "detail": detail}
    assert staged.events[told:] == [
        {"t": 10.0, "change": "cancel", **refused},
        {"t": 11.0, "change": "prioritise", **refused},
    ]
    staged.pool.check()


def test_an_order_with_a_failed_task_can_be_cancelled(staged: StagedPool) -> None:
    staged.pool.fail(7, "unreachable", 4.0)
    assert staged.cancel("B").of(TaskFate.FAILED) == [7]
    assert staged.pool.counts()["orders"]["cancelled"] == 1
    staged.pool.check()


def test_a_cancelled_order_bars_another_of_its_id(staged: StagedPool) -> None:
    staged.cancel()
    assert not isinstance(staged.pool.add_order(order("A", 1), 10.0), list)


def test_every_stage_fate_and_reason_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
    section = page.split("\n## Cancelling and prioritising\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    first = [cells[0].strip(" `") for cells in rows]
    assert first == [*TaskStage, *ChangeRefusalReason]
    for name, _, fate, *_ in (cells for cells in rows if len(cells) == 4):
        assert fate.strip().startswith(f"`{FATES[TaskStage(name.strip(' `'))]}`" if fate.strip() else ""), name
