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


def ahead(pool: TaskPool, task: int) -> tuple[int, int, float]:
    """Cells of what is to be done next and after that, and seconds of the former."""
    one = np.array([task], dtype=np.int32)
    return int(pool.errand_cells(one)[0]), int(pool.next_errand_cells(one)[0]), float(pool.errand_services_s(one)[0])


def load(pool: TaskPool, task: int, robot: int) -> None:
    """Let a robot pick the task's first errand up."""
    pool.assign(task, robot, 0.0)
    assert not pool.advance(task, 0.0)


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
    pick, drop, _ = ahead(pool, 0)
    assert pick == pool.first_cell[0]
    assert drop // WIDTH == 9
    assert ahead(pool, 0) == (pick, drop, 4.0)
    assert not pool.advance(0, 1.0)
    assert ahead(pool, 0) == (drop, -1, 2.5)
    assert pool.advance(0, 2.0)
    assert ahead(pool, 0) == (-1, -1, 0.0)


def test_errands_of_several_tasks_are_read_at_once(pool: TaskPool) -> None:
    finish(pool, 2, 1.0)
    pool.assign(1, 7, 1.0)
    pool.advance(1, 2.0)
    tasks = np.array([2, 1, 0], dtype=np.int32)
    assert pool.errand_cells(tasks).tolist() == [ahead(pool, task)[0] for task in (2, 1, 0)]
    assert pool.errand_cells(tasks).tolist() == [-1, ahead(pool, 0)[1], pool.first_cell[0]]
    assert pool.next_errand_cells(tasks).tolist() == [-1, -1, ahead(pool, 0)[1]]
    assert pool.errand_services_s(tasks).tolist() == [0.0, 2.5, 4.0]
    assert pool.errand_cells(tasks).dtype == np.int32
    assert pool.errand_services_s(tasks).dtype == np.float32


def test_an_order_is_done_when_its_last_task_is(pool: TaskPool) -> None:
    finish(pool, 1, 40.0)
    assert pool.counts()["orders"]["done"] == 0
    finish(pool, 0, 130.0)
    assert pool.counts()["orders"] == {"accepted": 2, "done": 1, "open": 1, "rejected": 0, "cancelled": 0}
    assert pool.lateness_s().tolist() == [30.0]


def test_an_order_with_a_failed_task_stays_open(pool: TaskPool) -> None:
    pool.fail(0, "unreachable", 1.0)
    finish(pool, 1, 2.0)
    finish(pool, 2, 3.0)
    assert pool.counts()["orders"]["done"] == 1
    assert pool.counts()["orders"]["open"] == 1
    assert pool.counts()["tasks"] == {"created": 3, "done": 2, "open": 0, "failed": 1, "cancelled": 0}
    assert pool.failures() == {"unreachable": 1}


def test_units_are_counted_where_they_are(pool: TaskPool) -> None:
    pool.assign(0, 7, 0.0)
    pool.advance(0, 1.0)
    finish(pool, 2, 2.0)
    assert pool.counts()["units"] == {"ordered": 9, "picked": 6, "dropped": 4, "cancelled": 0}


def test_a_refused_order_makes_no_task_and_is_counted_by_reason(pool: TaskPool) -> None:
    refusal = pool.add_order(order("C", 1, kg=31.0), 0.0)
    assert isinstance(refusal, Refusal)
    assert isinstance(pool.add_order(order("A", 1), 0.0), Refusal)
    pool.reject(Refusal("D", RefusalReason.BAD_ROW, "line 3"), 0.0)
    assert pool.rejections() == {"bad_row": 1, "duplicate_order": 1, "unit_too_heavy": 1}
    assert pool.counts()["orders"] == {"accepted": 5, "done": 0, "open": 2, "rejected": 3, "cancelled": 0}
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
    columns = (
        *(pool.status, pool.robot, pool.errand_index, pool.first_cell, pool.takeover_robot, pool.priority),
        *(pool.release_s, pool.due_s),
    )
    assert [column.dtype for column in columns] == [np.int8, *[np.int32] * 5, *[np.float64] * 2]
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


