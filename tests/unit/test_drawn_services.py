"""Seconds of errands on a floor: by place, class, units and seed; the world's own where nothing was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from sim_worlds.drawn_services import DrawnServices
from sim_worlds.errors import WorldError
from sim_worlds.service_times import PlaceKind
from sim_worlds.world import Station, StationKind, World
from sim_worlds.world_file import load_world
from tests.service_times import class_of, distribution, service_times
from tests.worlds import write_world

LIGHT, HEAVY = (1.0, 2.0, 1), (1.0, 20.0, 1)
NAMES = [f"order {number}" for number in range(300)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return load_world(str(write_world(tmp_path)))


def drawn(world: World, cell: int, *goods: tuple[float, float, int], seed: int = 1, **changes: float) -> list[float]:
    services = DrawnServices(world, service_times(), class_of, seed=seed, **changes)
    return [services.seconds(cell, 99.0, goods, name) for name in NAMES]


def test_a_pick_takes_what_was_measured_at_its_kind_of_station_for_its_class_and_units(world: World) -> None:
    (station,) = world.stations
    of = service_times().kinds[PlaceKind.PICK]
    for dock in station.docks:
        assert fmean(drawn(world, dock, (1.0, 2.0, 6))) == pytest.approx(of["light"].mean_s(6), rel=0.02)
        assert set(drawn(world, dock, HEAVY)) == {55.0, 65.0}


def test_a_drop_of_a_mixed_load_counts_all_units_and_is_of_the_first_class_that_is_in_it(world: World) -> None:
    chute = world.chutes[0].cell
    assert set(drawn(world, chute, LIGHT, (1.0, 3.0, 1))) == {3.25, 3.75}
    for goods in ((LIGHT, HEAVY), (HEAVY, LIGHT)):
        assert set(drawn(world, chute, *goods)) == {33.5}


def test_places_that_were_not_measured_keep_the_seconds_of_the_world(world: World) -> None:
    induction = replace(world, stations=(Station("In", StationKind.INDUCTION, world.stations[0].docks, 4.0),))
    assert set(drawn(world, int(world.pick_faces[0]), LIGHT)) == {99.0}
    assert set(drawn(induction, world.stations[0].docks[0], LIGHT)) == {99.0}


def test_pick_faces_can_be_measured_as_well(world: World) -> None:
    times = service_times(kinds={PlaceKind.PICK_FACE: service_times().kinds[PlaceKind.DROP]})
    services = DrawnServices(world, times, class_of, seed=1)
    assert services.seconds(int(world.pick_faces[0]), 99.0, [HEAVY], "a") == 32.5
    assert services.seconds(world.chutes[0].cell, 99.0, [HEAVY], "a") == 99.0


def test_a_station_with_times_of_its_own_goes_by_them(world: World) -> None:
    (station,) = world.stations
    two = tuple(replace(station, name=name, docks=(dock,)) for name, dock in zip("AB", station.docks, strict=True))
    own = {"light": distribution((77.0,), (1.0,)), "heavy": distribution((78.0,), (1.0,))}
    services = DrawnServices(replace(world, stations=two), service_times(stations={"B": own}), class_of, seed=1)
    assert services.seconds(two[0].docks[0], 99.0, [HEAVY], "a") in {55.0, 65.0}
    assert services.seconds(two[1].docks[0], 99.0, [HEAVY], "a") == 78.0


def test_times_of_a_station_that_the_world_does_not_have_are_refused(world: World) -> None:
    times = service_times(stations={"Pick 9": service_times().kinds[PlaceKind.PICK]})
    with pytest.raises(WorldError, match="'Pick 9', which the world does not have"):
        DrawnServices(world, times, class_of, seed=1)


def test_the_seed_and_the_name_decide_and_nothing_else(world: World) -> None:
    cell, goods = world.stations[0].docks[0], (1.0, 2.0, 3)
    assert drawn(world, cell, goods) == drawn(world, cell, goods)
    assert drawn(world, cell, goods) != drawn(world, cell, goods, seed=2)
    services = DrawnServices(world, service_times(), class_of, seed=1)
    backward = [services.seconds(cell, 99.0, [goods], name) for name in reversed(NAMES)]
    assert backward[::-1] == drawn(world, cell, goods)


def test_on_a_floor_in_steps_seconds_are_the_nearest_whole_steps(world: World) -> None:
    cell, goods = world.stations[0].docks[0], (1.0, 2.0, 3)
    smooth, whole = drawn(world, cell, goods), drawn(world, cell, goods, grain_s=1.5)
    assert whole == [round(seconds / 1.5) * 1.5 for seconds in smooth]
    assert fmean(whole) == pytest.approx(fmean(smooth), rel=0.02)
    assert set(drawn(world, world.chutes[0].cell, LIGHT, grain_s=10.0)) == {10.0}
