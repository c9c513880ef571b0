"""What is asked of the planner, who counts as delayed, and what the auditor sees."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.planning.auditor import PlanAuditor, Violation
from fleet.planning.planner import PlanWindow
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.motion import MotionPlanning
from fleet.runtime.roster import Roster
from robots.state import Action, FleetState, Heading
from tests.floors import drawn, marked

EAST, SOUTH, WEST, NORTH = Heading
FORWARD, CW, CCW, WAIT = Action
FLOOR = """
    abcdefgh
    ABCDEFGH
    ........
"""
AT = marked(FLOOR)
WIDTH = 8


class Follower:
    """A planner that proposes what it was told to, in 0.25 s of its clock, and remembers what it was asked."""

    def __init__(self, clock):
        self.actions = []
        self.asked = []
        self._clock = clock

    def plan(self, request, budget_s=None):
        self.asked.append(request)
        self._clock.advance(0.25)
        return PlanWindow(np.array([self.actions, [WAIT] * len(self.actions)], dtype=np.uint8))


class Floor:
    """Robots at named places, and their motion planning with a planner that does what it is told."""

    def __init__(self, at, goals, headings=EAST, tasks=None, audit=True):
        layout = drawn(FLOOR)
        n = len(at)
        clock = SimulatedClock()
        self.planner = Follower(clock)
        self.auditor = PlanAuditor(layout) if audit else None
        self.motion = MotionPlanning(self.planner, DistanceFields(layout), clock, self.auditor, n)
        cells = np.array([AT[place] for place in at], dtype=np.int32)
        self.state = FleetState.at(cells, np.array(np.broadcast_to(np.int8(headings), n)))
        self.roster = Roster.of(n)
        self.send(goals)
        self.roster.task[:] = NO_TASK if tasks is None else tasks

    def send(self, goals):
        self.roster.goal[:] = [NO_CELL if place == "-" else AT[place] for place in goals]

    def plan(self, actions, hold=()):
        self.planner.actions = actions
        held = np.zeros(len(actions), dtype=np.bool_)
        held[list(hold)] = True
        self.motion.observe(self.state, self.roster)
        return self.motion.plan(self.state, self.roster, held)

    def move(self, actions, reported=None):
        """Plan and carry out one step; `reported` places are what the driver says instead. Returns who was delayed."""
        step = self.plan(actions)
        ahead = np.array([1, WIDTH, -1, -WIDTH])[self.state.heading]
        cells = self.state.cell + np.where(step == FORWARD, ahead, 0)
        if reported is not None:
            cells = [AT[place] for place in reported]
        headings = (self.state.heading + np.array([0, 1, -1, 0])[step]) % 4
        self.state = FleetState.at(np.array(cells, dtype=np.int32), headings.astype(np.int8))
        return self.motion.moved(self.state, self.roster).tolist()

    def first_to_last(self):
        """Robots in the order of their priority in the last request, the highest first."""
        return np.argsort(-self.planner.asked[-1].priorities, kind="stable").tolist()


def test_the_planner_is_told_where_robots_are_want_to_go_and_must_stay():
    floor = Floor("ab", "dA", headings=[EAST, WEST])
    floor.roster.next_cell[:] = [AT["e"], NO_CELL]
    floor.plan([WAIT, WAIT], hold=[1])
    asked = floor.planner.asked[-1]
    assert asked.cells.tolist() == [AT["a"], AT["b"]]
    assert asked.headings.tolist() == [EAST, WEST]
    assert asked.goals.tolist() == [AT["d"], AT["A"]]
    assert asked.next_goals.tolist() == [AT["e"], NO_CELL]
    assert asked.hold.tolist() == [False, True]
    assert asked.dwell.all()
    assert asked.blocked is None
    assert asked.priorities.dtype == np.float32


def test_only_the_first_step_of_the_plan_is_carried_out():
    floor = Floor("a", "d")
    assert floor.plan([FORWARD]).tolist() == [FORWARD]


def test_planning_time_is_measured_by_the_clock_that_was_handed_in():
    floor = Floor("a", "d")
    for _ in range(3):
        floor.move([WAIT])
    assert floor.motion.planning_s == [0.25, 0.25, 0.25]


def test_remaining_counts_steps_and_turns_to_the_goal():
    floor = Floor("aBcd", "dBA-", headings=[EAST, EAST, EAST, NORTH])
    floor.plan([WAIT] * 4)
    # c to A: two turns, two cells, a turn, a cell.
    assert floor.motion.remaining.tolist() == [3, 0, 5, 0]


def test_robots_with_a_task_go_before_all_others():
    floor = Floor("abcd", "fbgh", tasks=[NO_TASK, NO_TASK, 3, 4])
    floor.plan([WAIT] * 4)
    assert set(floor.first_to_last()[:2]) == {2, 3}


def test_among_equals_the_robot_that_is_nearest_goes_first():
    floor = Floor("abc", "hee", tasks=[0, 1, 2])
    floor.plan([WAIT] * 3)
    assert floor.first_to_last() == [2, 1, 0]


def test_robots_that_have_nowhere_to_go_come_last():
    floor = Floor("abcd", "-bh-", tasks=[NO_TASK] * 4)
    floor.plan([WAIT] * 4)
    assert floor.first_to_last() == [2, 0, 1, 3]


def waits(floor, steps):
    """Let everybody wait, and return the orders of priority that the planner was given."""
    orders = []
    for _ in range(steps):
        floor.move([WAIT] * len(floor.state.cell))
        orders.append(floor.first_to_last())
    return orders


def test_a_robot_that_has_waited_long_goes_before_those_that_are_nearer():
    floor = Floor("aD", "hD", tasks=[0, 1])
    waits(floor, 100)
    floor.send("hH")
    floor.plan([WAIT] * 2)
    assert floor.first_to_last() == [0, 1]


def test_patience_does_not_outweigh_a_task():
    floor = Floor("ab", "bh", tasks=[NO_TASK, 1])
    for _ in range(3600):
        floor.motion.observe(floor.state, floor.roster)
        floor.motion.moved(floor.state, floor.roster)
    floor.plan([WAIT] * 2)
    assert floor.first_to_last() == [1, 0]


def test_patience_begins_anew_with_a_new_goal():
    floor = Floor("aD", "hD", tasks=[0, 1])
    waits(floor, 100)
    floor.send("gH")
    floor.plan([WAIT] * 2)
    assert floor.first_to_last() == [1, 0]


def test_the_order_of_two_robots_that_wait_changes_seldom():
    """Robots whose order changes at every step only dance around each other."""
    floor = Floor("aD", "hD", tasks=[0, 1])
    waits(floor, 20)
    floor.send("hH")
    orders = waits(floor, 200)
    changes = [step for step in range(1, len(orders)) if orders[step] != orders[step - 1]]
    assert len(changes) >= 2
    assert all(later - earlier > 10 for earlier, later in itertools.pairwise(changes))


def test_a_step_that_brings_a_robot_no_nearer_is_a_delay():
    robots = (
        # name, place, goal, heading, action
        ("drives to it", "a", "b", EAST, FORWARD),
        ("waits", "A", "B", EAST, WAIT),
        ("turns to it", "c", "C", EAST, CW),
        ("turns away from it", "C", "H", EAST, CCW),
        ("drives away from it", "e", "h", WEST, FORWARD),
        ("has nowhere to go", "E", "-", EAST, WAIT),
        ("is there", "g", "g", EAST, WAIT),
    )
    names, at, goals, headings, actions = zip(*robots, strict=True)
    delayed = Floor(at, goals, headings=headings).move(actions)
    assert [name for name, lost in zip(names, delayed, strict=True) if lost] == [
        "waits",
        "turns away from it",
        "drives away from it",
    ]


def test_a_robot_that_is_served_is_not_delayed_though_its_goal_is_elsewhere():
    floor = Floor("a", "h")
    floor.roster.serving[:] = True
    assert floor.move([WAIT]) == [False]


def test_a_robot_that_stays_at_its_goal_is_not_delayed_and_one_that_is_pushed_off_is_afterwards():
    floor = Floor("h", "h")
    assert floor.move([WAIT]) == [False]
    assert floor.move([CW]) == [False]
    # Pushed off: it was where it wanted to be, so there was nothing to lose in that step.
    assert floor.move([FORWARD]) == [False]
    assert floor.move([WAIT]) == [True]


def kinds(floor):
    return [finding.kind for finding in floor.auditor.findings]


def test_the_auditor_says_nothing_about_a_sound_step():
    floor = Floor("abc", "dba")
    floor.move([WAIT, CW, FORWARD])
    assert kinds(floor) == []
    assert floor.auditor.steps == 1


@pytest.mark.parametrize(
    ("at", "headings", "actions", "kind"),
    [
        ("ab", [EAST, EAST], [FORWARD, WAIT], Violation.VERTEX),
        ("ac", [EAST, WEST], [FORWARD, FORWARD], Violation.VERTEX),
        ("ab", [EAST, WEST], [FORWARD, FORWARD], Violation.SWAP),
        ("ab", [NORTH, EAST], [FORWARD, WAIT], Violation.OBSTACLE),
        ("ab", [EAST, EAST], [WAIT, 7], Violation.ACTION),
    ],
)
def test_the_auditor_sees_a_planner_that_breaks_a_rule(at, headings, actions, kind):
    floor = Floor(at, "hh", headings=headings)
    floor.plan(actions)
    assert kinds(floor) == [kind]


@pytest.mark.parametrize("action", [FORWARD, CW, CCW])
def test_the_auditor_sees_a_planner_that_moves_a_robot_that_must_stay(action):
    floor = Floor("ad", "hh")
    floor.plan([action, FORWARD], hold=[0])
    assert [(finding.kind, finding.robots) for finding in floor.auditor.findings] == [(Violation.HOLD, (0,))]


def test_the_auditor_sees_a_driver_that_reports_other_cells():
    floor = Floor("ad", "hh")
    floor.move([FORWARD, FORWARD], reported="be")
    assert kinds(floor) == []
    floor.move([FORWARD, FORWARD], reported="cg")
    assert [(finding.kind, finding.robots, finding.step) for finding in floor.auditor.findings] == [
        (Violation.STATE, (1,), 1)
    ]


def test_the_auditor_sees_a_driver_that_reports_other_headings():
    floor = Floor("ad", "hh")
    floor.plan([WAIT, WAIT])
    floor.state.heading[0] = SOUTH
    floor.motion.moved(floor.state, floor.roster)
    assert kinds(floor) == [Violation.STATE]


def test_without_an_auditor_nothing_is_audited():
    floor = Floor("ab", "hh", audit=False)
    assert floor.move([FORWARD, WAIT]) == [False, True]
