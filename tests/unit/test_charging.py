from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.charging import ChargingParams, ChargingPolicy
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from robots.battery import StepPercent
from tests.floors import drawn, marked

# Two chargers, P and Q, at the ends of a corridor, and a walled-off part.
FLOOR = """
    P.a.b.c.Q#.x
"""
AT = marked(FLOOR)
# A step on the way takes 1 %, so that ways can be counted.
PERCENT = StepPercent(forward=1.0, turn=0.5, wait=0.1, service=0.2, charge=10.0)
PARAMS = ChargingParams(
    critical_percent=10.0, low_percent=30.0, opportunity_percent=60.0, full_percent=90.0, trip_factor=1.0
)


class Fleet:
    """Robots that stand still, their charge set by hand, and the policy that looks after them."""

    def __init__(self, at, chargers="PQ", params=PARAMS, headings=0):
        layout = drawn(FLOOR)
        travel = DistanceFields(layout).travel
        self.cells = np.array([AT[place] for place in at], dtype=np.int32)
        self.headings = np.array(np.broadcast_to(np.int8(headings), len(at)))
        charger_cells = np.array([AT[charger] for charger in chargers], dtype=np.int32)
        energy = TripEnergy(
            travel,
            layout,
            charger_cells,
            percent=PERCENT,
            step_s=1.0,
            trip_factor=params.trip_factor,
            floor_percent=params.critical_percent,
        )
        self.policy = ChargingPolicy(travel, charger_cells, energy, params, len(at))

    def step(self, charge, idle=True, waiting_tasks=1):
        n = len(self.cells)
        return self.policy.step(
            self.cells,
            self.headings,
            np.array(charge, dtype=np.float32),
            np.array(np.broadcast_to(np.array(idle), n)),
            waiting_tasks,
        )

    @property
    def held(self):
        """The charger that each robot holds, as letters; - for none."""
        letters = {AT["P"]: "P", AT["Q"]: "Q", NO_CELL: "-"}
        return "".join(letters[cell] for cell in self.policy.charger_cell.tolist())


def test_a_robot_with_enough_charge_is_left_to_work():
    fleet = Fleet("abc")
    decision = fleet.step([31, 50, 100])
    assert fleet.held == "---"
    assert decision.may_work.all()
    assert (decision.waiting, decision.stranded, len(decision.sent), len(decision.left)) == (0, 0, 0, 0)


def test_a_robot_that_is_low_goes_to_the_charger_nearest_to_it():
    fleet = Fleet("ac")
    decision = fleet.step([30, 100])
    assert fleet.held == "P-"
    assert decision.sent.tolist() == [0]
    assert decision.may_work.tolist() == [False, True]
    fleet = Fleet("ca")
    fleet.step([30, 29])
    assert fleet.held == "QP"


def test_a_decision_stands_until_something_happens():
    fleet = Fleet("ab")
    fleet.step([30, 100])
    for _ in range(3):
        assert len(fleet.step([29, 100]).sent) == 0
    assert fleet.held == "P-"


def test_the_lowest_go_first_and_the_others_work_on_until_they_are_critical():
    fleet = Fleet("abc")
    decision = fleet.step([29, 27, 26])
    assert fleet.held == "-PQ"
    assert decision.waiting == 1
    assert decision.may_work.tolist() == [True, False, False]
    decision = fleet.step([14, 40, 40])  # a is two steps and half a turn from P: critical at 14 %
    assert decision.may_work.tolist() == [False, False, False]
    assert decision.waiting == 1


def test_lowest_means_the_charge_that_is_left_on_arrival():
    fleet = Fleet("bP", chargers="P")
    fleet.step([29, 25])  # b has six steps to go and turns: 21 % on arrival
    assert fleet.held == "P-"


def test_a_robot_at_work_is_called_off_only_when_it_is_critical():
    fleet = Fleet("a")
    assert len(fleet.step([14.5], idle=False).sent) == 0
    assert not fleet.step([14.5], idle=False).may_work.any()
    assert fleet.step([14.0], idle=False).sent.tolist() == [0]
    assert fleet.held == "P"


def test_critical_knows_the_distance_and_the_heading():
    # From b it is 4 cells to P: facing west without a turn, facing north with one.
    facing_west = Fleet("b", chargers="P", headings=2)
    assert len(facing_west.step([14.5], idle=False).sent) == 0
    assert facing_west.step([14.0], idle=False).sent.tolist() == [0]
    facing_north = Fleet("b", chargers="P", headings=3)
    assert len(facing_north.step([15.5], idle=False).sent) == 0
    assert facing_north.step([15.0], idle=False).sent.tolist() == [0]


