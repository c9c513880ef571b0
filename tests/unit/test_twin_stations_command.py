"""`futurepark twin stations` in this process, on cells whose times are set: table, JSON, file, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from fleet.app import station_measuring, twin_stations_command
from fleet.app.errand_loads import ErrandLoads, errand_loads
from fleet.app.station_measuring import MeasureParams, MeasuringError, measure_stations
from robots.errors import InputError
from sim_worlds.service_times import PlaceKind
from sim_worlds.service_times_file import read_service_times
from sim_worlds.world_file import load_world, shipped_worlds
from tests.orders import SHIPPED_ORDERS
from tests.timed_cell import TimedCell
from tests.worlds import TOML, write_world
from twin.cells.parcel_sizes import PARCEL_CLASSES

app = typer.Typer()
app.callback()(lambda: None)
twin_stations_command.register(app)


@pytest.fixture(scope="module")
def loads() -> ErrandLoads:
    """It takes a second to split all orders."""
    return errand_loads(load_world("future_park"))


@pytest.fixture
def _cells(monkeypatch: pytest.MonkeyPatch, loads: ErrandLoads) -> None:
    """Cells in which parcels take a second for each kilogram."""
    monkeypatch.setattr(station_measuring, "errand_loads", lambda _: loads)
    monkeypatch.setattr(station_measuring, "_new_cell", lambda one: TimedCell(settle_s=0.0, room=10_000))
    monkeypatch.setattr(station_measuring, "_retried", TimedCell.retried)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_world(tmp_path)


def stations(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["stations", *map(str, arguments)])


def measure(world: object, *options: object) -> Result:
    return stations(world, "--measure", "--processes", "1", "--samples", "3", *options)


@pytest.mark.usefixtures("_cells")
def test_it_measures_what_the_world_has_and_writes_it_beside_the_world(world: Path) -> None:
    result = measure(world, "--seed", "4")
    assert result.exit_code == 0, result.output
    path = world.with_name("small.services.toml")
    assert path.read_text().splitlines()[0] == (
        f"# Written by: futurepark twin stations {world} --measure --samples 3 --seed 4 --arm kuka"
    )
    times = read_service_times(path)
    assert times.classes == PARCEL_CLASSES
    assert set(times.kinds) == {PlaceKind.PICK, PlaceKind.DROP}  # the world has no induction
    light, heavy = (times.kinds[PlaceKind.PICK][name] for name in ("small", "heavy"))
    assert heavy.first_s[0] > 2.0 > light.first_s[-1]  # a second to retract, and one for each kilogram
    for text in ("kuka pick cell, seed 4, futurepark", "drop: drop cell, seed 4", "heavy", "medium", str(path)):
        assert text in result.output


@pytest.mark.usefixtures("_cells")
def test_without_measure_it_shows_the_file_that_is_there(world: Path) -> None:
    told = measure(world, "--json")
    shown = stations(world, "--json")
    assert json.loads(shown.stdout) == json.loads(told.stdout)
    document = json.loads(shown.stdout)
    assert (document["world"], document["file"]) == ("small", str(world.with_name("small.services.toml")))
    assert len(document["services"]) == 2 * len(PARCEL_CLASSES)
    first = document["services"][0]
    assert (first["place"], first["class"], first["services"]) == ("pick", "heavy", 3)
    assert {"units", "mean_s", "p5_s", "p50_s", "p95_s", "retried", "recovered", "refused", "by"} < set(first)


@pytest.mark.usefixtures("_cells")
def test_the_seed_decides_what_is_measured(world: Path) -> None:
    files = []
    for seed in (1, 1, 2):
        assert measure(world, "--seed", seed).exit_code == 0
        files.append(world.with_name("small.services.toml").read_text().split("\n", 1)[1])
    assert files[0] == files[1]
    assert files[0].replace("seed 1", "") != files[2].replace("seed 2", "")


@pytest.mark.usefixtures("_cells")
def test_times_of_a_shipped_world_are_written_to_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert measure("tiny", "--arm", "panda").exit_code == 0
    times = read_service_times(tmp_path / "tiny.services.toml")
    assert set(times.kinds) == {PlaceKind.PICK, PlaceKind.INDUCTION, PlaceKind.DROP}
    assert times.kinds[PlaceKind.PICK]["flat"].measured.by.startswith("panda pick cell")
    assert measure("tiny", "--out", "other.toml").exit_code == 0
    assert (tmp_path / "other.toml").exists()


def test_loads_are_those_of_real_errands_alone_where_a_class_never_is_the_first_of_a_load(loads: ErrandLoads) -> None:
    units = [sum(number for _, number in load) for of in loads.picks.values() for load in of]
    with SHIPPED_ORDERS.open(newline="") as file:
        assert sum(units) == sum(int(row["quantity"]) for row in csv.DictReader(file))
    assert all(len(load) == 1 for of in loads.picks.values() for load in of)
    assert loads.drops["large"] == loads.picks["large"]
    dropped = sum(number for name, of in loads.drops.items() if name != "large" for load in of for _, number in load)
    assert dropped == sum(units)


@pytest.mark.usefixtures("_cells")
def test_units_are_those_of_real_errands() -> None:
    times = measure_stations(load_world("future_park"), MeasureParams(samples=60), lambda *_: None)
    mean_units = {
        kind: sum(of.measured.units for of in by_class.values()) / sum(of.measured.services for of in by_class.values())
        for kind, by_class in times.kinds.items()
    }
    assert 1.5 < mean_units[PlaceKind.PICK] < 3.0
    assert 3.0 < mean_units[PlaceKind.DROP] < 9.0


@pytest.mark.usefixtures("_cells")
def test_a_class_that_no_cell_takes_is_an_error(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(station_measuring, "_new_cell", lambda one: TimedCell(room=0))
    with pytest.raises(InputError, match="no load of class heavy can be handled in a pick cell; choose another arm"):
        measure_stations(load_world(str(world)), MeasureParams(samples=2), lambda *_: None)


def test_a_class_that_no_robot_carries_is_an_error(tmp_path: Path) -> None:
    world = write_world(tmp_path, toml=TOML.replace("totes = 2", "payload_kg = 0.5"))
    with pytest.raises(InputError, match="no robot can carry a parcel of class heavy"):
        measure_stations(load_world(str(world)), MeasureParams(samples=2), lambda *_: None)


@pytest.mark.usefixtures("_cells")
def test_a_process_that_is_lost_is_said(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    def broken(*_: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr(ProcessPoolExecutor, "map", broken)
    with pytest.raises(MeasuringError, match="has died; take fewer --processes"):
        measure_stations(load_world(str(world)), MeasureParams(samples=2, processes=2), lambda *_: None)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--samples", "5"), "--samples: is of measuring; add --measure"),
        (("--out", "a.toml"), "--out: is of measuring"),
        (("--arm", "panda"), "--arm: is of measuring"),
        ((), "small.services.toml: there are no measured service times; add --measure to make them"),
        (("--measure", "--out", "gone/a.toml"), "a.toml: cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(world: Path, arguments: tuple[str, ...], says: str) -> None:
    result = stations(world, *arguments)
    assert isinstance(result.exception, InputError)
    assert says in str(result.exception)
    assert not list(world.parent.glob("*.services.toml"))


def test_times_of_another_make_of_parcels_are_not_shown(world: Path) -> None:
    world.with_name("small.services.toml").write_text('classes = ["big"]\n')
    assert isinstance(stations(world).exception, InputError)


def test_a_file_of_service_times_is_no_world() -> None:
    assert not [name for name in shipped_worlds() if "services" in name]
