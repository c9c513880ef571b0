"""The picture of a floor shows what stands where."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from fleet.report.floor_plan import draw_floor, floor_kinds, save_floor_plan
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from tests.worlds import MAP, TOML, write_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return load_world(str(write_world(tmp_path)))


def test_every_cell_has_the_colour_of_what_stands_there(world: World) -> None:
    kinds = floor_kinds(world)
    by_symbol = {".": 0, "@": 1, "T": 1, "O": 1, "S": 2, "D": 3, "E": 4, "C": 5, "P": 6}
    assert kinds.tolist() == [[by_symbol[symbol] for symbol in row] for row in world.symbols]


def test_rows_run_downwards_and_cells_are_square(world: World) -> None:
    axes = Figure().add_subplot()
    draw_floor(axes, world)
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert axes.get_aspect() == 1.0
    assert axes.get_xlabel() == "column (1 cell = 1.5 m)"


def test_stations_are_named_and_the_legend_can_be_left_out(world: World) -> None:
    axes = Figure().add_subplot()
    draw_floor(axes, world, legend=False)
    assert [text.get_text() for text in axes.texts] == ["Pick 1"]
    assert axes.get_legend() is None
    draw_floor(axes, world)
    assert "station dock" in [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(("docks", "at"), [("[[3, 0], [4, 0]]", (-1, 3.5)), ("[[3, 9], [4, 9]]", (10, 3.5))])
def test_a_station_on_a_side_is_named_beside_its_docks(tmp_path: Path, docks: str, at: tuple[float, float]) -> None:
    rows = MAP.replace("DD", "@@").split("\n")
    column = int(docks[5])
    for number in (7, 8):
        rows[number] = rows[number][:column] + "D" + rows[number][column + 1 :]
    toml = TOML.replace("[[7, 3], [7, 4]]", docks)
    axes = Figure().add_subplot()
    draw_floor(axes, load_world(str(write_world(tmp_path, toml=toml, map_text="\n".join(rows)))))
    (name,) = axes.texts
    assert name.get_position() == at
    assert name.get_rotation() == 0


def test_a_station_in_the_north_is_named_above_its_docks() -> None:
    axes = Figure().add_subplot()
    draw_floor(axes, load_world("tiny"))
    assert [text.get_position() for text in axes.texts] == [(14.5, 1), (14.5, 14)]


def test_the_picture_is_written_as_png(tmp_path: Path, world: World) -> None:
    save_floor_plan(world, tmp_path / "floor.png")
    assert (tmp_path / "floor.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob(".*"))


def test_colours_lie_within_the_legend(world: World) -> None:
    assert np.unique(floor_kinds(world)).tolist() == list(range(7))
