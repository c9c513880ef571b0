"""Robots bump into robots, racks, people and the border of the map: nothing passes through, each counts once."""

from __future__ import annotations

import numpy as np
import pytest

from tests.oracles.overlaps import overlap
from tests.oracles.wheels import WheelHost
from tests.wheeled_floor import CW, FORWARD, PERFECT, WheeledFloor
from twin.faults import Fault, FaultKind

ROBOT = 1


def test_robots_that_drive_into_each_other_stop_there_and_are_counted_once():
    floor = WheeledFloor([8, 11], headings=[0, 2])
    floor.give({0: [FORWARD] * 3, 1: [FORWARD] * 3})
    deepest = 0.0
    for _ in range(60):
        floor.give({})
        deepest = max(deepest, overlap(floor.bodies[0], floor.bodies[1]))
    assert 0.0 < deepest < 0.012
    assert floor.wheels.contacts().tolist() == [1, 0, 0]
    assert (floor.bodies["touches"] & ROBOT).all()
    assert (np.diff(floor.bodies["x"]) > 0.7).all()


def test_a_contact_that_ended_counts_again():
    floor = WheeledFloor([9, 11], headings=[0, 1])
    for place in range(3):
        floor.put(0, 2.79, 1.5)
        floor.bodies["forward"][0] = 0.5
        floor.run(0.1)
        assert floor.wheels.contacts()[0] == place + 1
        floor.put(0, 1.5, 1.5)
        floor.run(0.1)


def test_momentum_goes_from_one_robot_to_the_other():
    """Before wheels have had time to brake, the two have the momentum that one had."""
    floor = WheeledFloor([9, 10], headings=[0, 0], body=_rolling())
    floor.wheels.load(1, 30.0)
    floor.put(0, 1.76, 1.5)
    floor.bodies["forward"][0] = 1.0
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(0.1)
    forward = floor.bodies["forward"]
    assert 0.0 < forward[1] - forward[0] < 0.3
    assert PERFECT.mass_kg * forward[0] + (PERFECT.mass_kg + 30.0) * forward[1] == pytest.approx(60.0, rel=0.02)


@pytest.mark.parametrize("aside", [0.0, 0.3, -0.3])
def test_contacts_add_no_energy(aside):
    floor = WheeledFloor([9, 10], headings=[0, 0], body=_rolling())
    floor.put(0, 1.6, 1.5)
    floor.put(1, 2.5, 1.5 + aside, 0.5)
    floor.bodies["forward"][0] = 1.0
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    before = _energy(floor)
    for _ in range(8):
        floor.give({})
        after = _energy(floor)
        assert after <= before * (1 + 1e-4)
        before = after


def test_a_robot_stops_at_a_rack():
    floor = WheeledFloor([8], racks=[10])
    floor.put(0, 1.3, 1.5)
    floor.bodies["forward"][0] = 1.0
    floor.bodies["left"][0] = floor.bodies["right"][0] = 1.0
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(1.0)
    assert floor.bodies["x"][0] < 2.0 - 0.36 + 0.008
    assert floor.wheels.contacts().tolist() == [0, 1, 0]


@pytest.mark.parametrize(("theta", "x", "y"), [(3.14, 0.5, 0.5), (4.0, 0.6, 0.6), (0.4, 7.4, 1.5), (1.6, 7.5, 2.5)])
def test_nobody_leaves_the_map(theta, x, y):
    floor = WheeledFloor([9])
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.put(0, x, y, theta)
    for speed in (0.5, 1.0, 1.0):
        floor.bodies["forward"][0] = speed
        floor.run(0.2)
        assert _outside(floor) < 0.012
    assert floor.wheels.contacts()[1] > 0


def test_a_corner_of_a_rack_turns_a_robot_that_hits_it():
    for row, way in ((0, -1), (2, 1)):
        floor = WheeledFloor([8], racks=[8 * row + 3])
        floor.put(0, 2.4, 1.5 + (row - 1) * 0.25)
        floor.bodies["forward"][0] = 1.0
        floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
        floor.run(0.6)
        assert floor.wheels.contacts()[1] >= 1
        assert floor.bodies["theta"][0] * way > 0.005


@pytest.mark.parametrize(
    ("theta", "name", "speed", "half"), [(-np.pi / 4, "forward", 1.0, 0.36), (np.pi / 4, "sideways", -1.0, 0.33)]
)
def test_a_corner_of_a_rack_stops_a_robot_that_comes_straight_at_it(theta, name, speed, half):
    floor = WheeledFloor([10], racks=[3])
    floor.put(0, 2.7, 1.3, theta)
    floor.bodies[name][0] = speed
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(0.4)
    assert floor.wheels.contacts()[1] == 1
    assert np.hypot(3.0 - floor.bodies["x"][0], 1.0 - floor.bodies["y"][0]) > half - 0.008


def test_a_robot_that_turns_beside_a_rack_corner_is_held():
    floor = WheeledFloor([9], racks=[1, 17, 0, 2, 16, 18])
    floor.put(0, 1.5, 1.56)
    floor.give({0: [CW]})
    floor.run(0.6)
    assert floor.wheels.contacts()[1] >= 1


