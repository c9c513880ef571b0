"""The traffic ledger: who may have what, what is released when, and how long a base lasts."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from fleet.errors import TrafficError
from fleet.grid.layout import NO_ROBOT
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import RING, TrafficLedger
from robots.driver import Commands
from robots.kinematics import run_time, turn_time
from robots.model import RobotModel
from robots.state import Entry, FleetState
from tests.floors import drawn, edge_flags, flags
from tests.oracles import kinematics as oracle

F, CW, CCW, WAIT, SERVICE, CHARGE = Entry
MODEL = RobotModel()
TOP, ACCELERATION = MODEL.max_speed_mps, MODEL.max_acceleration_mps2
EAST, SOUTH, WEST, NORTH = range(4)


class Floor:
    """A ledger on a drawn floor; robots stand where told, at rest."""

    def __init__(self, art, cells, headings=None):
        self.layout = drawn(art)
        heading = None if headings is None else np.array(headings, dtype=np.int8)
        self.state = FleetState.at(np.array(cells, dtype=np.int32), heading, width=self.layout.width)
        self.journal = MemoryJournal()
        self.ledger = TrafficLedger.begin(self.layout, MODEL, 1.0, self.state, self.journal)
        self.refused = np.zeros(4, dtype=np.int32)

    def window(self, *actions):
        """Actions of each robot, of one length."""
        self.ledger.load_window(np.array(actions, dtype=np.uint8).T)

    def grant(self, order=None, closed=(), closed_edges=(), most=8, most_cells=8, may=None, lasts_s=0.0):
        """Grant once, whoever needs it or not."""
        n = self.ledger.robots
        return self.ledger.grant(
            np.arange(n, dtype=np.int32) if order is None else np.array(order, dtype=np.int32),
            np.ones(n, dtype=np.bool_) if may is None else np.array(may),
            np.full(n, lasts_s, dtype=np.float32),
            need_s=1.0,
            most=most,
            most_cells=most_cells,
            closed=flags(self.layout, *closed),
            closed_edges=edge_flags(self.layout, *closed_edges),
            refused=self.refused,
        )

    def hear(self, confirmed=None, received=None, epoch=None):
        for name, column in (("confirmed", confirmed), ("received", received), ("epoch", epoch)):
            if column is not None:
                getattr(self.state, name)[:] = column
        self.ledger.take_in(self.state)

    def held(self, robot):
        return np.flatnonzero(self.ledger.holder == robot).tolist()


# Grants


def test_a_cell_is_granted_once_and_the_next_one_waits_for_it():
    floor = Floor("....", [0, 3], [EAST, WEST])
    floor.window([F, F, F], [F, F, F])
    assert [floor.grant() for _ in range(3)] == [2, 0, 0]
    assert (floor.held(0), floor.held(1)) == ([0, 1], [2, 3])
    assert floor.refused.tolist() == [4, 0, 0, 0]


def test_the_one_who_is_asked_first_is_given_the_cell():
    floor = Floor("...", [0, 2], [EAST, WEST])
    floor.window([F], [F])
    assert floor.grant(order=[1, 0]) == 1
    assert (floor.held(0), floor.held(1)) == ([0], [1, 2])


def test_a_cell_waits_for_whom_the_window_lets_pass_first():
    floor = Floor("... ... ...", [3, 7], [EAST, NORTH])
    floor.window([F, F], [WAIT, F])
    assert floor.grant(order=[1], may=[False, True]) == 0
    assert floor.refused.tolist() == [0, 0, 1, 0]
    assert floor.grant() == 1
    assert floor.held(0) == [3, 4]


def test_the_next_one_may_pass_when_the_first_has_passed():
    floor = Floor("... ... ...", [3, 7], [EAST, NORTH])
    floor.window([F, F, WAIT], [WAIT, WAIT, F])
    assert [floor.grant(), floor.grant()] == [1, 1]
    assert floor.held(0) == [3, 4, 5]
    floor.hear(confirmed=[2, 0])
    assert floor.grant() == 1
    assert floor.held(1) == [4, 7]


def test_who_was_to_pass_by_an_older_window_is_waited_for_no_longer():
    floor = Floor("... ... ...", [3, 7], [EAST, NORTH])
    floor.window([F, WAIT], [WAIT, F])
    floor.window([WAIT, WAIT], [WAIT, F])
    assert floor.grant() == 1
    assert floor.held(1) == [4, 7]


def test_only_a_robot_whose_base_lasts_less_than_needed_is_granted_more():
    floor = Floor("...", [0])
    floor.window([F, F])
    assert [floor.grant(lasts_s=seconds) for seconds in (1.5, 1.0, 0.99)] == [0, 0, 1]


def test_a_robot_does_not_wait_for_itself():
    floor = Floor("...", [0])
    floor.window([F, CW, CW, F, CW, CW, F])
    assert [floor.grant() for _ in range(8)] == [1] * 7 + [0]
    assert floor.held(0) == [0, 1]
    floor.hear(confirmed=4)
    assert floor.held(0) == [0, 1]
    floor.hear(confirmed=7)
    assert floor.held(0) == [1]


def test_closed_cells_and_moves_are_not_granted():
    floor = Floor("...", [0])
    floor.window([F])
    assert floor.grant(closed=[1]) == floor.grant(closed_edges=[(0, EAST)]) == 0
    assert floor.refused.tolist() == [0, 2, 0, 0]
    assert floor.grant(closed=[2], closed_edges=[(1, WEST)]) == 1


@pytest.mark.parametrize(("bounds", "granted"), [({"most_cells": 2}, 2), ({"most": 3}, 3)])
def test_nobody_has_more_than_allowed(bounds, granted):
    floor = Floor("........", [0])
    floor.window([F] * 6)
    assert sum(floor.grant(**bounds) for _ in range(6)) == granted
    assert floor.refused.tolist() == [0, 0, 0, 6 - granted]


def test_turns_are_no_cells():
    floor = Floor("....", [0])
    floor.window([F, CW, CCW, F])
    assert sum(floor.grant(most_cells=1) for _ in range(6)) == 3


def test_a_window_replaces_what_is_left_of_the_last():
    floor = Floor("... ...", [0, 5], [EAST, WEST])
    floor.window([F, F], [F, F])
    floor.window([CW], [CCW])
    assert [floor.grant(), floor.grant()] == [2, 0]
    assert (floor.held(0), floor.held(1)) == ([0], [5])
    floor.window([WAIT, F, F, WAIT], [WAIT] * 4)
    assert [floor.grant(), floor.grant(), floor.grant()] == [1, 0, 0]
    assert floor.held(0) == [0, 3]


def test_what_is_left_of_a_window_is_void_once_a_base_was_cut():
    floor = Floor("...", [0])
    floor.window([F, F])
    floor.grant()
    floor.ledger.raise_epoch(np.ones(1, dtype=np.bool_))
    assert floor.grant() == 0
    floor.hear(received=0, epoch=1)
    assert floor.grant() == 0
    floor.window([F, F])
    assert floor.grant() == 1


# Reports


def test_only_a_report_releases_a_cell():
    floor = Floor("...", [0])
    floor.window([F, F])
    floor.grant(), floor.grant()
    assert floor.held(0) == [0, 1, 2]
    floor.hear(confirmed=1)
    assert floor.held(0) == [1, 2]
    floor.hear(confirmed=0)
    assert floor.held(0) == [1, 2]


def test_nothing_is_taken_from_a_report_of_more_than_was_granted():
    floor = Floor("...", [0])
    floor.window([F])
    floor.grant()
    floor.hear(confirmed=2)
    assert floor.held(0) == [0, 1]
    assert floor.ledger.impossible_reports == 1


def test_a_robot_is_out_of_step_until_it_obeys_the_new_epoch():
    floor = Floor("....", [0])
    floor.window([F, F, F])
    floor.grant(), floor.grant(), floor.grant()
    floor.ledger.raise_epoch(np.ones(1, dtype=np.bool_))
    floor.hear(received=1, epoch=0)
    assert floor.held(0) == [0, 1, 2, 3]
    floor.hear(received=1, epoch=1)
    assert floor.held(0) == [0, 1]
    assert (floor.ledger.granted[0], floor.ledger.end_cell[0], floor.ledger.synced[0]) == (1, 1, True)
    assert floor.journal.restore().entries == [[(F, 0.0)]]


def test_what_robots_have_confirmed_is_in_the_journal_before_what_others_are_granted_for_it():
    floor = Floor("...", [0, 1])
    floor.window([F], [F])
    assert floor.grant(order=[1]) == 1
    floor.hear(confirmed=[0, 1])
    assert floor.grant(order=[0]) == 1
    again = TrafficLedger.restored(floor.layout, MODEL, 1.0, floor.journal)
    assert (again.cell.tolist(), again._holds.tolist()) == ([0, 2], [1, 1, 1])
    assert again.holder.tolist() == floor.ledger.holder.tolist() == [0, 0, 1]


def test_what_was_confirmed_cannot_be_dropped():
    floor = Floor("...", [0])
    floor.window([F, F])
    floor.grant(), floor.grant()
    floor.ledger.raise_epoch(np.ones(1, dtype=np.bool_))
    floor.hear(confirmed=1, received=0, epoch=1)
    assert (floor.ledger.granted[0], floor.held(0)) == (1, [1])


def test_seconds_of_a_service_are_not_those_of_an_entry_that_comes_long_after_it():
    floor = Floor("...", [0])
    floor.ledger.act(np.zeros(1, dtype=np.int32), SERVICE, np.array([5.0], dtype=np.float32))
    for number in range(1, RING + 1):
        floor.hear(confirmed=number, received=number)
        floor.window([CW])
        assert floor.grant() == 1
    rows = Commands.none(1, 4)
    floor.ledger.write(rows)
    assert (rows.entries[0, 0], rows.service_s[0, 0]) == (CW, 0.0)


def test_two_robots_in_one_cell_are_refused():
    with pytest.raises(TrafficError, match="two robots stand in one cell"):
        Floor("...", [1, 1])


def test_a_base_that_is_longer_than_the_ledger_keeps_is_refused():
    floor = Floor("...", [0])
    robot = np.zeros(1, dtype=np.int32)
    for _ in range(RING):
        floor.ledger.act(robot, CHARGE)
    with pytest.raises(TrafficError, match="more unconfirmed entries"):
        floor.ledger.act(robot, CHARGE)
    assert floor.ledger.holder.tolist() == [0, NO_ROBOT, NO_ROBOT]


# How long a base lasts


def lasts(entries, *, art="................", cell=0, heading=EAST, services=(), seen_s=0.0, **state):
    """Seconds until a base makes its robot brake or stand."""
    floor = Floor(art, [cell], [heading])
    services = list(services)
    for entry in entries:
        if entry in (SERVICE, CHARGE):
            seconds = services.pop(0) if entry == SERVICE else 0.0
            floor.ledger.act(np.zeros(1, dtype=np.int32), entry, np.array([seconds], dtype=np.float32))
        else:
            floor.window([entry])
            assert floor.grant(most=30, most_cells=30) == 1
    for name, value in state.items():
        getattr(floor.state, name)[0] = value
    floor.state.time_s = seen_s
    return float(floor.ledger.time_to_end(floor.state)[0])


def braking_after(distance, speed=0.0):
    """By very fine steps: seconds of full speed ahead before braking has to begin."""
    step = 1e-3
    ways = oracle.places(distance, TOP, ACCELERATION, speed=speed, step=step, every=step)
    speeds = np.diff(ways) / step
    return float(np.flatnonzero(speeds >= speeds.max() - 1e-9)[-1] * step)


def test_a_robot_at_its_end_has_no_time_left():
    assert lasts([]) == 0.0


@pytest.mark.parametrize("cells", [1, 2, 3, 7, 12])
def test_a_straight_base_from_rest_lasts_until_braking(cells):
    peak = min(TOP, (cells * ACCELERATION) ** 0.5)
    assert lasts([F] * cells) == pytest.approx(run_time(MODEL, cells) - peak / ACCELERATION, abs=1e-4)
    assert lasts([F] * cells) == pytest.approx(braking_after(cells), abs=0.01)


@pytest.mark.parametrize(("speed", "cells"), [(TOP, 1), (TOP, 5), (TOP / 2, 1), (TOP / 2, 6)])
def test_a_moving_robot_has_less(speed, cells):
    assert lasts([F] * cells, speed_mps=speed) == pytest.approx(braking_after(cells, speed), abs=0.02)


@pytest.mark.parametrize(
    ("heading", "x_m", "y_m"), [(EAST, 2.75, 2.5), (WEST, 2.25, 2.5), (SOUTH, 2.5, 2.75), (NORTH, 2.5, 2.25)]
)
def test_what_is_behind_a_robot_does_not_count(heading, x_m, y_m):
    art = "..... " * 5
    seconds = lasts([F, F], art=art, cell=12, heading=heading, x_m=x_m, y_m=y_m)
    assert seconds == pytest.approx(braking_after(1.75), abs=0.01)
    assert seconds < lasts([F, F], art=art, cell=12, heading=heading)


def test_a_report_that_is_old_leaves_less():
    now, then = (lasts([F] * 8, speed_mps=TOP, seen_s=age) for age in (0.0, 0.5))
    assert now - then == pytest.approx(0.5, abs=1e-3)


def test_turns_that_come_later_last_as_long_as_they_take():
    turn = turn_time(MODEL, pi / 2)
    assert lasts([CW, CCW, CW]) - lasts([CW]) == pytest.approx(2 * turn, abs=1e-4)
    # How far the first one has come is not known well: it may be said to last less long than it does.
    assert pi / 2 / MODEL.max_turn_rate_radps <= lasts([CW]) <= turn


def test_of_a_turn_under_way_only_the_rest_counts():
    half = lasts([CW], theta_rad=pi / 4)
    assert turn_time(MODEL, pi / 4) / 2 < half < turn_time(MODEL, pi / 2)
    assert lasts([CCW], theta_rad=2 * pi - pi / 2) == pytest.approx(0.1, abs=1e-4)
    assert lasts([CW], seen_s=60.0) == 0.0


def test_services_last_as_long_as_they_were_granted_for():
    assert lasts([SERVICE], services=[7.0]) == pytest.approx(7.0)
    assert lasts([SERVICE], services=[7.0], service_left_s=2.5) == pytest.approx(2.5)
    assert lasts([CHARGE]) == 0.0
    # What is left of a service is not what is left of one that comes later.
    assert lasts([CW, SERVICE], services=[3.0], service_left_s=1.0) == pytest.approx(lasts([CW]) + 3.0)


@pytest.mark.parametrize("cells", [3, 6])
def test_a_mixed_base_adds_up_from_rest_to_rest(cells):
    art = ("." * 16 + " ") * 8
    seconds = lasts([F] * cells + [CW] + [F] * 4, art=art)
    parts = run_time(MODEL, cells) + turn_time(MODEL, pi / 2) + braking_after(4)
    assert seconds == pytest.approx(parts, abs=0.01)


def test_a_base_of_one_cell_before_a_turn_is_a_little_longer_than_it_takes():
    seconds = lasts([F, CW], art="... ...")
    takes = run_time(MODEL, 1.0) + turn_time(MODEL, pi / 2)
    assert takes <= seconds + 1e-4 < takes + TOP / ACCELERATION


def test_a_way_too_short_for_full_speed_lasts_until_braking():
    assert lasts([F], x_m=0.9) == pytest.approx(braking_after(0.6), abs=0.01)


def test_after_a_turn_a_robot_starts_from_rest_however_fast_it_is_now():
    art = ("." * 16 + " ") * 8
    turned = [F, F, F, CW]
    more = lasts([*turned, F, F, F, F], art=art, speed_mps=TOP) - lasts(turned, art=art, speed_mps=TOP)
    assert more == pytest.approx(braking_after(4), abs=0.01)
