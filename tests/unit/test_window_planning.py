"""What a planner is asked on a floor of grants, who lost time, and who goes first."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.planning.planner import PlanWindow
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.roster import Roster
from fleet.runtime.urgency import Urgency
from fleet.runtime.window_planning import WindowPlanning
from robots.state import FleetState
from tests.floors import drawn, marked

FLOOR = """
    abcdefgh
    ABCDEFGH
"""
AT = marked(FLOOR)


class Asked:
    """A planner that lets everybody wait, takes 0.25 s, and remembers what it was asked."""

    def __init__(self, clock):
        self.requests = []
        self._clock = clock

    def plan(self, request, budget_s=None):
        self.requests.append(request)
        self._clock.advance(0.25)
        return PlanWindow(np.full((3, len(request.cells)), 3, dtype=np.uint8))


class Floor:
    def __init__(self, at, goals, tasks=None):
        clock = SimulatedClock()
        self.planner = Asked(clock)
        self.planning = WindowPlanning(self.planner, DistanceFields(drawn(FLOOR)), clock, len(at))
        self.roster = Roster.of(len(at))
        self.roster.task[:] = NO_TASK if tasks is None else tasks
        self.hold = np.zeros(len(at), dtype=np.bool_)
        self.send(goals)
        self.go(at)

    def send(self, goals):
        self.roster.goal[:] = [NO_CELL if place == "-" else AT[place] for place in goals]

    def go(self, at):
        self.state = FleetState.at(np.array([AT[place] for place in at], dtype=np.int32))

    def plan(self, **more):
        return self.planning.plan(self.state, self.roster, self.hold, **more)

    def moved(self):
        return self.planning.moved(self.state, self.roster).tolist()


def test_plans_start_from_where_grants_end():
    floor = Floor("ac", "h-", tasks=[4, NO_TASK])
    floor.roster.next_cell[0] = AT["B"]
    floor.hold[1] = True
    delays = np.array([2, 0], dtype=np.uint8)
    actions = floor.plan(delays=delays)
    (request,) = floor.planner.requests
    assert actions.shape == (3, 2)
    assert request.cells.tolist() == [AT["a"], AT["c"]]
    assert request.goals.tolist() == [AT["h"], NO_CELL]
    assert request.next_goals.tolist() == [AT["B"], NO_CELL]
    assert request.hold.tolist() == [False, True]
    assert request.delays is delays
    assert request.dwell.all()
    assert floor.planning.planning_s == [0.25]
    assert floor.planning.remaining.tolist() == [7, 0]


class Ticking(SimulatedClock):
    """A clock on which each look takes a tenth of a second."""

    def now(self):
        self.advance(0.1)
        return super().now()


def test_with_many_fields_missing_robots_wait_for_theirs_in_later_plans():
    robots, places = 12, "abcdefghABCDEFGH"
    asked = Asked(SimulatedClock())
    planning = WindowPlanning(asked, DistanceFields(drawn(FLOOR)), Ticking(), robots, field_s=0.05)
    roster = Roster.of(robots)
    roster.goal[:] = [AT[place] for place in places[-robots:]]
    state = FleetState.at(np.array([AT[place] for place in places[:robots]], dtype=np.int32))
    for sent in (8, 12):
        planning.plan(state, roster, np.zeros(robots, dtype=np.bool_))
        assert (asked.requests[-1].goals != NO_CELL).sum() == sent
        assert np.count_nonzero(planning.remaining) == sent
        planning.moved(state, roster)
        assert np.count_nonzero(planning.remaining) == sent


def test_a_robot_may_be_sent_on_from_where_it_still_is_at_work():
    floor = Floor("ac", "ah")
    floor.plan(goals=np.array([AT["d"], AT["h"]], dtype=np.int32))
    assert floor.planner.requests[0].goals.tolist() == [AT["d"], AT["h"]]
    assert floor.planning.remaining.tolist() == [3, 5]


def test_who_comes_no_nearer_to_its_goal_has_lost_a_step():
    floor = Floor("aceg", "hh-h")
    assert floor.moved() == [False] * 4
    floor.go("bceg")
    assert floor.moved() == [False, True, False, True]
    floor.roster.serving[3] = True
    assert floor.moved() == [True, True, False, False]


def test_who_is_held_up_for_long_goes_first():
    floor = Floor("ab", "hc", tasks=[4, 5])
    floor.plan()
    assert ranked(floor.planning.priorities) == [1, 0]
    for _ in range(34):
        floor.go("ab" if floor.state.cell[1] == AT["a"] else "aa")
        floor.moved()
    floor.go("ab")
    floor.plan()
    assert ranked(floor.planning.priorities) == [0, 1]


def ints(*values):
    return np.array(values, dtype=np.int32)


def left(*values):
    return np.array(values, dtype=np.uint16)


def ranked(priorities):
    """Robots, the most urgent first."""
    return np.argsort(-priorities, kind="stable").tolist()


def test_tasks_go_first_then_the_nearest_and_idle_robots_last():
    urgency = Urgency(5)
    urgency.set_goals(ints(1, 1, 1, 1, NO_CELL))
    tasks = ints(NO_TASK, 7, NO_TASK, 8, NO_TASK)
    assert ranked(urgency.priorities(left(3, 900, 2, 10, 0), tasks)) == [3, 1, 2, 0, 4]


def test_who_has_lost_much_time_goes_before_the_nearest():
    urgency = Urgency(2)
    urgency.set_goals(ints(1, 2))
    tasks = ints(4, 5)
    for _ in range(31):
        urgency.add_lost(np.array([False, True]))
    assert ranked(urgency.priorities(left(3, 60000), tasks)) == [0, 1]
    urgency.add_lost(np.array([False, True]))
    assert ranked(urgency.priorities(left(3, 60000), tasks)) == [1, 0]
    # No robot without a task goes before one that has a task, however long it has waited.
    assert ranked(urgency.priorities(left(3, 60000), ints(4, NO_TASK))) == [0, 1]
    # With a new goal nothing is lost yet.
    urgency.set_goals(ints(1, 3))
    assert ranked(urgency.priorities(left(3, 60000), tasks)) == [0, 1]


def test_robots_that_block_each_other_for_ever_take_turns():
    urgency = Urgency(2)
    urgency.set_goals(ints(1, 2))
    first = []
    for _ in range(60):
        for _ in range(32):
            urgency.add_lost(np.array([True, True]))
        first.append(ranked(urgency.priorities(left(5, 9), ints(4, 5)))[0])
    # As long as nobody has waited very long the nearer one goes first, afterwards each has its turn.
    assert first[:5] == [0] * 5
    assert 10 < sum(first) < 50


def test_who_wants_out_of_a_dead_end_goes_before_everybody_even_without_a_task():
    urgency = Urgency(4)
    leaving = np.array([False, True, False, True])
    priorities = urgency.priorities(left(1, 7, 30, 2), ints(4, NO_TASK, 5, NO_TASK), leaving)
    assert ranked(priorities) == [3, 1, 0, 2]
