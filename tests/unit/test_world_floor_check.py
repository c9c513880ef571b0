"""What of a floor would make robots fail or jam, and where it says so."""

from pathlib import Path

import pytest

from sim_worlds.check import check_world
from sim_worlds.errors import WorldError
from sim_worlds.finding import Finding, Severity
from sim_worlds.world_file import load_world
from tests.worlds import MAP, TOML, write_world


def findings(folder: Path, map_text: str) -> list[Finding]:
    return check_world(str(write_world(folder, map_text=map_text)))


def test_a_charger_that_is_walled_in_is_found_on_its_line_of_the_map(tmp_path: Path) -> None:
    walled = MAP.replace("@P.TST.E.@\n@C.....O.@\n@P...E...@", "@@@TST.E.@\n@C@....O.@\n@@@..E...@")
    (finding,) = findings(tmp_path, walled)
    assert finding.where == f"{tmp_path / 'small.map'}, line 9, column 2"
    assert "chargers that the rest of the floor cannot reach: 1 (row, column): (4, 1)" in finding.problem
    assert finding.severity is Severity.ERROR


def test_a_world_with_places_cut_off_cannot_be_loaded(tmp_path: Path) -> None:
    split = MAP.replace("@......O.@", "@@@@@@@O@@")
    path = write_world(tmp_path, map_text=split)
    with pytest.raises(WorldError, match="station docks that the rest of the floor cannot reach: 2"):
        load_world(str(path))


def test_every_kind_of_place_that_is_cut_off_is_found_at_once(tmp_path: Path) -> None:
    split = MAP.replace("@......O.@", "@@@@@@@O@@").replace("@C.....O.@\n", "@C@....O.@\n").replace("@P", "@@")
    kinds = [finding.problem.split(" that ")[0] for finding in findings(tmp_path, split)]
    assert kinds == ["station docks", "chargers"]


def test_only_the_first_cells_of_many_are_listed(tmp_path: Path) -> None:
    split = MAP.replace("@........@", "@PPPPPP@@@").replace("@..TST...@", "@@@@@@@@@@")
    (finding,) = (found for found in findings(tmp_path, split) if found.severity is Severity.ERROR)
    assert "6 (row, column): (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), ..." in finding.problem


def test_a_place_that_is_the_only_way_to_another_is_a_warning(tmp_path: Path) -> None:
    dead_end = MAP.replace("@........@", "@...@....@")
    (finding,) = findings(tmp_path, dead_end)
    assert finding.severity is Severity.WARNING
    assert finding.where == f"{tmp_path / 'small.map'}, line 8, column 5"
    assert "pick faces that are the only way to other places" in finding.problem
    assert "1 (row, column): (3, 4); the first cuts off 1" in finding.problem
    assert finding.remedy == "widen the way beside them"


def test_a_world_with_warnings_can_be_loaded(tmp_path: Path) -> None:
    path = write_world(tmp_path, map_text=MAP.replace("@........@", "@...@....@"))
    assert load_world(str(path)).name == "small"


def test_lane_cells_that_no_robot_can_reach_are_a_warning(tmp_path: Path) -> None:
    pocket = MAP.replace("@........@", "@......@.@").replace("@..TST...@", "@..TST.@@@")
    (finding,) = findings(tmp_path, pocket)
    assert finding.severity is Severity.WARNING
    assert "cells that no robot can reach: 1 (row, column): (1, 8)" in finding.problem


def test_a_bare_map_without_a_free_cell_is_found(tmp_path: Path) -> None:
    path = tmp_path / "full.map"
    path.write_text("type octile\nheight 1\nwidth 2\nmap\n@@\n")
    (finding,) = check_world(str(path))
    assert "no cell where a robot may stand" in finding.problem


def test_a_robot_that_cannot_turn_inside_its_cell_is_found(tmp_path: Path) -> None:
    size = 'name = "bulky"\nlength_m = 1.3\nwidth_m = 0.76\n'
    path = write_world(tmp_path, toml=TOML.replace("[robot]\n", "[robot]\n" + size))
    (finding,) = check_world(str(path))
    assert finding.where == f"{path}, cell_m"
    assert (
        "bulky cannot turn inside its cell: its 1.3 m x 0.76 m are 1.506 m across, and cell_m is 1.5" in finding.problem
    )
    assert finding.severity is Severity.ERROR
    with pytest.raises(WorldError, match="cannot turn inside its cell"):
        load_world(str(path))


def test_a_robot_whose_diagonal_is_the_side_of_its_cell_can_turn(tmp_path: Path) -> None:
    toml = TOML.replace("[robot]\n", "[robot]\nlength_m = 1.2\nwidth_m = 0.9\n")
    assert check_world(str(write_world(tmp_path, toml=toml))) == []


def test_a_finding_reads_as_place_problem_and_remedy() -> None:
    finding = Finding("a.toml, line 3", "cell_m is 0", "give a number greater than zero")
    assert str(finding) == "a.toml, line 3: cell_m is 0; give a number greater than zero"
    assert str(finding.as_error()) == str(finding)
