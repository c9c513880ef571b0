"""World files: what a sound one holds, and what is refused with file, line and remedy."""

from pathlib import Path

import numpy as np
import pytest

from robots.model import RobotModel
from sim_worlds.check import check_world
from sim_worlds.errors import WorldError
from sim_worlds.finding import Severity
from sim_worlds.world import Chute, OrderProfile, Station, StationKind
from sim_worlds.world_file import find_world, load_world, shipped_worlds
from tests.worlds import MAP, TOML, line_of, write_world


def test_a_world_holds_what_its_files_say(tmp_path: Path) -> None:
    world = load_world(str(write_world(tmp_path)))
    assert (world.name, world.title, world.cell_m, world.default_robots) == ("small", "A small floor", 1.5, 2)
    assert (world.layout.height, world.layout.width) == (8, 10)
    assert world.robot == RobotModel(totes=2)
    assert world.stations == (Station("Pick 1", StationKind.PICK, (73, 74), 5.0),)
    assert world.chutes == (Chute("north", 37, "Lyon", 3.0), Chute("south", 55, "Metz", 3.0))
    assert world.orders == OrderProfile(60.0, 600.0)
    assert (world.slotting_seed, world.slotting_station_share, world.slotting_copies) == (7, 0.5, 2)
    assert world.symbols[2] == "@..TST...@"


def test_cells_of_a_kind_come_from_the_map(tmp_path: Path) -> None:
    world = load_world(str(write_world(tmp_path)))
    assert world.pick_faces.tolist() == [24, 34]
    assert world.chargers.tolist() == [41]
    assert sorted(world.parking.tolist()) == [31, 51]
    assert world.start_cells.tolist() == [*world.parking.tolist(), 41, 24, 34]
    assert world.start_cells.dtype == np.int32


def test_racks_walls_and_openings_are_obstacles(tmp_path: Path) -> None:
    world = load_world(str(write_world(tmp_path)))
    passable = [symbol in ".SDECP" for row in world.symbols for symbol in row]
    assert world.layout.passable.tolist() == passable


def test_the_first_parking_places_are_spread_over_all_of_them() -> None:
    parking = load_world("future_park").parking
    first = np.sort(np.searchsorted(np.sort(parking), parking[:100]))
    gaps = np.diff([0, *first, len(parking)])
    assert gaps.max() <= 3 * len(parking) / 100


def test_a_sound_world_has_no_findings(tmp_path: Path) -> None:
    assert check_world(str(write_world(tmp_path))) == []


def test_a_world_without_stations_or_without_robot_table_is_sound(tmp_path: Path) -> None:
    toml = TOML.replace("[robot]\ntotes = 2\n", "")
    start, end = toml.index("[[station]]"), toml.index("[[chute]]")
    path = write_world(tmp_path, toml=toml[:start] + toml[end:], map_text=MAP.replace("D", "@"))
    world = load_world(str(path))
    assert world.robot == RobotModel()
    assert world.stations == ()


def test_entries_may_be_written_as_inline_tables(tmp_path: Path) -> None:
    inline = (
        'chute = [{name = "a", cell = [3, 7], destination = "X"}, {name = "b", cell = [5, 5], destination = "Y"}]\n'
    )
    world = load_world(str(write_world(tmp_path, toml=inline + TOML[: TOML.index("[[chute]]")])))
    assert [chute.destination for chute in world.chutes] == ["X", "Y"]


