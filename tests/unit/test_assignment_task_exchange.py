from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.assigner import FreeRobots
from fleet.assignment.task_exchange import TaskExchange
from fleet.grid.distances import DistanceFields
from tests.floors import drawn, marked

AISLE = """
    a.b.c.d.e.f.g.h.
    ................
    k......#########
    .......#x......y
"""
AT = marked(AISLE)
EAST, WEST = 0, 2


def takers(robots, tasks, headings=EAST, charge=100.0, percent=0.0):
    """Which robot is to have each task; robots and first cells as letters, the first robots being those that go."""
    n, m = len(robots), len(tasks)
    who = FreeRobots(
        np.array([AT[place] for place in robots], dtype=np.int32),
        np.array(np.broadcast_to(np.int8(headings), n)),
        np.array(np.broadcast_to(np.float32(charge), n)),
    )
    exchange = TaskExchange(DistanceFields(drawn(AISLE)).travel, step_percent=1.0)
    cells = np.array([AT[place] for place in tasks], dtype=np.int32)
    answer = exchange.takers(who, cells, np.array(np.broadcast_to(np.float32(percent), m)))
    assert answer.dtype == np.int32
    return answer.tolist()


def test_robots_that_would_pass_each_other_exchange_their_tasks():
    assert takers("ah", "hb", headings=[EAST, WEST]) == [1, 0]


def test_a_task_goes_on_to_a_free_robot_that_is_nearer():
    assert takers("af", "g") == [1]


def test_of_free_robots_the_nearest_takes_over():
    assert takers("adf", "g") == [2]


def test_tasks_are_handed_on_along_a_chain():
    # The free robot at g takes over from the one at d, which takes over from the one at a.
    assert takers("adg", "eh") == [1, 2]


def test_a_free_robot_that_is_no_nearer_changes_nothing():
    assert takers("ea", "g") == [0]
    assert takers("ee", "g") == [0]


@pytest.mark.parametrize(("free", "taker"), [("b", 0), ("d", 1)])
def test_nobody_turns_round_for_a_few_steps(free, taker):
    # From b it is 2 steps less than from a, from d 6.
    assert takers("a" + free, "h") == [taker]


def test_no_task_is_made_to_wait_longer_even_if_that_shortens_the_ways_in_sum():
    # 14 steps to a and 6 to d, or else 2 to a and 8 to d; from g it is 12 and 6.
    assert takers("hb", "ad", headings=WEST) == [0, 1]
    assert takers("gb", "ad", headings=WEST) == [1, 0]


def test_who_has_too_little_charge_for_the_way_and_the_task_takes_none_over():
    assert takers("af", "g", charge=[100.0, 22.0], percent=20.0) == [1]
    assert takers("af", "g", charge=[100.0, 21.9], percent=20.0) == [0]


def test_a_robot_with_too_little_charge_keeps_its_task_if_nobody_is_sooner():
    assert takers("fa", "g", charge=[0.0, 100.0], percent=20.0) == [0]
    assert takers("af", "g", charge=[0.0, 100.0], percent=20.0) == [1]


def test_a_robot_without_a_way_takes_nothing_over():
    assert takers("ax", "g") == [0]


def test_tasks_with_one_first_cell_keep_their_robots():
    assert takers("acf", "ggg") == [0, 1, 2]


def test_nothing_under_way_is_nothing_to_exchange():
    assert takers("ab", "") == []
