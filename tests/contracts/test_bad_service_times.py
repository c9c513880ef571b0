"""Bad service times are refused on the command line: exit code 2, what, where and what to do, nothing half written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.app.main import main
from sim_worlds.service_times_file import write_service_times
from tests.service_times import service_times
from tests.worlds import write_world
from twin.cells.parcel_sizes import PARCEL_CLASSES

Command = Callable[[Path], list[str]]


def run(services: str) -> Command:
    return lambda folder: [
        *("run", str(folder / "small.toml"), "--for", "10s", "--out", str(folder / "runs")),
        *("--services", services.replace("FOLDER", str(folder))),
    ]


def stations(*arguments: str) -> Command:
    return lambda folder: [
        *("twin", "stations", str(folder / "small.toml")),
        *(argument.replace("FOLDER", str(folder)) for argument in arguments),
    ]


def bare_map(folder: Path) -> list[str]:
    (folder / "bare.map").write_text("type octile\nheight 1\nwidth 3\nmap\nS..\n")
    return ["twin", "stations", str(folder / "bare.map"), "--measure"]


# Name of the case; the command that meets it; words that the message must have: where, what, and what to do.
CASES: dict[str, tuple[Command, list[str]]] = {
    "services that are unknown": (run("quick"), ["--services", "'quick'", "fixed, measured or a file"]),
    "a world that was never measured": (run("measured"), ["--services", "small", "twin stations", "or use fixed"]),
    "service times that are not there": (run("FOLDER/gone.toml"), ["gone.toml", "no such file of service times"]),
    "service times that are a folder": (run("FOLDER/a.toml"), ["a.toml", "is a folder"]),
    "service times that are not TOML": (run("FOLDER/broken.toml"), ["broken.toml, line 1", "is not TOML"]),
    "service times that are a world": (run("FOLDER/small.toml"), ["small.toml, line", "classes is missing"]),
    "service times of other classes": (
        run("FOLDER/other.toml"),
        ["other.toml", "classes are heavy, light", PARCEL_CLASSES[-1], "measure again"],
    ),
    "showing what was never measured": (stations(), ["small.services.toml", "no measured", "--measure"]),
    "measuring nothing": (stations("--measure", "--samples", "0"), ["--samples", "greater than or equal to 1"]),
    "measuring in no process": (
        stations("--measure", "--processes", "0"),
        ["--processes", "greater than or equal to 1"],
    ),
    "a seed below zero": (stations("--measure", "--seed", "-1"), ["--seed", "greater than or equal to 0"]),
    "an arm that is unknown": (stations("--measure", "--arm", "robby"), ["--arm", "robby", "kuka"]),
    "samples without measuring": (stations("--samples", "5"), ["--samples", "add --measure"]),
    "times for no folder": (stations("--measure", "--out", "FOLDER/no/a.toml"), ["a.toml", "cannot be written"]),
    "stations of no world": (lambda _: ["twin", "stations", "nowhere"], ["nowhere", "future_park, tiny"]),
    "measuring a floor without chutes": (bare_map, ["bare.map", "no chute to drop orders at"]),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_service_times_are_refused_with_words(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    write_world(tmp_path)
    write_service_times(tmp_path / "other.toml", service_times(), "a test")
    (tmp_path / "broken.toml").write_text("classes =\n")
    (tmp_path / "a.toml").mkdir()
    make, words = CASES[case]
    command = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code = main(command)
    told = capsys.readouterr()
    assert code == 2, told
    assert "Traceback" not in told.err
    assert told.out == ""
    for word in words:
        assert word in told.err
    assert sorted(tmp_path.rglob("*")) == before
