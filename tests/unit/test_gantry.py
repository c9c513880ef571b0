"""A gantry: straight moves within its limits, exact at their ends, with or without a load."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from math import dist

import pytest

from twin.cells.cell_world import BoxState, CellWorld
from twin.cells.gantry import Gantry, GantryModel
from twin.cells.station_cell import STEP_S

HOME = (0.3, 0.0, 2.0)
BOX = 1


@pytest.fixture
def world():
    with closing(CellWorld()) as made:
        yield made


def moved(world, gantry, tip):
    """Go there; return where the tip was after every step."""
    gantry.go(tip)
    path = []
    while gantry.moving:
        gantry.step()
        world.step()
        path.append(gantry.tip())
    return path


def test_it_goes_straight_and_arrives_within_a_tenth_of_a_millimetre(world):
    gantry = Gantry(world, HOME, 0.12)
    path = moved(world, gantry, (0.3, 0.9, 2.0))
    assert dist(path[-1], (0.3, 0.9, 2.0)) < 1e-4
    assert all(abs(x - 0.3) < 1e-4 and abs(z - 2.0) < 1e-4 for x, _, z in path)


def test_its_axes_keep_to_their_speed_and_acceleration(world):
    model = GantryModel(speed=(1.0, 1.0, 0.5), acceleration=(2.0, 2.0, 1.0))
    path = moved(world, Gantry(world, HOME, 0.12, model), (1.1, 0.9, 0.5))
    for axis, (most, steepest) in enumerate(zip(model.speed, model.acceleration, strict=True)):
        places = [HOME[axis], HOME[axis], *(place[axis] for place in path)]
        speeds = [(b - a) / STEP_S for a, b in pairwise(places)]
        changes = [(b - a) / STEP_S for a, b in pairwise(speeds)]
        assert max(map(abs, speeds)) < most * 1.02
        assert max(map(abs, changes)) < steepest * 1.1


def test_a_move_says_how_long_it_takes_and_nowhere_is_there_at_once(world):
    gantry = Gantry(world, HOME, 0.12)
    assert gantry.go(HOME) == 0.0
    assert not gantry.moving
    seconds = gantry.go((0.3, 0.5, 2.0))
    steps = 0
    while gantry.moving:
        gantry.step()
        world.step()
        steps += 1
    assert steps * STEP_S == pytest.approx(seconds)


def test_a_heavy_box_does_not_bend_its_way(world):
    gantry = Gantry(world, HOME, 0.12)
    world.put(BOX, BoxState((0.4, 0.3, 0.3), 20.0, (0.3, 0.5, 0.15)))
    moved(world, gantry, (0.3, 0.5, 2.0))
    moved(world, gantry, (0.3, 0.5, 0.3))
    world.weld(BOX, gantry.number, gantry.link, 600.0)
    moved(world, gantry, (0.3, 0.5, 1.0))
    path = moved(world, gantry, (0.3, 0.0, 1.0))
    assert dist(path[-1], (0.3, 0.0, 1.0)) < 1e-3
    assert dist(world.place(BOX)[0], (0.3, 0.0, 0.85)) < 1e-3


def test_it_goes_on_from_a_state(world):
    gantry = Gantry(world, HOME, 0.12)
    gantry.go((0.3, 0.9, 1.0))
    for _ in range(50):
        gantry.step()
        world.step()
    then, where = gantry.state(), world.state()
    world.restore(where)
    first = [gantry.tip()]
    for _ in range(100):
        gantry.step()
        world.step()
        first.append(gantry.tip())
    world.restore(where)
    gantry.restore(then)
    again = [gantry.tip()]
    for _ in range(100):
        gantry.step()
        world.step()
        again.append(gantry.tip())
    assert again == first
    assert gantry.goal == (0.3, 0.9, 1.0)
