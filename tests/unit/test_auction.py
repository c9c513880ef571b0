"""Matching by auction: the most pairs there can be, nearly at the least cost, whichever side bids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from fleet.assignment.auction import AuctionFloor, AuctionParams
from fleet.grid.distances import DistanceFields
from fleet.grid.guidance import Guidance
from tests.floors import drawn, floors, places
from tests.oracles.distances import steps_to

NO_PAIR = 1e6
EXACT = AuctionParams(stay=0.0, tolerance=0.001, listed=8, looks=10**9)


def params(**changes):
    return AuctionParams(**{"stay": 0.0, "tolerance": 0.001, "listed": 8, "looks": 10**9} | changes)


def match(layout, robots, tasks, current=None, how=EXACT, known=None, guidance=None):
    """Match robots (cell, heading) to tasks (cell, extra); fields of all tasks are in memory, or of `known` only."""
    distances = DistanceFields(layout, guidance=guidance)
    distances.slots(np.array(sorted({cell for cell, _ in tasks}) if known is None else known, dtype=np.int32))
    floor = AuctionFloor(distances)
    cells, headings = np.array(robots, dtype=np.int32).reshape(-1, 2).T
    first, extra = np.array(tasks, dtype=np.float64).reshape(-1, 2).T
    found = floor.match(
        floor.robots(np.ascontiguousarray(cells), headings.astype(np.int8)),
        floor.tasks(first.astype(np.int32), np.ascontiguousarray(extra)),
        np.array([-1] * len(robots) if current is None else current, dtype=np.int32),
        how,
    )
    assert found.dtype == np.int32
    return found.tolist()


def true_costs(layout, robots, tasks):
    """Costs of all pairs, with turns and walls counted; NO_PAIR where there is no way."""
    costs = np.full((len(robots), len(tasks)), NO_PAIR)
    for row, (cell, heading) in enumerate(robots):
        for column, (goal, extra) in enumerate(tasks):
            start = (*divmod(cell, layout.width), heading)
            steps = steps_to(places(layout), start, divmod(int(goal), layout.width))
            if steps is not None:
                costs[row, column] = steps + extra
    return costs


def check(costs, found, tolerance):
    """No task twice, no pair without a way, most pairs, and at most the tolerance a pair above the least total."""
    given_out = [task for task in found if task >= 0]
    assert len(set(given_out)) == len(given_out)
    paid = [costs[robot, task] for robot, task in enumerate(found) if task >= 0]
    best = costs[linear_sum_assignment(costs)]
    assert NO_PAIR not in paid
    assert len(paid) == (best < NO_PAIR).sum()
    assert sum(paid) <= best[best < NO_PAIR].sum() + tolerance * len(paid) + 1e-6


@given(st.data())
def test_pairs_are_the_most_there_can_be_and_cost_the_least(data):
    layout = data.draw(floors(side=5))
    free = st.sampled_from(layout.free_cells.tolist())
    robots = data.draw(st.lists(st.tuples(free, st.integers(0, 3)), min_size=1, max_size=4))
    tasks = data.draw(st.lists(st.tuples(free, st.sampled_from([0.0, 0.5, 7.0])), min_size=1, max_size=6))
    listed, tolerance = data.draw(st.sampled_from([1, 2, 8])), data.draw(st.sampled_from([0.1, 0.5]))
    current = data.draw(st.permutations([*range(len(tasks)), *[-1] * len(robots)]))[: len(robots)]
    found = match(layout, robots, tasks, current, params(listed=listed, tolerance=tolerance))
    check(true_costs(layout, robots, tasks), found, tolerance)


def crowd(seed, robots, tasks, side=30):
    """Return an open floor, robots that stand close together and tasks all over it; fields of none are in memory."""
    rng = np.random.default_rng(seed)
    layout = drawn(" ".join(["." * side] * side))
    cells = rng.choice(side * side // 3, robots, replace=False)
    first, extra = rng.choice(side * side, tasks), rng.integers(0, 20, tasks) / 2
    return layout, [(int(cell), 0) for cell in cells], list(zip(first.tolist(), extra.tolist(), strict=True))


def estimated(layout, robots, tasks):
    here, there = (np.array([cell for cell, _ in side]) for side in (robots, tasks))
    rows, columns = (
        at[:, None] - to for at, to in zip(*(np.divmod(c, layout.width) for c in (here, there)), strict=True)
    )
    return np.abs(rows) + np.abs(columns) + np.array([extra for _, extra in tasks])


@pytest.mark.parametrize("listed", [1, 3, 16])
@pytest.mark.parametrize(("robots", "tasks"), [(40, 60), (40, 40), (60, 40)])
def test_competition_is_settled_as_an_exact_solver_would(robots, tasks, listed):
    problem = crowd(robots + tasks, robots, tasks)
    found = match(*problem, known=[], how=params(listed=listed, tolerance=0.2))
    check(estimated(*problem), found, 0.2)


@pytest.mark.parametrize(("robots", "tasks"), [(20, 30), (30, 20)])
def test_what_robots_had_before_does_not_matter_unless_staying_counts(robots, tasks):
    layout, robots, tasks = crowd(11, robots, tasks, side=12)
    current = [(7 * robot) % len(tasks) if robot < 10 else -1 for robot in range(len(robots))]
    found = match(layout, robots, tasks, current, params(listed=1, tolerance=0.2))
    check(true_costs(layout, robots, tasks), found, 0.2)


def test_an_exact_tolerance_gives_the_exact_cost():
    problem = crowd(3, 25, 30)
    costs = estimated(*problem)
    found = match(*problem, known=[], how=params(tolerance=0.01))
    assert sum(costs[robot, task] for robot, task in enumerate(found)) == costs[linear_sum_assignment(costs)].sum()


def test_equal_problems_get_equal_answers():
    problem = crowd(5, 30, 40)
    how = params(tolerance=0.2)
    assert match(*problem, known=[], how=how) == match(*problem, known=[], how=how)


@pytest.mark.parametrize("looks", [1, 300])
@pytest.mark.parametrize(("robots", "tasks"), [(30, 50), (50, 30)])
def test_when_looks_run_out_everybody_still_gets_a_task(robots, tasks, looks):
    problem = crowd(7, robots, tasks)
    found = [task for task in match(*problem, known=[], how=params(looks=looks)) if task >= 0]
    assert len(found) == len(set(found)) == min(robots, tasks)


def test_when_looks_run_out_robots_keep_what_they_have_then_take_what_is_nearest():
    layout, robots = drawn("." * 20), [(0, 0), (1, 0), (10, 0)]
    tasks = [(2, 0.0), (19, 0.0), (12, 0.0), (5, 0.0)]
    assert match(layout, robots, tasks, current=[-1, 1, -1], how=params(looks=0)) == [0, 1, 2]


def test_a_robot_turns_from_its_task_only_for_more_than_it_stays_for():
    layout, robots, tasks = drawn("." * 20), [(0, 0)], [(3, 0.0), (6, 0.0)]
    assert match(layout, robots, tasks, current=[1]) == [0]
    assert match(layout, robots, tasks, current=[1], how=params(stay=2.5)) == [0]
    assert match(layout, robots, tasks, current=[1], how=params(stay=3.5)) == [1]


def test_staying_counts_whoever_bids_and_however_far_away_the_task_is():
    layout = drawn("." * 60)
    assert match(layout, [(0, 0), (59, 2)], [(29, 0.0)], current=[-1, 0]) == [0, -1]
    assert match(layout, [(0, 0), (59, 2)], [(29, 0.0)], current=[-1, 0], how=params(stay=2.0)) == [-1, 0]
    near = [(cell, 0.0) for cell in range(1, 30)]
    how = params(listed=2, stay=60.0)
    assert match(layout, [(0, 0)], [*near, (59, 0.0)], current=[29], how=how) == [29]
    assert match(layout, [(0, 0)], [*near, (59, 0.0)], current=[29], how=how, known=[]) == [29]


def test_of_a_surplus_the_farther_robots_go_without():
    assert match(drawn("." * 30), [(0, 0), (20, 0), (9, 0)], [(10, 0.0), (21, 0.0)]) == [-1, 1, 0]


def test_nobody_is_given_a_task_on_another_island():
    layout = drawn("...#... ...#...")
    assert match(layout, [(0, 0), (7, 0)], [(4, 0.0), (5, 0.0)]) == [-1, -1]
    assert match(layout, [(0, 0), (7, 0), (4, 0)], [(1, 0.0), (13, 0.0), (12, 9.0)], known=[]) == [0, -1, 1]


def test_costs_are_free_steps_also_where_moves_have_weights():
    layout = drawn("." * 8)
    forward = np.full((layout.cells, 4), 10, dtype=np.uint8)
    forward[:, 2] = 50
    guidance = Guidance(forward, turn=7, unit=10)
    # Five steps with the lane beat two against it; an estimate knows no lanes.
    robots, tasks = [(2, 2)], [(0, 0.0), (7, 0.0)]
    assert match(layout, robots, tasks, guidance=guidance) == [1]
    assert match(layout, robots, tasks, guidance=guidance, known=[]) == [0]
    assert match(layout, robots, [(0, 0.0), (7, 4.0)], guidance=guidance) == [0]


def test_a_robot_far_from_all_tasks_finds_the_nearest():
    layout = drawn(" ".join(["." * 50] * 50))
    robots, tasks = [(0, 0)], [(49 * 50 + 49, 0.0), (40 * 50 + 45, 0.0), (44 * 50 + 42, 0.0)]
    assert match(layout, robots, tasks, known=[]) == [1]
    assert match(layout, robots, [(cell, 0.0) for cell, _ in tasks] + [(49, 36.5), (49 * 50, 35.5)], known=[]) == [4]
