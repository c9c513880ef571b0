"""The sensor world: what beams meet in Bullet, and what safety sensors make of it."""

from dataclasses import replace

import numpy as np
import pytest

from robots.truth import FloorTruth
from sim_worlds.assortment import read_assortment
from sim_worlds.stock_layout import StockLayout, lay_out_stock
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from tests.orders import SHIPPED_ORDERS
from twin.sensors.safety_sensors import ProtectiveField, SafetySensors
from twin.sensors.sensor_world import SensorWorld

EAST, SOUTH, WEST, NORTH = 0.0, np.pi / 2, np.pi, -np.pi / 2


@pytest.fixture(scope="module")
def tiny() -> World:
    return load_world("tiny")


@pytest.fixture(scope="module")
def layout(tiny: World) -> StockLayout:
    return lay_out_stock(tiny, read_assortment(SHIPPED_ORDERS))


@pytest.fixture
def floor(tiny: World, layout: StockLayout):
    with SensorWorld(tiny, layout, 3) as made:
        yield made


def at(*poses: tuple[float, float, float]) -> FloorTruth:
    """Robots at x, y, theta."""
    x, y, theta = (np.array(column, dtype=np.float64) for column in zip(*poses, strict=True))
    still, none = np.zeros(len(x), dtype=np.int32), np.zeros(0, dtype=np.int32)
    return FloorTruth(2.0, x, y, theta, np.zeros(len(x), dtype=np.bool_), still, still, still, none, none, none, none)


