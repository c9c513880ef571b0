"""The shipped worlds are what their generators write, sound, and of the size that they promise."""

from math import pi

import numpy as np
import pytest

from robots.kinematics import step_time, turn_time
from sim_worlds.check import check_world
from sim_worlds.generators.generate import FUTURE_PARK, TINY, generate
from sim_worlds.generators.params import PickAndSortParams
from sim_worlds.world import World
from sim_worlds.world_file import load_world, shipped_worlds


@pytest.fixture(scope="module")
def park() -> World:
    return load_world("future_park")


@pytest.mark.parametrize("params", [FUTURE_PARK, TINY], ids=lambda params: params.name)
def test_a_shipped_world_is_byte_for_byte_what_its_generator_writes(params: PickAndSortParams) -> None:
    path = shipped_worlds()[params.name]
    map_text, toml_text = generate(params)
    assert path.with_suffix(".map").read_bytes() == map_text.encode()
    assert path.read_bytes() == toml_text.encode()


def test_future_park_is_the_default_of_its_generator() -> None:
    assert PickAndSortParams() == FUTURE_PARK


@pytest.mark.parametrize("name", shipped_worlds())
def test_a_shipped_world_has_no_findings(name: str) -> None:
    assert check_world(name) == []


@pytest.mark.parametrize("name", shipped_worlds())
def test_a_shipped_world_has_the_name_of_its_file(name: str) -> None:
    assert load_world(name).name == name


def test_future_park_has_room_for_a_thousand_robots(park: World) -> None:
    assert park.layout.height >= 100
    assert park.layout.width >= 140
    assert len(park.parking) + len(park.chargers) >= 1000
    assert park.default_robots == 500


def test_future_park_picks_sorts_and_charges(park: World) -> None:
    assert len(park.pick_faces) >= 1500
    assert len(park.chutes) >= 160
    assert 60 <= len({chute.destination for chute in park.chutes}) <= 100
    assert {station.kind.value for station in park.stations} == {"pick", "induction"}
    assert len(park.chargers) >= 80


def test_parked_and_docked_robots_leave_all_other_floor_connected(park: World) -> None:
    from scipy import ndimage

    lanes = park.layout.passable.copy()
    taken = [park.parking, park.chargers, [chute.cell for chute in park.chutes]]
    taken.append([dock for station in park.stations for dock in station.docks])
    for cells in taken:
        lanes[np.asarray(cells)] = False
    assert ndimage.label(lanes.reshape(park.layout.height, park.layout.width))[1] == 1


@pytest.mark.parametrize("what", ["parking", "chargers", "chutes", "docks"])
def test_a_lane_passes_every_place_of_future_park(park: World, what: str) -> None:
    cells = {
        "parking": park.parking,
        "chargers": park.chargers,
        "chutes": np.array([chute.cell for chute in park.chutes]),
        "docks": np.array([dock for station in park.stations for dock in station.docks]),
    }[what]
    free = np.array([symbol == "." for row in park.symbols for symbol in row])
    neighbours = park.layout.neighbours[cells]
    assert (free[neighbours] & (neighbours >= 0)).any(axis=1).all()


def test_tiny_fits_a_handful_of_robots() -> None:
    tiny = load_world("tiny")
    assert tiny.layout.cells < 500
    assert len(tiny.stations) == 2
    assert len(tiny.chutes) >= 4
    assert len(tiny.parking) + len(tiny.chargers) >= 8


def test_a_quarter_turn_fits_in_the_time_of_a_cell(park: World) -> None:
    assert step_time(park.robot, park.cell_m) == park.cell_m / park.robot.max_speed_mps
    assert turn_time(park.robot, pi / 2) < step_time(park.robot, park.cell_m)
