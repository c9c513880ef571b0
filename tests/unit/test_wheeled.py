"""Robots on wheels drive as their firmware wants: exactly, in time, and they stand when they have nothing to do."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, hypot

import numpy as np
import pytest

from robots.errors import DriverError
from robots.kinematics import run_time, turn_time
from robots.model import RobotModel
from tests.oracles.wheels import WheelHost
from tests.wheeled_floor import CCW, CW, FORWARD, PERFECT, SERVICE, WheeledFloor
from twin.physics.body_model import BodyModel
from twin.physics.chassis import GRAVITY_MPS2

# Until wheels hear and follow, and until acceleration has grown; and firmware looks at its robot every 0.05 s.
WHEELS_S = 0.25


def test_three_metres_end_within_five_millimetres():
    floor = WheeledFloor([9])
    seconds = floor.finish({0: [FORWARD] * 3})
    x, y, off = floor.place(0)
    assert hypot(x - 4.5, y - 1.5) < 0.005
    assert degrees(abs(off)) < 0.1
    assert seconds < run_time(RobotModel(), 3.0) + WHEELS_S


@pytest.mark.parametrize("turn", [CW, CCW])
def test_a_quarter_turn_ends_within_a_tenth_of_a_degree(turn):
    floor = WheeledFloor([9])
    seconds = floor.finish({0: [turn]})
    x, y, off = floor.place(0)
    assert degrees(abs(off)) < 0.1
    assert hypot(x - 1.5, y - 1.5) < 0.001
    assert seconds < turn_time(RobotModel(), np.pi / 2) + WHEELS_S


@pytest.mark.parametrize("heading", range(4))
def test_a_robot_drives_in_every_direction(heading):
    floor = WheeledFloor([12], headings=[heading], height=5, width=5)
    floor.finish({0: [FORWARD, CCW]})
    east, south = ((1, 0), (0, 1), (-1, 0), (0, -1))[heading]
    x, y, off = floor.place(0)
    assert (x, y) == pytest.approx((2.5 + east, 2.5 + south), abs=0.005)
    assert degrees(abs(off)) < 0.1


def test_speed_and_acceleration_stay_within_the_model():
    floor = WheeledFloor([8])
    floor.give({0: [FORWARD] * 3})
    speeds = [0.0]
    while not floor.idle():
        floor.give({})
        speeds.append(float(floor.bodies["forward"][0]))
        assert floor.robots["speed"][0] <= 1.0 + 1e-6
    # Wheels follow their firmware with a lag, which smooths; markers that correct the way make it uneven.
    assert max(abs(np.diff(speeds))) / 0.05 < 1.3
    assert max(speeds) > 0.97


def test_a_robot_without_orders_does_not_move_at_all():
    floor = WheeledFloor([9], body=BodyModel())
    floor.finish({0: [CW]})
    floor.run(0.5)
    before = floor.bodies.tobytes()
    floor.run(2.0)
    assert floor.bodies.tobytes() == before
    assert floor.robots["speed"][0] == 0.0


def test_a_halted_robot_brakes_and_goes_on():
    floor = WheeledFloor([8])
    floor.give({0: [FORWARD] * 4})
    floor.run(1.5)
    for _ in range(40):
        floor.give({}, halt=True)
    assert floor.robots["speed"][0] == 0.0
    stood = floor.bodies["x"][0]
    for _ in range(10):
        floor.give({}, halt=True)
    assert floor.bodies["x"][0] == stood
    assert 1.0 < stood < 3.5
    floor.finish({})
    assert floor.place(0)[:2] == pytest.approx((4.5, 1.5), abs=0.005)


def test_a_robot_that_missed_its_place_comes_back_to_it():
    floor = WheeledFloor([9])
    floor.give({0: [FORWARD]})
    floor.robots["guess_x"][0] += 0.1  # it learns that it is further than it thought
    floor.run(6.0)
    assert floor.idle()
    assert floor.place(0)[0] == pytest.approx(2.5, abs=0.005)


@pytest.mark.parametrize("base", [[FORWARD, FORWARD], [CW]])
def test_wheels_move_as_their_differential_equations_say(base):
    """The same robot here and under a solver that knows nothing of substeps; only its orders are the same.

    Bodies move at the speed that they have after a substep, so they are ahead by half a substep while they move.
    """
    places = []
    for host in (None, WheelHost(PERFECT)):
        floor = WheeledFloor([9], host=host)
        if host is not None:
            floor.wheels.hand_over(0)
        floor.give({0: base})
        path = []
        for _ in range(50):
            floor.give({})
            path.append([float(floor.bodies[name][0]) for name in ("x", "y", "theta", "forward", "turning")])
        places.append(np.array(path))
    apart = np.abs(places[0] - places[1]).max(axis=0)
    assert (apart[:3] < (0.0025, 0.0005, 0.007)).all(), apart
    assert (apart[3:] < (0.01, 0.03)).all(), apart


def test_a_robot_goes_to_a_host_and_comes_back():
    host = WheelHost(PERFECT)
    floor = WheeledFloor([9], host=host)
    floor.wheels.hand_over(0)
    floor.give({0: [FORWARD, FORWARD]})
    floor.run(1.0)
    assert host.rows == {0}
    floor.wheels.take_back(0)
    floor.finish({})
    assert host.rows == set()
    assert floor.place(0)[0] == pytest.approx(3.5, abs=0.005)
    with pytest.raises(DriverError, match="no host has robot 0"):
        floor.wheels.take_back(0)
    with pytest.raises(DriverError, match="there is no host"):
        WheeledFloor([9]).wheels.hand_over(0)


def test_without_motors_only_rolling_resistance_slows_a_robot():
    floor = WheeledFloor([8])
    floor.give({0: [FORWARD] * 5})
    floor.run(1.5)
    for side in ("stall_left_until", "stall_right_until"):
        floor.bodies[side] = np.inf
    before = float(floor.bodies["forward"][0])
    floor.run(0.5)
    slowed = before - float(floor.bodies["forward"][0])
    assert slowed == pytest.approx(PERFECT.drag * GRAVITY_MPS2 * 0.5, rel=0.02)


def test_on_a_slippery_floor_wheels_push_no_more_than_their_traction():
    floor = WheeledFloor([8], body=replace(PERFECT, drag=0.0))
    floor.wheels._patches[:2] = [(8, 0.1, np.inf), (9, 0.1, np.inf)]
    floor.give({0: [FORWARD] * 5})
    floor.run(0.3)
    before = float(floor.bodies["forward"][0])
    floor.run(0.4)
    gained = float(floor.bodies["forward"][0]) - before
    most = 0.1 * PERFECT.traction * PERFECT.driven_share * GRAVITY_MPS2
    assert floor.bodies["slipping"][0]
    assert gained == pytest.approx(most * 0.4, rel=0.02)


def test_a_weak_motor_gives_way_instead_of_slipping():
    floor = WheeledFloor([8], body=replace(PERFECT, drag=0.0, motor_force_n=20.0))
    floor.give({0: [FORWARD] * 5})
    floor.run(0.3)
    before = float(floor.bodies["forward"][0])
    floor.run(0.4)
    assert float(floor.bodies["forward"][0]) - before == pytest.approx(2 * 20.0 / PERFECT.mass_kg * 0.4, rel=0.02)
    assert not floor.bodies["slipping"][0]


def test_a_loaded_robot_is_slower():
    model = RobotModel()
    times = []
    for kg in (0.0, model.payload_kg):
        floor = WheeledFloor([8])
        floor.wheels.load(0, kg)
        times.append(floor.finish({0: [FORWARD] * 4}))
    slow = replace(model, max_speed_mps=0.85, max_acceleration_mps2=0.85)
    assert times[1] - times[0] == pytest.approx(run_time(slow, 4.0) - run_time(model, 4.0), abs=0.1)


def test_an_impossible_load_is_refused():
    floor = WheeledFloor([8])
    for robot, kg in ((1, 1.0), (0, -1.0), (0, 31.0)):
        with pytest.raises(DriverError, match="cannot carry"):
            floor.wheels.load(robot, kg)


def test_services_load_parcels_and_a_drop_cell_takes_them():
    floor = WheeledFloor([9], drop_cells=[10])
    floor.finish({0: [SERVICE]})
    floor.give({})
    first = float(floor.bodies["load_kg"][0])
    assert 2.0 <= first <= 8.0
    floor.finish({0: [SERVICE] * 8})
    floor.give({})
    assert floor.bodies["load_kg"][0] == 30.0
    floor.finish({0: [FORWARD, SERVICE]})
    floor.give({})
    assert floor.bodies["load_kg"][0] == 0.0


def test_work_takes_its_energy_from_the_battery():
    """From 0 to 0.9 m/s: kinetic energy and rolling resistance by the motors' efficiency, and the electronics."""
    floor = WheeledFloor([8])
    floor.give({0: [FORWARD] * 5})
    started, seconds = 100.0 - float(floor.robots["percent"][0]), 0.0
    while floor.bodies["forward"][0] < 0.9:
        floor.give({})
        seconds += 0.05
    body, model = floor.bodies[0], RobotModel()
    moving = 0.5 * PERFECT.mass_kg * float(body["forward"]) ** 2
    rolling = PERFECT.drag * PERFECT.mass_kg * GRAVITY_MPS2 * (float(body["x"]) - 0.5)
    joules = (moving + rolling) / PERFECT.efficiency + model.idle_w * seconds
    used = (100.0 - float(floor.robots["percent"][0]) - started) / 100 * model.battery_wh * 3600
    assert used == pytest.approx(joules, rel=0.03)
