"""Robots with wheels on joints in Bullet: how they drive, slip and bump, and how they are taken and handed back."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, pi

import numpy as np
import pytest

from tests.bullet_rig import DT, EAST, OPEN, SOUTH, BulletRig
from tests.floors import drawn
from twin.physics.body_model import BodyModel
from twin.physics.body_records import BODY

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

GRAVITY = 9.81
EASY = replace(BodyModel(), motor_lag_s=0.0, drag=0.0)


def test_a_straight_drive_goes_as_far_as_the_wheels_roll():
    with BulletRig((1.5, 3.5, EAST), body=EASY) as rig:
        rig.speed_up(1.0, 1.0, 1.0)
        rig.step(240)
        robot = rig.speed_up(0.0, 0.0, 1.0)
        assert robot["x"] == pytest.approx(1.5 + 2.0, abs=0.003)
        assert robot["y"] == pytest.approx(3.5, abs=1e-4)
        assert degrees(robot["theta"]) == pytest.approx(0.0, abs=0.01)


def test_south_is_where_y_grows():
    with BulletRig((1.5, 3.5, SOUTH)) as rig:
        robot = rig.speed_up(0.5, 0.5, 1.0)
        assert robot["y"] == pytest.approx(3.5 + 0.25, abs=0.01)
        assert robot["x"] == pytest.approx(1.5, abs=1e-4)
        assert robot["forward"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("way", [1, -1], ids=["clockwise", "counter-clockwise"])
def test_wheels_that_go_against_each_other_turn_the_robot_on_the_spot(way):
    with BulletRig((5.5, 3.5, EAST), body=EASY) as rig:
        arm, rate = rig.body.track_m / 2, 2.0
        rig.speed_up(way * rate * arm, -way * rate * arm, 0.5)
        rig.step(round((pi / 2 - rate * 0.5) / rate / DT))
        robot = rig.speed_up(0.0, 0.0, 0.5)
        # The last step of the even drive is not a whole one.
        assert degrees(robot["theta"]) == pytest.approx(way * 90.0, abs=0.5)
        assert (robot["x"], robot["y"]) == pytest.approx((5.5, 3.5), abs=0.001)


@pytest.mark.parametrize("load_kg", [0.0, 30.0])
def test_wheels_and_casters_share_the_weight_as_the_model_says(load_kg):
    with BulletRig((5.5, 3.5, EAST)) as rig:
        rig.bodies["load_kg"] = load_kg
        rig.step(60)
        forces = {contact[3]: contact[9] for contact in rig.host._client.getContactPoints()}
        weight = (rig.body.mass_kg + load_kg) * GRAVITY
        assert sum(forces.values()) == pytest.approx(weight, rel=1e-3)
        assert forces[0] + forces[1] == pytest.approx(rig.body.driven_share * weight, rel=1e-3)
        assert forces[0] == pytest.approx(forces[1], rel=1e-3)


@pytest.mark.parametrize("load_kg", [0.0, 30.0])
def test_a_robot_that_pushes_creeps_as_the_model_says(load_kg):
    with BulletRig((1.5, 3.5, EAST), body=EASY) as rig:
        rig.bodies["load_kg"] = load_kg
        robot = rig.speed_up(0.5, 0.5, 0.5)  # at 1 m/s2
        most = EASY.traction * EASY.driven_share * GRAVITY
        assert robot["left"] - robot["forward"] == pytest.approx(EASY.creep_mps / most, rel=0.05)
        assert not robot["slipping"]


@pytest.mark.parametrize("theta", [0.0, 0.6, pi / 4], ids=["along x", "slanting", "between x and y"])
def test_on_a_slippery_cell_wheels_spin_and_push_with_what_grip_is_left(theta):
    with BulletRig((5.5, 3.5, theta), body=EASY) as rig:
        grip = np.ones(OPEN.cells)
        grip[3 * OPEN.width + 5] = 0.1
        rig.host.stand_on(grip)
        rig.tell(1.0, 1.0)
        robot = rig.step(120)
        assert robot["slipping"]
        assert robot["left"] == pytest.approx(1.0, abs=0.01)
        pushed = 0.1 * EASY.traction * EASY.driven_share * GRAVITY
        assert robot["forward"] == pytest.approx(pushed * 0.5, rel=0.02)


def test_motors_have_only_so_much_force():
    weak = replace(EASY, motor_force_n=12.0)
    with BulletRig((1.5, 3.5, EAST), body=weak) as rig:
        rig.tell(1.0, 1.0)
        # The wheels have to be brought round too: a hundredth of the robot's mass.
        assert rig.step(240)["forward"] == pytest.approx(2 * 12.0 / weak.mass_kg, rel=0.03)


def test_a_stalled_motor_lets_the_robot_turn_to_its_side():
    with BulletRig((5.5, 3.5, EAST)) as rig:
        rig.bodies["stall_left_until"] = 10.0
        rig.tell(0.3, 0.3)
        assert rig.step(60, now_s=9.0)["theta"] < -0.02
        rig.step(120, now_s=11.0)
        assert rig.bodies[0]["left"] == pytest.approx(0.3, abs=0.02)


def test_the_motors_work_is_what_the_robot_moves_with():
    with BulletRig((1.5, 3.5, EAST), body=EASY) as rig:
        robot = rig.speed_up(1.0, 1.0, 1.0)
        assert robot["work_j"] == pytest.approx(rig.energy_j(), rel=0.05)  # wheels turn too, and creep


def test_a_robot_that_is_told_to_stand_stands():
    with BulletRig((1.5, 3.5, EAST)) as rig:
        rig.speed_up(0.2, 0.2, 0.3)
        rig.speed_up(0.0, 0.0, 0.3)
        robot = rig.step(60)
        assert [robot[name] for name in ("left", "right", "forward", "sideways", "turning")] == [0.0] * 5


@pytest.mark.parametrize(
    ("forward", "turning"), [(1.0, 0.0), (0.0, 3.0), (0.4, -1.0)], ids=["driving", "turning", "on a bend"]
)
def test_a_robot_is_taken_as_it_moves(forward, turning):
    with BulletRig((5.5, 3.5, 0.3), hosted=[]) as rig:
        body = rig.bodies[0]
        body["forward"], body["turning"] = forward, turning
        arm = rig.body.track_m / 2
        for name in ("left", "heard_left"):
            body[name] = forward + turning * arm
        for name in ("right", "heard_right"):
            body[name] = forward - turning * arm
        before, energy = body.copy(), rig.energy_j()
        rig.host.take(0, body)
        assert body.tobytes() == before.tobytes()
        body["elsewhere"] = True
        rig.step(24)
        assert rig.energy_j() == pytest.approx(energy, rel=0.01)
        assert body["theta"] == pytest.approx(0.3 + turning * 0.1, abs=0.002)
        assert np.hypot(body["x"] - 5.5, body["y"] - 3.5) == pytest.approx(forward * 0.1, abs=0.001)


def test_a_robot_is_handed_back_as_its_record_says():
    with BulletRig((1.5, 3.5, EAST)) as rig:
        rig.speed_up(0.5, 0.5, 0.5)
        rig.host.let_go(0)
        rig.bodies["elsewhere"] = False
        before = rig.bodies.copy()
        rig.step(5)
        assert (rig.bodies == before).all()
        assert before[0]["forward"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("let_go", [True, False], ids=["let go", "taken back by its record"])
def test_a_robot_that_was_handed_back_is_not_in_the_way(let_go):
    with BulletRig((2.5, 1.5, EAST), (4.4, 1.5, EAST)) as rig:
        rig.step()
        if let_go:
            rig.host.let_go(1)
            rig.host.let_go(1)  # nothing more to do
        rig.bodies[1]["elsewhere"], rig.bodies[1]["x"] = False, 11.5
        rig.tell(0.5, 0.5)
        assert rig.step(720)["x"] > 3.9


def test_a_wall_holds_a_robot():
    with BulletRig((2.5, 1.5, EAST), layout=drawn("..... ....# .....")) as rig:
        rig.tell(0.5, 0.5)
        robot = rig.step(720)
        assert robot["x"] + rig.size.length_m / 2 == pytest.approx(4.0, abs=0.005)
        assert abs(robot["forward"]) < 0.02


def test_a_robot_of_the_kernel_stands_in_the_way():
    with BulletRig((2.5, 1.5, EAST), (4.5, 1.5, EAST), hosted=[0]) as rig:
        rig.tell(0.5, 0.5)
        robot = rig.step(720)
        assert robot["x"] == pytest.approx(4.5 - rig.size.length_m, abs=0.005)
        assert rig.bodies[1]["x"] == 4.5


def test_a_robot_of_the_kernel_that_is_far_away_or_gone_is_not_in_the_way():
    with BulletRig((2.5, 1.5, EAST), (4.4, 1.5, EAST), hosted=[0]) as rig:
        rig.step()
        rig.bodies[1]["x"] = 11.5
        rig.tell(0.5, 0.5)
        assert rig.step(720)["x"] > 3.9


def test_robots_in_bullet_push_each_other():
    with BulletRig((2.5, 1.5, EAST), (3.4, 1.5, EAST)) as rig:
        rig.tell(0.5, 0.5)
        rig.step(240)
        assert rig.bodies["x"][1] > 3.42
        assert rig.bodies["x"][1] - rig.bodies["x"][0] >= rig.size.length_m - 0.005


def test_robots_that_bump_about_stay_upright_and_on_the_floor():
    walled = drawn("####### #.....# #..#..# #.....# #######")
    rng = np.random.default_rng(3)
    with BulletRig((1.5, 1.5, 0.0), (5.5, 1.5, 1.0), (1.5, 3.5, 2.0), (5.5, 3.5, 3.0), layout=walled) as rig:
        rig.bodies["load_kg"] = 0.0, 30.0, 10.0, 0.0
        for _ in range(12):
            rig.bodies["heard_left"], rig.bodies["heard_right"] = rng.uniform(-1.0, 1.0, (2, 4))
            rig.step(60)
            assert rig.bodies["x"] == pytest.approx(3.5, abs=2.2)
            assert rig.bodies["y"] == pytest.approx(2.5, abs=1.2)
            assert max(np.abs(rig.bodies[name]).max() for name in ("forward", "sideways")) < 1.2
            for contact in rig.host._client.getContactPoints():
                assert contact[8] > -0.01  # metres: nobody sinks into anything


def test_a_robot_that_was_pushed_aside_goes_on_from_there():
    with BulletRig((2.5, 1.5, EAST)) as rig:
        rig.speed_up(0.5, 0.5, 0.5)
        body = rig.bodies[0]
        body["y"] = 2.1
        for name in ("forward", "left", "right", "heard_left", "heard_right"):
            body[name] = 0.0
        x = float(body["x"])
        rig.step(30)
        assert (body["x"], body["y"]) == pytest.approx((x, 2.1), abs=1e-4)


def drive_about(rig, steps):
    """Drive two robots about, turning and slipping, without touching anything; returns all there is to know after."""
    for step in range(steps):
        wave = np.sin(step / 40)
        rig.tell(0.4 * wave, -0.2 * wave)
        rig.tell(0.3, 0.3 * (1 - wave), row=1)
        rig.step()
    return rig.bodies.copy(), rig.host.columns()[0].copy()


def put(rig, bodies, inside):
    """Resume what `drive_about` has returned, as a checkpoint does: over the arrays as they are."""
    rig.bodies[:] = bodies
    rig.host.columns()[0][:] = inside
    for row in np.flatnonzero(bodies["elsewhere"]).tolist():
        rig.host.take(row, rig.bodies[row])


def same(one, other):
    return all((one[0][name] == other[0][name]).all() for name in BODY.names) and one[1].tobytes() == other[1].tobytes()


@pytest.mark.parametrize("fresh", [True, False], ids=["in another world of Bullet", "in the same one"])
def test_a_resumed_checkpoint_goes_on_bit_for_bit(fresh):
    with BulletRig((2.5, 1.5, EAST), (3.5, 4.5, SOUTH)) as rig:
        then = drive_about(rig, 77)  # in the middle of motion
        after = drive_about(rig, 100)
        if fresh:
            rig.host.close()
            rig.host = rig.new_host()
        put(rig, *then)
        assert same(drive_about(rig, 100), after)


def test_without_what_is_inside_bullet_a_resumed_robot_goes_on_nearly_the_same():
    with BulletRig((2.5, 1.5, EAST), (3.5, 4.5, SOUTH)) as rig:
        bodies, _ = drive_about(rig, 77)
        after, _ = drive_about(rig, 100)
        rig.host.close()
        rig.host = rig.new_host()
        put(rig, bodies, np.nan)
        again, _ = drive_about(rig, 100)
        for name in ("x", "y", "theta"):
            assert again[name] == pytest.approx(after[name], abs=1e-3)


def test_a_step_of_another_length_is_refused():
    with BulletRig((2.5, 1.5, EAST)) as rig, pytest.raises(ValueError, match="step"):
        rig.host.step(rig.bodies, 0.01)


def test_a_robot_may_stand_on_its_wheels_alone():
    with BulletRig((5.5, 3.5, EAST), body=replace(EASY, driven_share=1.0)) as rig:
        assert rig.speed_up(0.5, 0.5, 0.5)["forward"] == pytest.approx(0.5, abs=0.01)
