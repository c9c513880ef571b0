"""Several steps ahead, each planned anew: goals one after the other, who goes first, rings."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import PlanWindow
from fleet.traffic.rolling_plan import RollingPlan
from tests.floors import drawn

F, R, C, W = range(4)
EAST, SOUTH, WEST, NORTH = range(4)


class Scripted:
    """A planner that does what it is told, step after step, and keeps what it was asked."""

    def __init__(self, *steps):
        self.steps, self.requests = list(steps), []

    def plan(self, request, budget_s=None):
        self.requests.append(request)
        step = self.steps.pop(0) if self.steps else [W] * len(request.cells)
        return PlanWindow(np.array([step, [C] * len(step)], dtype=np.uint8))


def rolling(art, *steps):
    planner = Scripted(*steps)
    return RollingPlan(DistanceFields(drawn(art)), planner), planner


def ints(*values):
    return np.array(values, dtype=np.int32)


def east(n):
    return np.zeros(n, dtype=np.int8)


def test_every_step_is_the_first_of_a_window_from_where_the_one_before_leads():
    plan, planner = rolling("....", [F], [R], [F])
    assert plan.plan(ints(0), east(1), ints(3)[None], 2).tolist() == [[F], [R]]
    assert [request.cells.tolist() for request in planner.requests] == [[0], [1]]
    plan.plan(ints(1), np.array([SOUTH], dtype=np.int8), ints(3)[None], 1)
    assert planner.requests[-1].headings.tolist() == [SOUTH]


def test_a_goal_is_done_on_its_cell_and_the_next_counts():
    plan, planner = rolling("......", [F], [F])
    plan.plan(ints(0), east(1), ints(1, 2)[:, None], 3)
    asked = [(request.goals.tolist(), request.next_goals.tolist()) for request in planner.requests]
    assert asked == [([1], [2]), ([2], [NO_CELL]), ([NO_CELL], [NO_CELL])]


def test_who_stays_waits_at_its_last_goal():
    plan, planner = rolling("......", [F], [F])
    plan.plan(ints(0), east(1), ints(1, 2)[:, None], 3, stay=np.array([True]))
    assert [request.goals.tolist() for request in planner.requests] == [[1], [2], [2]]
    assert [request.dwell.tolist() for request in planner.requests] == [[False], [True], [True]]


def test_the_nearest_goes_first_and_who_has_no_goal_last():
    plan, planner = rolling("......")
    plan.plan(ints(0, 1, 2), east(3), ints(5, 5, NO_CELL)[None], 1)
    first = planner.requests[0].priorities
    assert first[1] > first[0] > first[2]


def test_a_robot_that_gets_nowhere_is_first_some_day_and_begins_anew_with_a_new_goal():
    plan, planner = rolling("." * 30)
    far, near = 0, 1
    for call in range(40):
        # The second robot gets a new goal, as near as the last, at every call.
        plan.plan(ints(0, 10), east(2), ints(29, 12 + call % 2)[None], 4)
    ahead = [request.priorities[far] > request.priorities[near] for request in planner.requests]
    assert not any(ahead[:80])
    assert all(ahead[120:])
    assert max(request.priorities[near] for request in planner.requests) < 0


def test_a_ring_waits_and_one_of_it_is_held_in_the_next_step():
    ring, headings = ints(0, 1, 3, 2), np.array([EAST, SOUTH, WEST, NORTH], dtype=np.int8)
    plan, planner = rolling(".. ..", [F] * 4)
    assert plan.plan(ring, headings, ints(1, 3, 2, 0)[None], 2).tolist() == [[W] * 4] * 2
    assert [int(request.hold.sum()) for request in planner.requests] == [0, 1]
    assert plan.rings_cut == 1
    plan.plan(ring, headings, ints(1, 3, 2, 0)[None], 1)
    assert not planner.requests[-1].hold.any()


def test_another_number_of_robots_begins_anew():
    plan, planner = rolling("....")
    plan.plan(ints(0), east(1), ints(3)[None], 1)
    assert plan.plan(ints(0, 2), east(2), ints(3, 1)[None], 1).shape == (1, 2)
    assert len(planner.requests[-1].priorities) == 2
