"""Clocks: the wall clock runs by itself, the simulated one only when told to."""

from __future__ import annotations

import pytest

from fleet.runtime.clock import SimulatedClock, SiteClock, WallClock


def test_wall_clock_never_goes_back():
    clock = WallClock()
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)
    assert times[0] < times[-1]


def test_simulated_clock_stands_still_until_it_is_moved():
    clock = SimulatedClock(5.0)
    assert clock.now() == clock.now() == 5.0
    clock.advance(2.5)
    assert clock.now() == 7.5
    clock.set(9.0)
    assert clock.now() == 9.0


def test_simulated_clock_refuses_to_go_back():
    clock = SimulatedClock(5.0)
    with pytest.raises(ValueError, match="cannot go back by 1"):
        clock.advance(-1.0)
    with pytest.raises(ValueError, match="cannot go back by 2"):
        clock.set(3.0)
    assert clock.now() == 5.0


def test_a_site_clock_goes_on_over_restarts_and_never_back():
    wall, steady = [1_000.0], [50.0]
    clock = SiteClock(900.0, lambda: wall[0], lambda: steady[0])
    assert clock.now() == 100.0
    wall[0], steady[0] = 2.0, 53.5  # somebody set the system's clock back
    assert clock.now() == 103.5
    again = SiteClock(900.0, lambda: 1_010.0, lambda: 7.0)
    assert again.now() == 110.0


def test_a_site_that_is_to_begin_in_the_future_begins_now():
    assert SiteClock(900.0, lambda: 10.0, lambda: 7.0).now() == 0.0
