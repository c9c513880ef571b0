"""Slotting: the same places for the same seed, near where the robot goes, and shared out."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim_worlds.errors import WorldError
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from tests.worlds import write_world

SKUS = [f"sku-{number}" for number in range(300)]


@pytest.fixture(scope="module")
def park() -> World:
    return load_world("future_park")


def places(world: World, sku: str) -> set[int]:
    """Every place of a SKU: ask from everywhere."""
    slotting = WorldSlotting(world)
    return {slotting.pick_place(sku, near)[0] for near in range(0, world.layout.cells, 7)}


def test_the_order_of_the_calls_changes_nothing(park: World) -> None:
    forward, backward = WorldSlotting(park), WorldSlotting(park)
    first = [forward.pick_place(sku, 5000) for sku in SKUS]
    second = [backward.pick_place(sku, 5000) for sku in reversed(SKUS)]
    assert first == second[::-1]


def test_another_process_gives_the_same_places(park: World) -> None:
    slotting = WorldSlotting(park)
    here = [slotting.pick_place("a", 99)[0], slotting.pick_place("b", 99)[0], slotting.drop_place("c", None)[0]]
    script = (
        "from sim_worlds.slotting import WorldSlotting; from sim_worlds.world_file import load_world;"
        "s = WorldSlotting(load_world('future_park'));"
        "print(s.pick_place('a', 99)[0], s.pick_place('b', 99)[0], s.drop_place('c', None)[0])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert [int(word) for word in done.stdout.split()] == here


def test_another_seed_gives_other_places(park: World) -> None:
    one, other = WorldSlotting(park), WorldSlotting(replace(park, slotting_seed=2))
    same = sum(one.pick_place(sku, 0) == other.pick_place(sku, 0) for sku in SKUS)
    assert same < len(SKUS) / 10


def test_a_sku_is_picked_at_its_place_closest_to_where_the_robot_goes(park: World) -> None:
    slotting = WorldSlotting(park)
    width = park.layout.width
    kept = places(park, "sku-1")
    for near in (1300, 7000, 12000):
        away = {cell: abs(cell // width - near // width) + abs(cell % width - near % width) for cell in kept}
        assert away[slotting.pick_place("sku-1", near)[0]] == min(away.values())


def test_a_sku_is_kept_in_as_many_places_as_the_world_says(park: World) -> None:
    one = replace(park, slotting_copies=1)
    assert {len(places(one, sku)) for sku in SKUS[:5]} == {1}
    faces = replace(park, slotting_copies=4, slotting_station_share=0.0)
    assert {len(places(faces, sku)) for sku in SKUS[:5]} == {4}


def test_a_world_with_fewer_places_than_copies_uses_them_all(tmp_path: Path) -> None:
    small = replace(load_world(str(write_world(tmp_path))), slotting_copies=9, slotting_station_share=0.0)
    slotting = WorldSlotting(small)
    assert {slotting.pick_place("x", near)[0] for near in range(small.layout.cells)} == {24, 34}


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_stations_get_their_share_of_the_skus(park: World, share: float) -> None:
    slotting = WorldSlotting(replace(park, slotting_station_share=share))
    docks = {dock for station in park.stations for dock in station.docks}
    at_docks = sum(slotting.pick_place(sku, 0)[0] in docks for sku in SKUS) / len(SKUS)
    assert at_docks == pytest.approx(share, abs=0.08 if 0 < share < 1 else 0)


def test_each_place_has_its_own_service_time(park: World) -> None:
    slotting = WorldSlotting(park)
    times = {int(cell): park.pick_face_service_s for cell in park.pick_faces}
    times |= {dock: station.service_s for station in park.stations for dock in station.docks}
    picked = [slotting.pick_place(sku, near) for sku in SKUS for near in (0, park.layout.cells - 1)]
    assert all(service_s == times[cell] for cell, service_s in picked)
    assert {service_s for _, service_s in picked} == {4.0, 5.0, 6.0}


def test_an_order_is_dropped_at_a_chute_of_its_destination(park: World) -> None:
    slotting = WorldSlotting(park)
    chute = park.chutes[17]
    of_destination = {other.cell for other in park.chutes if other.destination == chute.destination}
    dropped = {slotting.drop_place(f"order-{number}", chute.destination) for number in range(50)}
    assert {cell for cell, _, _ in dropped} == of_destination
    assert {(service_s, destination) for _, service_s, destination in dropped} == {(3.0, chute.destination)}


def test_orders_without_destination_are_shared_over_all(park: World) -> None:
    slotting = WorldSlotting(park)
    counts = Counter(slotting.drop_place(f"order-{number}", None)[2] for number in range(4000))
    assert sorted(counts) == slotting.destinations
    assert max(counts.values()) < 2 * np.mean(list(counts.values()))


def test_orders_without_destination_come_to_every_chute(park: World) -> None:
    slotting = WorldSlotting(park)
    dropped = {slotting.drop_place(f"order-{number}", None)[0] for number in range(4000)}
    assert dropped == {chute.cell for chute in park.chutes}


def test_an_unknown_destination_is_a_key_error(park: World) -> None:
    with pytest.raises(KeyError):
        WorldSlotting(park).drop_place("order-1", "Atlantis")


def test_a_world_without_pick_places_or_chutes_has_no_slotting(tmp_path: Path, park: World) -> None:
    with pytest.raises(WorldError, match="has no chute"):
        WorldSlotting(replace(park, chutes=()))
    path = tmp_path / "drops.map"
    path.write_text("type octile\nheight 1\nwidth 2\nmap\nE.\n")
    with pytest.raises(WorldError, match="nothing to pick from"):
        WorldSlotting(load_world(str(path)))
