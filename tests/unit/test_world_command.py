"""`futurepark world` in this process: what each command prints and returns."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fleet.app import world_command
from sim_worlds.errors import WorldError
from sim_worlds.world_file import load_world
from tests.worlds import MAP, TOML, write_world


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    world_command.register(app)
    result = CliRunner().invoke(app, ["world", *arguments], catch_exceptions=True)
    if isinstance(result.exception, WorldError):
        raise result.exception
    return result.exit_code, result.output


def test_list_shows_the_shipped_worlds() -> None:
    code, output = run("list")
    assert code == 0
    for name in ("future_park", "tiny"):
        layout = load_world(name).layout
        assert name in output
        assert f"{layout.height} x {layout.width}" in output


def test_show_counts_what_stands_on_the_floor(tmp_path: Path) -> None:
    code, output = run("show", str(write_world(tmp_path)), "--png", str(tmp_path / "floor.png"))
    assert code == 0
    for part in ("8 rows x 10 columns, 15 m x 12 m", "2, places to begin for 5", "60 an hour, due after 600 s"):
        assert part in output
    assert "chutes, 2 destinations" in output
    assert (tmp_path / "floor.png").exists()


def test_check_returns_2_for_an_error_and_0_for_a_warning(tmp_path: Path) -> None:
    code, output = run("check", str(write_world(tmp_path, toml=TOML.replace("seed = 7", "seed = -1"))))
    assert code == 2
    assert "error: " in output
    code, output = run("check", str(write_world(tmp_path, map_text=MAP.replace("@........@", "@...@....@"))))
    assert code == 0
    assert "warning: " in output
    assert "0 errors, 1 warnings" in output


@pytest.mark.parametrize("kind", ["pick_and_sort", "sortation"])
def test_new_has_an_option_for_each_parameter(tmp_path: Path, kind: str) -> None:
    options = ["--name", "mine", "--chute-rows", "3", "--destinations", "4", "--station-share", "0.5", "--cell-m", "2"]
    code, output = run("new", kind, "--out", str(tmp_path), *options)
    assert (code, output) == (0, f"world: {tmp_path / 'mine.toml'}\n")
    text = (tmp_path / "mine.toml").read_text()
    assert "cell_m = 2.0\n" in text
    assert "station_share = 0.5\n" in text


def test_new_refuses_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="parameter robots"):
        run("new", "sortation", "--out", str(tmp_path), "--robots", "5000")


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ("", "none"),
        ('lanes = "none"\nturn = 5', "lanes: none; along 20, turn 5"),
        ('lanes = "streets"\nrows = "><"\ncolumns = "v^"', "lanes: streets >< v^; along 20, against 200, turn 1"),
        ("against = 90", "lanes: keep_right; along 20, against 90, turn 1"),
    ],
)
def test_show_says_what_guidance_is_in_force(tmp_path: Path, table: str, shown: str) -> None:
    toml = TOML.replace("[slotting]", f"[guidance]\n{table}\n\n[slotting]") if table else TOML
    _, output = run("show", str(write_world(tmp_path, toml=toml)))
    assert any(line.split(maxsplit=1) == ["guidance", shown] for line in map(str.strip, output.splitlines()))
