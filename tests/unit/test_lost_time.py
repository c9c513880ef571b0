"""Time lost against free flow: what a robot needs more than its way without loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.grid.layout import NO_CELL
from fleet.report.heat import lost_time
from fleet.report.heat.lost_time import find_lost_time
from tests.oracles.lost_time import lost_steps
from tests.recorded_runs import random_trace, scripted_trace


def lost(trace):
    return {(robot, step) for robot, step in np.argwhere(find_lost_time(trace).lost).tolist()}


@given(seed=st.integers(0, 9999), robots=st.integers(1, 4), block=st.sampled_from([1, 1 << 20]))
def test_it_is_what_looking_at_every_pair_of_times_finds(seed, robots, block):
    trace = random_trace(seed, steps=25, robots=robots, height=3, width=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lost_time, "_BLOCK_ROBOT_STEPS", block)
        assert lost(trace) == lost_steps(trace)


def test_who_drives_straight_to_its_goal_loses_nothing():
    assert lost(scripted_trace("E E E s")) == set()


def test_who_waits_loses_the_steps_in_which_it_waits():
    assert lost(scripted_trace("E w w E s")) == {(0, 1), (0, 2)}


def test_who_is_pushed_back_loses_the_time_until_it_is_past_the_place_again():
    # It comes to cell 2, turns round, is pushed back to cell 1, turns round again and drives on.
    trace = scripted_trace("E E L! L! W! L L E E E s")
    assert lost(trace) == {(0, step) for step in range(1, 8)}


def test_a_turn_that_the_way_needs_is_not_lost_and_a_wait_before_it_is():
    assert lost(scripted_trace("E w R S s")) == {(0, 1)}


def test_a_change_of_mind_on_an_empty_floor_is_no_time_lost_to_it():
    assert lost(scripted_trace("E L L W s")) == set()


def test_what_comes_after_a_service_is_another_leg():
    assert lost(scripted_trace("E s L L W s")) == set()


def test_the_wanted_cell_is_the_next_one_on_the_way_without_loops():
    found = find_lost_time(scripted_trace("E E w L! L! W! L L E E s", width=9))
    assert found.wanted[0].tolist() == [1, *[3] * 9, NO_CELL]
