"""Suction: what a cup covers, and what it holds."""

from __future__ import annotations

from contextlib import contextmanager
from math import acos, dist, pi, sqrt

import msgspec
import pytest

from twin.cells.arm import KUKA, Arm
from twin.cells.cell_world import BoxState, CellWorld, turned
from twin.cells.gripper import SuctionCup, SuctionGripper, covered

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

_SIZE = (0.2, 0.1, 0.04)


@contextmanager
def holding(mass_kg, hold_n):
    """An arm over a parcel that hangs at its cup."""
    world = CellWorld()
    try:
        arm = Arm(world, KUKA, (0.0, 0.0, 0.65))
        gripper = SuctionGripper(world, arm, SuctionCup())
        tip, _ = arm.tip()
        world.put(3, BoxState(_SIZE, mass_kg, (tip[0], tip[1], tip[2] - _SIZE[2] / 2)))
        gripper.grip(3, hold_n)
        yield world, arm, gripper
    finally:
        world.close()


def _dip(world, arm, gripper, slower):
    """Go slowly down and then up again, so many times slower than it can; return whether it still holds the parcel."""
    (x, y, z), yaw = arm.tip()
    for height, times in ((z - 0.25, 8), (z, slower)):
        arm.go(arm.solve((x, y, height), yaw))
        move = arm.state()
        arm.restore(msgspec.structs.replace(move, steps=times * move.steps))
        while arm.moving:
            arm.step()
            world.step()
            if gripper.lets_go():
                return False
    return True


def _segment(inside):
    """Share of the unit disc that lies within `inside` of its middle on one side: the area of a circular segment."""
    return 1 - (acos(inside) - inside * sqrt(1 - inside**2)) / pi


@pytest.mark.parametrize("over", [-0.03, -0.015, -0.005, 0.0, 0.01, 0.019])
def test_a_cup_over_an_edge_covers_a_segment_of_its_disc(over):
    """over: how far the cup's middle is beyond the edge; the disc's radius is 20 mm."""
    expected = 1.0 if over <= -0.02 else _segment(max(-1.0, min(1.0, -over / 0.02)))
    assert covered(0.04, _SIZE[0] / 2 + over, 0.0, _SIZE) == pytest.approx(expected, abs=0.04)
    assert covered(0.04, 0.0, -_SIZE[1] / 2 - over, _SIZE) == pytest.approx(expected, abs=0.04)


def test_a_cup_above_a_parcel_does_not_touch_it():
    with holding(0.5, 60.0) as (world, _, gripper):
        gripper.release()
        box = world.box(3)
        for off, expected in ((0.005, 1.0), (-0.005, 1.0), (0.008, 0.0), (-0.008, 0.0)):
            x, y, z = box.position
            world.put(3, BoxState(_SIZE, 0.0, (x, y, z + off), turned(1.1)))
            assert gripper.coverage(3) == expected


def test_coverage_goes_by_how_the_parcel_is_turned():
    with holding(0.5, 60.0) as (world, _, gripper):
        gripper.release()
        x, y, z = world.box(3).position
        for yaw, expected in ((0.0, 1.0), (pi / 2, 0.0)):
            world.put(3, BoxState(_SIZE, 0.0, (x + 0.075, y, z), turned(yaw)))
            assert gripper.coverage(3) == expected


def test_a_parcel_that_the_cup_holds_keeps_its_place_below_it():
    with holding(1.0, 75.0) as (world, arm, gripper):
        assert gripper.held == 3
        assert _dip(world, arm, gripper, slower=1)
        tip, _ = arm.tip()
        x, y, z = world.place(3)[0]
        assert dist((x, y, z + _SIZE[2] / 2), tip) < 0.002


def test_a_parcel_slips_off_when_it_is_too_heavy_for_the_acceleration():
    """Four kilograms weigh 39 N, and hang at 42 N: enough for slow moves, and not for a fast one."""
    with holding(4.0, 42.0) as (world, arm, gripper):
        assert _dip(world, arm, gripper, slower=8)
    with holding(4.0, 42.0) as (world, arm, gripper):
        assert not _dip(world, arm, gripper, slower=1)
        assert gripper.held is None
        height = world.place(3)[0][2]
        for _ in range(60):
            arm.step()
            world.step()
        assert world.place(3)[0][2] < height - 0.1, "what slipped off does not fall"


def test_what_is_heavier_than_the_hold_slips_off_at_rest():
    with holding(4.0, 36.0) as (world, arm, gripper):
        for _ in range(240):
            arm.step()
            world.step()
            if gripper.lets_go():
                return
        pytest.fail("it hangs on")


def test_more_hold_more_parcel():
    with holding(4.0, 75.0) as (world, arm, gripper):
        assert _dip(world, arm, gripper, slower=1)
    assert SuctionCup().hold_n == pytest.approx(75.4, abs=0.1)


def test_a_seal_that_opens_holds_less_and_less_until_the_parcel_slips_off():
    """20 N that lose 10 N a second hold half a kilogram, 4.9 N, for a second and a half."""
    with holding(0.5, 20.0) as (world, arm, gripper):
        steps = 0
        while not gripper.lets_go(10.0 / 240):
            arm.step()
            world.step()
            steps += 1
            assert steps < 480
        assert steps / 240 == pytest.approx(1.51, abs=0.15)
