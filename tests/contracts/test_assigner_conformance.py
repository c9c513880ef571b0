"""Every assigner keeps the protocol's promises."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.assigner import AssignmentParams, FreeRobots, TaskRefusal, WaitingTasks
from fleet.assignment.greedy_assigner import GreedyAssigner
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.grid.distances import DistanceFields
from tests.floors import drawn, marked

FLOOR = """
    a.b.c.#...
    ......#.x.
    d.e.f.#...
"""
AT = marked(FLOOR)
STEP_PERCENT = 0.5


def matching(distances, params):
    return MatchingAssigner(
        distances.travel, width=distances.layout.width, step_s=1.0, step_percent=STEP_PERCENT, params=params
    )


def greedy(distances, params):
    return GreedyAssigner(distances.travel, step_percent=STEP_PERCENT, params=params)


@pytest.fixture(params=[matching, greedy], ids=lambda maker: maker.__name__)
def make(request):
    """Make an assigner on FLOOR; keywords are its parameters."""
    distances = DistanceFields(drawn(FLOOR))
    return lambda **params: request.param(distances, AssignmentParams(**params))


def robots(places, charge=100.0):
    n = len(places)
    cells = np.array([AT[place] for place in places], dtype=np.int32)
    return FreeRobots(cells, np.zeros(n, np.int8), np.array(np.broadcast_to(np.float32(charge), n)))


def tasks(places, priorities=0, release_s=0.0, due_s=np.inf, percent=0.0):
    m = len(places)

    def column(value, dtype):
        return np.array(np.broadcast_to(np.array(value, dtype=dtype), m))

    return WaitingTasks(
        np.array([AT[place] for place in places], dtype=np.int32),
        column(priorities, np.int32),
        column(release_s, np.float64),
        column(due_s, np.float64),
        column(percent, np.float32),
    )


def pairs(assignment):
    return list(zip(assignment.robots.tolist(), assignment.tasks.tolist(), strict=True))


def refusals(assignment):
    return {
        task: TaskRefusal(reason)
        for task, reason in zip(assignment.refused.tolist(), assignment.reasons.tolist(), strict=True)
    }


def test_each_robot_takes_the_task_beside_it(make):
    answer = make().assign(robots("af"), tasks("ebc"), now_s=0.0)
    assert pairs(answer) in ([(0, 1), (1, 2)], [(0, 1), (1, 0)])
    assert refusals(answer) == {}


def test_as_many_pairs_as_robots_or_tasks(make):
    assert len(pairs(make().assign(robots("abcdef"), tasks("abc"), 0.0))) == 3
    assert len(pairs(make().assign(robots("abc"), tasks("abcdef"), 0.0))) == 3
    assert len(pairs(make().assign(robots("abc"), tasks("dddddd"), 0.0))) == 3


def test_answers_are_typed_and_in_order(make):
    answer = make().assign(robots("fedcba"), tasks("abcxdef"), 0.0)
    for column, dtype in ((answer.robots, np.int32), (answer.tasks, np.int32), (answer.refused, np.int32)):
        assert column.dtype == dtype
        assert column.tolist() == sorted(column.tolist()) or column is answer.tasks
    assert answer.reasons.dtype == np.int8
    assert len(set(answer.robots.tolist())) == len(set(answer.tasks.tolist())) == 6


@pytest.mark.parametrize(("who", "what"), [("", "abc"), ("abc", ""), ("", "")])
def test_nobody_or_nothing_makes_no_pairs(make, who, what):
    answer = make().assign(robots(who), tasks(what), 0.0)
    assert pairs(answer) == []
    assert refusals(answer) == {}


def test_a_task_that_nobody_can_reach_is_refused(make):
    answer = make().assign(robots("ab"), tasks("xc"), 0.0)
    assert refusals(answer) == {0: TaskRefusal.UNREACHABLE}
    assert [task for _, task in pairs(answer)] == [1]


def test_a_task_that_somebody_can_reach_is_not_refused(make):
    answer = make().assign(robots("abx"), tasks("xc"), 0.0)
    assert refusals(answer) == {}
    assert (2, 0) in pairs(answer)


def test_a_robot_that_reaches_nothing_stays_free(make):
    answer = make().assign(robots("xa"), tasks("bc"), 0.0)
    assert [robot for robot, _ in pairs(answer)] == [1]


def test_charge_must_cover_the_way_and_the_task(make):
    # From a, facing east, to b: two steps at 0.5 % each, and 20 % for the task.
    assert pairs(make().assign(robots("a", charge=21.0), tasks("b", percent=20.0), 0.0)) == [(0, 0)]
    answer = make().assign(robots("a", charge=20.9), tasks("b", percent=20.0), 0.0)
    assert pairs(answer) == []
    assert refusals(answer) == {0: TaskRefusal.LOW_CHARGE}


def test_a_robot_with_charge_goes_instead_of_a_nearer_one_without(make):
    answer = make().assign(robots("af", charge=[10.0, 90.0]), tasks("b", percent=30.0), 0.0)
    assert pairs(answer) == [(1, 0)]
    assert refusals(answer) == {}


def test_a_task_for_more_than_a_full_battery_is_refused_even_when_nobody_is_free(make):
    assert refusals(make().assign(robots(""), tasks("ab", percent=[100.5, 1.0]), 0.0)) == {0: TaskRefusal.TOO_LONG}
    answer = make().assign(robots("ab"), tasks("ab", percent=[np.inf, 1.0]), 0.0)
    assert refusals(answer) == {0: TaskRefusal.TOO_LONG}
    assert [task for _, task in pairs(answer)] == [1]


@pytest.mark.parametrize(
    "urgency", [{"priorities": [0, 1]}, {"release_s": [500.0, 0.0]}, {"due_s": [9000.0, 1100.0]}], ids=str
)
def test_what_is_more_urgent_goes_before_what_is_nearer(make, urgency):
    answer = make(priority_s=60.0, age_weight=0.1, due_s=60.0).assign(robots("a"), tasks("bf", **urgency), now_s=1000.0)
    assert pairs(answer) == [(0, 1)]


def test_many_refused_tasks_do_not_hide_one_that_can_be_done(make):
    waiting = tasks("x" * 30 + "f", priorities=[5] * 30 + [0])
    answer = make(nearest=1, urgent=1).assign(robots("a"), waiting, 0.0)
    assert pairs(answer) == [(0, 30)]
    assert set(refusals(answer)) <= set(range(30))


def test_refused_tasks_do_not_stand_before_the_next_in_urgency(make):
    waiting = tasks("x" * 30 + "bf", priorities=[9] * 30 + [0, 5])
    assert pairs(make(nearest=1, urgent=1).assign(robots("a"), waiting, 0.0)) == [(0, 31)]


def test_equal_requests_get_equal_answers(make):
    rng = np.random.default_rng(3)
    letters = list("abcdef")
    for _ in range(10):
        who, what = rng.choice(letters, 5), rng.choice(letters, 8)
        first, second = (make().assign(robots(who), tasks(what, priorities=1), 10.0) for _ in range(2))
        assert pairs(first) == pairs(second)


def test_requests_are_left_as_they_were(make):
    who, what = robots("abc"), tasks("dexf")
    before = [column.copy() for column in (who.cells, who.charge_percent, what.cells, what.release_s, what.percent)]
    make().assign(who, what, 10.0)
    after = (who.cells, who.charge_percent, what.cells, what.release_s, what.percent)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("rows", "name", "column"),
    [
        ("FreeRobots", "headings", np.zeros(1, np.int8)),
        ("FreeRobots", "cells", np.zeros(2, np.int64)),
        ("FreeRobots", "charge_percent", np.zeros(2)),
        ("WaitingTasks", "priorities", np.zeros(3, np.int32)),
        ("WaitingTasks", "due_s", np.zeros(2, np.float32)),
    ],
)
def test_columns_of_another_length_or_type_are_refused(make, rows, name, column):
    who, what = robots("ab"), tasks("cd")
    setattr(who if rows == "FreeRobots" else what, name, column)
    with pytest.raises(ValueError, match=f"{rows}.{name}" if name != "cells" else rows):
        make().assign(who, what, 0.0)
