"""The watch over robots: silent, failed, lost, astray, blocked, each after its time."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import GrantParams, WatchParams
from fleet.traffic.robot_watch import RobotWatch
from robots.model import RobotModel
from robots.state import Flag, FleetState
from tests.floors import drawn


class Watched:
    """Two robots that stand in cells 0 and 2 of a corridor, last heard now."""

    def __init__(self):
        layout = drawn("....")
        self.state = FleetState.at(np.array([0, 2], dtype=np.int32), width=4)
        self.ledger = TrafficLedger.begin(layout, RobotModel(), 1.0, self.state, MemoryJournal())
        self.watch = RobotWatch(self.ledger, WatchParams())

    def at(self, now_s, *, heard=(), flags=None, x_m=None):
        """Look at now_s; these robots are heard then."""
        self.state.time_s = now_s
        self.state.heard_s[list(heard)] = now_s
        if flags is not None:
            self.state.flags[0] = flags
        if x_m is not None:
            self.state.x_m[0] = x_m
        self.watch.look(self.state)
        return self.watch


def test_all_is_well_with_robots_that_speak():
    watch = Watched().at(5.0, heard=(0, 1))
    for column in (watch.silent, watch.down, watch.lost, watch.blocked, watch.astray):
        assert column.tolist() == [False, False]


def test_a_robot_is_silent_after_1_8_s_and_lost_after_4_5_s_without_a_report():
    watched = Watched()
    for now_s, silent, lost in ((1.7, False, False), (1.8, True, False), (4.4, True, False), (4.5, True, True)):
        watch = watched.at(now_s, heard=[1])
        assert (watch.silent[0], watch.down[0], watch.lost[0]) == (silent, silent, lost)
        assert [bool(column[1]) for column in (watch.silent, watch.down, watch.lost)] == [False] * 3
    watch = watched.at(5.0, heard=(0, 1))
    assert not np.any([watch.silent, watch.down, watch.lost])
    # The time is counted anew.
    assert not watched.at(9.4, heard=[1]).lost.any()
    assert watched.at(9.5, heard=[1]).lost.tolist() == [True, False]


def test_a_robot_that_was_never_heard_is_missed_from_the_first_look_on():
    watched = Watched()
    watched.state.heard_s[0] = -np.inf
    for at_s in (100.0, 101.7):
        watch = watched.at(at_s, heard=[1])
        assert not np.any([watch.silent, watch.down, watch.lost])
    watch = watched.at(101.9, heard=[1])
    assert (watch.silent[0], watch.down[0], watch.lost[0]) == (True, True, False)
    assert not watched.at(104.4, heard=[1]).lost.any()
    assert watched.at(104.5, heard=[1]).lost.tolist() == [True, False]


def test_a_robot_that_says_that_it_failed_is_down_at_once_and_lost_later():
    watched = Watched()
    watched.at(1.0, heard=(0, 1))
    watch = watched.at(1.1, heard=(0, 1), flags=Flag.FAILED)
    assert (watch.down.tolist(), watch.lost.tolist()) == ([True, False], [False, False])
    assert not watched.at(5.5, heard=(0, 1)).lost.any()
    assert watched.at(5.7, heard=(0, 1)).lost.tolist() == [True, False]
    assert not watched.at(5.8, heard=(0, 1), flags=0).down.any()


def test_a_robot_that_fails_and_then_falls_silent_has_been_down_since_it_failed():
    watched = Watched()
    watched.at(1.0, heard=(0, 1), flags=Flag.FAILED)
    assert watched.at(5.5, heard=[1]).lost.tolist() == [True, False]


def test_a_robot_is_blocked_after_a_second():
    watched = Watched()
    assert not watched.at(1.0, heard=(0, 1), flags=Flag.BLOCKED).blocked.any()
    assert not watched.at(1.9, heard=(0, 1)).blocked.any()
    watch = watched.at(2.0, heard=(0, 1))
    assert watch.blocked.tolist() == [True, False]
    assert not watch.down.any()
    watched.watch.called_back(np.array([True, False]))
    assert not watched.watch.blocked.any()
    assert not watched.at(2.9, heard=(0, 1)).blocked.any()
    assert watched.at(3.9, heard=(0, 1)).blocked.tolist() == [True, False]
    assert not watched.at(4.0, heard=(0, 1), flags=0).blocked.any()
    assert not watched.at(4.9, heard=(0, 1), flags=Flag.BLOCKED).blocked.any()


def test_short_silences_do_not_add_up():
    watched = Watched()
    assert watched.at(2.0, heard=[1]).down.tolist() == [True, False]
    assert not watched.at(2.1, heard=(0, 1)).down.any()
    watch = watched.at(50.0, heard=(0, 1), flags=Flag.FAILED)
    assert (watch.down[0], watch.lost[0]) == (True, False)


def test_short_stops_before_something_do_not_add_up():
    watched = Watched()
    watched.at(1.0, heard=(0, 1), flags=Flag.BLOCKED)
    watched.at(1.1, heard=(0, 1), flags=0)
    assert not watched.at(50.0, heard=(0, 1), flags=Flag.BLOCKED).blocked.any()


@pytest.mark.parametrize("trouble", [{"flags": Flag.LOST}, {"x_m": 1.5}, {"x_m": -0.5}, {"x_m": 2.5}])
def test_a_robot_is_astray_where_it_holds_nothing_or_says_so(trouble):
    watch = Watched().at(1.0, heard=(0, 1), **trouble)
    assert watch.astray.tolist() == watch.down.tolist() == [True, False]
    assert not watch.silent.any()


@pytest.mark.parametrize(
    ("params", "name"),
    [
        (lambda: WatchParams(silent_s=0.1), "silent_s"),
        (lambda: WatchParams(blocked_s=601), "blocked_s"),
        (lambda: WatchParams(silent_s=3.0, lost_s=2.0), "lost_s"),
        (lambda: GrantParams(reaction_s=0.05), "reaction_s"),
        (lambda: GrantParams(tick_s=0.6), "tick_s"),
        (lambda: GrantParams(replan_s=11), "replan_s"),
        (lambda: GrantParams(most_cells=1), "most_cells"),
        (lambda: GrantParams(most_cells=13), "most_cells"),
    ],
)
def test_impossible_settings_are_refused(params, name):
    with pytest.raises(SettingError) as refused:
        params()
    assert refused.value.where == name


def test_settings_may_be_at_their_bounds():
    assert WatchParams(silent_s=0.2, lost_s=0.2, blocked_s=600).lost_s == 0.2
    assert GrantParams(reaction_s=5.0, most_cells=12, tick_s=0.02, replan_s=10.0).most_cells == 12
