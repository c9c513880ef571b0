"""`futurepark heatmap`: its options, the file it writes, and what it refuses."""

from __future__ import annotations

from math import inf

import pytest
import typer
from typer.testing import CliRunner

from fleet.app import heatmap_command
from fleet.app.heatmap_command import parse_window
from fleet.errors import RunError, SettingError
from fleet.report.heat.congestion import DEFAULT_METRIC, Window
from sim_worlds.errors import WorldError
from tests.recorded_runs import random_trace, tiny_trace, write_run


@pytest.fixture
def app():
    made = typer.Typer()
    heatmap_command.register(made)
    return made


def call(app, *arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("text", "window"),
    [
        (":", Window(-inf, inf)),
        ("10m:20m", Window(600.0, 1200.0)),
        ("90s:", Window(90.0, inf)),
        (":1h", Window(-inf, 3600.0)),
        ("0:90", Window(0.0, 90.0)),
        (" 1.5m : 2m ", Window(90.0, 120.0)),
    ],
)
def test_a_window_is_two_durations_of_which_either_may_be_left_out(text, window):
    assert parse_window(text) == window


@pytest.mark.parametrize("text", ["", "10m", "1:2:3", "a:b", "10m:5m", "5m:5m", "-1:3"])
def test_anything_else_is_no_window(text):
    with pytest.raises(SettingError) as caught:
        parse_window(text)
    assert caught.value.where == "--window"


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ((), "heatmap.png"),
        (("--metric", DEFAULT_METRIC), "heatmap.png"),
        (("--metric", "visits"), "heatmap-visits.png"),
        (("--window", "10s:40s"), f"heatmap-{DEFAULT_METRIC}-10s-40s.png"),
        (("--metric", "waits", "--window", "30s:"), "heatmap-waits-30s-.png"),
        (("--metric", "flow"), "heatmap-flow.png"),
    ],
)
def test_the_picture_goes_into_the_run_directory_and_its_path_is_printed(app, tmp_path, options, file):
    run = write_run(tmp_path)
    result = call(app, run, *options)
    assert result.exit_code == 0
    assert result.output.strip() == str(run / file)
    assert (run / file).stat().st_size > 10_000


def test_the_picture_goes_where_it_should(app, tmp_path):
    call(app, write_run(tmp_path), "--out", tmp_path / "here.png")
    assert (tmp_path / "here.png").is_file()


def test_a_difference_goes_beside_the_picture_and_names_the_other_run(app, tmp_path):
    run, other = write_run(tmp_path), write_run(tmp_path, tiny_trace(seed=2))
    result = call(app, run, "--against", other, "--window", "10s:")
    assert result.output.strip() == str(run / f"heatmap-delay-10s--against-{other.name}.png")
    assert (run / f"heatmap-delay-10s--against-{other.name}.png").stat().st_size > 10_000


def test_a_film_goes_where_it_should_and_its_path_is_printed(app, tmp_path):
    film = tmp_path / "film.gif"
    result = call(app, write_run(tmp_path), "--film", film, "--every", "30s")
    assert result.output.strip() == str(film)
    assert film.read_bytes().startswith(b"GIF89a")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--metric", "speed"), SettingError),
        (("--window", "5m"), SettingError),
        (("--window", "2h:3h"), SettingError),
        (("--out", "picture.docx"), SettingError),
        (("--film", "film.mp3"), SettingError),
        (("--film", "film.gif", "--out", "picture.png"), SettingError),
        (("--film", "film.gif", "--every", "2m"), SettingError),
        (("--every", "10s"), SettingError),
        (("--against", "nowhere"), RunError),
    ],
)
def test_wrong_options_are_refused_and_nothing_is_written(app, tmp_path, options, error):
    run = write_run(tmp_path)
    before = sorted(run.iterdir())
    with pytest.raises(error):
        call(app, run, *options)
    assert sorted(run.iterdir()) == before


def test_what_is_no_run_directory_is_refused(app, tmp_path):
    with pytest.raises(RunError):
        call(app, tmp_path / "nowhere")


def test_a_run_whose_world_is_gone_is_refused(app, tmp_path):
    with pytest.raises(WorldError, match="made_up"):
        call(app, write_run(tmp_path, random_trace(1)))


def test_a_run_in_which_the_world_was_another_one_is_refused(app, tmp_path):
    with pytest.raises(RunError, match="now has obstacles"):
        call(app, write_run(tmp_path, random_trace(1, height=16, width=26, world="tiny")))
