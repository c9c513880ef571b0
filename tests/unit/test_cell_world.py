"""The world of a cell: what is read out of it and put back goes on in the same way, whatever was there before."""

from __future__ import annotations

from contextlib import contextmanager
from math import pi
from random import Random

import msgspec
import pytest

from twin.cells.arm import KUKA, Arm
from twin.cells.cell_world import BoxState, CellWorld, turned, yaw_of

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")


@contextmanager
def world_with_arm():
    world = CellWorld()
    world.add_fixed_box((0.3, 0.3, 0.1), (0.7, 0.0, 0.05))
    try:
        yield world, Arm(world, KUKA, (0.0, 0.0, 0.3))
    finally:
        world.close()


def _step(world, arm, steps):
    for _ in range(steps):
        arm.step()
        world.step()


def _disturb(world, arm, random, calls, name=0):
    """Boxes come, go and pile up, hang at the arm and fall again; return the next name."""
    for _ in range(calls):
        chance = random.random()
        if chance < 0.5 and len([*world]) < 7:
            size = (random.uniform(0.05, 0.3), random.uniform(0.05, 0.3), random.choice((0.003, 0.05, 0.1)))
            place = (random.uniform(0.5, 0.9), random.uniform(-0.2, 0.2), random.uniform(0.1, 0.5))
            world.put(name, BoxState(size, random.choice((0.0, 0.2, 2.0)), place, turned(random.uniform(-pi, pi))))
            name += 1
        elif chance < 0.65 and [*world]:
            world.take(random.choice([*world]))
        elif chance < 0.8 and not world.welded:
            moving = [one for one in world if world.box(one).mass_kg]
            if moving:
                world.weld(random.choice(moving), arm.number, KUKA.flange, random.uniform(5.0, 80.0))
        elif world.welded:
            world.unweld(world.welded[0])
        if not arm.moving:
            arm.go((random.uniform(-1.0, 1.0), *KUKA.rest[1:]))
        _step(world, arm, random.randint(1, 25))
    return name


def _assert_same(found, expected):
    """Nothing is lost but the last bits of attitudes."""
    assert found.joints == expected.joints
    assert found.welds == expected.welds
    assert [*found.boxes] == [*expected.boxes]
    for name, box in expected.boxes.items():
        for had, has in zip(msgspec.structs.astuple(box), msgspec.structs.astuple(found.boxes[name]), strict=True):
            assert has == pytest.approx(had, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_worlds_that_went_through_the_same_state_go_on_alike_bit_for_bit(seed):
    """One world with a past, the same again after more of it, and a fresh one."""
    with world_with_arm() as (world, arm), world_with_arm() as (fresh, other):
        random = Random(seed)
        name = _disturb(world, arm, random, 25)
        state, move, luck = world.state(), arm.state(), random.getstate()
        ends = []
        for one, its_arm in ((world, arm), (world, arm), (fresh, other)):
            one.restore(state)
            its_arm.restore(move)
            _assert_same(one.state(), state)
            random.setstate(luck)
            _disturb(one, its_arm, random, 10, name)
            ends.append(one.state())
        assert ends[0] == ends[1]
        assert ends[0] == ends[2]


def test_a_state_is_what_was_put_in():
    with world_with_arm() as (world, _):
        box = BoxState((0.1, 0.2, 0.3), 2.0, (0.7, 0.1, 0.9), turned(0.4), (0.1, 0.2, 0.3), (1.0, 2.0, 3.0), 0.7)
        world.put(5, box)
        assert world.box(5).velocity == box.velocity
        assert world.box(5).position == box.position
        assert yaw_of(world.place(5)[1]) == pytest.approx(0.4)
        again = world.state()
        world.restore(again)
        assert world.state() == again
        assert world.take(5).mass_kg == 2.0
        assert 5 not in world


def test_boxes_fall_and_come_to_rest_on_what_is_there():
    with world_with_arm() as (world, arm):
        world.put(0, BoxState((0.1, 0.1, 0.1), 1.0, (0.7, 0.0, 0.3)))
        world.put(1, BoxState((0.1, 0.1, 0.1), 1.0, (0.7, 0.0, 0.5)))
        world.put(2, BoxState((0.1, 0.1, 0.1), 0.0, (0.7, 0.5, 0.5)))
        _step(world, arm, 480)
        assert world.place(0)[0][2] == pytest.approx(0.15, abs=0.002)
        assert world.place(1)[0][2] == pytest.approx(0.25, abs=0.002)
        assert world.place(2)[0] == (0.7, 0.5, 0.5)


def test_a_box_that_is_put_again_replaces_the_first_one():
    with world_with_arm() as (world, arm):
        world.put(0, BoxState((0.1, 0.1, 0.1), 1.0, (0.7, 0.0, 0.3)))
        world.weld(0, arm.number, KUKA.flange, 50.0)
        world.put(0, BoxState((0.1, 0.1, 0.1), 1.0, (0.7, 0.0, 0.6)))
        assert [*world] == [0]
        assert world.welded == ()
