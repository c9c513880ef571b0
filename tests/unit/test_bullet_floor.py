"""What stands on a floor, as bodies of Bullet: all of it and nothing else, in few boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_worlds.world_file import load_world
from tests.floors import drawn, floors
from tests.worlds import write_world
from twin.bullet.client import BulletClient
from twin.bullet.floor_bodies import Block, add_obstacles, add_world, blocks
from twin.bullet.frames import place

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

_RAYS = 16384  # in one call


@pytest.fixture
def client():
    world = BulletClient()
    yield world
    world.close()


def obstacles_by_rays(client, layout, cell_m):
    """Which cells have something 0.5 m above their middles, bool (height, width), by rays from above."""
    rows, columns = np.divmod(np.arange(layout.cells), layout.width)
    middles = [((column + 0.5) * cell_m, (row + 0.5) * cell_m) for row, column in zip(rows, columns, strict=True)]
    hit = []
    for first in range(0, len(middles), _RAYS):
        some = middles[first : first + _RAYS]
        above, below = [place(x, y, 5.0) for x, y in some], [place(x, y, 0.5) for x, y in some]
        hit += [ray[0] >= 0 for ray in client.rayTestBatch(above, below)]
    return np.array(hit).reshape(layout.height, layout.width)


def test_a_rack_is_one_block():
    layout = drawn("###### #....# #.##.# #.##.# #....# ######")
    assert blocks(~layout.passable.reshape(6, 6)) == [
        Block(0, 0, 1, 6),
        Block(1, 0, 5, 1),
        Block(1, 5, 5, 6),
        Block(2, 2, 4, 4),
        Block(5, 0, 6, 6),
    ]


@given(floors(side=9))
def test_blocks_cover_each_obstacle_once_and_nothing_else(layout):
    covered = np.zeros((layout.height, layout.width), dtype=int)
    for block in blocks(~layout.passable.reshape(covered.shape)):
        covered[block.top : block.bottom, block.left : block.right] += 1
    assert (covered == ~layout.passable.reshape(covered.shape)).all()


@given(st.integers(0, 3))
def test_no_obstacles_no_blocks(rows):
    assert blocks(np.zeros((rows, 4), dtype=bool)) == []


def test_rays_find_a_rack_wherever_the_shipped_floor_has_one(client):
    """Bullet drops all shapes of an array but 16; this floor has many more."""
    world = load_world("future_park")
    layout = world.layout
    bodies = add_obstacles(client, layout.passable.reshape(layout.height, layout.width), world.cell_m)
    assert len(blocks(~layout.passable.reshape(layout.height, layout.width))) > 16 * 4
    assert len(bodies) > 4
    assert (obstacles_by_rays(client, layout, world.cell_m).ravel() == ~layout.passable).all()


def test_cells_of_another_size_are_found_where_they_are(client):
    layout = drawn("#..# .##. ....")
    add_obstacles(client, layout.passable.reshape(3, 4), 1.5)
    assert (obstacles_by_rays(client, layout, 1.5).ravel() == ~layout.passable).all()


def test_obstacles_are_as_high_as_they_should_be(client):
    layout = drawn("#")
    add_obstacles(client, layout.passable.reshape(1, 1), 1.0, height_m=1.25)
    ((_, _, _, position, _),) = client.rayTest(place(0.5, 0.5, 5.0), place(0.5, 0.5, 0.0))
    assert position[2] == pytest.approx(1.25)


def test_a_world_to_be_looked_at_is_racks_walls_openings_and_painted_cells(client, tmp_path):
    world = load_world(str(write_world(tmp_path)))
    add_world(client, world)
    heights = {}
    for number in range(client.getNumBodies()):
        ((_, _, _, size, *_, colour),) = client.getVisualShapeData(number)
        heights.setdefault(tuple(round(part, 2) for part in colour[:3]), []).append(
            (size, client.getBasePositionAndOrientation(number)[0])
        )
    assert len(heights) == 7  # ground, rack, wall, opening, dock, drop cell, charger
    (charger,) = heights[(0.95, 0.87, 0.35)]
    assert charger[1] == pytest.approx((1.5 * 1.5, -4.5 * 1.5, 0.005))
    (docks,) = heights[(0.93, 0.66, 0.25)]
    assert docks[0] == pytest.approx((3.0, 1.5, 0.01))