def test_what_is_left_of_several_tasks_is_read_at_once(pool: TaskPool) -> None:
    cells, service_s, offsets = pool.errands_left(np.array([2, 1], dtype=np.int32))
    assert offsets.tolist() == [0, 2, 4]
    assert cells.tolist() == [*ahead(pool, 2)[:2], *ahead(pool, 1)[:2]]
    assert service_s.tolist() == [4.0, 2.5] * 2
    load(pool, 1, 7)
    finish(pool, 2, 1.0)
    cells, service_s, offsets = pool.errands_left(np.array([1, 2], dtype=np.int32))
    assert (cells.tolist(), service_s.tolist(), offsets.tolist()) == ([ahead(pool, 1)[0]], [2.5], [0, 1, 1])
    cells, service_s, offsets = pool.errands_left(np.zeros(0, dtype=np.int32))
    assert (len(cells), len(service_s), offsets.tolist()) == (0, 0, [0])
    assert (cells.dtype, service_s.dtype, offsets.dtype) == (np.int32, np.float32, np.int32)


def test_a_stranded_task_begins_with_a_takeover_and_goes_on_where_it_was(pool: TaskPool) -> None:
    drop = ahead(pool, 1)[1]
    load(pool, 1, 7)
    assert pool.is_loaded(1)
    pool.strand(1, 55, 30.0, 1.0)
    assert pool.waiting().tolist() == [0, 1, 2]
    assert (pool.robot[1], pool.takeover_robot[1], pool.first_cell[1]) == (-1, 7, 55)
    assert ahead(pool, 1) == (55, drop, 30.0)
    cells, service_s, offsets = pool.errands_left(np.array([0, 1, 2], dtype=np.int32))
    assert (cells[2:4].tolist(), service_s[2:4].tolist(), offsets.tolist()) == ([55, drop], [30.0, 2.5], [0, 2, 4, 6])
    pool.check()
    pool.assign(1, 8, 2.0)
    assert not pool.is_loaded(1)
    assert not pool.advance(1, 3.0)
    assert (pool.errand_index[1], pool.takeover_robot[1]) == (1, -1)
    assert pool.is_loaded(1)
    assert ahead(pool, 1) == (drop, -1, 2.5)
    pool.check()
    assert pool.advance(1, 4.0)
    assert pool.counts()["units"] == {"ordered": 9, "picked": 3, "dropped": 3, "cancelled": 0}
    assert pool.recoveries() == {"stranded": 1, "taken_over": 1, "reclaimed": 0}
    pool.check()


def test_a_takeover_waits_on_if_its_robot_drops_out_before_it(pool: TaskPool) -> None:
    load(pool, 1, 7)
    pool.strand(1, 55, 30.0, 1.0)
    pool.assign(1, 8, 2.0)
    pool.release(1, 3.0)
    assert (pool.takeover_robot[1], pool.first_cell[1]) == (7, 55)
    assert 1 in pool.waiting()
    pool.check()


def test_a_load_is_stranded_again_if_the_next_robot_drops_out_after_the_takeover(pool: TaskPool) -> None:
    load(pool, 1, 7)
    pool.strand(1, 55, 30.0, 1.0)
    pool.assign(1, 8, 2.0)
    pool.advance(1, 3.0)
    with pytest.raises(TaskError, match="task 1 is loaded"):
        pool.release(1, 4.0)
    pool.strand(1, 66, 30.0, 4.0)
    assert (pool.takeover_robot[1], pool.first_cell[1]) == (8, 66)
    pool.assign(1, 7, 5.0)
    assert pool.recoveries() == {"stranded": 2, "taken_over": 1, "reclaimed": 0}
    pool.check()


def test_a_robot_that_speaks_again_reclaims_what_it_carries(pool: TaskPool) -> None:
    drop, first = ahead(pool, 1)[1], pool.first_cell[1]
    load(pool, 1, 7)
    pool.strand(1, 55, 30.0, 1.0)
    pool.reclaim(1, 7, 2.0)
    assert (pool.robot[1], pool.takeover_robot[1], pool.first_cell[1]) == (7, -1, first)
    assert ahead(pool, 1) == (drop, -1, 2.5)
    assert 1 not in pool.waiting()
    assert pool.advance(1, 3.0)
    assert pool.recoveries() == {"stranded": 1, "taken_over": 0, "reclaimed": 1}
    pool.check()


