from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.charging_params import ChargingParams
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
        self.distances = DistanceFields(layout)
        travel = self.distances.travel
        self.cells = np.array([AT[place] for place in at], dtype=np.int32)
        self.headings = np.array(np.broadcast_to(np.int8(headings), len(at)))
        charger_cells = np.array([AT[charger] for charger in chargers], dtype=np.int32)
        self.energy = TripEnergy(
            self.distances,
            charger_cells,
            percent=PERCENT,
            step_s=1.0,
            trip_factor=params.trip_factor,
            floor_percent=params.critical_percent,
        )
        self.policy = ChargingPolicy(travel, charger_cells, self.energy, params, len(at))

    def close(self, *places):
        """These cells, and no others, are closed now."""
        closed = np.zeros(self.distances.layout.cells, dtype=np.bool_)
        closed[[AT[place] for place in places]] = True
        self.distances.close(closed)

    def step(self, charge, idle=True, waiting_tasks=1, **faults):
        n = len(self.cells)
        return self.policy.step(
            self.cells,
            self.headings,
            np.array(charge, dtype=np.float32),
            np.array(np.broadcast_to(np.array(idle), n)),
            waiting_tasks,
            **{name: np.array(column) for name, column in faults.items()},
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


def test_a_charger_that_cannot_be_used_is_given_to_nobody():
    fleet = Fleet("ab")
    decision = fleet.step([20, 20], usable=[False, True])
    assert (fleet.held, decision.waiting) in (("Q-", 1), ("-Q", 1))
    assert len(Fleet("ab").step([20, 20], usable=[False, False]).sent) == 0


def test_a_charger_that_cannot_be_used_any_more_is_left_for_another():
    fleet = Fleet("PQ")
    fleet.step([20, 100])
    decision = fleet.step([59, 100], usable=[False, True])
    assert (decision.left.tolist(), decision.sent.tolist(), fleet.held) == ([0], [0], "Q-")
    # One that has charge enough to work goes to no other.
    fleet = Fleet("PQ")
    fleet.step([20, 100])
    decision = fleet.step([76, 100], usable=[False, True])
    assert (decision.left.tolist(), decision.sent.tolist(), fleet.held) == ([0], [], "--")
    assert decision.may_work.all()


def test_robots_out_of_action_keep_what_they_have_and_are_given_nothing():
    fleet = Fleet("Pab")
    fleet.step([20, 100, 100])
    decision = fleet.step([95, 5, 100], fit=[False, False, True], usable=[False, True])
    assert fleet.held == "P--"
    assert (len(decision.sent), len(decision.left), decision.waiting) == (0, 0, 0)
    assert decision.may_work.tolist() == [False, False, True]
    assert fleet.step([95, 5, 100], waiting_tasks=0, fit=[True, False, True]).left.tolist() == [0]


def test_a_robot_out_of_action_does_not_give_way():
    fleet = Fleet("PQa")
    fleet.step([20, 20, 100])
    decision = fleet.step([61, 70, 29], fit=[True, False, True])
    assert decision.left.tolist() == [0]
    assert fleet.held == "-QP"


def test_a_lost_robot_has_its_charger_taken_back():
    fleet = Fleet("Pab")
    fleet.step([20, 100, 100])
    decision = fleet.step([30, 100, 100], fit=[False, True, False], lost=[True, False, True])
    assert decision.left.tolist() == [0]
    assert fleet.held == "---"


def test_with_fewer_chargers_robots_charge_earlier_and_longer():
    # Half of the chargers: low is half way from 30 to 60 %, opportunity half way from 60 to 90 %.
    fleet = Fleet("c")
    assert len(fleet.step([46], usable=[False, True]).sent) == 0
    assert fleet.step([45], usable=[False, True]).sent.tolist() == [0]
    assert not fleet.step([74], usable=[False, True]).may_work.any()
    assert fleet.step([75], usable=[False, True]).may_work.all()
    fleet = Fleet("c")
    assert len(fleet.step([75], waiting_tasks=0, usable=[False, True]).sent) == 0
    assert fleet.step([74], waiting_tasks=0, usable=[False, True]).sent.tolist() == [0]
    fleet = Fleet("c")
    assert len(fleet.step([31], usable=[True, True]).sent) == 0


def test_a_low_robot_that_has_lost_its_way_to_chargers_takes_no_task():
    fleet = Fleet("ac")
    fleet.step([31, 30], idle=[True, False], usable=[True, True])
    fleet.close("P", "Q")
    fleet.energy.refresh(np.array([False, False]))
    decision = fleet.step([31, 30], idle=[True, False], usable=[False, False])
    assert (decision.cut_off.tolist(), decision.may_work.tolist()) == ([1], [True, False])
    decision = fleet.step([30, 30], usable=[False, False])
    assert (decision.cut_off.tolist(), decision.may_work.any(), decision.stranded) == ([0, 1], False, 2)
    decision = fleet.step([30, 30], fit=[True, False], usable=[False, False])
    assert decision.cut_off.tolist() == [0]
    fleet.close("P")
    fleet.energy.refresh(np.array([False, True]))
    decision = fleet.step([30, 30], usable=[False, True])
    assert (len(decision.cut_off), decision.waiting, len(decision.sent)) == (0, 1, 1)


def test_a_floor_without_chargers_lets_robots_work_whatever_is_out_of_use():
    decision = Fleet("ab", chargers="").step([1, 0], usable=np.zeros(0, dtype=np.bool_))
    assert decision.may_work.tolist() == [True, False]
    assert len(decision.cut_off) == 0


def test_what_a_robot_keeps_follows_the_chargers_that_can_be_used():
    fleet = Fleet("a")
    energy, a, heading_west = fleet.energy, AT["a"], 2
    before = energy.keep_percent.copy()
    assert energy.keep_percent[a * 4 + heading_west] == 10.0 + 2
    energy.refresh(np.array([False, True]))
    assert energy.keep_percent[a * 4 + heading_west] == 10.0 + 6 + 2
    assert energy.keep_at_end[a] == 10.0 + 6 + 2
    energy.refresh()
    assert energy.keep_percent.tolist() == before.tolist()


def test_what_a_robot_keeps_follows_closed_cells():
    fleet = Fleet("a")
    energy, places = fleet.energy, np.array([AT[place] for place in "Pabcx"], dtype=np.int32)
    assert energy.cut_off(places).tolist() == [False] * 5
    fleet.close("b")
    energy.refresh(np.array([False, True]))
    assert energy.keep_percent[AT["a"] * 4] == 0.0
    assert energy.has_charger(places).tolist() == [False, False, True, True, False]
    assert energy.cut_off(places).tolist() == [True, True, False, False, False]  # x never had a way
    energy.refresh(np.array([False, False]))
    assert energy.cut_off(places).tolist() == [False] * 5


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
    distances = DistanceFields(layout)
    cells = np.array([AT[place] for place in places], dtype=np.int32)
    for factor, expected in ((1.0, percent), (2.0, 2 * (percent - 10) + 10 if percent else 0.0)):
        energy = TripEnergy(distances, chargers, percent=PERCENT, step_s=1.0, trip_factor=factor, floor_percent=10.0)
        found = energy.task_percent(cells, np.array(service_s, np.float32), np.array([0, len(cells)], np.int32))
        assert found.dtype == np.float32
        assert found.tolist() == pytest.approx([expected])
