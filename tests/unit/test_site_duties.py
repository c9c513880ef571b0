"""What the feed and the API say of a robot's duty: goods on board, what takes it to its goal, what it may enter."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fleet.app.site.duties import duty_columns, loaded
from fleet.app.site.feed_messages import unpacked
from fleet.app.site.robot_answer import robot_shown
from fleet.runtime.roster import Roster
from fleet.tasks.pool import TaskPool
from robots.state import FleetState
from tests.orders import order, splitter

HERE, CHARGER, PLACE = 8, 11, 12


@pytest.fixture
def pool():
    pool = TaskPool(splitter())
    for name in "abc":
        pool.add_order(order(name), 0.0)
    return pool


def roster_of(pool, robots, tasks):
    roster = Roster.of(4)
    for robot, task in zip(robots, tasks, strict=True):
        pool.assign(task, robot, 0.0)
    roster.set_tasks(np.array(robots), np.array(tasks, dtype=np.int32), pool)
    return roster


def test_a_robot_carries_goods_from_its_first_pick_on(pool):
    roster = roster_of(pool, [0, 2], [1, 0])
    assert loaded(roster, pool).tolist() == [False] * 4
    pool.advance(0, 0.0)
    assert loaded(roster, pool).tolist() == [False, False, True, False]


def test_a_load_is_on_the_robot_that_dropped_out_until_another_has_taken_it_over(pool):
    roster = roster_of(pool, [0], [0])
    pool.advance(0, 0.0)
    pool.strand(0, 5, 30.0, 0.0)
    roster.drop_tasks(np.array([0]))
    roster.left_task[0] = 0
    pool.assign(0, 2, 0.0)
    roster.set_tasks(np.array([2]), np.array([0], dtype=np.int32), pool)
    assert loaded(roster, pool).tolist() == [True, False, False, False]
    pool.advance(0, 0.0)
    roster.left_task[0] = -1
    assert loaded(roster, pool).tolist() == [False, False, True, False]


def test_duties_are_told_as_they_are(pool):
    roster = roster_of(pool, [0], [0])
    roster.goal[:] = [7, -1, 9, -1]
    waits = SimpleNamespace(
        waits_for=np.array([2, -1, -1, -1], dtype=np.int32),
        reason=np.array([1, 0, 4, 0], dtype=np.uint8),
        waited_s=np.array([3.5, 0, 1, 0], dtype=np.float32),
    )
    delayed = np.array([True, False, False, False])
    told = unpacked(duty_columns(roster, pool, waits, delayed))
    assert {name: column.tolist() for name, column in told.items()} == {
        "goal": [7, -1, 9, -1],
        "waits_for": [2, -1, -1, -1],
        "wait": [1, 0, 4, 0],
        "waited_s": [3.5, 0.0, 1.0, 0.0],
        "delayed": [1, 0, 0, 0],
        "loaded": [0, 0, 0, 0],
    }


class Ledger:
    """What a ledger has granted and its window goes on with."""

    def cells_granted(self, robot):
        return [1, 2]

    def cells_planned(self, robot):
        return [3]


def shown(roster, pool, *, alarm=False, ledger=None):
    state = FleetState.at(np.full(4, HERE, dtype=np.int32))
    chargers = np.array([CHARGER], dtype=np.int32)
    return robot_shown(0, "amr-000", state, roster, pool, chargers=chargers, alarm=alarm, ledger=ledger)


def test_the_duty_is_what_takes_a_robot_to_its_goal(pool):
    roster = roster_of(pool, [0], [0])
    assert shown(roster, pool).duty == "none"
    roster.goal[0] = roster.errand_cell[0]
    assert shown(roster, pool).duty == "task"
    roster.goal[0] = CHARGER
    assert (shown(roster, pool).duty, shown(roster, pool).task) == ("charge", 0)
    roster.goal[0] = PLACE
    assert shown(roster, pool).duty == "park"
    assert shown(roster, pool, alarm=True).duty == "muster"
    roster.serving[0], roster.goal[0] = True, roster.errand_cell[0]
    assert shown(roster, pool, alarm=True).duty == "task"


def test_who_is_to_take_a_load_over_has_that_for_a_duty(pool):
    roster = roster_of(pool, [3], [0])
    pool.advance(0, 0.0)
    pool.strand(0, 5, 30.0, 0.0)
    pool.assign(0, 0, 0.0)
    roster.set_tasks(np.array([0]), np.array([0], dtype=np.int32), pool)
    roster.goal[0] = 5
    assert shown(roster, pool).duty == "takeover"


def test_a_robot_without_a_task_has_no_errands_and_one_in_step_no_grants(pool):
    found = shown(Roster.of(4), pool)
    assert (found.task, found.order, found.errands, found.granted, found.planned) == (-1, "", (), (), ())
    assert (found.cell, found.goal) == (HERE, -1)


def test_granted_and_planned_cells_are_those_of_the_ledger(pool):
    found = shown(Roster.of(4), pool, ledger=Ledger())
    assert (found.granted, found.planned) == ((1, 2), (3,))