def rays(*ends: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    array = np.array(ends, dtype=np.float64)
    return array[:, :3], array[:, 3:]


def test_beams_that_are_computed_equal_bullets_to_the_last_bit(floor: SensorWorld, layout: StockLayout) -> None:
    random = np.random.default_rng(1)
    np.testing.assert_array_equal(floor.distances(), layout.distance_m(np.zeros(layout.bins, dtype=np.int32)))
    for _ in range(8):
        count = random.integers(0, layout.capacity + 1).astype(np.int32)
        floor.stock(count)
        np.testing.assert_array_equal(floor.distances(), layout.distance_m(count))
    for count in (layout.capacity, np.ones_like(layout.capacity), np.zeros_like(layout.capacity)):
        floor.stock(count)
        np.testing.assert_array_equal(floor.distances(), layout.distance_m(count))


def test_beams_of_a_large_floor_do_too() -> None:
    world = load_world("future_park")
    found = lay_out_stock(world, read_assortment(SHIPPED_ORDERS))
    with SensorWorld(world, found, 0) as floor:
        count = np.random.default_rng(2).integers(0, found.capacity + 1).astype(np.int32)
        floor.stock(count)
        np.testing.assert_array_equal(floor.distances(), found.distance_m(count))


def test_robots_are_where_they_are_told_to_be_and_move(floor: SensorWorld, tiny: World) -> None:
    across = rays((10.0, 3.5, 0.2, 20.0, 3.5, 0.2))
    assert floor.cast(*across).tolist() == [np.inf], "robots are nowhere at first"
    floor.mirror(at((15.0, 3.5, EAST), (5.0, 11.5, EAST), (6.0, 12.5, EAST)))
    assert floor.cast(*across)[0] == pytest.approx(5.0 - tiny.robot.length_m / 2, abs=1e-6)
    floor.mirror(at((18.0, 3.5, SOUTH), (5.0, 11.5, EAST), (6.0, 12.5, EAST)))
    assert floor.cast(*across)[0] == pytest.approx(8.0 - tiny.robot.width_m / 2, abs=1e-6)


def test_y_grows_south(floor: SensorWorld, tiny: World) -> None:
    floor.mirror(at((5.0, 11.5, SOUTH), (15.0, 3.5, EAST), (18.0, 3.5, EAST)))
    found = floor.cast(*rays((5.0, 10.5, 0.2, 5.0, 12.5, 0.2)))
    assert found[0] == pytest.approx(1.0 - tiny.robot.length_m / 2, abs=1e-6)


def test_racks_and_walls_stand_where_no_robot_can(floor: SensorWorld) -> None:
    """The rack of column 7, rows 5 to 10, and the wall above row 3."""
    found = floor.cast(
        *rays((6.0, 7.5, 0.2, 9.0, 7.5, 0.2), (5.5, 4.5, 0.2, 5.5, 1.0, 0.2), (3.0, 4.5, 0.2, 9.0, 4.5, 0.2))
    )
    np.testing.assert_allclose(found, [1.0, 1.5, np.inf], atol=1e-6)


def test_any_number_of_rays_is_cast(floor: SensorWorld) -> None:
    begin, end = (np.tile(one, (17_000, 1)) for one in rays((6.0, 7.5, 0.2, 9.0, 7.5, 0.2)))
    found = floor.cast(begin, end)
    assert len(found) == 17_000
    np.testing.assert_allclose(found, 1.0, atol=1e-6)
    assert len(floor.cast(begin[:0], end[:0])) == 0


def test_it_may_be_closed_twice(tiny: World, layout: StockLayout) -> None:
    floor = SensorWorld(tiny, layout, 0)
    floor.close()
    floor.close()


# Safety


def safety(floor: SensorWorld, world: World, touching=(False, False, False)) -> SafetySensors:
    return SafetySensors(floor, world.robot, lambda: np.array(touching))


def occupied(floor: SensorWorld, world: World, truth: FloorTruth, *speed: float) -> list[bool]:
    floor.mirror(truth)
    found = safety(floor, world).read(truth, np.array(speed))
    assert found.time_s == 2.0
    return found.occupied.tolist()


def test_a_field_is_as_long_as_the_way_to_stop_and_a_margin(tiny: World) -> None:
    slow = replace(tiny.robot, max_acceleration_mps2=0.5)
    found = ProtectiveField(reaction_s=0.2, margin_m=0.1).length_m(np.array([0.0, 1.0, -1.0]), slow)
    np.testing.assert_allclose(found, [0.1, 0.1 + 0.2 + 1.0, 0.1])


def test_a_robot_in_the_field_occupies_it_and_one_behind_does_not(floor: SensorWorld, tiny: World) -> None:
    """Robots in a row, 1.3 m apart, one with its back to the next: fields at 1 m/s reach 0.7 m."""
    gap = 1.3
    poses = at((10.0, 3.5, EAST), (10.0 + gap, 3.5, WEST), (10.0 + 2 * gap, 3.5, EAST))
    assert occupied(floor, tiny, poses, 1.0, 1.0, 1.0) == [True, True, False]
    assert occupied(floor, tiny, poses, 0.0, 0.5, 1.0) == [False, False, False]


@pytest.mark.parametrize(("aside", "seen"), [(0.0, True), (0.75, True), (0.9, False), (-0.75, True), (-0.9, False)])
def test_the_field_is_as_wide_as_the_robot_and_margins(
    floor: SensorWorld, tiny: World, aside: float, seen: bool
) -> None:
    poses = at((14.0, 11.5, EAST), (15.2, 11.5 + aside, NORTH), (3.0, 3.5, EAST))
    assert occupied(floor, tiny, poses, 1.0, 0.0, 0.0)[0] is seen


def test_a_rack_ahead_occupies_the_field(floor: SensorWorld, tiny: World) -> None:
    poses = at((6.5, 7.5, EAST), (6.5, 9.5, WEST), (5.5, 12.5, SOUTH))
    assert occupied(floor, tiny, poses, 1.0, 1.0, 1.0) == [True, False, True]


def test_bumpers_say_what_the_physics_say(floor: SensorWorld, tiny: World) -> None:
    truth = at((10.0, 3.5, EAST), (15.0, 3.5, WEST), (20.0, 3.5, EAST))
    floor.mirror(truth)
    assert safety(floor, tiny, (False, True, False)).read(truth, np.zeros(3)).pressed.tolist() == [False, True, False]
