"""`futurepark world` on the real command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim_worlds.world_file import load_world
from tests.worlds import TOML, write_world

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.e2e


def futurepark(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fleet", "world", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)


def test_list_names_the_shipped_worlds() -> None:
    done = futurepark("list")
    assert done.returncode == 0
    assert "future_park" in done.stdout
    assert "tiny" in done.stdout


def test_show_counts_what_stands_on_the_floor(tmp_path: Path) -> None:
    done = futurepark("show", "future_park", "--png", str(tmp_path / "floor.png"))
    assert done.returncode == 0, done.stderr
    park = load_world("future_park")
    size = f"{park.layout.height} rows x {park.layout.width} columns"
    for part in (size, str(len(park.pick_faces)), str(len(park.chutes)), str(len(park.parking))):
        assert part in done.stdout
    assert (tmp_path / "floor.png").stat().st_size > 10_000


def test_show_refuses_an_unknown_world() -> None:
    done = futurepark("show", "atlantis")
    assert done.returncode == 2
    assert "there is no world of this name" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_of_a_sound_world_says_so() -> None:
    done = futurepark("check", "tiny")
    assert (done.returncode, done.stdout) == (0, "tiny: 0 errors, 0 warnings\n")


def test_check_lists_every_problem_with_file_line_and_remedy(tmp_path: Path) -> None:
    path = write_world(tmp_path, toml=TOML.replace("cell_m = 1.5", "cell_m = 0").replace("copies = 2", "copies = 0"))
    done = futurepark("check", str(path))
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f"error: {path}, line 4: cell_m is 0; give a number greater than zero",
        f"error: {path}, line 24: slotting.copies is 0; give a whole number, 1 or more",
        f"{path}: 2 errors, 0 warnings",
    ]


def test_new_writes_a_world_that_check_finds_sound(tmp_path: Path) -> None:
    options = ["--aisles", "2", "--blocks", "2", "--rack-length", "4", "--name", "mine", "--pick-stations", "3"]
    made = futurepark("new", "pick_and_sort", "--out", str(tmp_path), *options)
    assert (made.returncode, made.stdout) == (0, f"world: {tmp_path / 'mine.toml'}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.map", "mine.toml"]
    checked = futurepark("check", str(tmp_path / "mine.toml"))
    assert (checked.returncode, checked.stdout) == (0, f"{tmp_path / 'mine.toml'}: 0 errors, 0 warnings\n")


def test_new_refuses_a_bad_parameter(tmp_path: Path) -> None:
    done = futurepark("new", "sortation", "--out", str(tmp_path), "--chute-lane", "1")
    assert done.returncode == 2
    assert "parameter chute_lane: is 1" in done.stderr
    assert not list(tmp_path.iterdir())


def test_new_refuses_a_parameter_of_another_kind(tmp_path: Path) -> None:
    assert futurepark("new", "sortation", "--out", str(tmp_path), "--aisles", "3").returncode == 2
