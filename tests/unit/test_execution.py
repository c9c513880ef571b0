"""From windows to grants: what is accepted of a plan, services and charging, and where the next plan starts."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from fleet.traffic.execution import NO_ENTRY, GrantExecution
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import RING, TrafficLedger
from fleet.traffic.params import GrantParams
from robots.model import RobotModel
from robots.state import Entry, FleetState
from tests.floors import drawn

F, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)
EAST, SOUTH, WEST, NORTH = range(4)


class Run:
    """Execution on a drawn floor; robots at rest where told."""

    def __init__(self, art, cells, headings=None, entries_ahead=16):
        self.layout = drawn(art)
        heading = None if headings is None else np.array(headings, dtype=np.int8)
        self.state = FleetState.at(np.array(cells, dtype=np.int32), heading, width=self.layout.width)
        self.ledger = TrafficLedger.begin(self.layout, RobotModel(), 1.0, self.state, MemoryJournal())
        self.execution = GrantExecution(self.ledger, GrantParams(most_cells=3), entries_ahead=entries_ahead)
        self.n = len(cells)
        self.everybody = np.ones(self.n, dtype=np.bool_)

    def accept(self, *actions):
        """Actions of each robot, of one length; returns what is accepted of each."""
        return self.execution.accept(np.array(actions, dtype=np.uint8).T).T.tolist()

    def grant(self, times=1):
        nowhere = np.zeros(self.layout.cells, dtype=np.bool_)
        for _ in range(times):
            order = np.arange(self.n, dtype=np.int32)
            no_edges = np.zeros((self.layout.cells, 4), dtype=np.bool_)
            self.execution.grant(order, self.everybody, self.state, nowhere, no_edges)

    def serve(self, *seconds):
        return self.execution.start_services(np.array(seconds, dtype=np.float32)).tolist()

    def hear(self, **columns):
        for name, values in columns.items():
            getattr(self.state, name)[:] = values
        return self.execution.observe(self.state).tolist()

    def rows(self):
        return self.execution.commands(~self.everybody, np.full(self.n, inf, dtype=np.float32))


# Windows


def test_what_a_robot_may_enter_and_what_the_window_goes_on_with_is_told_cell_by_cell():
    run = Run("..... .....", [0], entries_ahead=3)
    run.accept([F, F, CW, F, CCW, F])
    run.grant(1)
    assert (run.ledger.cells_granted(0), run.ledger.cells_planned(0)) == ([1], [2, 7, 8])
    run.hear(received=1, confirmed=1, x_m=1.5)
    assert (run.ledger.cells_granted(0), run.ledger.cells_planned(0)) == ([], [2, 7, 8])
    run.grant(1)
    assert (run.ledger.cells_granted(0), run.ledger.cells_planned(0)) == ([2], [7, 8])


def test_a_window_without_rings_is_accepted_as_it_is():
    run = Run("... ...", [0, 5], [EAST, WEST])
    actions = [[F, CW, F], [F, F, WAIT]]
    assert run.accept(*actions) == actions
    assert not run.execution.pinned.any()
    assert run.execution.rings_cut == 0


def ring(extra=()):
    """Four robots round a square, each about to enter the next one's cell."""
    return Run(".... ....", [0, 1, 5, 4, *extra], [EAST, SOUTH, WEST, NORTH, *([WEST] * len(extra))])


def test_a_ring_in_the_first_step_stays_and_one_of_it_is_pinned():
    run = ring(extra=[2])
    accepted = run.accept([F, WAIT], [F, WAIT], [F, WAIT], [F, WAIT], [F, WAIT])
    # The one behind the ring stays as well.
    assert accepted == [[WAIT]] * 5
    assert run.execution.pinned.sum() == 1
    assert not run.execution.pinned[4]
    assert run.execution.rings_cut == 1


def test_another_robot_of_the_same_ring_is_pinned_next_time():
    run = ring()
    pinned = set()
    for _ in range(4):
        run.accept(*[[F]] * 4)
        pinned.add(int(np.flatnonzero(run.execution.pinned)[0]))
    assert len(pinned) > 1
    assert run.execution.rings_cut == 4


def test_who_is_in_no_ring_goes_on_for_one_step():
    run = ring(extra=[7])
    assert run.accept([F, F], [F, F], [F, F], [F, F], [F, F]) == [[WAIT]] * 4 + [[F]]


def test_a_window_ends_before_a_later_step_that_has_a_ring():
    run = Run(".... ....", [0, 1, 5, 4], [NORTH, EAST, SOUTH, WEST])
    turns = [CW, F, WAIT]
    assert run.accept(turns, turns, turns, turns) == [[CW]] * 4
    assert not run.execution.pinned.any()


def test_the_planners_window_is_left_alone():
    run = ring()
    window = np.full((2, 4), F, dtype=np.uint8)
    run.execution.accept(window)
    assert (window == F).all()


# Grants


