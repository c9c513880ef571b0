"""Every lost step goes to the place that caused it: the neck, not the queue that stands before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.report.heat.congestion import Window
from fleet.report.heat.delay_causes import find_causes
from fleet.report.heat.lost_time import find_lost_time
from tests.recorded_runs import random_trace, scripted_trace


def causes(trace, **window):
    lost = find_causes(trace, Window(**window)).lost
    return {(row, column): int(lost[row, column]) for row, column in np.argwhere(lost).tolist()}


def test_a_queue_loses_its_time_to_the_place_that_its_head_waits_for():
    # Robot 0 is served in cell 3 and drives on; 1, 2 and 3 stand in cells 2, 1 and 0 behind it, and drive when it does.
    trace = scripted_trace(
        "s s s s E E E i", "w w w w E E E i", "w w w w E E E i", "w w w w E E E i", starts=[3, 2, 1, 0]
    )
    assert causes(trace) == {(0, 3): 12}


def test_who_waits_for_a_robot_on_the_move_loses_the_time_to_the_cell_that_it_wants():
    # Robot 1 comes through cell 1 from the north before robot 0 can have it.
    trace = scripted_trace("w w E i", "S S S i", starts=[8, 1], height=4)
    assert causes(trace) == {(1, 1): 2}


def test_who_waits_though_nobody_is_near_loses_the_time_to_the_cell_that_it_wants():
    assert causes(scripted_trace("E w w E s")) == {(0, 2): 2}


def test_a_ring_of_robots_that_wait_for_each_other_loses_its_time_within_the_ring():
    trace = scripted_trace("w w E E i i", "w w w w W i", starts=[0, 1])
    assert set(causes(trace)) <= {(0, 0), (0, 1)}


def test_what_is_lost_on_the_way_into_a_queue_is_lost_to_what_the_queue_waits_for():
    # Robot 1 waits in cell 0 for nobody, then in cell 1 behind robot 0, which waits for cell 3.
    trace = scripted_trace("w w w w E E i", "w E w w E E i", starts=[2, 0])
    assert causes(trace) == {(0, 3): 7}


@given(seed=st.integers(0, 9999))
def test_no_lost_step_is_lost_or_counted_twice(seed):
    trace = random_trace(seed, steps=40, robots=6)
    assert find_causes(trace).lost.sum() == find_lost_time(trace).lost.sum()


@given(seed=st.integers(0, 9999), cut=st.integers(1, 39))
def test_the_causes_of_two_windows_sum_to_those_of_both(seed, cut):
    trace = random_trace(seed, steps=40, robots=6)
    first, second = find_causes(trace, Window(to_s=0.5 * cut)), find_causes(trace, Window(from_s=0.5 * cut))
    whole = find_causes(trace)
    assert np.array_equal(first.lost + second.lost, whole.lost)
    assert (first.busy + second.busy, first.steps + second.steps) == (whole.busy, whole.steps)


def test_busy_robots_are_those_that_are_not_idle():
    found = find_causes(scripted_trace("E E s i", "i i i i"))
    assert (found.busy, found.steps, found.step_s) == (3, 4, 1.0)


def test_a_window_past_the_end_is_refused():
    with pytest.raises(SettingError, match="past the end"):
        find_causes(random_trace(1, steps=4), Window(from_s=99.0))
