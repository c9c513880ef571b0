"""Live congestion: what is counted, where, and for how long it is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.app.dashboard.live_heat import LONGEST_S, LiveHeat
from fleet.app.site.condition import Condition

IDLE, WAITING = Condition.IDLE, Condition.WAITING


def cells(*at):
    return np.array(at, dtype=np.int32)


def conditions(*of):
    return np.array(of, dtype=np.uint8)


def see(heat, now_s, at, *of):
    heat.see_fleet(cells(*at), conditions(*(of or [IDLE] * len(at))), now_s, now_s)


def see_at(heat, t_s, seen_s, at, of):
    heat.see_fleet(cells(*at), conditions(*of), t_s, seen_s)


def test_a_robot_that_enters_a_cell_visits_it():
    heat = LiveHeat(10)
    see(heat, 0.0, (1, 5))
    see(heat, 1.0, (2, 5))
    see(heat, 2.0, (3, 6))
    visits = heat.values("visits", 60)
    assert np.flatnonzero(visits).tolist() == [2, 3, 6]
    assert visits[2] == pytest.approx(3600 / 2)


def test_waiting_counts_seconds_where_the_robot_stands_and_no_silence():
    heat = LiveHeat(10)
    see(heat, 0.0, (1,), WAITING)
    see(heat, 0.5, (1,), WAITING)
    see(heat, 1.0, (1,), WAITING)
    see(heat, 60.0, (1,), WAITING)
    assert heat.values("waits", 300)[1] == pytest.approx(3.0)


def test_delay_counts_the_seconds_since_it_was_last_told():
    heat = LiveHeat(10)
    see(heat, 0.0, (1, 2))
    heat.see_delayed(np.array([1, 0], dtype=np.uint8), 0.0, 0.0)
    heat.see_delayed(np.array([1, 0], dtype=np.uint8), 1.0, 1.0)
    heat.see_delayed(np.array([1, 1], dtype=np.uint8), 2.0, 2.0)
    assert heat.values("delay", 60)[[1, 2]].tolist() == [2.0, 1.0]


def test_a_window_leaves_out_what_is_older_and_rates_are_over_it():
    heat = LiveHeat(10)
    for second in range(601):
        see(heat, float(second), (second // 300, 9 - second % 2))
    last_minute = heat.values("visits", 60)
    assert last_minute[1] == 0
    assert last_minute[[8, 9]].sum() == pytest.approx(3600, rel=0.02)
    assert heat.values("visits", 600)[1] == pytest.approx(3600 / 600, rel=0.05)


def test_an_hour_is_kept_and_no_more():
    heat = LiveHeat(4)
    for second in range(0, 7200, 2):
        see(heat, float(second), (1,), WAITING)
    assert heat.values("waits", LONGEST_S)[1] == pytest.approx(LONGEST_S, rel=0.01)
    assert heat.values("waits", 10 * LONGEST_S)[1] <= 1.1 * LONGEST_S


def test_before_anything_was_seen_there_is_no_heat_and_other_fleets_begin_anew():
    heat = LiveHeat(4)
    assert not heat.values("visits", 60).any()
    see(heat, 0.0, (1, 2))
    see(heat, 1.0, (2, 1, 3))
    heat.see_delayed(np.array([1], dtype=np.uint8), 1.0, 1.0)
    assert not heat.values("visits", 60).any()


@pytest.mark.parametrize("speed", [0.5, 1.0, 8.0, 100.0])
def test_heat_is_in_the_sites_own_time_however_fast_that_goes(speed):
    """A robot stands, another goes to and fro ten times a second; the site's clock is told once a second."""
    heat = LiveHeat(10)
    for tenth in range(301):
        seen_s = tenth / 10
        t_s = speed * (tenth // 10) + tenth % 10 / 10
        see_at(heat, t_s, seen_s, (1, 5 + tenth % 2), (WAITING, IDLE))
        if tenth % 10 == 0:
            heat.see_delayed(np.array([1, 0], dtype=np.uint8), t_s, seen_s)
    assert heat.values("waits", LONGEST_S)[1] == pytest.approx(30 * speed, abs=1.0)
    assert heat.values("delay", LONGEST_S)[1] == pytest.approx(30 * speed, abs=1.0)
    assert heat.values("visits", LONGEST_S)[[5, 6]].sum() == pytest.approx(300 * 3600 / (30 * speed), rel=0.05)
