"""Arms: where they reach, how exactly, and how fast."""

from __future__ import annotations

from contextlib import contextmanager
from math import cos, dist, hypot, pi, remainder, sin

import numpy as np
import pytest

from twin.bullet.client import BulletError
from twin.bullet.shipped_models import shipped_model
from twin.cells.arm import ARMS, KUKA, Arm, UnreachableError, reaches
from twin.cells.cell_world import CellWorld
from twin.cells.station_cell import STEP_S

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

_FOOT = (0.1, -0.2, 0.65)


@contextmanager
def arm_of(model):
    world = CellWorld()
    try:
        yield world, Arm(world, model, _FOOT)
    finally:
        world.close()


def _move(world, arm, tip, yaw):
    """Move there; return joints' places, a row a step."""
    arm.go(arm.solve(tip, arm.easier_yaw(tip, yaw)))
    rows = []
    while arm.moving:
        arm.step()
        world.step()
        rows.append([joint[0] for joint in world.client.getJointStates(arm.number, arm.model.joints)])
    return np.array(rows)


def _off(place, yaw):
    """A place that far from the foot, by polar coordinates."""
    r, turn, z = place
    return _FOOT[0] + r * cos(turn), _FOOT[1] + r * sin(turn), z


_PLACES = [((0.62, 0.0, 0.42), 0.0), ((0.5, 1.8, 0.6), 1.2), ((0.66, -1.3, 0.5), -0.7)]


@pytest.mark.parametrize("name", ARMS)
@pytest.mark.parametrize(("place", "yaw"), _PLACES)
def test_the_tip_comes_where_it_was_told_by_its_motors(name, place, yaw):
    with arm_of(ARMS[name]) as (world, arm):
        told = _off(place, yaw)
        turned = arm.easier_yaw(told, yaw)
        assert remainder(turned - yaw, pi) == pytest.approx(0.0, abs=1e-9)
        _move(world, arm, told, yaw)
        tip, found = arm.tip()
        assert dist(tip, told) < 1e-3
        assert remainder(found - turned, 2 * pi) == pytest.approx(0.0, abs=0.005)


@pytest.mark.parametrize("name", ARMS)
def test_joints_keep_to_their_limits_of_speed_and_acceleration(name):
    model = ARMS[name]
    with arm_of(model) as (world, arm):
        for place, yaw in _PLACES:
            told = _off(place, yaw)
            rows = _move(world, arm, told, yaw)
            speeds = np.diff(rows, axis=0) / STEP_S
            assert (np.abs(speeds) <= np.array(model.speed) * 1.02).all()
            smooth = np.diff(speeds[::6], axis=0) / (6 * STEP_S)  # motors follow in steps; 25 ms even them out
            assert (np.abs(smooth) <= np.array(model.acceleration) * 1.1).all()
            assert (np.abs(speeds).max(axis=0) / model.speed).max() > 0.3  # and do not dawdle


@pytest.mark.parametrize("name", ARMS)
def test_what_is_called_within_reach_is(name):
    model = ARMS[name]
    random = np.random.default_rng(4)
    count = 0
    with arm_of(model) as (_, arm):
        while count < 40:
            told = _off((random.uniform(0.2, 0.9), random.uniform(-2.0, 2.0), random.uniform(0.4, 1.0)), 0.0)
            if reaches(model, _FOOT, *(np.array([axis]) for axis in told))[0]:
                arm.solve(told, arm.easier_yaw(told, random.uniform(-pi, pi)))
                count += 1


@pytest.mark.parametrize("place", [(1.2, 0.0, 0.5), (0.05, 0.0, 0.5), (0.5, 0.0, 2.0)])
def test_what_is_out_of_reach_is_refused(place):
    with arm_of(KUKA) as (world, arm):
        told = _off(place, 0.0)
        assert not reaches(KUKA, _FOOT, *(np.array([axis]) for axis in told))[0]
        before = world.state()
        with pytest.raises(UnreachableError, match="kuka"):
            arm.solve(told, 0.0)
        assert world.state() == before


def test_an_arm_holds_its_place_against_gravity():
    with arm_of(KUKA) as (world, arm):
        _move(world, arm, _off((0.6, 0.3, 0.5), 0.0), 0.3)
        before, _ = arm.tip()
        for _ in range(240):
            arm.step()
            world.step()
        assert dist(before, arm.tip()[0]) < 1e-3


def test_it_moves_level_from_above_a_place_down_to_it():
    """Short moves in joint space are nearly straight: the cup does not sweep parcels aside."""
    with arm_of(KUKA) as (world, arm):
        x, y, _ = _off((0.6, 0.4, 0.0), 0.0)
        _move(world, arm, (x, y, 0.55), 0.2)
        arm.go(arm.solve((x, y, 0.42), arm.tip()[1]))
        while arm.moving:
            arm.step()
            world.step()
            tip, _ = arm.tip()
            assert hypot(tip[0] - x, tip[1] - y) < 0.01


def test_a_model_that_does_not_come_with_pybullet_is_named():
    with pytest.raises(BulletError, match="no_such"):
        shipped_model("no_such/arm.urdf")
