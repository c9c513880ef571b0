"""What faults do to robots on wheels, and that robots know of it when they can."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest

from tests.oracles.wheels import WheelHost
from tests.wheeled_floor import CCW, CW, FORWARD, PERFECT, WAIT, WheeledFloor
from twin.faults import Fault, FaultKind
from twin.physics.body_model import BodyModel
from twin.physics.body_records import PATCHES, PEOPLE


def fault(kind, **fields):
    return Fault(at_s=0.0, kind=kind, **fields)


def test_wheels_know_all_faults_of_bodies_and_floors():
    floor = WheeledFloor([9])
    assert {kind.value for kind in floor.wheels.faults} == {
        "displaced", "slip", "stall", "drift", "blind", "dropped_load", "person",
    }  # fmt: skip


@pytest.mark.parametrize("host", [None, WheelHost(PERFECT)])
def test_a_displaced_robot_is_lost_and_is_put_back(host):
    floor = WheeledFloor([9], faults=[fault(FaultKind.DISPLACED, robot=0, value=0.2)], host=host)
    if host is not None:
        floor.wheels.hand_over(0)
    floor.give({0: [FORWARD]})
    floor.run(1.0)
    assert floor.robots["lost"][0]
    assert floor.place(0) == pytest.approx((1.5, 1.3, 0.0))
    assert floor.driver.put_back(0)
    assert floor.place(0) == pytest.approx((1.5, 1.5, 0.0))
    assert floor.driver.place(0, 9, 0)
    floor.finish({0: [FORWARD]})
    assert floor.place(0)[0] == pytest.approx(2.5, abs=0.005)


@pytest.mark.parametrize(("side", "way"), [(0.0, -1), (1.0, 1)])
def test_a_robot_with_one_dead_motor_swerves_and_knows_that_it_is_lost(side, way):
    stall = Fault(at_s=1.5, kind=FaultKind.STALL, robot=0, value=side)
    floor = WheeledFloor([24 + 12 + 2], faults=[stall], height=7, width=12)
    floor.give({0: [FORWARD] * 6})
    floor.run(12.0)
    assert floor.robots["lost"][0]
    assert abs(floor.robots["speed"][0]) < 0.1  # one motor brakes
    assert floor.place(0)[2] * way > 0.02


def test_odometry_that_drifts_is_corrected_by_markers():
    drift = fault(FaultKind.DRIFT, robot=0, value=0.02)
    floor = WheeledFloor([8], faults=[drift])
    floor.give({0: [FORWARD] * 5})
    worst = 0.0
    while not floor.idle():
        floor.give({})
        worst = max(worst, float(floor.robots["guess_x"][0] - floor.bodies["x"][0]))
    assert 0.01 < worst < 0.04
    assert floor.place(0)[0] == pytest.approx(5.5, abs=0.03)


def test_markers_correct_a_gyro_that_drifts():
    floor = WheeledFloor([8])
    floor.bodies["gyro_bias"][0] = 0.02
    floor.finish({0: [FORWARD] * 6})
    body = floor.bodies[0]
    assert abs(body["theta"] - body["bearing"]) < 0.03  # of 0.13 that the gyro has drifted
    assert not floor.robots["lost"][0]


def test_a_robot_that_turns_to_and_fro_on_a_marker_knows_where_it_faces():
    floor = WheeledFloor([8], body=BodyModel(gyro_bias_radps=0.002))
    floor.bodies["gyro_bias"][0] = 0.002
    for _ in range(30):
        floor.finish({0: [CW, CCW]})
        body = floor.bodies[0]
        assert abs(body["theta"] - body["bearing"]) < 0.01  # the gyro drifts by 0.12 altogether


def test_a_robot_that_sees_no_markers_soon_stops_as_lost():
    floor = WheeledFloor([8], faults=[fault(FaultKind.BLIND, robot=0)], body=BodyModel())
    floor.give({0: [FORWARD] * 6})
    floor.run(8.0)
    assert floor.robots["lost"][0]
    assert 2.9 < floor.place(0)[0] < 4.0


def test_a_robot_that_was_blind_for_a_moment_goes_on():
    floor = WheeledFloor([8], faults=[fault(FaultKind.BLIND, robot=0, seconds=2.0)])
    floor.finish({0: [FORWARD] * 5})
    assert floor.place(0)[0] == pytest.approx(5.5, abs=0.005)


def test_a_slippery_cell_is_slippery_until_it_dries():
    slips = [fault(FaultKind.SLIP, cell=9, seconds=2.0, value=0.02), fault(FaultKind.SLIP, cell=9, seconds=1.0)]
    floor = WheeledFloor([9], faults=slips)
    floor.give({0: [FORWARD]})
    floor.run(1.0)
    assert floor.bodies["slipping"][0]
    assert floor.place(0)[0] < 1.6
    floor.run(6.0)
    assert not floor.bodies["slipping"][0]


def test_of_too_many_slippery_cells_the_first_to_dry_gives_way():
    floor = WheeledFloor([0], height=10, width=10)
    for cell in range(PATCHES + 1):
        floor.wheels.hit(Fault(0.0, FaultKind.SLIP, cell=cell, value=0.5), 10.0 + cell)
    assert set(floor.wheels._patches["cell"]) == set(range(1, PATCHES + 1))


def test_a_dropped_load_stops_others_until_it_is_cleared():
    dropped = fault(FaultKind.DROPPED_LOAD, robot=1, seconds=6.0)
    floor = WheeledFloor([8, 10], headings=[0, 1], faults=[dropped])
    floor.wheels.load(1, 10.0)
    floor.give({0: [FORWARD, FORWARD], 1: [FORWARD]})
    floor.run(4.0)
    assert floor.bodies["load_kg"][1] == 0.0
    assert floor.place(1)[1] == pytest.approx(2.5, abs=0.005)
    assert floor.robots["blocked"][0]
    assert floor.place(0)[0] < 1.64
    floor.finish({})
    assert floor.place(0)[0] == pytest.approx(2.5, abs=0.005)


def test_a_robot_stops_before_a_person():
    walking = fault(FaultKind.PERSON, cell=12, seconds=6.0, value=0.0)
    floor = WheeledFloor([8], faults=[walking])
    floor.give({0: [FORWARD] * 6})
    floor.run(5.5)
    assert floor.robots["speed"][0] == 0.0
    assert floor.place(0)[0] < 4.0
    assert floor.wheels.people["x"].tolist() == [4.5]
    assert floor.wheels.contacts().tolist() == [0, 0, 0]
    floor.finish({})
    assert len(floor.wheels.people) == 0


def test_a_person_comes_in_as_soon_as_no_robot_is_there():
    coming = fault(FaultKind.PERSON, cell=9, seconds=20.0, value=0.0)
    floor = WheeledFloor([9, 8], faults=[coming])
    floor.give({1: [FORWARD]})
    floor.run(1.0)
    assert len(floor.wheels.people) == 0
    floor.give({0: [FORWARD]})
    floor.run(4.0)
    assert floor.wheels.people["cell"].tolist() == [9]
    assert floor.wheels.contacts().tolist() == [0, 0, 0]
    assert floor.place(1)[0] < 1.0


def test_people_walk_from_cell_to_cell_around_racks_and_robots():
    people = [fault(FaultKind.PERSON, cell=cell, seconds=60.0, value=1.5) for cell in (0, 7)]
    floor = WheeledFloor([9], racks=[11, 18], faults=people)
    ways = set()
    for _ in range(100):
        floor.give({})
        for person in floor.wheels.people:
            x, y = float(person["x"]), float(person["y"])
            ways.add(int(y) * 8 + int(x))
            assert min(abs(x - int(x) - 0.5), abs(y - int(y) - 0.5)) < 1e-6
            assert hypot(max(abs(x - 1.5) - 0.36, 0), max(abs(y - 1.5) - 0.33, 0)) > 0.3
    assert len(ways) > 5
    assert not ways & {9, 11, 18}


def test_a_person_between_racks_stands_and_one_in_a_dead_end_turns_back():
    people = [fault(FaultKind.PERSON, cell=cell, seconds=60.0, value=2.0) for cell in (0, 14)]
    floor = WheeledFloor([23], racks=[1, 8, 6, 22, 16], faults=people)
    seen = set()
    for _ in range(60):
        floor.give({})
        seen.update((round(float(x)), round(float(y))) for x, y in floor.wheels.people[["x", "y"]].tolist())
    assert (0, 0) in seen
    assert len(seen) > 2


def test_somebody_who_stands_before_a_robot_looks_for_another_way():
    """Between a robot that stays and the end of an aisle."""
    walking = fault(FaultKind.PERSON, cell=1, seconds=60.0, value=2.0)
    floor = WheeledFloor([0], height=1, width=3, faults=[walking])
    came, there = 0, False
    for _ in range(600):
        floor.give({})
        before, there = there, float(floor.wheels.people["x"][0]) > 2.4
        came += there and not before
    assert came > 2
    assert floor.wheels.contacts().tolist() == [0, 0, 0]


def test_people_stay_who_they_are_when_somebody_leaves():
    people = [fault(FaultKind.PERSON, cell=cell, seconds=seconds, value=0.0) for cell, seconds in ((0, 0.1), (7, 9.0))]
    floor = WheeledFloor([9], faults=people)
    floor.give({})
    assert floor.wheels.people["cell"].tolist() == [0, 7]
    floor.run(0.2)
    assert floor.wheels.people["cell"].tolist() == [7]


def test_of_too_many_people_whoever_leaves_first_makes_room():
    floor = WheeledFloor([0], height=10, width=10)
    for number in range(PEOPLE + 1):
        floor.wheels.hit(Fault(0.0, FaultKind.PERSON, cell=50 + number, value=0.0), 10.0 + number)
    floor.give({})
    assert len(floor.wheels.people) == PEOPLE
    assert 50 not in floor.wheels.people["cell"]


def test_a_robot_that_was_shoved_off_its_marker_knows_that_it_is_lost():
    floor = WheeledFloor([9])
    floor.put(0, 1.5, 1.6)
    floor.bodies["forward"][0] = 0.002
    floor.run(0.2)
    assert floor.robots["lost"][0]


def test_a_robot_that_is_shoved_a_little_sees_it_and_comes_back():
    floor = WheeledFloor([9])
    floor.finish({0: [CW, CW]})
    floor.bodies["x"][0] += 0.03
    floor.bodies["forward"][0] = 0.002
    floor.run(0.2)
    assert floor.robots["guess_x"][0] == pytest.approx(1.53, abs=0.012)
    assert floor.robots["doing"][0] == WAIT
    assert not floor.robots["lost"][0]


def test_turning_far_from_the_middle_is_being_lost():
    floor = WheeledFloor([9])
    floor.robots["guess_x"][0] += 0.1
    floor.bodies["marker"][0] = 9
    floor.bodies["blind_until"][0] = np.inf
    floor.give({0: [CW]})
    floor.run(0.3)
    assert floor.robots["lost"][0]