# What is changed in the sound TOML (old, new), the text on whose line the finding is, and what it says.
BAD_TOML = {
    "not TOML": ("cell_m = 1.5", "cell_m = = 1.5", "cell_m", "is not TOML: Invalid value"),
    "number beyond 64 bits": (
        "seed = 7",
        f"seed = {2**70}",
        "[slotting]",
        "slotting holds a whole number beyond 64 bits",
    ),
    "unknown key": ("cell_m = 1.5", "cell_m = 1.5\ncell_k = 2", "cell_k", "unknown key cell_k; use one of: .*cell_m"),
    "unknown table": ("[orders]", "[order]\nx = 1\n[orders]", "[order]", "unknown key order;"),
    "unknown key in a table": ("copies = 2", "copies = 2\ncopy = 1", "copy = 1", "unknown key slotting.copy;"),
    "unknown key in an entry": ('kind = "pick"', 'kind = "pick"\nkinds = 1', "kinds", "unknown key station.kinds;"),
    "missing key": ("cell_m = 1.5\n", "", "name", "cell_m is missing; give a number greater than zero"),
    "missing table": (
        "[orders]\nrate_per_hour = 60.0\nlead_time_s = 600.0\n",
        "",
        "name",
        r"orders is missing; add .*\[orders\]",
    ),
    "name with a slash": ('"small"', '"a/b"', "name", "name is 'a/b'; use letters, digits"),
    "empty title": ('"A small floor"', '""', "title", "title is ''; give a text"),
    "cell size zero": ("cell_m = 1.5", "cell_m = 0", "cell_m", "cell_m is 0; give a number greater than zero"),
    "cell size negative": ("cell_m = 1.5", "cell_m = -1.5", "cell_m", "cell_m is -1.5;"),
    "cell size not a number": ("cell_m = 1.5", "cell_m = nan", "cell_m", "cell_m is nan;"),
    "cell size infinite": ("cell_m = 1.5", "cell_m = inf", "cell_m", "cell_m is inf;"),
    "cell size a text": ("cell_m = 1.5", 'cell_m = "1.5"', "cell_m", "cell_m is '1.5';"),
    "cell size a truth value": ("cell_m = 1.5", "cell_m = true", "cell_m", "cell_m is True;"),
    "robots zero": ("default_robots = 2", "default_robots = 0", "default_robots", "default_robots is 0;"),
    "robots not whole": ("default_robots = 2", "default_robots = 1.5", "default_robots", "default_robots is 1.5;"),
    "more robots than places": (
        "default_robots = 2",
        "default_robots = 6",
        "default_robots",
        "robots can begin on 5 cells only",
    ),
    "no map file": ('"small.map"', '"big.map"', "map", "there is no map file 'big.map'; give a path relative"),
    "map key not a text": ('"small.map"', "3", "map", "map is 3;"),
    "unknown robot key": ("totes = 2", "tots = 2", "tots", "robot.tots unknown key; use one of"),
    "impossible robot": ("totes = 2", "totes = -2", "totes", "robot.totes is -2;"),
    "legend of two symbols": ('"." = "free"', '"." = "free"\n"ab" = "free"', '"ab"', "legend key 'ab' is not a symbol"),
    "legend with unknown kind": (
        '"." = "free"',
        '"." = "road"',
        '"."',
        "legend.* is 'road'; use one of: free, pick_face",
    ),
    "legend without a symbol": (
        '"C" = "charger"\n',
        "",
        None,
        "symbol 'C' has no meaning; .*give it a meaning in the legend",
    ),
    "share above one": (
        "station_share = 0.5",
        "station_share = 1.5",
        "station_share",
        "station_share is 1.5; give a number from 0 to 1",
    ),
    "seed negative": ("seed = 7", "seed = -7", "seed", "slotting.seed is -7;"),
    "copies zero": ("copies = 2", "copies = 0", "copies", "slotting.copies is 0;"),
    "rate negative": ("rate_per_hour = 60.0", "rate_per_hour = -60", "rate_per_hour", "orders.rate_per_hour is -60;"),
    "no service time of faces": ("[pick_faces]\nservice_s = 6.0\n", "", "name", "pick_faces is missing;"),
    "chute service time zero": (
        "[chutes]\nservice_s = 3.0",
        "[chutes]\nservice_s = 0",
        "service_s = 0\n",
        "chutes.service_s is 0;",
    ),
    "station kind": ('kind = "pick"', 'kind = "pack"', "kind", "station.kind is 'pack'; use one of: pick, induction"),
    "station without docks": ("docks = [[7, 3], [7, 4]]", "docks = []", "docks", r"station.docks is \[\]; give cells"),
    "docks not cells": (
        "docks = [[7, 3], [7, 4]]",
        "docks = [7, 3]",
        "docks",
        r"station.docks is \[7, 3\]; give cells",
    ),
    "dock outside the map": ("[7, 3], [7, 4]", "[7, 3], [8, 4]", "docks", "row 8, column 4, outside the 8 x 10 map"),
    "dock on an obstacle": ("[7, 3], [7, 4]", "[7, 3], [7, 5]", "docks", "row 7, column 5, which is an obstacle"),
    "dock on a free cell": ("[7, 3], [7, 4]", "[7, 3], [6, 4]", "docks", "row 6, column 4, which is no dock cell"),
    "dock twice": ("[7, 3], [7, 4]", "[7, 3], [7, 3]", "docks", "row 7, column 3, where a dock of Pick 1 is"),
    "dock that no station names": ("[7, 3], [7, 4]", "[7, 3]", None, "dock cells that no station names: 1"),
    "chute outside the map": (
        "cell = [3, 7]",
        "cell = [-2, 7]",
        "cell = [-2",
        "chute north is at row -2, column 7, outside",
    ),
    "chute in its opening": (
        "cell = [3, 7]",
        "cell = [4, 7]",
        "cell = [4",
        "chute north .* which is an obstacle .'O' at .*small.map, line 9, column 8",
    ),
    "two chutes on a cell": (
        "cell = [5, 5]",
        "cell = [3, 7]",
        'cell = [3, 7]\ndestination = "Metz"',
        "chute south .* where chute north is",
    ),
    "chute cell a number": ("cell = [3, 7]", "cell = 27", "cell = 27", "chute.cell is 27; give a cell as"),
    "chute without destination": ('destination = "Lyon"\n', "", "[[chute]]", "chute.destination is missing"),
    "name taken": ('name = "south"', 'name = "north"', None, "the name 'north' is taken"),
    "drop that no chute names": (
        '[[chute]]\nname = "south"\ncell = [5, 5]\ndestination = "Metz"\n',
        "",
        None,
        "drop cells that no chute names: 1",
    ),
    "chute not a table": (
        '[[chute]]\nname = "north"',
        '[chute]\nname = "north"',
        "[chute]",
        "chute is not an array of tables",
    ),
}


