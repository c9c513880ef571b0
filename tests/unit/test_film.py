"""Films: a picture for each part of the run."""

from __future__ import annotations

import sys

import av
import numpy as np
import pytest
from PIL import Image

from fleet.errors import SettingError
from fleet.report.heat.congestion import Window
from fleet.report.heat.film import Film, default_every, save_film
from fleet.report.heat.floor_picture import PicturedRun, picture_change, picture_run
from sim_worlds.world_file import load_world
from tests.recorded_runs import random_trace, summary_of, tiny_trace


def pictured(trace, **window):
    return PicturedRun("tiny-7-1", trace, summary_of(trace), Window(**window))


@pytest.fixture(scope="module")
def run():
    return pictured(tiny_trace())


def mp4_pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def gif_pictures(path):
    with Image.open(path) as film:
        return [np.asarray(film.convert("RGB")) for at in range(film.n_frames) if film.seek(at) is None]


@pytest.mark.parametrize(("name", "read"), [("a.mp4", mp4_pictures), ("a.gif", gif_pictures)])
def test_there_is_a_picture_for_each_part_of_the_run_and_they_differ(run, tmp_path, name, read):
    save_film(tmp_path / name, Film(run, "delay", 20.0), picture_run(run, "delay"), load_world("tiny"))
    pictures = read(tmp_path / name)
    assert len(pictures) == 3
    assert all(picture.std() > 10 for picture in pictures)
    below_the_clock = [picture[len(picture) // 4 :] for picture in pictures]
    assert np.abs(below_the_clock[0].astype(int) - below_the_clock[1]).max() > 50
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_parts_lie_one_after_the_other_and_a_short_rest_is_left_out(run):
    film = Film(pictured(tiny_trace(), from_s=10.0), "visits", 20.0)
    assert film.windows() == [Window(10.0, 30.0), Window(30.0, 50.0)]


def test_the_parts_together_are_the_window(run):
    film = Film(run, "delay", 15.0)
    whole = picture_run(run, "delay").shown.values
    assert np.allclose(sum(film.shown(window).values for window in film.windows()), whole)


def test_the_last_part_may_end_where_the_run_does_but_for_rounding():
    film = Film(pictured(random_trace(1, steps=90, robots=1, step_s=0.7)), "visits", 7.0)
    assert len(film.windows()) == 9
    assert film.shown(film.windows()[-1]).values.sum() >= 0.0


def test_a_film_can_show_what_changed(run, tmp_path):
    other = pictured(tiny_trace(seed=2))
    film = Film(run, "flow", 30.0, other)
    assert film.shown(film.windows()[0]).signed
    save_film(tmp_path / "a.gif", film, picture_change(run, other, "flow"), load_world("tiny"))
    assert len(gif_pictures(tmp_path / "a.gif")) == 2


@pytest.mark.parametrize(
    ("seconds", "every"), [(60, 1.0), (600, 10.0), (1800, 30.0), (7200, 120.0), (3 * 86400, 7200.0)]
)
def test_without_a_word_about_it_a_film_has_at_most_60_pictures(seconds, every):
    assert default_every(pictured(random_trace(1, steps=60, robots=1, step_s=seconds / 60))) == every


def test_a_run_shorter_than_its_least_part_is_one_picture():
    assert default_every(pictured(random_trace(1, steps=3, robots=1, step_s=0.3))) == pytest.approx(0.9)


@pytest.mark.parametrize(("every_s", "says"), [(0.5, "is not between a step, 1 s, and 60 s"), (61.0, "is not between")])
def test_parts_that_the_run_does_not_have_are_refused(run, every_s, says):
    with pytest.raises(SettingError, match=says):
        Film(run, "delay", every_s)


def test_a_film_of_too_many_pictures_is_refused():
    with pytest.raises(SettingError, match="makes 4,000 pictures"):
        Film(pictured(random_trace(1, steps=4000, robots=1, step_s=1.0)), "delay", 1.0)


@pytest.mark.parametrize(("name", "says"), [("a.avi", "is no film file"), ("no/a.mp4", "cannot be written")])
def test_a_file_that_cannot_become_a_film_is_refused(run, tmp_path, name, says):
    with pytest.raises(SettingError, match=says):
        save_film(tmp_path / name, Film(run, "delay", 30.0), picture_run(run, "delay"), load_world("tiny"))
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_for_mp4_the_extra_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SettingError, match=r"futurepark\[video\]"):
        save_film(tmp_path / "a.mp4", Film(run, "delay", 30.0), picture_run(run, "delay"), load_world("tiny"))
