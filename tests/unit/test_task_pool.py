"""The task pool: transitions, columns, counters, events."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fleet.errors import TaskError
from fleet.tasks.model import Order
from fleet.tasks.pool import TaskPool
from fleet.tasks.refusal import Refusal, RefusalReason
from fleet.tasks.task_table import TaskStatus, TaskTable
from tests.orders import WIDTH, order, splitter


@pytest.fixture
def pool() -> TaskPool:
    """A pool with the tasks 0 and 1 of order A (due at 100 s) and the task 2 of order B."""
    pool = TaskPool(splitter(totes=1))
    pool.add_order(order("A", 2, 3), 0.0)
    pool.add_order(order("B", 4), 0.0)
    return pool


def finish(pool: TaskPool, task: int, now_s: float) -> None:
    pool.assign(task, 9, now_s)
    assert not pool.advance(task, now_s)
    assert pool.advance(task, now_s)


def test_an_accepted_order_returns_the_ids_of_its_tasks(pool: TaskPool) -> None:
    assert pool.add_order(order("C", 1, 1, 1), 5.0) == [3, 4, 5]


def test_only_tasks_without_a_robot_wait(pool: TaskPool) -> None:
    pool.assign(1, 7, 0.0)
    assert pool.waiting().tolist() == [0, 2]
    pool.release(1, 0.0)
    assert pool.waiting().tolist() == [0, 1, 2]
    assert pool.robot.tolist() == [-1, -1, -1]
    pool.fail(0, "unreachable", 0.0)
    assert pool.waiting().tolist() == [1, 2]


def test_waiting_is_not_rebuilt_when_nothing_changed(pool: TaskPool) -> None:
    pool.assign(1, 7, 0.0)
    first = pool.waiting()
    pool.advance(1, 1.0)
    assert pool.waiting() is first


def test_a_task_leads_from_errand_to_errand(pool: TaskPool) -> None:
    pool.assign(0, 7, 0.0)
    pick, drop = pool.errand_cell(0), pool.next_errand_cell(0)
    assert pick == pool.first_cell[0]
    assert drop // WIDTH == 9
    assert pool.errand_service_s(0) == 4.0
    assert not pool.advance(0, 1.0)
    assert (pool.errand_cell(0), pool.next_errand_cell(0), pool.errand_service_s(0)) == (drop, -1, 2.5)
    assert pool.advance(0, 2.0)
    assert (pool.errand_cell(0), pool.next_errand_cell(0), pool.errand_service_s(0)) == (-1, -1, 0.0)


def test_errands_of_several_tasks_are_read_at_once(pool: TaskPool) -> None:
    finish(pool, 2, 1.0)
    pool.assign(1, 7, 1.0)
    pool.advance(1, 2.0)
    tasks = np.array([2, 1, 0], dtype=np.int32)
    assert pool.errand_cells(tasks).tolist() == [-1, pool.errand_cell(1), pool.errand_cell(0)]
    assert pool.next_errand_cells(tasks).tolist() == [-1, -1, pool.next_errand_cell(0)]
    assert pool.errand_services_s(tasks).tolist() == [0.0, 2.5, 4.0]
    assert pool.errand_cells(tasks).dtype == np.int32
    assert pool.errand_services_s(tasks).dtype == np.float32


def test_an_order_is_done_when_its_last_task_is(pool: TaskPool) -> None:
    finish(pool, 1, 40.0)
    assert pool.counts()["orders"]["done"] == 0
    finish(pool, 0, 130.0)
    assert pool.counts()["orders"] == {"accepted": 2, "done": 1, "open": 1, "rejected": 0}
    assert pool.lateness_s().tolist() == [30.0]


def test_an_order_with_a_failed_task_stays_open(pool: TaskPool) -> None:
    pool.fail(0, "unreachable", 1.0)
    finish(pool, 1, 2.0)
    finish(pool, 2, 3.0)
    assert pool.counts()["orders"]["done"] == 1
    assert pool.counts()["orders"]["open"] == 1
    assert pool.counts()["tasks"] == {"created": 3, "done": 2, "open": 0, "failed": 1}
    assert pool.failures() == {"unreachable": 1}


def test_units_are_counted_where_they_are(pool: TaskPool) -> None:
    pool.assign(0, 7, 0.0)
    pool.advance(0, 1.0)
    finish(pool, 2, 2.0)
    assert pool.counts()["units"] == {"ordered": 9, "picked": 6, "dropped": 4}


def test_a_refused_order_makes_no_task_and_is_counted_by_reason(pool: TaskPool) -> None:
    refusal = pool.add_order(order("C", 1, kg=31.0), 0.0)
    assert isinstance(refusal, Refusal)
    assert isinstance(pool.add_order(order("A", 1), 0.0), Refusal)
    pool.reject(Refusal("D", RefusalReason.BAD_ROW, "line 3"), 0.0)
    assert pool.rejections() == {"bad_row": 1, "duplicate_order": 1, "unit_too_heavy": 1}
    assert pool.counts()["orders"] == {"accepted": 5, "done": 0, "open": 2, "rejected": 3}
    assert pool.counts()["tasks"]["created"] == 3


def test_an_order_rejected_by_its_source_does_not_bar_a_good_one_of_the_same_id(pool: TaskPool) -> None:
    pool.reject(Refusal("C", RefusalReason.BAD_ROW, "line 3 repeats the id"), 0.0)
    assert pool.add_order(order("C", 1), 9.0) == [3]


def test_an_order_that_asks_for_nothing_is_a_defect_of_the_caller(pool: TaskPool) -> None:
    with pytest.raises(TaskError, match="asks for nothing"):
        pool.add_order(Order("C", (), 0.0, 1.0), 0.0)


@pytest.mark.parametrize(
    ("transition", "message"),
    [
        (lambda pool: pool.assign(3, 7, 0.0), "there is no task 3"),
        (lambda pool: pool.assign(-1, 7, 0.0), "there is no task -1"),
        (lambda pool: pool.assign(0, -1, 0.0), "robot -1"),
        (lambda pool: pool.assign(1, 7, 0.0), "task 1 is assigned, not open"),
        (lambda pool: pool.advance(0, 0.0), "task 0 is open, not assigned"),
        (lambda pool: pool.release(0, 0.0), "task 0 is open, not assigned"),
        (lambda pool: pool.release(1, 0.0), "task 1 is loaded"),
        (lambda pool: pool.fail(2, "unreachable", 0.0), "task 2 is done, not open or assigned"),
    ],
)
def test_an_impossible_transition_is_an_error(
    pool: TaskPool, transition: Callable[[TaskPool], object], message: str
) -> None:
    pool.assign(1, 7, 0.0)
    pool.advance(1, 0.0)
    finish(pool, 2, 0.0)
    with pytest.raises(TaskError, match=message):
        transition(pool)
    pool.check()


def test_columns_have_one_row_a_task_and_cannot_be_written(pool: TaskPool) -> None:
    pool.assign(2, 7, 0.0)
    columns = (pool.status, pool.robot, pool.errand_index, pool.first_cell, pool.priority, pool.release_s, pool.due_s)
    assert [column.dtype for column in columns] == [np.int8, *[np.int32] * 4, *[np.float64] * 2]
    assert pool.status.tolist() == [TaskStatus.OPEN, TaskStatus.OPEN, TaskStatus.ASSIGNED]
    assert pool.robot.tolist() == [-1, -1, 7]
    assert pool.due_s.tolist() == [100.0] * 3
    for column in (*columns, pool.waiting()):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0


def test_columns_grow_past_their_first_room() -> None:
    pool = TaskPool(splitter())
    for number in range(300):
        pool.add_order(Order(f"{number}", order("", 1).lines, float(number), 1e3, priority=number), 0.0)
    assert pool.priority.tolist() == list(range(300))
    assert pool.release_s.tolist() == list(range(300))
    pool.check()


def test_events_tell_what_happened_in_json_values() -> None:
    events: list[dict[str, Any]] = []
    pool = TaskPool(splitter(), events.append)
    pool.add_order(order("A", 2), np.float64(1.0))
    pool.assign(np.int32(0), np.int32(7), 2.0)
    pool.release(np.int32(0), 3.0)
    pool.assign(np.int32(0), np.int32(8), 4.0)
    pool.advance(np.int32(0), 5.0)
    pool.advance(np.int32(0), 106.5)
    pool.add_order(order("A", 2), 107.0)
    told = json.loads(json.dumps(events))
    assert [(event["t"], event["event"]) for event in told] == [
        (1.0, "order_accepted"),
        (1.0, "task_created"),
        (2.0, "task_assigned"),
        (3.0, "task_released"),
        (4.0, "task_assigned"),
        (5.0, "errand_done"),
        (106.5, "errand_done"),
        (106.5, "task_done"),
        (106.5, "order_done"),
        (107.0, "order_rejected"),
    ]
    assert told[1]["picks"] == [["sku-0", 2, pool.first_cell[0]]]
    assert (told[5]["kind"], told[6]["kind"], told[6]["units"], told[6]["robot"]) == ("pick", "drop", 2, 8)
    assert told[8] == {"t": 106.5, "event": "order_done", "order": "A", "late_s": 6.5}
    assert told[9]["reason"] == "duplicate_order"


def test_a_failed_task_tells_its_reason_and_its_robot() -> None:
    events: list[dict[str, Any]] = []
    pool = TaskPool(splitter(), events.append)
    pool.add_order(order("A", 2), 0.0)
    pool.assign(0, 7, 0.0)
    pool.fail(0, "robot_lost", 2.0)
    assert events[-1] == {"t": 2.0, "event": "task_failed", "task": 0, "robot": 7, "reason": "robot_lost"}


def test_errands_of_all_tasks_from_one_on_are_read_at_once(pool: TaskPool) -> None:
    cells, service_s, offsets = pool.errands_from(1)
    assert offsets.tolist() == [0, 2, 4]
    assert cells.tolist() == [cell for task in (1, 2) for cell in (pool.errand_cell(task), pool.next_errand_cell(task))]
    assert service_s.tolist() == [4.0, 2.5] * 2
    cells, service_s, offsets = pool.errands_from(3)
    assert (len(cells), len(service_s), offsets.tolist()) == (0, 0, [0])


def test_a_task_can_only_be_added_as_the_next_row() -> None:
    tasks = splitter().split(order("A", 1), 7)
    assert not isinstance(tasks, Refusal)
    with pytest.raises(TaskError, match="task 7 was added in row 0"):
        TaskTable().append(tasks[0], 0)