@pytest.mark.parametrize("case", BAD_TOML)
def test_a_bad_world_file_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    old, new, at, message = BAD_TOML[case]
    assert old in TOML
    toml = TOML.replace(old, new, 1)
    if case == "chute not a table":
        toml = toml[: toml.index("[[chute]]")]
    path = write_world(tmp_path, toml=toml)
    with pytest.raises(WorldError, match=message) as caught:
        load_world(str(path))
    assert caught.value.remedy
    if at is not None:
        assert caught.value.where.split(", column")[0] == f"{path}, line {line_of(toml, at)}"


def without(*names: str) -> str:
    toml = TOML
    for name in names:
        start = toml.index(name)
        end = toml.find("\n[", start + 2)
        toml = toml[:start] + (toml[end + 1 :] if end > 0 else "")
    return toml


def test_a_world_with_nothing_to_pick_from_is_refused(tmp_path: Path) -> None:
    map_text = MAP.replace("S", "T").replace("D", "@")
    path = write_world(tmp_path, toml=without("[[station]]"), map_text=map_text)
    with pytest.raises(WorldError, match="there is nothing to pick from; add pick faces"):
        load_world(str(path))


def test_a_world_without_chutes_is_refused(tmp_path: Path) -> None:
    path = write_world(tmp_path, toml=without("[[chute]]", "[[chute]]"), map_text=MAP.replace("E", "."))
    with pytest.raises(WorldError, match="there is no chute to drop at; add drop cells"):
        load_world(str(path))


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    toml = TOML.replace("cell_m = 1.5", "cell_m = 0").replace("lead_time_s", "lead_s").replace("[3, 7]", "[0, 0]")
    path = write_world(tmp_path, toml=toml, map_text=MAP.replace("P.TST", "P.T%T"))
    problems = [str(finding) for finding in check_world(str(path))]
    for part in (
        "cell_m is 0",
        "orders.lead_time_s is missing",
        "unknown key orders.lead_s",
        "chute north is at row 0, column 0, which is an obstacle",
        "small.map, line 8, column 5: symbol '%' has no meaning",
        "drop cells that no chute names",
    ):
        assert sum(part in problem for problem in problems) == 1, part
    assert len(problems) == 6


