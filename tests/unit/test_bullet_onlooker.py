"""What a run leaves to be looked at, as `--camera`, `--png`, `--film` and `--gui` ask for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robots.errors import InputError
from robots.truth import FloorTruth
from sim_worlds.world_file import load_world
from tests.worlds import write_world
from twin.bullet import onlooker as module
from twin.bullet.client import BulletError
from twin.bullet.onlooker import Onlooker

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")


@pytest.fixture
def world(tmp_path):
    folder = tmp_path / "world"
    folder.mkdir()
    return load_world(str(write_world(folder)))


def floor(time_s, x=4.0):
    none = np.zeros(1, dtype=np.int32)
    return FloorTruth(time_s, np.array([x]), np.array([8.2]), np.zeros(1), np.zeros(1, bool), *([none] * 7))


def test_a_run_leaves_a_picture_of_its_end_and_a_film(world, tmp_path):
    png, film = tmp_path / "end.png", tmp_path / "run.gif"
    looking = Onlooker(world, 1, camera="Pick 1", png=png, film=film, film_speed=5.0)
    for tick in range(11):
        looking.see(floor(0.1 * tick, 4.0 + 0.2 * tick))
    assert not png.exists()
    looking.close(floor(1.0, 6.0))
    with Image.open(png) as picture, Image.open(film) as frames:
        assert picture.size == frames.size == (640, 480)
        assert frames.n_frames == 3


def test_a_run_that_failed_leaves_nothing(world, tmp_path):
    looking = Onlooker(world, 1, png=tmp_path / "end.png", film=tmp_path / "run.gif")
    looking.see(floor(0.0))
    looking.close(None)
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_without_a_wish_it_looks_at_nothing(world):
    looking = Onlooker(world, 1)
    looking.see(floor(0.0))
    looking.close(floor(0.0))


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ({"camera": "overview"}, "with --png, --film or --gui"),
        ({"camera": "attic", "png": Path("end.png")}, "no camera 'attic'"),
        ({"png": Path("end.jpg")}, "ends in .png"),
        ({"film": Path("run.avi")}, "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused_before_the_run(world, wish, problem):
    with pytest.raises(InputError, match=problem):
        Onlooker(world, 1, **wish)


def test_a_window_shows_the_run_until_somebody_closes_it(world, monkeypatch):
    shown = []

    class Window:
        is_open = True

        def __init__(self, world, robots, *, window):
            assert window

        def show(self, truth):
            shown.append(truth.time_s)

        def look_from(self, camera, truth):
            shown.append(camera.name)

        def close(self):
            shown.append("closed")

    monkeypatch.setattr(module, "Scene", Window)
    looking = Onlooker(world, 1, camera="robot:0", window=True)
    looking.see(floor(0.0))
    Window.is_open = False
    looking.see(floor(0.1))
    looking.close(floor(0.1))
    assert shown == [0.0, "robot:0", "closed"]


def test_a_window_that_cannot_be_opened_gives_the_film_up(world, monkeypatch, tmp_path):
    def no_display(world, robots, *, window):
        raise BulletError("--gui", "there is no display", "go without")

    monkeypatch.setattr(module, "Scene", no_display)
    with pytest.raises(InputError, match="no display"):
        Onlooker(world, 1, film=tmp_path / "run.gif", window=True)
    assert not (tmp_path / "run.gif").exists()
