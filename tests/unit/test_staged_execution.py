"""Who goes and who stops: staged actions, the order of passage, delays."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import PlanError, SettingError
from fleet.traffic.staged_execution import StagedExecution
from tests.floors import drawn

F, R, C, W = range(4)
EAST, SOUTH, WEST, NORTH = range(4)
AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))


class Floor:
    """Robots that do what they are let, three ticks an action, and an executor that has looked at them."""

    def __init__(self, art, cells, headings, horizon=12, follow=True, ticks=3):
        self.layout = drawn(art)
        self.cells = np.array(cells, dtype=np.int32)
        self.headings = np.array(headings, dtype=np.int8)
        self.progress = np.zeros(len(cells), dtype=np.int32)
        self.ticks = ticks
        self.executor = StagedExecution(self.layout, self.cells, self.headings, ticks, horizon, follow=follow)

    def stage(self, *steps):
        self.executor.see(self.cells, self.headings, self.progress)
        return self.executor.stage(np.array(steps, dtype=np.uint8))

    def tick(self, delayed=(), known=False):
        """One tick in which these robots are delayed; return who was let go."""
        late = np.isin(np.arange(len(self.cells)), list(delayed))
        going = self.executor.go(self.cells, self.headings, self.progress, late if known else None)
        actions = self.executor.staged.actions
        for robot in np.flatnonzero(going & ~late):
            self.progress[robot] += 1
            if self.progress[robot] == self.ticks:
                self.progress[robot] = 0
                action = actions[robot, 0]
                if action == F:
                    self.cells[robot] = self.layout.neighbours[self.cells[robot], self.headings[robot]]
                else:
                    self.headings[robot] = (self.headings[robot] + (1 if action == R else 3)) % 4
        return going.tolist()


def test_staged_actions_lead_where_the_plan_leads_and_waits_are_left_out():
    floor = Floor("....", [0], [EAST])
    staged = floor.stage([F], [W], [F], [R])
    assert (staged.actions.tolist(), staged.lengths.tolist()) == ([[F, F, R]], [3])
    assert (staged.cells.tolist(), staged.headings.tolist()) == ([2], [SOUTH])


def test_what_is_done_leaves_the_staged_actions():
    floor = Floor("....", [0], [EAST])
    floor.stage([F], [R])
    assert [floor.tick() for _ in range(7)] == [[True]] * 6 + [[False]]
    assert (floor.cells.tolist(), floor.headings.tolist()) == ([1], [SOUTH])
    assert floor.executor.staged.lengths.tolist() == [0]


def test_windows_are_appended():
    floor = Floor("......", [0], [EAST])
    floor.stage([F])
    floor.tick()
    assert floor.stage([F], [F]).cells.tolist() == [3]
    for _ in range(9):
        floor.tick()
    assert floor.cells.tolist() == [3]


def test_what_nobody_begins_within_the_horizon_is_dropped():
    floor = Floor("........", [0], [EAST], horizon=4)
    staged = floor.stage([F], [F], [F], [F])
    assert (staged.lengths.tolist(), staged.cells.tolist()) == ([2], [2])
    assert floor.stage([F], [F]).lengths.tolist() == [2]


def test_what_has_begun_is_kept_whatever_the_horizon():
    floor = Floor("....", [0], [EAST], horizon=1)
    floor.stage([F])
    floor.tick()
    assert floor.stage([F], [F]).lengths.tolist() == [1]


def test_robots_drive_straight_behind_each_other():
    floor = Floor("....", [0, 1], [EAST, EAST])
    floor.stage([F, F], [F, F])
    assert [floor.tick() for _ in range(6)] == [[True, True]] * 6
    assert floor.cells.tolist() == [2, 3]


def test_without_following_a_cell_is_entered_when_it_has_been_left():
    floor = Floor("....", [0, 1], [EAST, EAST], follow=False)
    floor.stage([F, F])
    assert [floor.tick() for _ in range(6)] == [[False, True]] * 3 + [[True, False]] * 3


def test_a_robot_that_has_gained_ground_is_caught_up_with():
    floor = Floor("....", [0, 1], [EAST, EAST])
    floor.stage([F, F])
    floor.tick(delayed=[0])
    assert floor.tick(delayed=[1]) == [True, True]
    assert floor.tick(delayed=[1], known=True) == [False, False]
    assert floor.tick() == [True, True]


def test_round_a_corner_the_cell_is_empty_first():
    floor = Floor("... ...", [0, 1], [EAST, SOUTH])
    floor.stage([F, F])
    assert [floor.tick() for _ in range(6)] == [[False, True]] * 3 + [[True, False]] * 3


def test_the_planned_order_at_a_crossing_is_kept_when_the_first_is_late():
    floor = Floor(".... .... ....", [0, 6], [SOUTH, WEST], horizon=30)
    # Robot 0 crosses cell 4 first; robot 1 comes to it in the step in which it leaves.
    floor.stage([F, F], [F, F])
    for _ in range(20):
        floor.tick(delayed=[0])
    assert floor.cells.tolist() == [0, 5]
    for _ in range(9):
        floor.tick()
    assert floor.cells.tolist() == [8, 4]


def test_a_late_robot_holds_up_only_those_who_need_its_cells():
    floor = Floor(".... .... ....", [0, 1, 8], [EAST, EAST, EAST])
    floor.stage([F, F, F], [F, F, F])
    for _ in range(9):
        floor.tick(delayed=[1])
    assert floor.cells.tolist() == [0, 1, 10]


def test_a_ring_is_not_staged_nor_what_stands_behind_it():
    floor = Floor("... ...", [1, 2, 5, 4, 0], [EAST, SOUTH, WEST, NORTH, EAST])
    staged = floor.stage([F, F, F, F, F], [R, R, R, R, R])
    assert staged.lengths.tolist() == [0, 0, 0, 0, 0]
    assert staged.cells.tolist() == [1, 2, 5, 4, 0]


def test_after_a_cut_the_numbers_of_visits_go_on_where_they_were_cut():
    floor = Floor("....", [0, 3], [EAST, WEST], horizon=3)
    # Both would pass cell 2 in the plan, one after the other; only the first visit is staged.
    floor.stage([F, W], [F, W], [C, W])
    assert floor.executor.staged.lengths.tolist() == [1, 0]
    floor.stage([W, F])
    for _ in range(6):
        floor.tick()
    assert floor.cells.tolist() == [1, 2]


@pytest.mark.parametrize("moved", [(5, EAST), (1, SOUTH), (0, WEST)])
def test_a_robot_that_did_something_else_is_noticed(moved):
    floor = Floor("...... ......", [0], [EAST])
    floor.stage([F])
    floor.cells[0], floor.headings[0] = moved
    with pytest.raises(PlanError, match="robot 0 did something else"):
        floor.tick()


def test_a_robot_that_moves_with_nothing_staged_is_noticed():
    floor = Floor("...", [0], [EAST])
    floor.cells[0] = 1
    with pytest.raises(PlanError, match="robot 0"):
        floor.tick()


def test_impossible_windows_and_settings_are_refused():
    floor = Floor("..", [0], [EAST])
    with pytest.raises(PlanError, match="leads robot 0 off the floor"):
        floor.stage([F], [F])
    for window in (np.zeros((2, 3)), np.full((1, 1), 4)):
        with pytest.raises(PlanError, match=r"actions 0 to 3 in shape \(w, 1\)"):
            floor.executor.stage(window.astype(np.uint8))
    for cells in ([0, 0], [2, 0]):
        with pytest.raises(PlanError, match="different passable cells"):
            Floor("..#", cells, [EAST, EAST])
    for wrong in ({"ticks": 0}, {"horizon": 0}):
        with pytest.raises(SettingError, match="is 0"):
            Floor("..", [0], [EAST], **wrong)


def test_warming_up_changes_nothing():
    floor = Floor("...", [0], [EAST])
    floor.stage([F])
    floor.executor.warmup()
    assert floor.executor.staged.lengths.tolist() == [1]