def test_racks_do_not_catch_a_robot_that_slides_along_them():
    floor = WheeledFloor([8], racks=[16, 17, 18, 19, 20], body=_rolling())
    floor.put(0, 0.6, 1.674)
    floor.bodies["forward"][0] = 1.0
    floor.bodies["sideways"][0] = 0.05
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(2.0)
    assert floor.bodies["x"][0] > 1.8
    assert floor.wheels.contacts()[1] == 1


def test_the_seam_between_two_racks_is_no_wall():
    """The front corner is 6 mm in the face of two racks, and 1 mm beyond their seam."""
    floor = WheeledFloor([8], racks=[16, 17, 18])
    floor.put(0, 2.001 - 0.36, 1.676)
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(0.05)
    assert floor.bodies["y"][0] < 1.67
    assert abs(floor.bodies["turning"][0]) < 0.05


def test_a_robot_that_is_pushed_into_a_person_stops_there():
    person = Fault(0.0, FaultKind.PERSON, cell=10, seconds=9.0, value=0.0)
    floor = WheeledFloor([8], faults=[person])
    floor.give({})
    floor.put(0, 1.8, 1.5)
    floor.bodies["forward"][0] = 1.0
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    floor.run(1.0)
    assert floor.bodies["x"][0] < 2.5 - 0.3 - 0.36 + 0.01
    assert floor.wheels.contacts().tolist() == [0, 0, 1]


def test_robots_that_overlap_move_apart_gently():
    floor = WheeledFloor([9, 10])
    floor.put(0, 1.5, 1.5)
    floor.put(1, 1.7, 1.52, 0.3)
    for _ in range(20):
        floor.give({})
        assert abs(floor.bodies["forward"]).max() < 2.0
    floor.run(2.0)
    assert overlap(floor.bodies[0], floor.bodies[1]) < 0.01


def test_a_robot_in_a_rack_or_around_a_person_is_none_of_the_kernels_errors():
    person = Fault(0.0, FaultKind.PERSON, cell=1, seconds=9.0, value=0.0)
    floor = WheeledFloor([9, 4], racks=[11, 10, 12, 3, 19], faults=[person])
    floor.give({})
    assert len(floor.wheels.people) == 1
    floor.put(0, 3.5, 1.5)
    floor.put(1, 1.5, 0.5)
    floor.run(0.3)
    assert np.isfinite(floor.bodies["x"]).all()


def test_robots_of_a_host_push_and_are_not_pushed():
    floor = WheeledFloor([9, 10], headings=[0, 2], host=WheelHost(PERFECT))
    floor.wheels.hand_over(1)
    floor.put(0, 1.85, 1.5)
    floor.bodies["forward"][0] = 0.5
    floor.bodies["stall_left_until"][0] = floor.bodies["stall_right_until"][0] = np.inf
    floor.run(0.4)
    assert floor.bodies["x"][1] == 2.5
    assert overlap(floor.bodies[0], floor.bodies[1]) < 0.01
    assert floor.wheels.contacts().tolist() == [1, 0, 0]


def test_robots_of_a_host_are_left_where_it_has_them():
    floor = WheeledFloor([9, 10], headings=[0, 2], racks=[12], host=WheelHost(PERFECT))
    floor.wheels.hand_over(0)
    floor.wheels.hand_over(1)
    floor.put(0, 3.5, 1.5)
    floor.put(1, 3.8, 1.5)
    floor.run(0.1)
    assert floor.bodies["x"].tolist() == [3.5, 3.8]
    assert floor.wheels.contacts().tolist() == [1, 1, 0]


def test_however_many_robots_are_in_one_place_they_move_apart():
    """More pairs than there is room for."""
    floor = WheeledFloor(range(50), height=5, width=10)
    for robot in range(50):
        floor.put(robot, 5.0 + 0.001 * robot, 2.5)
    floor.give({})
    assert floor.wheels.contacts()[0] > 1000
    assert np.ptp(floor.bodies["x"]) > 0.05


def _rolling():
    """A body that rolls without any resistance."""
    return PERFECT.__class__(**{**_fields(), "drag": 0.0, "sideways": 1e-9})


def _fields():
    return {name: getattr(PERFECT, name) for name in PERFECT.__slots__}


def _energy(floor):
    b = floor.bodies
    linear = PERFECT.mass_kg * (b["forward"] ** 2 + b["sideways"] ** 2)
    return float((linear + PERFECT.inertia_kgm2 * b["turning"] ** 2).sum() / 2)


def _outside(floor):
    """How far the robot reaches off the map, metres."""
    body = floor.bodies[0]
    c, s = np.cos(body["theta"]), np.sin(body["theta"])
    corners = [(a * 0.36, b * 0.33) for a in (-1, 1) for b in (-1, 1)]
    places = np.array([(body["x"] + a * c - b * s, body["y"] + a * s + b * c) for a, b in corners])
    return max(-places.min(), (places - [floor.layout.width, floor.layout.height]).max())