def test_a_robot_leaves_its_charger_when_it_is_full():
    fleet = Fleet("P")
    fleet.step([20])
    assert len(fleet.step([89]).left) == 0
    decision = fleet.step([90])
    assert decision.left.tolist() == [0]
    assert decision.may_work.all()
    assert fleet.held == "-"


def test_a_charger_that_is_left_serves_the_next_in_the_same_step():
    fleet = Fleet("Pa", chargers="P")
    fleet.step([20, 28])
    decision = fleet.step([90, 28])
    assert (decision.left.tolist(), decision.sent.tolist()) == ([0], [1])
    assert fleet.held == "-P"


def test_a_robot_with_charge_enough_gives_way_to_one_that_is_low():
    fleet = Fleet("PQa")
    fleet.step([20, 20, 100])
    fleet.step([59, 59, 30])
    assert fleet.held == "PQ-"
    decision = fleet.step([61, 70, 29])
    assert decision.left.tolist() == [1]
    assert fleet.held == "P-Q"


def test_a_charging_robot_may_be_called_to_work_once_it_has_enough():
    fleet = Fleet("P")
    fleet.step([20])
    assert not fleet.step([59]).may_work.any()
    assert fleet.step([60]).may_work.all()
    fleet.policy.release(np.array([0], dtype=np.int32))
    assert fleet.held == "-"
    assert fleet.step([60]).may_work.all()


def test_idle_robots_charge_when_there_is_a_charger_and_nothing_else_to_do():
    fleet = Fleet("abc")
    assert len(fleet.step([55, 50, 59], waiting_tasks=1).sent) == 0
    assert len(fleet.step([55, 50, 59], idle=False, waiting_tasks=0).sent) == 0
    decision = fleet.step([55, 60, 59], waiting_tasks=0)
    assert decision.sent.tolist() == [0, 2]
    assert fleet.held == "P-Q"
    assert decision.waiting == 0


def test_a_robot_without_a_way_to_a_charger_is_counted_and_works_until_it_is_empty():
    fleet = Fleet("xa")
    decision = fleet.step([5, 100])
    assert (decision.stranded, decision.waiting) == (1, 0)
    assert fleet.held == "--"
    assert decision.may_work.all()
    assert not fleet.step([0, 100]).may_work[0]


def test_a_stranded_robot_does_not_keep_others_from_charging():
    fleet = Fleet("xac", chargers="P")
    decision = fleet.step([5, 20, 25])
    assert fleet.held == "-P-"
    assert (decision.stranded, decision.waiting) == (1, 1)


def test_without_chargers_robots_work_until_they_are_empty():
    fleet = Fleet("ab", chargers="")
    decision = fleet.step([1, 0], waiting_tasks=0)
    assert decision.may_work.tolist() == [True, False]
    assert (decision.stranded, decision.waiting) == (2, 0)


def test_release_of_robots_without_chargers_changes_nothing():
    fleet = Fleet("ab")
    fleet.step([20, 100])
    fleet.policy.release(np.array([1], dtype=np.int32))
    assert fleet.held == "P-"


@pytest.mark.parametrize(
    ("places", "service_s", "percent"),
    [
        ("P", [0.0], 10.0 + 0.0),
        ("a", [0.0], 10.0 + 2 + 2),  # two cells to P and, at worst, half a turn
        ("a", [2.5], 10.0 + 4 + 3 * 0.2),  # a service takes whole steps
        ("ab", [0.0, 0.0], 10.0 + (2 + 2) + (4 + 1)),  # from b, a quarter turn to the one charger or the other
        ("abP", [1.0, 1.0, 1.0], 10.0 + (2 + 2) + (4 + 2) + 3 * 0.2),
        ("x", [0.0], 0.0),
        ("ax", [0.0, 0.0], np.inf),
    ],
)
def test_a_task_needs_charge_for_its_ways_its_services_and_the_way_to_a_charger(places, service_s, percent):
    layout = drawn(FLOOR)
    chargers = np.array([AT["P"], AT["Q"]], dtype=np.int32)
    travel = DistanceFields(layout).travel
    cells = np.array([AT[place] for place in places], dtype=np.int32)
    for factor, expected in ((1.0, percent), (2.0, 2 * (percent - 10) + 10 if percent else 0.0)):
        energy = TripEnergy(
            travel, layout, chargers, percent=PERCENT, step_s=1.0, trip_factor=factor, floor_percent=10.0
        )
        found = energy.task_percent(cells, np.array(service_s, np.float32), np.array([0, len(cells)], np.int32))
        assert found.dtype == np.float32
        assert found.tolist() == pytest.approx([expected])
