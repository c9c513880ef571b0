"""More new tasks at once than there is time for: robots hear from the dispatcher, and it looks at the rest later."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.tasks.task_table import TaskStatus
from tests.hall import Hall

MANY = 20


class SlowLooks:
    """A clock that goes on by a second whenever somebody looks at it."""

    def __init__(self):
        self.now_s = 0.0

    def now(self):
        self.now_s += 1.0
        return self.now_s


def busy_hall(at="PQ"):
    hall = Hall(at, clock=SlowLooks())
    for number in range(MANY):
        hall.order(f"order {number}", "abcd"[number % 4])
    return hall


def looked_at(hall):
    """Tasks whose charge is known, without looking at more of them."""
    return np.flatnonzero(~np.isnan(hall.dispatcher._task_energy._percent))


def test_a_step_looks_at_some_tasks_and_gives_what_it_knows():
    hall = busy_hall()
    hall.dispatch()
    assert 0 < len(looked_at(hall)) < MANY
    assert (hall.roster.task >= 0).all()
    assert set(hall.roster.task.tolist()) <= set(looked_at(hall).tolist())


def test_all_tasks_are_looked_at_in_the_end_and_take_what_they_would_have_taken_at_once():
    hall = busy_hall()
    tasks = np.arange(MANY, dtype=np.int32)
    wanted = hall.dispatcher._energy.task_percent(*hall.pool.errands_left(tasks))
    percent = [hall.dispatcher._task_energy.percent().copy() for _ in range(MANY)]
    assert np.isnan(percent[0]).any()
    assert percent[-1].tolist() == wanted.tolist()
    assert all(np.isnan(part[~(part == wanted)]).all() for part in percent)


def test_all_orders_are_done():
    hall = busy_hall()
    for _ in range(200):
        hall.step()
    assert hall.pool.counts()["orders"]["done"] == MANY


def test_after_a_restart_tasks_that_robots_have_come_first():
    hall = busy_hall()
    hall.pool.prioritise_order("order 19", 1000, 0.0)
    for _ in range(4):
        hall.dispatcher._task_energy.percent()
    hall.dispatch()
    theirs = set(hall.roster.task.tolist())
    assert 19 in theirs
    hall.restart()
    hall.dispatcher._task_energy.percent()
    assert theirs <= set(looked_at(hall).tolist())
    assert len(looked_at(hall)) < MANY


def test_a_closure_before_a_task_is_looked_at_changes_nothing_about_it():
    hall = busy_hall("P")
    hall.dispatch()
    hall.close("Q")
    hall.dispatch()
    assert len(looked_at(hall)) < MANY
    for _ in range(300):
        hall.step()
    assert hall.pool.counts()["orders"]["done"] == MANY


def test_a_task_that_is_over_before_it_is_looked_at_takes_nothing():
    hall = busy_hall()
    hall.dispatcher._task_energy.percent()
    hall.pool.cancel_order("order 19", 0.0)
    for _ in range(MANY):
        percent = hall.dispatcher._task_energy.percent()
    assert hall.pool.status[19] == TaskStatus.CANCELLED
    assert percent[19] == 0.0
    assert not np.isnan(percent).any()


@pytest.mark.parametrize("skus", ["a", "ab"])
def test_a_task_that_changes_before_it_is_looked_at_is_seen_as_it_is_then(skus):
    hall = busy_hall()
    hall.order("last", skus)
    hall.dispatcher._task_energy.percent()
    last = np.array([MANY], dtype=np.int32)
    hall.dispatcher._task_energy.renew(last)
    assert np.isnan(hall.dispatcher._task_energy._percent[MANY])
    for _ in range(MANY):
        percent = hall.dispatcher._task_energy.percent()
    assert percent[MANY] == hall.dispatcher._energy.task_percent(*hall.pool.errands_left(last))[0]
