"""The picture: what is drawn, what is written, and which runs do not fit their world any more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fleet.errors import RunError, SettingError
from fleet.report.floor_plan import save_floor_plan
from fleet.report.heat.congestion import METRICS, count_congestion
from fleet.report.heat.floor_picture import PicturedRun, picture_run
from fleet.report.heat.heatmap import check_world, draw_heatmap, save_heatmap
from sim_worlds.world_file import load_world
from tests.recorded_runs import random_trace, summary_of, tiny_trace

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def world():
    return load_world("tiny")


def picture(trace, metric, name="tiny-7-1"):
    return picture_run(PicturedRun(name, trace, summary_of(trace)), metric)


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def heat(figure):
    """The masked values of the heat layer: the only layer that is no picture of the floor."""
    return next(image for image in figure.axes[0].images if np.ma.isMaskedArray(image.get_array())
                and np.ma.is_masked(image.get_array()))  # fmt: skip


def test_cells_without_a_count_are_transparent_and_the_others_have_their_value(world):
    congestion = count_congestion(tiny_trace(), METRICS["delay"])
    shown = heat(draw_heatmap(picture(tiny_trace(), "delay"), world)).get_array()
    assert np.array_equal(shown.mask, congestion.counts == 0)
    assert np.array_equal(shown.filled(0), congestion.values)


@pytest.mark.parametrize(
    ("metric", "unit"), [("visits", "entries an hour"), ("waits", "robot-seconds of waiting"), ("delay", "lost")]
)
def test_the_colour_bar_has_the_unit(world, metric, unit):
    figure = draw_heatmap(picture(tiny_trace(), metric), world)
    labels = [child.get_xlabel() for child in figure.axes[0].child_axes]
    assert len(labels) == 1
    assert unit in labels[0]


def test_stations_are_named_and_the_worst_spots_numbered_and_listed(world):
    figure = draw_heatmap(picture(tiny_trace(), "delay"), world)
    found = texts(figure)
    assert {"Pick 1", "Induction 1"} <= set(found)
    squares = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    numbers = [text for text in found if text.isdigit()]
    assert 1 <= len(squares) <= 10
    assert sorted(numbers) == sorted([str(number + 1) for number in range(len(squares))] * 2)
    assert any("row " in text and "robot-hours" in text and "tasks/h" in text for text in found)


def test_the_title_says_world_run_robots_window_and_total(world):
    trace = tiny_trace()
    found = " ".join(texts(draw_heatmap(picture(trace, "delay"), world)))
    assert "tiny: where robots lose time" in found
    assert f"run tiny-7-1  |  4 robots  |  0:00:00 to 0:01:00  |  {trace.delayed.sum()} robot-seconds lost" in found
    assert f"{trace.delayed.mean():.1%} of the robots' time" in found


def test_a_run_without_congestion_is_drawn_and_says_so(world):
    trace = tiny_trace()
    calm = replace(trace, delayed=np.zeros_like(trace.delayed))
    assert "none: nothing was counted" in texts(draw_heatmap(picture(calm, "delay"), world))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (40, 1)])
def test_floors_of_any_shape_are_drawn(tmp_path, height, width):
    path = tmp_path / "bare.map"
    rows = "\n".join(["." * width] * height)
    path.write_text(f"type octile\nheight {height}\nwidth {width}\nmap\n{rows}\n", encoding="utf-8")
    trace = random_trace(1, height=height, width=width)
    save_heatmap(tmp_path / "a.png", picture(trace, "waits"), load_world(str(path)))
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)


def test_the_same_run_gives_the_same_picture(world, tmp_path):
    for name in ("a.png", "b.png"):
        save_heatmap(tmp_path / name, picture(tiny_trace(), "visits"), world)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_only_the_picture_is_left_in_its_folder(world, tmp_path):
    save_heatmap(tmp_path / "a.svg", picture(tiny_trace(), "delay"), world)
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_an_interrupt_leaves_no_half_picture(world, tmp_path, monkeypatch):
    def interrupted(_figure, path, **_options):
        path.write_bytes(PNG)
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_heatmap(tmp_path / "a.png", picture(tiny_trace(), "delay"), world)
    assert list(tmp_path.iterdir()) == []


def test_names_with_dollar_signs_are_no_formulas(world, tmp_path):
    stations = tuple(replace(station, name=rf"{station.name} $\{{_$") for station in world.stations)
    chutes = tuple(replace(chute, name=r"$\nothing$") for chute in world.chutes)
    told = replace(world, name="$_$", title="$^$", stations=stations, chutes=chutes)
    save_heatmap(tmp_path / "a.png", picture(tiny_trace(), "delay", name="$_$"), told)
    save_floor_plan(told, tmp_path / "b.png")
    assert all((tmp_path / name).read_bytes().startswith(PNG) for name in ("a.png", "b.png"))


@pytest.mark.parametrize(
    ("name", "says"), [("a.txt", "is no picture file"), ("a", "is no picture file"), ("no/a.png", "cannot be written")]
)
def test_a_file_that_cannot_become_a_picture_is_refused(world, tmp_path, name, says):
    with pytest.raises(SettingError, match=says):
        save_heatmap(tmp_path / name, picture(tiny_trace(), "delay"), world)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_cannot_replace_a_folder(world, tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(SettingError, match="cannot be written"):
        save_heatmap(tmp_path / "a.png", picture(tiny_trace(), "delay"), world)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_run_fits_the_world_that_it_was_made_in(world, tmp_path):
    check_world(tiny_trace(), world, tmp_path)


@pytest.mark.parametrize(
    ("trace", "says"),
    [
        (random_trace(1), "is of a 6 x 8 map, world tiny is now 16 x 26"),
        (random_trace(1, height=16, width=26), "has robots where world tiny now has obstacles"),
    ],
)
def test_a_run_of_a_world_that_has_changed_is_refused(world, tmp_path, trace, says):
    with pytest.raises(RunError, match=says) as caught:
        check_world(trace, world, tmp_path / "trace.npz")
    assert caught.value.where == str(tmp_path / "trace.npz")


def test_a_start_on_an_obstacle_is_refused(world, tmp_path):
    trace = tiny_trace()
    with pytest.raises(RunError, match="now has obstacles"):
        check_world(replace(trace, start_cell=np.zeros_like(trace.start_cell)), world, tmp_path)
