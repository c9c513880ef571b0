"""The League scheduler: least total cost, true ways where they are known, nobody left out who could have a task."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.assignment.league_scheduler import LeagueScheduler, LeagueSchedulerParams, steps_each
from fleet.errors import SettingError
from fleet.grid.distances import UNREACHABLE, DistanceFields
from fleet.grid.layout import NO_CELL
from tests.floors import drawn, floors, places
from tests.oracles.distances import steps_to

EAST = 0


def cells(*indices):
    return np.array(indices, dtype=np.int32)


def match(layout, robots, tasks, headings=None, known=(), current=None, **params):
    """Match robots (cells) to tasks (first, last); fields of the cells in `known` are in memory."""
    distances = DistanceFields(layout)
    distances.slots(cells(*known))
    scheduler = LeagueScheduler(distances, LeagueSchedulerParams(**params))
    headings = np.array(headings or [EAST] * len(robots), dtype=np.int8)
    first, last = cells(*(task[0] for task in tasks)), cells(*(task[1] for task in tasks))
    found = scheduler.match(cells(*robots), headings, first, last, None if current is None else cells(*current))
    assert found.dtype == np.int32
    return found.tolist()


@given(st.data())
def test_matching_has_the_least_total_cost(data):
    layout = data.draw(floors(side=5))
    free = layout.free_cells.tolist()
    robots = data.draw(st.lists(st.sampled_from(free), unique=True, min_size=1, max_size=4))
    headings = data.draw(st.lists(st.integers(0, 3), min_size=len(robots), max_size=len(robots)))
    tasks = data.draw(st.lists(st.tuples(st.sampled_from(free), st.sampled_from(free)), min_size=1, max_size=5))
    weight = data.draw(st.sampled_from([0.0, 0.25, 1.0]))

    def place(cell):
        return divmod(cell, layout.width)

    def cost(robot, task):
        start = (*place(robots[robot]), headings[robot])
        way = steps_to(places(layout), start, place(tasks[task][0]))
        (row, column), (to_row, to_column) = place(tasks[task][0]), place(tasks[task][1])
        return None if way is None else way + weight * (abs(row - to_row) + abs(column - to_column))

    def total(found):
        pairs = [cost(robot, task) for robot, task in enumerate(found) if task >= 0]
        return (sum(task < 0 for task in found), sum(pairs)) if None not in pairs else (len(found) + 1, 0.0)

    known = [task[0] for task in tasks]
    found = match(layout, robots, tasks, headings, known=known, length_weight=weight, tolerance=0.05)
    given_out = [task for task in found if task >= 0]
    assert len(set(given_out)) == len(given_out)
    options = [*range(len(tasks)), *[-1] * len(robots)]
    best = min(map(total, set(permutations(options, len(robots)))))
    assert total(found) == (best[0], pytest.approx(best[1]))


def test_the_nearer_robot_gets_the_task():
    assert match(drawn("....."), robots=[0, 3], tasks=[(4, 4)]) == [-1, 0]


def test_turns_count_where_the_field_is_known():
    robots, tasks, west = [1, 4], [(2, 2)], 2
    assert match(drawn("....."), robots, tasks, headings=[west, west]) == [0, -1]
    assert match(drawn("....."), robots, tasks, headings=[west, west], known=[2]) == [-1, 0]


def test_walls_count_where_the_field_is_known():
    layout = drawn("..#.. ..#.. .....")
    assert match(layout, robots=[1, 14], tasks=[(3, 3)]) == [0, -1]
    assert match(layout, robots=[1, 14], tasks=[(3, 3)], known=[3]) == [-1, 0]


def test_of_tasks_equally_near_the_shorter_is_taken():
    assert match(drawn("......."), robots=[3], tasks=[(2, 0), (4, 5)]) == [1]
    assert match(drawn("......."), robots=[3], tasks=[(4, 6), (2, 1)]) == [1]


@pytest.mark.parametrize("tasks", [[(4, 0), (4, 4)], [(4, 4), (4, 0)]])
def test_where_more_tasks_than_robots_are_within_reach_the_shorter_is_taken(tasks):
    # Robots outnumber tasks on the whole floor, but not beyond the wall.
    found = match(drawn("...#."), robots=[0, 1, 4], tasks=tasks, length_weight=0.25)
    assert found == [-1, -1, tasks.index((4, 4))]


def test_length_weight_says_what_a_longer_way_is_worth():
    tasks = [(1, 9), (3, 4)]
    assert match(drawn("." * 10), [0], tasks, length_weight=0.1) == [0]
    assert match(drawn("." * 10), [0], tasks, length_weight=0.5) == [1]


def test_robots_that_cannot_reach_a_task_get_none():
    assert match(drawn("..#.."), robots=[1, 3], tasks=[(4, 4)], known=[4]) == [-1, 0]
    assert match(drawn("..#.."), robots=[1], tasks=[(4, 4), (3, 3)], known=[3, 4]) == [-1]


@pytest.mark.parametrize("candidates", [1, 2, 32])
def test_everybody_gets_a_task_however_few_candidates_a_round_has(candidates):
    found = match(drawn("." * 20), range(10), [(cell, cell) for cell in range(8, 20)], candidates=candidates)
    assert sorted(found) == sorted(set(found))
    assert min(found) >= 0


def test_tasks_run_out_before_robots_do():
    assert sorted(match(drawn("....."), [0, 1, 2], [(4, 4), (3, 3)])) == [-1, 0, 1]


def test_without_robots_or_tasks_nobody_is_matched():
    assert match(drawn("..."), [], [(0, 1)]) == []
    assert match(drawn("..."), [0, 1], []) == [-1, -1]


def test_matching_finds_no_fields_itself():
    distances = DistanceFields(drawn("....."))
    LeagueScheduler(distances).match(cells(0), np.zeros(1, dtype=np.int8), cells(4), cells(2))
    assert distances.held == 0


def test_fields_are_held_from_when_they_are_found():
    distances = DistanceFields(drawn("....."))
    distances.slots(cells(1, 3))
    assert distances.holds(cells(0, 1, NO_CELL, 3)).tolist() == [False, True, False, True]


def test_steps_each_reads_one_goal_for_each_robot():
    distances = DistanceFields(drawn("...#."))
    here, headings = cells(0, 2, 1, 0), np.array([0, 0, 0, 1], dtype=np.int8)
    steps = steps_each(distances, cells(2, 0, NO_CELL, 4), here, headings)
    assert steps.tolist() == [2, 4, UNREACHABLE, UNREACHABLE]


def test_robots_on_their_way_turn_to_better_tasks():
    tasks = [(1, 1), (8, 8), (9, 9)]
    assert match(drawn("." * 10), [7, 0], tasks, current=[0, 1], stay=0.0) == [1, 0]
    assert match(drawn("." * 10), [7, 0], tasks, current=[2, 0], stay=0.0) == [1, 0]


def test_a_robot_turns_from_its_task_only_for_more_than_it_stays_for():
    tasks = [(2, 2), (4, 4)]
    assert match(drawn("." * 10), [0], tasks, current=[1], stay=1.0) == [0]
    assert match(drawn("." * 10), [0], tasks, current=[1], stay=3.0) == [1]


def test_with_many_on_their_way_one_strip_of_the_floor_after_another_is_matched_anew():
    scheduler = LeagueScheduler(DistanceFields(drawn("." * 60)), LeagueSchedulerParams(at_once=4))
    robots, headings = cells(*range(0, 60, 5)), np.zeros(12, dtype=np.int8)
    tasks = cells(*range(1, 61, 5), *[59] * 12)
    found = np.arange(12, 24, dtype=np.int32)
    turned = []
    for _ in range(12):
        before, found = found, scheduler.match(robots, headings, tasks, tasks, found)
        assert len(set(found.tolist())) == 12
        turned.append(np.flatnonzero(found != before).tolist())
    assert turned[0] == [0, 1, 2, 3]
    assert max(map(len, turned)) == 4
    assert sorted(robot for some in turned for robot in some) == list(range(12))
    assert found.tolist() == list(range(12))


def test_robots_without_a_task_get_one_at_once_however_many_are_on_their_way():
    found = match(
        drawn("." * 20), [0, 5, 10, 15], [(cell, cell) for cell in range(8)], current=[0, -1, 1, -1], at_once=1
    )
    assert min(found) >= 0
    assert len(set(found)) == 4


def test_tasks_that_are_kept_are_not_given_again():
    tasks = [(1, 1), (12, 12), (19, 19)]
    assert match(drawn("." * 20), [0, 10, 11], tasks, current=[0, 1, -1], at_once=1) == [0, 1, 2]


def test_when_looks_run_out_everybody_still_gets_a_task():
    tasks = [(cell, cell) for cell in range(20)]
    found = match(drawn("." * 20), range(0, 20, 2), tasks, looks=1)
    assert min(found) >= 0
    assert len(set(found)) == 10


def test_warming_up_finds_no_fields_and_changes_no_answer():
    distances = DistanceFields(drawn("....."))
    scheduler = LeagueScheduler(distances)
    scheduler.warmup()
    assert distances.held == 0
    assert scheduler.match(cells(0, 3), np.zeros(2, dtype=np.int8), cells(4), cells(4)).tolist() == [-1, 0]


@pytest.mark.parametrize(
    "bad",
    [
        {"candidates": 0},
        {"at_once": 0},
        {"looks": 0},
        {"length_weight": -0.1},
        {"length_weight": float("nan")},
        {"length_weight": float("inf")},
        {"stay": -1.0},
        {"tolerance": 0.0},
        {"tolerance": float("nan")},
    ],
)
def test_impossible_settings_are_refused(bad):
    with pytest.raises(SettingError, match=next(iter(bad))):
        LeagueSchedulerParams(**bad)
