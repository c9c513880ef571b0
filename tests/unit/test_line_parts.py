"""What cells with belts and chutes are made of: stillness, attendants, stacking, and times of states."""

from __future__ import annotations

from itertools import combinations
from math import inf
from random import Random

import numpy as np
import pytest

from tests.line_cells import box
from twin.cells.attendant import Attendant
from twin.cells.line_times import LineTimes
from twin.cells.stacking import Box, lowest_place
from twin.cells.station_cell import LineState
from twin.cells.stillness import Stillness

SECOND = 240


def test_what_does_not_move_is_still_since_it_was_first_seen_there():
    still = Stillness(within_m=0.01)
    still.look({1: (0.0, 0.0, 0.0), 2: (1.0, 0.0, 0.0)}, 0)
    still.look({1: (0.005, 0.0, 0.0), 2: (1.0, 0.0, 0.02)}, SECOND)
    assert still.seconds([1], 2 * SECOND) == 2.0
    assert still.seconds([2], 2 * SECOND) == 1.0
    assert still.seconds([1, 2], 2 * SECOND) == 1.0


def test_what_creeps_is_not_still():
    still = Stillness(within_m=0.01)
    for look in range(10):
        still.look({1: (0.004 * look, 0.0, 0.0)}, look * SECOND)
    assert still.seconds([1], 9 * SECOND) < 3.0


def test_what_is_new_or_was_disturbed_is_not_still_yet_and_nothing_always_is():
    still = Stillness(within_m=0.01)
    assert still.seconds([], 0) == inf
    assert still.seconds([1], SECOND) == 0.0
    still.look({1: (0.0, 0.0, 0.0)}, 0)
    still.disturb()
    assert still.seconds([1], SECOND) == 0.0
    still.look({1: (0.0, 0.0, 0.0)}, SECOND)
    still.look({}, 2 * SECOND)
    still.look({1: (0.0, 0.0, 0.0)}, 3 * SECOND)
    assert still.seconds([1], 4 * SECOND) == 1.0


def answer_s(attendant, at):
    attendant.call(at)
    step = at
    while not attendant.done(step):
        step += 1
    return (step - at) / SECOND


def test_an_attendant_takes_the_median_time_in_half_of_the_calls():
    attendant = Attendant(1, median_s=12.0)
    times = np.array([answer_s(attendant, 1000) for _ in range(400)])
    assert np.median(times) == pytest.approx(12.0, rel=0.1)
    assert times.min() >= 0.3 * 12.0 - 0.01
    assert np.percentile(times, 84) == pytest.approx(12.0 * np.exp(0.5), rel=0.15)


def test_the_nth_call_takes_as_long_whenever_it_comes():
    early, late = Attendant(5, 12.0), Attendant(5, 12.0)
    assert [answer_s(early, 0) for _ in range(3)] == [answer_s(late, at) for at in (7, 5000, 9999)]
    assert answer_s(Attendant(6, 12.0), 0) != answer_s(Attendant(5, 12.0), 0)


def test_an_attendant_who_was_called_is_not_called_again():
    attendant = Attendant(1, 12.0)
    assert not attendant.called
    assert not attendant.done(10**9)
    attendant.call(0)
    attendant.call(10)
    assert attendant.called
    assert attendant.calls == 1


AREA = Box((0.0, 0.0, 1.0), (0.6, 0.5, 2.0))


def overlap(one, other):
    return all(
        low < high
        for low, high in zip(
            np.maximum(one.low, other.low).tolist(), np.minimum(one.high, other.high).tolist(), strict=True
        )
    )


def lay(random, number):
    """Lay random parcels one after the other; return their boxes."""
    lying = []
    for name in range(number):
        parcel = box(name, *(random.uniform(0.05, 0.3) for _ in range(3)))
        middle, half = np.array(lowest_place(parcel, AREA, lying)), np.array(parcel.size_m) / 2
        lying.append(Box(tuple(middle - half), tuple(middle + half)))
    return lying


def test_parcels_are_laid_beside_and_on_each_other_never_into_each_other():
    for seed in range(10):
        lying = lay(Random(seed), 12)
        assert not [pair for pair in combinations(lying, 2) if overlap(*pair)]
        for one in lying:
            assert all(one.low[axis] >= AREA.low[axis] - 1e-9 for axis in (0, 1))
            assert all(one.high[axis] <= AREA.high[axis] + 1e-9 for axis in (0, 1))
            stands_on = [other.high[2] for other in lying if other is not one] + [AREA.low[2]]
            assert min(abs(one.low[2] - top) for top in stands_on) < 0.003


def test_the_first_parcel_lies_in_the_middle_and_the_next_one_beside_it_if_there_is_room():
    first = lowest_place(box(0, 0.2, 0.2, 0.1), AREA, [])
    assert first == pytest.approx((0.3, 0.25, 1.05), abs=0.003)
    wall_to_wall = Box((0.0, 0.0, 1.0), (0.4, 0.5, 1.3))
    beside = lowest_place(box(1, 0.18, 0.2, 0.1), AREA, [wall_to_wall])
    assert beside[0] - 0.09 >= 0.4
    assert beside[2] == pytest.approx(1.05, abs=0.003)


def test_a_parcel_wider_than_the_area_is_laid_across_its_middle():
    assert lowest_place(box(0, 1.0, 0.2, 0.1), AREA, [])[0] == pytest.approx(0.3)


def test_times_of_states_add_up():
    times = LineTimes()
    times.add(LineState.WORKING, 240)
    times.add(LineState.BLOCKED, 120)
    times.add(LineState.WORKING, 1)
    assert times.seconds()[LineState.WORKING] == pytest.approx(241 / 240)
    assert times.seconds()[LineState.BLOCKED] == 0.5
    assert times.seconds()[LineState.IDLE] == 0.0
    assert LineTimes(times.steps).seconds() == times.seconds()
