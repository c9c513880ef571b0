from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment import matching_assigner
from fleet.assignment.assigner import AssignmentParams, FreeRobots, TaskRefusal, WaitingTasks
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.grid.distances import DistanceFields
from tests.floors import drawn, marked, places
from tests.oracles.distances import steps_to
from tests.oracles.matchings import best


def robots(cells, headings=0):
    n = len(cells)
    headings = np.array(np.broadcast_to(np.array(headings, np.int8), n))
    return FreeRobots(np.array(cells, np.int32), headings, np.full(n, 100, np.float32))


def tasks(cells, release_s=0.0, percent=0.0):
    m = len(cells)
    release_s = np.array(np.broadcast_to(np.float64(release_s), m))
    percent = np.array(np.broadcast_to(np.float32(percent), m))
    return WaitingTasks(np.array(cells, np.int32), np.zeros(m, np.int32), release_s, np.full(m, np.inf), percent)


def assigner(layout, **params):
    travel = DistanceFields(layout).travel
    return MatchingAssigner(travel, width=layout.width, step_s=2.0, step_percent=0.1, params=AssignmentParams(**params))


def test_travel_of_the_fleet_is_the_least_possible():
    layout = drawn("......\n..##..\n......\n.#..#.\n......")
    rng = np.random.default_rng(5)
    passable = places(layout)
    for _ in range(20):
        starts, goals = rng.permutation(layout.free_cells)[:4], rng.choice(layout.free_cells, 4)
        headings = rng.integers(0, 4, 4)
        answer = assigner(layout).assign(robots(starts, headings), tasks(goals), 0.0)
        steps = {
            (i, j): steps_to(passable, (*divmod(int(starts[i]), 6), int(headings[i])), divmod(int(goals[j]), 6))
            for i in range(4)
            for j in range(4)
        }
        paired = zip(answer.robots.tolist(), answer.tasks.tolist(), strict=True)
        assert (4, sum(steps[pair] for pair in paired)) == best(steps, 4)


def test_a_robot_walled_off_from_what_is_near_takes_what_is_far():
    floor = """
        r#a#........
        .#b#........
        .#c#........
        .##########.
        ...........d
    """
    layout, at = drawn(floor), marked(floor)
    waiting = tasks([at["a"], at["b"], at["c"], at["d"]])
    answer = assigner(layout, nearest=2, urgent=1).assign(robots([at["r"]]), waiting, 0.0)
    assert answer.tasks.tolist() == [3]


def test_a_robot_that_cannot_reach_the_most_urgent_is_not_left_without_work():
    floor = """
        r#b..
        .#...
        .#...
        .#...
        c#...
    """
    layout, at = drawn(floor), marked(floor)
    cells = [at["b"]] * 6 + [at["c"]]
    answer = assigner(layout, nearest=1, urgent=2).assign(robots([at["r"], at["b"] + 2]), tasks(cells), 0.0)
    assert answer.robots.tolist() == [0, 1]
    assert answer.tasks[0] == 6
    assert answer.refused.tolist() == []


def test_working_through_a_large_fleet_in_parts_changes_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    layout = drawn("\n".join(["." * 12] * 12))
    who = robots(rng.permutation(layout.free_cells)[:30], rng.integers(0, 4, 30))
    what = tasks(rng.choice(layout.free_cells, 40), release_s=rng.uniform(0, 100, 40))
    whole = assigner(layout, nearest=4, urgent=3).assign(who, what, 200.0)
    monkeypatch.setattr(matching_assigner, "_PART", 100)
    parts = assigner(layout, nearest=4, urgent=3).assign(who, what, 200.0)
    assert whole.robots.tolist() == parts.robots.tolist()
    assert whole.tasks.tolist() == parts.tasks.tolist()


def test_only_candidates_are_asked_for_travel_times():
    layout = drawn("\n".join(["." * 20] * 20))
    distances = DistanceFields(layout)
    made = MatchingAssigner(
        distances.travel, width=20, step_s=1.0, step_percent=0.1, params=AssignmentParams(nearest=3, urgent=2)
    )
    made.assign(robots([0, 1]), tasks(range(2, 400)), 0.0)
    assert distances.computed <= 2 * 3 + 2


def test_tasks_for_which_everybody_is_too_low_are_named_so():
    layout = drawn("....")
    answer = assigner(layout).assign(robots([0, 1]), tasks([2, 3], percent=[99.95, 99.0]), 0.0)
    assert answer.tasks.tolist() == [1]
    assert dict(zip(answer.refused.tolist(), answer.reasons.tolist(), strict=True)) == {0: TaskRefusal.LOW_CHARGE}


@pytest.mark.jit
def test_five_hundred_robots_and_a_thousand_tasks_are_all_put_to_work():
    rng = np.random.default_rng(0)
    layout = drawn("\n".join((["." * 60] + [".####" * 12] * 2) * 16 + ["." * 60]))
    who = robots(rng.permutation(layout.free_cells)[:500], rng.integers(0, 4, 500))
    what = tasks(rng.choice(layout.free_cells, 1000), release_s=rng.uniform(0, 600, 1000))
    answer = assigner(layout).assign(who, what, 700.0)
    assert answer.robots.tolist() == list(range(500))
    assert len(set(answer.tasks.tolist())) == 500
