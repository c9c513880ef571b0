"""Robots turn when their drop is sent elsewhere, and keep away from a chute while it is closed for them."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import TaskError
from fleet.tasks.holding import Hold
from tests.hall import AT, DROP_S, PICK_S, Hall


def loaded_hall(at="a", skus="a"):
    """A robot that has just picked what it is to drop at D; it stands at the pick place."""
    hall = Hall(at)
    hall.order("A", skus)
    for _ in range(6):
        hall.dispatch()
        if hall.pool.errand_index[0] == len(skus):
            return hall
    raise AssertionError("nothing was picked")


def redirect(hall, place, tasks=(0,)):
    cells = np.full(len(tasks), AT[place], dtype=np.int32)
    hall.dispatcher.redirect(np.array(tasks, dtype=np.int32), cells, [DROP_S] * len(tasks), hall.now_s)


def test_a_robot_on_its_way_to_a_chute_turns():
    hall = loaded_hall()
    assert hall.goals == "D"
    redirect(hall, "b")
    hall.dispatch()
    assert hall.goals == "b"
    hall.move("b")
    duties = hall.dispatch()
    assert duties.start_s.tolist() == [DROP_S]
    hall.dispatch()
    hall.dispatch()
    (dropped,) = [event for event in hall.said("errand_done") if event["kind"] == "drop"]
    assert dropped["cell"] == AT["b"]
    hall.pool.check()


def test_a_robot_that_picks_knows_where_to_go_next():
    hall = Hall("a")
    hall.order("A", "a")
    assert hall.dispatch().start_s.tolist() == [PICK_S]
    redirect(hall, "b")
    assert hall.dispatch().after.tolist() == [AT["b"]]


def test_a_waiting_task_is_given_with_its_new_end():
    hall = Hall("b", charge=5.0)
    hall.order("A", "a")
    redirect(hall, "c")
    assert hall.pool.last_errands(np.array([0]))[0].tolist() == [AT["c"]]
    hall.pool.check()


def test_the_charge_that_a_task_takes_follows_its_drop():
    hall = Hall("P", charge=100.0)
    hall.order("A", "a")
    hall.order("B", "a")
    hall.dispatch()
    percent = hall.dispatcher._task_energy.percent().copy()
    redirect(hall, "b", tasks=(0, 1))
    assert (hall.dispatcher._task_energy.percent() < percent).all()


def test_once_the_drop_is_granted_the_robot_carries_on():
    hall = loaded_hall()
    hall.move("D")
    hall.dispatch()
    with pytest.raises(TaskError, match="dropping its load already"):
        redirect(hall, "b")
    assert hall.goals == "D"


def test_a_robot_without_a_chute_parks_until_there_is_one():
    hall = loaded_hall()
    hall.pool.hold_back([0], Hold.CHUTE, hall.now_s)
    hall.dispatch()
    assert hall.goals in "PQ"
    hall.pool.let_go([0], Hold.CHUTE, hall.now_s)
    hall.dispatch()
    assert hall.goals == "D"


def test_a_robot_that_stands_before_a_chute_which_closes_does_not_drop():
    hall = loaded_hall()
    hall.move("D")
    hall.pool.hold_back([0], Hold.CHUTE, hall.now_s)
    assert hall.dispatch().start_s.tolist() == [0.0]
    assert hall.goals in "PQ"
    hall.pool.let_go([0], Hold.CHUTE, hall.now_s)
    assert hall.dispatch().start_s.tolist() == [DROP_S]


def test_a_held_task_that_is_not_all_picked_goes_on_picking():
    hall = Hall("a")
    hall.order("A", "ac")
    hall.dispatch()
    hall.pool.hold_back([0], Hold.CHUTE, hall.now_s)
    for _ in range(10):
        hall.step()
    assert hall.pool.errand_index.tolist() == [2]
    assert hall.goals in "PQ"


def test_a_held_task_is_given_to_nobody():
    hall = Hall("ab")
    hall.order("A", "a")
    hall.pool.hold_back([0], Hold.STOCK, hall.now_s)
    hall.dispatch()
    assert hall.said("task_assigned") == []
    hall.pool.let_go([0], Hold.STOCK, hall.now_s)
    hall.dispatch()
    assert len(hall.said("task_assigned")) == 1