def test_a_takeover_can_move_while_nobody_goes_for_it(pool: TaskPool) -> None:
    load(pool, 1, 7)
    pool.strand(1, 55, 30.0, 1.0)
    pool.move_takeover(1, 66, 2.0)
    assert ahead(pool, 1)[::2] == (66, 30.0)
    assert (pool.takeover_robot[1], pool.first_cell[1]) == (7, 66)
    pool.check()


def test_a_stranded_task_that_fails_waits_for_no_takeover(pool: TaskPool) -> None:
    load(pool, 1, 7)
    pool.strand(1, 55, 30.0, 1.0)
    pool.fail(1, "unreachable", 2.0)
    assert pool.takeover_robot[1] == -1
    pool.check()


def test_events_tell_how_a_task_was_recovered() -> None:
    events: list[dict[str, Any]] = []
    pool = TaskPool(splitter(), events.append)
    pool.add_order(order("A", 2), 0.0)
    load(pool, 0, 7)
    events.clear()
    task, robot = np.int32(0), np.int32(7)
    pool.strand(task, np.int32(55), 30.0, 1.0)
    pool.move_takeover(task, np.int32(66), 2.0)
    pool.reclaim(task, robot, 3.0)
    pool.strand(task, 55, 30.0, 4.0)
    pool.assign(task, 8, 4.0)
    pool.advance(task, 5.0)
    assert json.loads(json.dumps(events)) == [
        {"t": 1.0, "event": "task_stranded", "task": 0, "robot": 7, "cell": 55},
        {"t": 2.0, "event": "takeover_moved", "task": 0, "robot": 7, "cell": 66},
        {"t": 3.0, "event": "task_reclaimed", "task": 0, "robot": 7},
        {"t": 4.0, "event": "task_stranded", "task": 0, "robot": 7, "cell": 55},
        {"t": 4.0, "event": "task_assigned", "task": 0, "robot": 8},
        {"t": 5.0, "event": "task_taken_over", "task": 0, "robot": 8, "from_robot": 7, "cell": 55},
    ]


@pytest.mark.parametrize(
    ("transition", "message"),
    [
        (lambda pool: pool.strand(0, 55, 30.0, 0.0), "task 0 is not loaded"),
        (lambda pool: pool.strand(1, -1, 30.0, 0.0), "task 1 cannot be taken over at cell -1 in 30"),
        (lambda pool: pool.strand(1, 55, 0.0, 0.0), "task 1 cannot be taken over at cell 55 in 0"),
        (lambda pool: pool.strand(2, 55, 30.0, 0.0), "task 2 is open, not assigned"),
        (lambda pool: pool.strand(9, 55, 30.0, 0.0), "there is no task 9"),
        (lambda pool: pool.assign(2, 6, 0.0), "task 2 cannot be taken over from robot 6 by itself"),
        (lambda pool: pool.move_takeover(2, -1, 0.0), "task 2 cannot be taken over at cell -1"),
        (lambda pool: pool.move_takeover(3, 55, 0.0), "task 3 has no load"),
        (lambda pool: pool.move_takeover(1, 55, 0.0), "task 1 is assigned, not open"),
        (lambda pool: pool.reclaim(2, 7, 0.0), "the load of task 2 is not on robot 7"),
        (lambda pool: pool.reclaim(3, 7, 0.0), "task 3 has no load"),
        (lambda pool: pool.reclaim(1, 7, 0.0), "task 1 is assigned, not open"),
    ],
)
def test_an_impossible_recovery_is_an_error(
    pool: TaskPool, transition: Callable[[TaskPool], object], message: str
) -> None:
    pool.add_order(order("C", 1), 0.0)
    pool.assign(0, 5, 0.0)
    load(pool, 1, 7)
    load(pool, 2, 6)
    pool.strand(2, 77, 30.0, 0.0)
    recoveries = pool.recoveries()
    with pytest.raises(TaskError, match=message):
        transition(pool)
    assert pool.recoveries() == recoveries
    pool.check()


def test_a_task_can_only_be_added_as_the_next_row() -> None:
    tasks = splitter().split(order("A", 1), 7)
    assert not isinstance(tasks, Refusal)
    with pytest.raises(TaskError, match="task 7 was added in row 0"):
        TaskTable().extend(tasks, [0])
