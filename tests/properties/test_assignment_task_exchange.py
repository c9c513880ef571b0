"""Exchanges of tasks against trying every one, and that no task loses by them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.assignment.assigner import FreeRobots
from fleet.assignment.task_exchange import TaskExchange
from fleet.grid.distances import UNREACHABLE, DistanceFields
from tests.floors import floors, places
from tests.oracles.distances import steps_to
from tests.oracles.matchings import best

STEP_PERCENT = 2.0
# What a change must save.
STAY = 4


@settings(max_examples=60)
@given(data=st.data())
def test_an_exchange_is_the_best_of_those_that_make_no_task_wait_longer(data):
    layout = data.draw(floors(side=6))
    passable = places(layout)
    m = data.draw(st.integers(1, 4))
    k = m + data.draw(st.integers(0, 2))
    cell = st.sampled_from(layout.free_cells.tolist())
    cells = data.draw(st.lists(cell, min_size=k, max_size=k))
    headings = data.draw(st.lists(st.integers(0, 3), min_size=k, max_size=k))
    charge = data.draw(st.lists(st.sampled_from([5.0, 30.0, 100.0]), min_size=k, max_size=k))
    goals = data.draw(st.lists(cell, min_size=m, max_size=m))
    percent = data.draw(st.lists(st.sampled_from([0.0, 20.0]), min_size=m, max_size=m))
    robots = FreeRobots(np.array(cells, np.int32), np.array(headings, np.int8), np.array(charge, np.float32))
    exchange = TaskExchange(DistanceFields(layout).travel, step_percent=STEP_PERCENT)
    takers = exchange.takers(robots, np.array(goals, np.int32), np.array(percent, np.float32)).tolist()

    steps = [
        [
            steps_to(passable, (*divmod(cells[robot], layout.width), headings[robot]), divmod(goal, layout.width))
            for robot in range(k)
        ]
        for goal in goals
    ]
    ways = [[UNREACHABLE if way is None else way for way in row] for row in steps]
    able = {
        (task, robot): ways[task][robot] - STAY * (task == robot)
        for task in range(m)
        for robot in range(k)
        if task == robot
        or (
            ways[task][robot] <= ways[task][task]
            and ways[task][robot] < UNREACHABLE
            and charge[robot] >= ways[task][robot] * STEP_PERCENT + percent[task]
        )
    }
    assert len(set(takers)) == m
    assert all(pair in able for pair in enumerate(takers))
    assert (m, sum(able[pair] for pair in enumerate(takers))) == best(able, m)