def test_a_malformed_map_is_a_finding_in_the_map_file(tmp_path: Path) -> None:
    path = write_world(tmp_path, map_text=MAP.replace("@..TST...@", "@..TST..@"))
    (finding,) = check_world(str(path))
    assert finding.where == f"{tmp_path / 'small.map'}, line 7, column 10"
    assert finding.severity is Severity.ERROR


def test_a_world_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="there is no such world file"):
        load_world(str(tmp_path / "none.toml"))


def test_an_unknown_world_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(WorldError, match=r"past_park: there is no world of this name; name one of future_park, tiny"):
        find_world("past_park")


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 20_000])
def test_text_that_the_toml_reader_gives_up_on_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WorldError, match=r"is not usable TOML|is not TOML"):
        load_world(str(write_world(tmp_path, toml=text)))


def test_shipped_worlds_are_found_by_name() -> None:
    assert list(shipped_worlds()) == ["future_park", "tiny"]
    assert find_world("tiny") == shipped_worlds()["tiny"]


def test_a_bare_map_is_a_world_of_pick_faces_and_chutes(tmp_path: Path) -> None:
    path = tmp_path / "floor.map"
    path.write_text("type octile\nheight 2\nwidth 6\nmap\n..S@.E\n......\n")
    world = load_world(str(path))
    assert world.name == "floor"
    assert world.pick_faces.tolist() == [2]
    assert [(chute.cell, chute.destination) for chute in world.chutes] == [(5, "E1")]
    assert check_world(str(path)) == []


def test_a_symbol_that_no_movingai_map_has_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "floor.map"
    path.write_text("type octile\nheight 1\nwidth 4\nmap\n.x..\n")
    (finding,) = check_world(str(path))
    assert "line 5, column 2: symbol 'x' has no meaning" in str(finding)


def league(folder: Path, rows: str) -> Path:
    (folder / "floor.map").write_text(f"type octile\nheight 1\nwidth {len(rows)}\nmap\n{rows}\n")
    (folder / "floor.agents").write_text("2\n0\n1\n")
    (folder / "floor.tasks").write_text("1\n1,3\n")
    path = folder / "instance.json"
    path.write_text(
        '{"mapFile": "floor.map", "agentFile": "floor.agents", "teamSize": 2, "taskFile": "floor.tasks",'
        ' "numTasksReveal": 1.5}'
    )
    return path


def test_a_league_instance_is_a_world_with_its_team_size(tmp_path: Path) -> None:
    path = league(tmp_path, "..SE")
    world = load_world(str(path))
    assert (world.name, world.default_robots, world.pick_faces.tolist()) == ("instance", 2, [2])
    assert check_world(str(path)) == []


def test_tasks_that_the_robots_of_an_instance_cannot_reach_are_found(tmp_path: Path) -> None:
    (finding,) = check_world(str(league(tmp_path, "..@.")))
    assert "tasks go where most robots cannot reach: 1, the first at row 0, column 3" in str(finding)
    with pytest.raises(WorldError):
        load_world(str(tmp_path / "instance.json"))


def test_a_broken_instance_is_a_finding(tmp_path: Path) -> None:
    path = league(tmp_path, "..SE")
    path.write_text("{}")
    (finding,) = check_world(str(path))
    assert "the key mapFile is missing" in str(finding)
