"""Generators: what they draw, and the parameters that they refuse."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim_worlds.errors import WorldError
from sim_worlds.generators.generate import TINY, generate, write_world
from sim_worlds.generators.params import KINDS, FloorParams, PickAndSortParams, SortationParams
from sim_worlds.world import StationKind
from sim_worlds.world_file import load_world


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_hold_what_the_parameters_say(tmp_path: Path, kind: type[FloorParams]) -> None:
    params = kind(name="mine", seed=5, robots=9, destinations=7, cell_m=1.5, drop_service_s=2.5, orders_per_hour=12)
    world = load_world(str(write_world(params, tmp_path / "new" / "folder")))
    assert (world.name, world.default_robots, world.cell_m, world.slotting_seed) == ("mine", 9, 1.5, 5)
    assert (len(world.chutes), len(world.parking), len(world.chargers)) == (
        params.chutes,
        params.parking,
        params.chargers,
    )
    kinds = [station.kind for station in world.stations]
    assert kinds.count(StationKind.PICK) == params.pick_stations
    assert kinds.count(StationKind.INDUCTION) == params.induction_stations
    assert {len(station.docks) for station in world.stations} == {params.station_docks}
    assert {chute.destination for chute in world.chutes} == {f"D{number}" for number in range(1, 8)}
    assert {chute.service_s for chute in world.chutes} == {2.5}
    assert world.orders.rate_per_hour == 12.0


def test_a_zone_has_pick_faces_on_both_sides_of_its_aisles(tmp_path: Path) -> None:
    params = replace(TINY, aisles=3, blocks=2, rack_length=5, zones=3)
    world = load_world(str(write_world(params, tmp_path)))
    assert len(world.pick_faces) == 3 * 3 * 2 * 2 * 5


def test_a_sortation_floor_has_no_racks(tmp_path: Path) -> None:
    world = load_world(str(write_world(SortationParams(), tmp_path)))
    assert not len(world.pick_faces)
    assert not any("T" in row for row in world.symbols)


def test_every_chute_has_its_opening_beside_it(tmp_path: Path) -> None:
    world = load_world(str(write_world(TINY, tmp_path)))
    width = world.layout.width
    for chute in world.chutes:
        beside = [world.symbols[chute.cell // width][chute.cell % width + side] for side in (-1, 1)]
        assert beside.count("O") == 1


def test_the_same_parameters_give_the_same_text() -> None:
    assert generate(TINY) == generate(replace(TINY))


def test_the_file_says_how_to_write_it_again() -> None:
    _, toml = generate(PickAndSortParams(name="mine", title="Two words", aisles=4))
    assert toml.startswith(
        "# Written by: futurepark world new pick_and_sort --name mine --title 'Two words' --aisles 4\n"
    )


def test_quotes_and_backslashes_in_a_title_survive(tmp_path: Path) -> None:
    title = 'A "small" \\ floor für Bücher'
    assert load_world(str(write_world(replace(TINY, title=title), tmp_path))).title == title


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "aisles zero": ({"aisles": 0}, "parameter aisles: is 0; give a whole number, 1 or more"),
    "one zone": ({"zones": 1}, "parameter zones: is 1; give a whole number, 2 or more"),
    "narrow lane": ({"chute_lane": 1}, "parameter chute_lane: is 1; give a whole number, 2 or more"),
    "not whole": ({"blocks": 2.5}, "parameter blocks: is 2.5"),
    "truth value": ({"blocks": True}, "parameter blocks: is True"),
    "beyond 64 bits": ({"seed": 2**63}, "parameter seed: is 9223372036854775808"),
    "cell size": ({"cell_m": 0.0}, "parameter cell_m: is 0.0; give a number greater than zero"),
    "cell size not a number": ({"cell_m": float("nan")}, "parameter cell_m: is nan; give a number"),
    "cell size a text": ({"cell_m": "1"}, "parameter cell_m: is '1'; give a number"),
    "share": ({"station_share": 1.2}, "parameter station_share: is 1.2; give a number from 0 to 1"),
    "name": ({"name": "../x"}, "parameter name: is '../x'; use letters"),
    "title": ({"title": "two\nlines"}, "parameter title: .*; give one line of text"),
    "destinations": ({"destinations": 5}, "parameter destinations: is 5, but there are 4 chutes"),
    "robots": ({"robots": 13}, "parameter robots: is 13, but there are 12 parking places and chargers"),
    "stations": ({"pick_stations": 99}, "parameter pick_stations: is 99, with 2 docks each, on an edge of 20 cells"),
    "floor too large": ({"rack_length": 1_000_000}, "the parameters: make a floor of .* cells; choose smaller ones"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_parameter_is_refused(case: str) -> None:
    changes, message = BAD[case]
    with pytest.raises(WorldError, match=message):
        generate(replace(TINY, **changes))


def test_a_sortation_floor_needs_a_station() -> None:
    with pytest.raises(WorldError, match="a sortation floor has no racks"):
        SortationParams(pick_stations=0, induction_stations=0)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError, match=r"cannot be made: .*; choose another folder"):
        write_world(TINY, tmp_path / "file" / "folder")
