"""Zones of worlds: what a world file says of them, what is refused, and what generators write."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim_worlds.check import check_world
from sim_worlds.errors import WorldError
from sim_worlds.finding import Severity
from sim_worlds.generators.generate import TINY
from sim_worlds.generators.generate import write_world as generate_world
from sim_worlds.generators.params import SortationParams
from sim_worlds.generators.zones import parking_rects
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from tests.worlds import MAP, TOML, line_of, write_world

ZONES = """
[[zone]]
name = "North"
rects = [[1, 1, 1, 8], [2, 1, 3, 4]]

[[zone]]
name = "Station"
rects = [[6, 3, 7, 4]]
keep_clear = true

[[zone]]
name = "Corner"
rects = [[1, 8, 2, 8]]
keep_clear = true

[[zone]]
name = "Middle"
rects = [[4, 3, 4, 5]]
keep_clear = false
"""
MUSTER = """
[muster]
rects = [[3, 1, 5, 1], [6, 1, 6, 1]]
"""


def test_zones_are_the_passable_cells_of_their_rectangles(tmp_path: Path) -> None:
    world = load_world(str(write_world(tmp_path, toml=TOML + ZONES + MUSTER)))
    assert {name: cells.tolist() for name, cells in world.zones.items()} == {
        "North": [11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 24, 31, 32, 34],
        "Station": [63, 64, 73, 74],
        "Corner": [18, 28],
        "Middle": [43, 44, 45],
    }
    assert world.keep_clear.tolist() == [18, 28, 63, 64, 73, 74]
    assert world.muster.tolist() == [31, 41, 51, 61]
    columns = [*world.zones.values(), world.keep_clear, world.muster]
    assert {column.dtype for column in columns} == {np.dtype(np.int32)}
    assert check_world(str(world.path)) == []


def test_without_zones_there_are_none_and_robots_gather_where_they_park(tmp_path: Path) -> None:
    world = load_world(str(write_world(tmp_path)))
    assert (dict(world.zones), world.keep_clear.tolist(), world.muster.tolist()) == ({}, [], [31, 51])
    assert world.keep_clear.dtype == world.muster.dtype == np.int32


def test_a_bare_map_has_no_zones(tmp_path: Path) -> None:
    path = tmp_path / "floor.map"
    path.write_text("type octile\nheight 1\nwidth 3\nmap\nS.E\n")
    world = load_world(str(path))
    assert (dict(world.zones), world.keep_clear.tolist(), world.muster.tolist()) == ({}, [], [])


# What is changed in the sound zones (old, new), the text on whose line the finding is, and what it says.
BAD_ZONES = {
    "name taken": ('name = "Station"', 'name = "North"', None, "the name 'North' is taken; give every one a name"),
    "no name": ('name = "Station"', 'name = ""', 'name = ""', "zone.name is ''; give a text in quotes"),
    "no rectangles": ("rects = [[6, 3, 7, 4]]", "rects = []", "rects = []", r"zone.rects is \[\]; give rectangles as"),
    "rectangles missing": ("rects = [[6, 3, 7, 4]]\n", "", '[[zone]]\nname = "Station"', "zone.rects is missing;"),
    "a rectangle alone": ("[[6, 3, 7, 4]]", "[6, 3, 7, 4]", "[6, 3", "zone.rects is .*; give rectangles as"),
    "half a rectangle": ("[[6, 3, 7, 4]]", "[[6, 3]]", "[[6, 3]]", "zone.rects is .*; give rectangles as"),
    "not whole": ("[[6, 3, 7, 4]]", "[[6, 3, 7, 4.5]]", "4.5", "zone.rects is .*; give rectangles as"),
    "below the map": (
        "[[6, 3, 7, 4]]",
        "[[6, 3, 8, 4]]",
        "8, 4]]",
        r"\[6, 3, 8, 4\] is not inside the 8 x 10 map; rows",
    ),
    "right of the map": (
        "[[6, 3, 7, 4]]",
        "[[6, 3, 7, 10]]",
        "7, 10]]",
        "is not inside the 8 x 10 map; rows are 0 to 7",
    ),
    "above the map": ("[[6, 3, 7, 4]]", "[[-1, 3, 7, 4]]", "[[-1", "is not inside the 8 x 10 map; .*columns 0 to 9"),
    "left of the map": ("[[6, 3, 7, 4]]", "[[6, -1, 7, 4]]", "[[6, -1", "is not inside the 8 x 10 map"),
    "rows swapped": (
        "[[6, 3, 7, 4]]",
        "[[7, 3, 6, 4]]",
        "[[7, 3, 6",
        "ends before it begins; give the north-west corner",
    ),
    "columns swapped": (
        "[[6, 3, 7, 4]]",
        "[[6, 4, 7, 3]]",
        "[[6, 4",
        "ends before it begins; give the north-west corner",
    ),
    "obstacles only": (
        "[[6, 3, 7, 4]]",
        "[[7, 0, 7, 2]]",
        "[[7, 0",
        r"\[7, 0, 7, 2\] has no cell where a robot may stand",
    ),
    "keep_clear a text": (
        "keep_clear = true",
        'keep_clear = "yes"',
        "yes",
        "zone.keep_clear is 'yes'; give true or false",
    ),
    "unknown key": ("keep_clear = true", "clear = true", "clear = true", "unknown key zone.clear; .*keep_clear"),
    "zone not a list": ("[[zone]]", "[zone]", "[zone]", "zone is not an array of tables"),
    "muster outside": ("[6, 1, 6, 1]", "[6, 1, 9, 1]", "6, 1, 9", r"\[6, 1, 9, 1\] is not inside the 8 x 10 map"),
    "muster without rectangles": (MUSTER, "\n[muster]\n", "[muster]", "muster.rects is missing; give rectangles"),
    "unknown key of muster": (
        "[muster]",
        "[muster]\nname = 1",
        "name = 1",
        "unknown key muster.name; use one of: rects",
    ),
}


@pytest.mark.parametrize("case", BAD_ZONES)
def test_bad_zones_are_refused_with_their_line(tmp_path: Path, case: str) -> None:
    old, new, at, message = BAD_ZONES[case]
    assert old in ZONES + MUSTER
    toml = TOML + (ZONES + MUSTER).replace(old, new, 1)
    if case == "zone not a list":
        toml = TOML + ZONES[: ZONES.index("[[zone]]", 5)].replace(old, new) + MUSTER
    path = write_world(tmp_path, toml=toml)
    with pytest.raises(WorldError, match=message) as caught:
        load_world(str(path))
    if at is not None:
        assert caught.value.where == f"{path}, line {line_of(toml, at)}"


def test_zones_of_a_world_without_its_map_are_read_all_the_same(tmp_path: Path) -> None:
    toml = (TOML + ZONES + MUSTER).replace('"small.map"', '"none.map"').replace("keep_clear = false", "keep = 1")
    problems = [finding.problem for finding in check_world(str(write_world(tmp_path, toml=toml)))]
    assert problems == ["there is no map file 'none.map'", "unknown key zone.keep"]


def test_muster_cells_that_robots_cannot_reach_are_refused(tmp_path: Path) -> None:
    walled = MAP.replace("@......O.@", "@......O@.").replace("@P...E...@", "@P...E..@@")
    path = write_world(tmp_path, toml=TOML + "\n[muster]\nrects = [[6, 9, 6, 9], [6, 1, 6, 2]]\n", map_text=walled)
    with pytest.raises(WorldError, match="robots cannot reach: 1, the first at row 6, column 9; open a way"):
        load_world(str(path))
    assert [finding.severity for finding in check_world(str(path))] == [Severity.WARNING, Severity.ERROR]


@pytest.mark.parametrize(
    ("rects", "problem"),
    [
        ("[[3, 1, 3, 1]]", "there are 1 muster cells for 2 robots"),
        ("[[1, 7, 1, 8]]", "muster cells that are to be kept clear: 1, the first at row 1, column 8"),
    ],
)
def test_muster_cells_that_are_too_few_or_in_the_way_are_a_warning(tmp_path: Path, rects: str, problem: str) -> None:
    path = write_world(tmp_path, toml=f"{TOML}{ZONES}\n[muster]\nrects = {rects}\n")
    (finding,) = check_world(str(path))
    assert (finding.problem, finding.severity) == (problem, Severity.WARNING)
    load_world(str(path))


# Generators


def floor(world: World, name: str) -> set[tuple[int, int]]:
    return {world.layout.row_column(cell) for cell in world.zones[name].tolist()}


def block(rows: range, columns: range) -> set[tuple[int, int]]:
    return {(row, column) for row in rows for column in columns}


def test_the_zones_of_the_tiny_floor_are_where_they_should_be() -> None:
    tiny = load_world("tiny")
    everywhere = {
        "Main aisle north": block(range(3, 5), range(1, 25)),
        "Main aisle south": block(range(11, 13), range(1, 25)),
        "Main aisle west": block(range(5, 11), range(5, 7)),
        "Main aisle east": block(range(5, 11), range(23, 25)),
        "Rack zone 1": block(range(5, 11), range(8, 10)),
        "Rack zone 2": block(range(5, 11), range(20, 22)),
        "Sort area 1": block(range(5, 11), range(11, 19)) - {(6, 13), (6, 16), (9, 13), (9, 16)},
        "Sort lane 1 west": block(range(5, 11), range(11, 13)),
        "Sort lane 1 east": block(range(5, 11), range(17, 19)),
        "Pick station fronts": block(range(2, 4), range(14, 16)),
        "Induction station fronts": block(range(12, 14), range(14, 16)),
    }
    assert {name: floor(tiny, name) for name in tiny.zones} == everywhere


def test_future_park_names_its_aisles_racks_and_sort_areas() -> None:
    park = load_world("future_park")
    names = list(park.zones)
    assert names[:4] == ["Main aisle north", "Main aisle south", "Main aisle west", "Main aisle east"]
    assert [name for name in names if name.startswith("Rack zone")] == [f"Rack zone {n}" for n in (1, 2, 3, 4)]
    assert [name for name in names if name.startswith("Cross-aisle")] == [f"Cross-aisle {n}" for n in (1, 2, 3, 4, 5)]
    assert [name for name in names if name.startswith("Sort area")] == [f"Sort area {n}" for n in (1, 2, 3)]
    free = {cell for cell, symbol in enumerate("".join(park.symbols)) if symbol == "."}
    for name in names:
        if "aisle" in name:
            assert set(park.zones[name].tolist()) <= free, name


def test_rack_zones_hold_all_pick_faces_and_sort_areas_all_chutes() -> None:
    park = load_world("future_park")
    racks = np.concatenate([cells for name, cells in park.zones.items() if name.startswith("Rack zone")])
    sorting = np.concatenate([cells for name, cells in park.zones.items() if name.startswith("Sort area")])
    assert np.isin(park.pick_faces, racks).all()
    assert np.isin([chute.cell for chute in park.chutes], sorting).all()
    cross = np.concatenate([cells for name, cells in park.zones.items() if name.startswith("Cross")])
    assert len(np.unique(cross)) == len(cross)
    assert set(racks.tolist()) == set(park.pick_faces.tolist()) | set(cross.tolist())


@pytest.mark.parametrize("name", ["tiny", "future_park"])
def test_docks_are_kept_clear_and_robots_gather_on_parking_places_and_chargers(name: str) -> None:
    world = load_world(name)
    docks = [dock for station in world.stations for dock in station.docks]
    assert np.isin(docks, world.keep_clear).all()
    neighbours = world.layout.neighbours[docks]
    in_front = neighbours[(neighbours >= 0) & ~np.isin(neighbours, docks)]
    assert len(in_front) == len(docks)
    assert np.isin(in_front, world.keep_clear).all()
    assert world.muster.tolist() == sorted([*world.parking.tolist(), *world.chargers.tolist()])


def test_a_sortation_floor_has_one_sort_area_and_no_racks(tmp_path: Path) -> None:
    world = load_world(str(generate_world(SortationParams(pick_stations=0), tmp_path)))
    assert list(world.zones) == [
        "Main aisle north", "Main aisle south", "Main aisle west", "Main aisle east",
        "Sort area 1", "Sort lane 1 west", "Sort lane 1 east", "Induction station fronts",
    ]  # fmt: skip
    chutes = [chute.cell for chute in world.chutes]
    assert np.isin(chutes, world.zones["Sort area 1"]).all()


def test_where_racks_are_lower_than_the_sort_area_their_zones_are_centred(tmp_path: Path) -> None:
    params = replace(TINY, blocks=2, rack_length=2, cross_aisle=2, chute_rows=6)
    world = load_world(str(generate_world(params, tmp_path)))
    racks = np.concatenate([world.zones["Rack zone 1"], world.zones["Rack zone 2"]])
    assert set(racks.tolist()) == set(world.pick_faces.tolist()) | set(world.zones["Cross-aisle 1"].tolist())
    assert len(world.zones["Cross-aisle 1"]) == 2 * 2 * 4


def test_parking_is_written_as_few_rectangles() -> None:
    # Two runs of a double column, the second cut short in the middle of a row.
    places = [(row, column) for row in (4, 5, 6, 9, 10) for column in (3, 2)] + [(11, 3)]
    assert parking_rects(places) == ((4, 2, 6, 3), (9, 2, 10, 3), (11, 3, 11, 3))
