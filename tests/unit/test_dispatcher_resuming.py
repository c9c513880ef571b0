"""A dispatcher that goes on where another one was cut off."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import TaskError
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.roster import Roster
from tests.hall import AT, Hall


def picking():
    """Robot 0 of two picks the first thing of a task at a; the second is at b."""
    hall = Hall("aQ")
    hall.order("A", "ab")
    assert hall.dispatch().start_s[0] > 0
    return hall


def loaded():
    hall = picking()
    for _ in range(3):
        hall.dispatch()
    assert hall.goals[0] == "b"
    return hall


def columns(hall):
    roster = hall.roster
    return [column.tolist() for column in (roster.task, roster.errand_cell, roster.next_cell, roster.serving)]


def hear_of_all(hall):
    """Hear of all robots that their services, if they had any, took effect."""
    hall.dispatcher.services_took_effect(np.array([True, True]), hall.now_s)


def done(hall):
    return [(event["task"], event["errand"]) for event in hall.said("errand_done")]


def test_robots_on_their_way_go_on_to_where_they_were_going():
    hall = Hall("PbQ")
    hall.order("A", "d")
    hall.dispatch()
    before = columns(hall), hall.goals[1]
    hall.restart()
    assert columns(hall) == before[0]
    hall.dispatch()
    assert (columns(hall), hall.goals[1]) == before
    assert len(hall.said("task_assigned")) == 1


def test_a_service_that_is_under_way_is_neither_started_again_nor_counted_early():
    hall = picking()
    hall.restart()
    assert [(hall.dispatch().start_s[0], hall.roster.serving[0]) for _ in range(2)] == [(0.0, True)] * 2
    assert done(hall) == []
    hall.dispatch()
    assert done(hall) == [(0, 0)]


def test_a_service_that_was_dropped_is_started_again():
    hall = picking()
    hall.restart()
    hall.dispatcher.services_dropped(np.array([True, False]))
    hall.state.service_left_s[:] = 0.0
    assert hall.dispatch().start_s[0] > 0
    assert done(hall) == []


def test_a_service_that_took_effect_meanwhile_is_counted_once_when_it_is_heard_of():
    hall = picking()
    hall.restart()
    for _ in range(2):
        hear_of_all(hall)
    assert done(hall) == [(0, 0)]
    assert (hall.roster.errand_cell[0], hall.roster.next_cell[0]) == (AT["b"], AT["D"])
    hall.dispatch()
    assert hall.goals[0] == "b"


def test_a_service_that_was_counted_already_is_not_counted_again():
    hall = loaded()
    hall.restart()
    hear_of_all(hall)
    assert done(hall) == [(0, 0)]


def test_a_takeover_that_took_effect_meanwhile_is_counted_once_and_frees_the_robot_that_had_the_load():
    hall = loaded()
    hall.silence(0, lost=True)
    hall.move("aQ")
    hall.step()
    assert hall.dispatch().start_s[1] > 0
    for _ in range(2):
        hall.restart()
        hear_of_all(hall)
    assert len(hall.said("task_taken_over")) == 1
    assert not hall.roster.retired.any()


def test_a_takeover_that_is_not_begun_is_not_counted():
    hall = loaded()
    hall.silence(0, lost=True)
    hall.move("aQ")
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    hall.restart()
    hear_of_all(hall)
    assert hall.said("task_taken_over") == []
    assert hall.roster.retired.tolist() == [True, False]


@pytest.mark.parametrize("taker_goes", [True, False])
def test_a_robot_whose_load_waits_stays_out_of_service(taker_goes):
    hall = loaded()
    hall.move("aQ")
    hall.silence(*([0] if taker_goes else [0, 1]), lost=True)
    hall.dispatch()
    hall.restart()
    assert hall.roster.retired.tolist() == [True, False]
    assert hall.roster.task.tolist() == [NO_TASK, 0 if taker_goes else NO_TASK]
    assert hall.dispatch().hold[0]


def test_only_tasks_that_are_not_over_are_looked_at_again():
    hall = Hall("a")
    for name in "AB":
        hall.order(name, "a")
    for _ in range(14):
        hall.step()
    hall.order("C", "b")
    hall.order("D", "x")
    hall.pool.cancel_order("D", hall.now_s)
    hall.restart()
    for _ in range(9):
        hall.step()
    assert hall.pool.counts()["orders"]["done"] == 3
    hall.pool.check()


def test_a_site_without_open_tasks_goes_on_too():
    hall = Hall("a")
    hall.order("A", "a")
    for _ in range(8):
        hall.step()
    hall.restart()
    hall.step()
    assert hall.goals in "PQ"


@pytest.mark.parametrize(
    ("robots", "serving", "message"),
    [
        (1, [False], "more than 1 robots"),
        (3, [False, False, True], "robot 2 is in service and has no task"),
    ],
)
def test_robots_that_do_not_fit_the_pool_are_a_defect(robots, serving, message):
    hall = Hall("PQ")
    for name in "AB":
        hall.order(name, "a")
    hall.dispatch()
    with pytest.raises(TaskError, match=message):
        Roster.of(robots).resume(hall.pool, np.array(serving))


def test_a_pool_with_two_tasks_of_a_robot_is_a_defect():
    hall = Hall("PQ")
    for task in range(2):
        hall.order(f"{task}", "a")
        hall.pool.assign(task, 1, 0.0)
    with pytest.raises(TaskError, match="a robot with two tasks"):
        Roster.of(2).resume(hall.pool, np.zeros(2, dtype=np.bool_))


def test_robots_without_tasks_have_none_after_a_restart():
    hall = Hall("PQ")
    hall.restart()
    assert columns(hall) == [[NO_TASK] * 2, [NO_CELL] * 2, [NO_CELL] * 2, [False] * 2]
