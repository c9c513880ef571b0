from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment import parking
from fleet.assignment.parking import ParkingPolicy
from fleet.grid.distances import DistanceFields
from tests.floors import drawn, marked

FLOOR = """
    a.b.c.#.x
    P.Q.R.#.X
"""
AT = marked(FLOOR)


class Fleet:
    def __init__(self, at, places="PQR"):
        layout = drawn(FLOOR)
        self.distances = DistanceFields(layout)
        self.cells = np.array([AT[place] for place in at], dtype=np.int32)
        places = np.array([AT[place] for place in places], dtype=np.int32)
        self.policy = ParkingPolicy(self.distances.travel, layout, places, len(at))

    def step(self, idle=True, **faults):
        n = len(self.cells)
        idle = np.array(np.broadcast_to(np.array(idle), n))
        faults = {name: np.array(column) for name, column in faults.items()}
        return self.policy.step(self.cells, np.zeros(n, np.int8), idle, **faults).tolist()

    def move(self, robot, place):
        self.cells[robot] = AT[place]

    @property
    def places(self):
        letters = {cell: letter for letter, cell in AT.items()} | {-1: "-"}
        return "".join(letters[cell] for cell in self.policy.place_cell.tolist())


def test_robots_go_where_the_ways_are_short_in_sum():
    fleet = Fleet("bca")
    assert fleet.step() == [0, 1, 2]
    assert fleet.places == "QRP"


def test_only_idle_robots_are_parked():
    fleet = Fleet("ab")
    assert fleet.step([False, True]) == [1]
    assert fleet.places == "-Q"


def test_nothing_is_decided_twice():
    fleet = Fleet("abc")
    fleet.step()
    asked = fleet.distances.computed
    assert fleet.step() == []
    fleet.move(0, "c")
    assert fleet.step() == []
    assert fleet.places == "PQR"
    assert fleet.distances.computed == asked


def test_a_robot_in_a_free_place_stays_there_without_a_thought():
    fleet = Fleet("QR")
    assert fleet.step() == [0, 1]
    assert fleet.places == "QR"
    assert fleet.distances.computed == 0


def test_a_robot_in_a_place_that_is_promised_to_another_gets_its_own():
    fleet = Fleet("aP", places="PQ")
    fleet.step([True, False])
    assert fleet.places == "P-"
    fleet.step()
    assert fleet.places == "PQ"


def test_a_place_is_kept_until_its_robot_has_left_it():
    fleet = Fleet("Pb", places="P")
    fleet.step([True, False])
    assert fleet.step([False, True]) == []
    assert fleet.places == "P-"
    fleet.move(0, "a")
    assert fleet.step([False, True]) == [1]
    assert fleet.places == "-P"


def test_a_robot_called_to_work_on_its_way_gives_its_place_back():
    fleet = Fleet("ab", places="P")
    fleet.step([True, False])
    assert fleet.step([False, True]) == [1]
    assert fleet.places == "-P"


def test_a_robot_without_a_place_stays_and_is_counted_once():
    fleet = Fleet("abc", places="PQ")
    assert fleet.step() == [0, 1]
    assert fleet.places == "PQ-"
    for _ in range(3):
        assert fleet.step() == []
    assert fleet.policy.no_place == 1


def test_a_robot_without_a_place_gets_the_next_that_is_free():
    fleet = Fleet("abc", places="PQ")
    fleet.step()
    fleet.step([False, True, True])
    assert fleet.places == "-QP"


def test_a_robot_without_a_place_asks_again_when_it_is_back_from_work():
    fleet = Fleet("ab", places="P")
    fleet.step()
    fleet.step([True, False])
    fleet.step()
    assert fleet.policy.no_place == 2


def test_a_place_that_cannot_be_reached_is_no_place():
    fleet = Fleet("ax", places="P")
    assert fleet.step() == [0]
    assert fleet.policy.no_place == 1
    fleet = Fleet("a", places="X")
    assert fleet.step() == []
    assert fleet.policy.no_place == 1


def test_places_behind_a_wall_do_not_hide_those_farther_off(monkeypatch):
    monkeypatch.setattr(parking, "_NEAREST", 1)
    floor = """
        r#X#........
        .#X#........
        .##########.
        ...........P
    """
    layout, at = drawn(floor), marked(floor)
    walled = [cell for cell, symbol in enumerate("".join(floor.split())) if symbol == "X"]
    policy = ParkingPolicy(DistanceFields(layout).travel, layout, np.array([*walled, at["P"]], np.int32), 1)
    policy.step(np.array([at["r"]], np.int32), np.zeros(1, np.int8), np.ones(1, np.bool_))
    assert policy.place_cell.tolist() == [at["P"]]


def test_robots_in_a_crowd_all_find_places_though_the_same_are_nearest_to_all(monkeypatch):
    monkeypatch.setattr(parking, "_NEAREST", 2)
    layout = drawn("\n".join(["." * 10] * 4))
    policy = ParkingPolicy(DistanceFields(layout).travel, layout, np.arange(30, 40, dtype=np.int32), 8)
    sent = policy.step(np.arange(8, dtype=np.int32), np.zeros(8, np.int8), np.ones(8, np.bool_))
    assert sent.tolist() == list(range(8))
    assert len(set(policy.place_cell.tolist())) == 8


def test_a_place_that_cannot_be_used_is_given_to_nobody_and_its_robot_goes_to_another():
    fleet = Fleet("Pb")
    assert fleet.step([True, False], usable=[True, True, True]) == [0]
    assert fleet.step(usable=[False, True, True]) == [0, 1]
    assert sorted(fleet.places) == ["Q", "R"]
    # It stands there already, but may not stay.
    fleet = Fleet("P")
    assert fleet.step(usable=[False, True, True]) == [0]
    assert fleet.places == "Q"


def test_robots_out_of_action_keep_their_places_and_are_given_none():
    fleet = Fleet("Pb")
    fleet.step([True, False])
    fleet.move(0, "a")
    assert fleet.step([False, True], fit=[False, False], usable=[False, True, True]) == []
    assert fleet.places == "P-"
    assert fleet.step([False, True]) == [1]
    assert fleet.places == "-Q"


def test_a_place_that_opens_again_is_found_by_those_without_one():
    fleet = Fleet("ab", places="PQ")
    fleet.step(usable=[True, False])
    fleet.step(usable=[True, False])
    assert (fleet.places, fleet.policy.no_place) in (("P-", 1), ("-P", 1))
    fleet.step(usable=[True, True])
    assert sorted(fleet.places) == ["P", "Q"]


def test_robots_without_a_place_look_again_when_ways_have_changed():
    fleet = Fleet("a", places="P")
    closed = np.zeros(18, dtype=np.bool_)
    closed[AT["P"]] = True
    fleet.distances.close(closed)
    assert fleet.step() == []
    fleet.distances.close(~closed & False)
    assert fleet.step() == []
    fleet.policy.ask_again()
    assert fleet.step() == [0]


@pytest.mark.parametrize("idle", [True, False])
def test_a_floor_without_parking_leaves_robots_where_they_are(idle):
    fleet = Fleet("ab", places="")
    assert fleet.step(idle, usable=np.zeros(0, dtype=np.bool_)) == []
    assert fleet.policy.no_place == 2 * idle
