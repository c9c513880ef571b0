"""Which robots Bullet simulates: chosen ones always, others while they are near to a place."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tests.wheeled_floor import WheeledFloor
from twin.bullet.handover import Handover


class Host:
    """Simulates nothing."""

    def take(self, row, body):
        pass

    let_go = step = take

    def stand_on(self, grip):
        pass


@pytest.fixture
def floor():
    return WheeledFloor([0, 1, 2], host=Host())


def at(*x_m):
    return SimpleNamespace(x_m=np.array(x_m), y_m=np.full(len(x_m), 1.5))


def hosted(floor):
    return np.flatnonzero(floor.bodies["elsewhere"]).tolist()


def test_chosen_robots_are_handed_over_at_once_and_for_good(floor):
    handover = Handover(floor.wheels, robots=(2, 0, 0))
    for x_m in (0.5, 100.0):
        handover.follow(at(x_m, x_m, x_m))
        assert hosted(floor) == [0, 2]


def test_a_robot_that_comes_near_to_a_place_is_handed_over_and_taken_back_when_it_is_well_away(floor):
    handover = Handover(floor.wheels, around=[(50.0, 1.5), (10.0, 1.5)])
    for x_m, rows in ((5.0, []), (7.4, []), (7.6, [1]), (7.4, [1]), (6.6, [1]), (6.4, []), (7.4, []), (12.4, [1])):
        handover.follow(at(0.0, x_m, 100.0))
        assert hosted(floor) == rows, x_m


def test_near_is_meant_in_both_directions(floor):
    handover = Handover(floor.wheels, around=[(1.5, 5.5)])
    handover.follow(at(1.5, 1.5, 1.5))
    assert hosted(floor) == []
    handover = Handover(floor.wheels, around=[(1.5, 3.9)])
    handover.follow(at(1.5, 1.5, 3.0))
    assert hosted(floor) == [0, 1]


def test_nobody_is_handed_over_without_a_wish(floor):
    Handover(floor.wheels).follow(at(0.0, 1.0, 2.0))
    assert hosted(floor) == []
