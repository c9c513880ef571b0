"""What robots do when the orders that they work for are cancelled or prioritised."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.recovery import TAKEOVER_S
from fleet.tasks.cancelling import TaskFate
from fleet.tasks.task_stage import TaskStage
from tests.hall import AT, Hall


def steps(hall, n):
    for _ in range(n):
        hall.step()


def cancel(hall, order="A"):
    """Stage and fate of the only task of an order that is cancelled."""
    (task,) = hall.pool.cancel_order(order, hall.now_s).tasks
    return task.stage, task.fate


def is_over(hall):
    counts = hall.pool.counts()
    hall.pool.check()
    return counts["orders"]["cancelled"] == 1 and counts["tasks"]["open"] == 0


def test_a_task_that_waits_is_given_to_nobody():
    hall = Hall("a")
    hall.order("A", "b")
    assert cancel(hall) == (TaskStage.WAITING, TaskFate.DROPPED)
    steps(hall, 3)
    assert hall.said("task_assigned") == []
    assert is_over(hall)


def test_a_robot_on_its_way_is_free_at_once_and_may_have_the_next_task():
    hall = Hall("aP")
    hall.order("A", "b")
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK]
    assert cancel(hall) == (TaskStage.UNDER_WAY, TaskFate.TAKEN_BACK)
    hall.order("B", "a")
    hall.dispatch()
    assert hall.roster.task.tolist() == [1, NO_TASK]
    assert hall.roster.serving.tolist() == [True, False]
    hall.pool.check()


def test_a_robot_without_a_task_any_more_goes_to_park():
    hall = Hall("a")
    hall.order("A", "b")
    hall.dispatch()
    cancel(hall)
    hall.dispatch()
    assert hall.goals == "P"
    assert hall.roster.next_cell.tolist() == [NO_CELL]
    assert is_over(hall)


def test_a_first_pick_that_was_granted_is_finished_and_its_load_brought_to_the_chute():
    hall = Hall("a")
    hall.order("A", "a")
    assert hall.dispatch().start_s[0] > 0
    assert cancel(hall) == (TaskStage.PICKING, TaskFate.CARRIED_ON)
    steps(hall, 8)
    assert [event["kind"] for event in hall.said("errand_done")] == ["pick", "drop"]
    assert hall.pool.counts()["units"] == {"ordered": 1, "picked": 1, "dropped": 1, "cancelled": 0}
    assert hall.said("task_cancelled") == []
    assert is_over(hall)


def test_a_first_pick_that_is_dropped_after_all_leaves_nothing_to_carry_on():
    hall = Hall("a")
    hall.order("A", "a")
    hall.dispatch()
    cancel(hall)
    hall.dispatcher.services_dropped(np.array([True]))
    hall.state.service_left_s[:] = 0.0
    assert not hall.dispatch().start_s.any()
    assert hall.roster.task.tolist() == [NO_TASK]
    assert hall.said("task_cancelled") == [{"t": 1.0, "event": "task_cancelled", "task": 0, "robot": 0}]
    assert is_over(hall)


def test_a_robot_that_is_lost_in_its_first_pick_is_waited_for():
    hall = Hall("aQ")
    hall.order("A", "a")
    hall.dispatch()
    cancel(hall)
    hall.state.service_left_s[0] = 100.0
    hall.silence(0, lost=True)
    steps(hall, 5)
    assert hall.roster.task.tolist() == [0, NO_TASK]
    hall.dispatcher.services_dropped(np.array([True, False]))
    hall.dispatch()
    assert is_over(hall)
    assert hall.dispatcher.recoveries()["released"] == 0


def test_a_loaded_robot_carries_on_to_the_chute():
    hall = Hall("aQ")
    hall.order("A", "ab")
    steps(hall, 4)
    assert cancel(hall) == (TaskStage.LOADED, TaskFate.CARRIED_ON)
    steps(hall, 10)
    assert [event["cell"] for event in hall.said("errand_done")] == [AT["a"], AT["b"], AT["D"]]
    assert is_over(hall)


@pytest.mark.parametrize("taker_goes", [False, True])
def test_a_load_on_a_lost_robot_is_taken_over_and_brought_to_the_chute(taker_goes):
    hall = Hall("aQ")
    hall.order("A", "a")
    steps(hall, 4)
    hall.move("aQ")
    hall.silence(*([0] if taker_goes else [0, 1]), lost=True)
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0 if taker_goes else NO_TASK]
    assert cancel(hall) == (TaskStage.STRANDED, TaskFate.CARRIED_ON)
    hall.silence(0, lost=True)
    steps(hall, int(TAKEOVER_S) + 8)
    assert len(hall.said("task_taken_over")) == 1
    assert hall.pool.counts()["units"]["dropped"] == 1
    assert is_over(hall)


def test_a_robot_that_charges_before_its_task_goes_on_charging_without_it():
    hall = Hall("aQ")
    hall.order("A", "b")
    hall.dispatch()
    hall.move("PQ")
    hall.state.charge_percent[0] = 11.0
    hall.dispatch()
    cancel(hall)
    hall.dispatch()
    assert (hall.goals[0], hall.roster.task[0]) == ("C", NO_TASK)
    assert is_over(hall)


def test_a_robot_that_lost_a_cancelled_task_may_take_one_over_from_another():
    hall = Hall("cb")
    hall.order("A", "d")
    hall.order("B", "a")
    hall.dispatch()
    cancel(hall)
    hall.move("Da")
    for _ in range(8):
        hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 1]
    assert [event["task"] for event in hall.said("task_released")] == [1]
    hall.pool.check()


def test_of_two_tasks_that_wait_the_prioritised_one_is_begun_first():
    hall = Hall("a")
    hall.silence(0)
    hall.order("A", "a")
    hall.order("B", "a")
    hall.pool.prioritise_order("B", 1000, hall.now_s)
    hall.silence()
    hall.dispatch()
    assert hall.roster.task.tolist() == [1]


def test_a_robot_on_its_way_keeps_a_task_that_is_prioritised_down():
    hall = Hall("a")
    hall.order("A", "b")
    hall.dispatch()
    hall.order("B", "b", priority=5)
    assert hall.pool.prioritise_order("A", -1000, hall.now_s).of(TaskStage.UNDER_WAY) == [0]
    for _ in range(8):
        hall.dispatch()
    assert hall.roster.task.tolist() == [0]
    assert hall.said("task_released") == []
