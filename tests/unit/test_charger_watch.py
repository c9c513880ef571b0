"""A charger that gives nothing is found out, and one that gives something is not."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.charger_watch import ChargerWatch

CHARGERS = np.array([40, 50], dtype=np.int32)


class Floor:
    """Robot 0 holds the charger in cell 40, robot 1 the one in cell 50; a step is a second."""

    def __init__(self):
        self.watch = ChargerWatch(CHARGERS, 2)
        self.cells = CHARGERS.copy()
        self.now_s = 0.0

    def step(self, *percent, charging=(True, True)):
        failed = self.watch.step(np.array(charging), self.cells, np.array(percent, dtype=np.float32), self.now_s)
        self.now_s += 1.0
        return failed.tolist()

    def run(self, seconds, percent, charging=(True, True)):
        """Seconds after which each robot's charger failed."""
        failed = {}
        for second in range(seconds):
            for robot in self.step(*percent(second), charging=charging):
                failed.setdefault(robot, second)
        return failed


def test_a_charger_fails_when_charge_has_not_risen_for_thirty_seconds():
    floor = Floor()
    assert floor.run(31, lambda second: (20.0, 20.0 + 0.01 * second)) == {0: 30}
    assert floor.watch.usable.tolist() == [False, True]


def test_charge_that_falls_on_the_last_metres_and_rises_then_is_charging():
    floor = Floor()
    assert (
        floor.run(60, lambda second: (20.0 - 0.1 * second if second < 20 else 18.0 + 0.01 * second, 50.0 + second))
        == {}
    )


def test_charge_that_rose_once_and_then_no_more_is_counted_from_there():
    floor = Floor()
    assert floor.run(60, lambda second: (20.0 + min(second, 10), 50.0 + second)) == {0: 40}


def test_time_counts_anew_when_a_robot_leaves_or_changes_its_charger():
    floor = Floor()
    floor.run(20, lambda _: (20.0, 20.0))
    floor.step(20.0, 20.0, charging=(False, True))
    floor.cells[1] = 40
    assert floor.run(31, lambda _: (20.0, 20.0)) == {0: 30, 1: 30}


def test_robots_that_are_not_told_to_charge_say_nothing_of_their_chargers():
    floor = Floor()
    assert floor.run(100, lambda _: (20.0, 20.0), charging=(False, False)) == {}
    assert floor.watch.usable.all()


@pytest.mark.parametrize("cleared", [True, False])
def test_a_charger_is_used_again_after_five_minutes_or_once_it_is_cleared(cleared):
    floor = Floor()
    floor.run(31, lambda second: (20.0, 20.0 + second))
    if cleared:
        floor.watch.clear(50)
        assert floor.watch.usable.tolist() == [False, True]
        floor.watch.clear(40)
        assert floor.watch.usable.all()
    usable = [floor.watch.usable[0] for _ in range(301) if floor.step(20.0, 99.0, charging=(False, False)) == []]
    assert usable == ([True] * 301 if cleared else [False] * 299 + [True] * 2)