def test_a_robot_is_granted_more_when_its_base_lasts_no_longer_than_the_reaction():
    run = Run("......", [0])
    run.accept([F] * 5)
    run.grant(5)
    # One metre from rest lasts a second; after the first cell there is time.
    assert run.ledger.granted.tolist() == [1]
    assert run.execution.granted == 1
    run.state.speed_mps[:], run.state.x_m[:] = 1.0, 0.8
    run.grant(5)
    assert run.ledger.granted.tolist() == [2]


def test_a_driver_that_takes_few_entries_is_given_no_more():
    run = Run(".. ..", [0], entries_ahead=2)
    run.execution.params = GrantParams(reaction_s=5.0)
    run.accept([CW, CW, CW, CW])
    run.grant(9)
    assert run.ledger.granted.tolist() == [2]
    assert run.execution.refused.tolist() == [0, 0, 0, 7]
    assert run.rows().entries.shape == (1, 2)


def test_a_driver_that_takes_more_than_the_ledger_keeps_is_given_what_it_keeps():
    assert Run("..", [0], entries_ahead=99).rows().entries.shape == (1, RING - 1)


def test_rows_say_what_is_not_confirmed_and_levels():
    run = Run("....", [0, 3], [EAST, WEST])
    run.accept([F, F], [CW, CCW])
    run.grant()
    rows = run.execution.commands(np.array([True, False]), np.array([inf, 0.5], dtype=np.float32))
    assert rows.entries[:, :2].tolist() == [[F, WAIT], [CW, WAIT]]
    assert rows.halt.tolist() == [True, False]
    assert rows.speed_limit_mps.tolist() == [inf, 0.5]
    run.hear(confirmed=[0, 1], received=[1, 1])
    rows = run.rows()
    assert rows.index.tolist() == [0, 1]
    assert rows.entries[:, 0].tolist() == [F, WAIT]


# Services and charging


def test_a_plan_starts_where_grants_end_and_knows_of_services_to_come():
    run = Run("....", [0, 3])
    run.accept([F], [WAIT])
    run.grant()
    assert run.serve(4.0, 0.0) == [0]
    committed = run.execution.committed(run.state)
    assert committed.cell.tolist() == [1, 3]
    assert (committed.service_left_s > 0).tolist() == [True, False]
    assert run.execution.service_entry.tolist() == [1, NO_ENTRY]
    run.hear(service_left_s=[2.5, 0.0], confirmed=[1, 0], received=[2, 0])
    assert run.execution.committed(run.state).service_left_s.tolist() == [2.5, 0.0]
    assert run.hear(service_left_s=0.0, confirmed=[2, 0]) == [False, False]
    assert run.execution.committed(run.state).service_left_s.tolist() == [0.0, 0.0]
    assert run.execution.service_entry.tolist() == [NO_ENTRY, NO_ENTRY]


def test_a_service_that_was_dropped_is_told_once():
    run = Run("....", [0, 3])
    run.serve(4.0, 4.0)
    run.ledger.raise_epoch(run.everybody)
    assert run.hear(received=[0, 1]) == [False, False]
    assert run.hear(epoch=1, received=[0, 1]) == [True, False]
    assert run.execution.service_entry.tolist() == [NO_ENTRY, 0]
    assert run.hear() == [False, False]


def test_a_robot_is_told_to_charge_once_until_it_has_done_something_else():
    run = Run("....", [0, 3])
    charge = np.array([True, False])
    for _ in range(3):
        run.execution.charge(charge)
    assert run.ledger.granted.tolist() == [1, 0]
    run.hear(confirmed=[1, 0], received=[1, 0])
    run.execution.charge(charge)
    assert run.ledger.granted.tolist() == [1, 0]
    run.accept([CW], [WAIT])
    run.grant()
    run.execution.charge(charge)
    assert run.ledger.granted.tolist() == [3, 0]


def test_a_robot_that_dropped_its_charging_is_told_again():
    run = Run("....", [0, 3])
    charge = np.array([True, False])
    run.execution.charge(charge)
    run.ledger.raise_epoch(run.everybody)
    run.hear(epoch=1)
    assert run.ledger.granted.tolist() == [0, 0]
    run.accept([F], [WAIT])
    run.grant()
    run.execution.charge(charge)
    assert run.ledger.granted.tolist() == [2, 0]


def test_execution_on_a_restored_ledger_knows_of_services_under_way():
    run = Run("....", [0, 3])
    run.serve(4.0, 0.0)
    run.execution.charge(np.array([False, True]))
    again = GrantExecution(run.ledger, GrantParams(), entries_ahead=16)
    assert again.service_entry.tolist() == [0, NO_ENTRY]
    again.charge(np.array([False, True]))
    assert run.ledger.granted.tolist() == [1, 1]


@pytest.mark.parametrize("seconds", [(), (0.0, 0.0)])
def test_nothing_is_granted_where_nothing_is_to_be_done(seconds):
    run = Run("....", [0, 3])
    assert run.serve(*(seconds or (0.0, 0.0))) == []
    run.execution.charge(~run.everybody)
    assert run.ledger.granted.tolist() == [0, 0]
