"""Pictures and films of a floor: what is where in them, and that their files are whole."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robots.errors import InputError
from robots.truth import FloorTruth
from sim_worlds.world_file import load_world
from tests.worlds import TOML, write_world
from twin.bullet.camera import OVERVIEW, camera_names, find_camera, pixel
from twin.bullet.film import Film, write_png
from twin.bullet.frames import place
from twin.bullet.scene import Scene, picture

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

SIZE = (320, 240)
ZONE = '\n[[zone]]\nname = "corner"\nrects = [[1, 6, 2, 8]]\n'
TOP_M = 0.3  # of a robot


@pytest.fixture
def world(tmp_path):
    return load_world(str(write_world(tmp_path)))


def floor(*poses, time_s=0.0, displaced=()):
    x, y, theta = np.array(poses, dtype=float).T
    none = np.zeros(len(poses), dtype=np.int32)
    moved = np.isin(np.arange(len(poses)), displaced)
    return FloorTruth(time_s, x, y, theta, moved, *([none] * 7))


def is_blue(colour):
    return colour[2] > 1.4 * colour[0] and colour[2] > 120 and colour[2] > 1.3 * colour[1]


def is_red(colour):
    return colour[0] > 1.8 * colour[2] and colour[0] > 1.8 * colour[1] and colour[0] > 120


def colour_at(image, camera, truth, x, y, z=TOP_M):
    """Colour of the picture where a point of the floor is seen."""
    height, width = image.shape[:2]
    column, row = pixel(camera.view(truth, width / height), place(x, y, z), width, height)
    return image[round(row), round(column)].astype(int)


@pytest.mark.parametrize("name", [OVERVIEW, "Pick 1", "north", "robot:1"])
def test_a_robot_is_seen_where_the_camera_says(world, name):
    """All robots stand on the free row 5 but one; in the way of a camera is nobody."""
    truth = floor((4.0, 8.2, 0.0), (6.0, 8.2, 1.0), (9.75, 8.2, 2.0))
    camera = find_camera(world, name, 3)
    image = picture(world, truth, name, SIZE)
    assert image.shape == (240, 320, 3)
    assert image.dtype == np.uint8
    seen = 0
    for x, y, theta in zip(truth.x_m, truth.y_m, truth.theta_rad, strict=True):
        column, row = pixel(camera.view(truth, 4 / 3), place(x, y, TOP_M), *SIZE)
        if 0 <= column < SIZE[0] and 0 <= row < SIZE[1]:
            seen += 1
            assert is_blue(colour_at(image, camera, truth, x, y))
            nose = 0.72 / 2 - 0.72 / 8
            light = colour_at(image, camera, truth, x + nose * np.cos(theta), y + nose * np.sin(theta), TOP_M + 0.02)
            assert not name.startswith("robot:") or light.min() > 150  # from farther away it is too small
    assert seen >= 1


def test_where_no_robot_is_there_is_floor(world):
    truth = floor((4.0, 8.2, 0.0))
    image = picture(world, truth, OVERVIEW, SIZE)
    colour = colour_at(image, find_camera(world, OVERVIEW, 1), truth, 7.0, 8.2, 0.0)
    assert not is_blue(colour)
    assert colour.min() > 150


def test_the_whole_floor_is_in_the_overview(world):
    truth = floor((4.0, 8.2, 0.0))
    view = find_camera(world, OVERVIEW, 1).view(truth, 4 / 3)
    for x, y in ((0.0, 0.0), (15.0, 0.0), (0.0, 12.0), (15.0, 12.0)):
        column, row = pixel(view, place(x, y), *SIZE)
        assert 0 <= column <= SIZE[0]
        assert 0 <= row <= SIZE[1]


def test_north_is_above_and_east_to_the_right(world):
    view = find_camera(world, OVERVIEW, 1).view(floor((4.0, 8.2, 0.0)), 4 / 3)
    north_west, south_east = (pixel(view, place(x, y), *SIZE) for x, y in ((3.0, 3.0), (9.0, 9.0)))
    assert north_west[0] < south_east[0]
    assert north_west[1] < south_east[1]


def test_a_displaced_robot_is_red_until_it_is_back(world):
    camera = find_camera(world, "robot:0", 1)
    with Scene(world, 1) as scene:
        for displaced, looks in (((), is_blue), ((0,), is_red), ((), is_blue)):
            truth = floor((4.0, 8.2, 0.0), displaced=displaced)
            scene.show(truth)
            assert looks(colour_at(scene.picture(camera, truth, SIZE), camera, truth, 4.0, 8.2))


def test_a_camera_follows_its_robot(world):
    camera = find_camera(world, "robot:0", 1)
    with Scene(world, 1) as scene:
        for x in (4.0, 9.0):
            truth = floor((x, 8.2, 0.0))
            scene.show(truth)
            assert is_blue(scene.picture(camera, truth, SIZE)[SIZE[1] // 2, SIZE[0] // 2].astype(int))


def test_cameras_are_named_after_stations_chutes_and_zones(tmp_path):
    world = load_world(str(write_world(tmp_path, toml=TOML + ZONE)))
    assert camera_names(world) == (OVERVIEW, "Pick 1", "north", "south", "corner")
    corner = find_camera(world, "corner", 0)
    assert (corner.x_m, corner.y_m) == (7.5 * 1.5, 2.0 * 1.5)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Pik 1", "did you mean 'Pick 1'"),
        ("zzz", "use one of overview"),
        ("robot:3", "robot:0 to robot:2"),
        ("robot:x", "robot:0"),
    ],
)
def test_a_camera_that_there_is_not_is_refused_with_a_hint(world, name, hint):
    with pytest.raises(InputError, match=hint):
        find_camera(world, name, 3)


@pytest.mark.parametrize("size", [(0, 10), (10, 5000)])
def test_pictures_of_impossible_sizes_are_refused(world, size):
    with pytest.raises(InputError, match="pixels"):
        picture(world, floor((4.0, 8.2, 0.0)), OVERVIEW, size)


def test_a_png_has_every_pixel(tmp_path):
    image = np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", image)
    with Image.open(tmp_path / "a.png") as read:
        assert (np.asarray(read) == image).all()
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("name", "problem"), [("a.jpg", "ends in .png"), ("nowhere/a.png", "cannot be written")])
def test_a_picture_that_cannot_be_written_is_refused(tmp_path, name, problem):
    with pytest.raises(InputError, match=problem):
        write_png(tmp_path / name, np.zeros((2, 2, 3), dtype=np.uint8))


def test_a_disk_that_fails_leaves_the_old_picture_and_nothing_else(tmp_path, monkeypatch):
    write_png(tmp_path / "a.png", np.zeros((2, 2, 3), dtype=np.uint8))
    before = (tmp_path / "a.png").read_bytes()

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_png(tmp_path / "a.png", np.ones((2, 2, 3), dtype=np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_film_has_a_picture_for_each_moment_that_is_due(world, tmp_path, suffix):
    path = tmp_path / f"run{suffix}"
    film = Film(path, world, 1, camera="robot:0", speed=2.0, frames_per_s=10.0, size=(64, 48))
    for tick in range(11):  # one second, a picture each 0.2 s
        film.add(floor((3.0 + 0.5 * tick, 8.2, 0.3 * tick), time_s=tick * 0.1))
    assert not path.exists()
    film.close()
    film.close()
    with Image.open(path) as read:
        assert read.n_frames == 6
        assert read.size == (64, 48)
        read.seek(1)
        read.load()
        assert read.info["duration"] == 100
    assert [found.name for found in tmp_path.glob("*run*")] == [path.name]


def test_a_film_that_is_given_up_is_not_written(world, tmp_path):
    film = Film(tmp_path / "run.gif", world, 1, size=(64, 48))
    film.add(floor((3.0, 8.2, 0.0)))
    film.drop()
    film.close()
    assert not (tmp_path / "run.gif").exists()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"path": Path("run.mp4")}, ".webp or .gif"),
        ({"speed": 0.0}, "greater than zero"),
        ({"frames_per_s": float("nan")}, "greater than zero"),
        ({"camera": "attic"}, "no camera"),
    ],
)
def test_impossible_films_are_refused(world, more, problem):
    with pytest.raises(InputError, match=problem):
        Film(more.pop("path", Path("run.gif")), world, 1, **more)


def test_a_film_after_a_gap_goes_on_at_its_own_pace(world, tmp_path):
    film = Film(tmp_path / "run.gif", world, 1, frames_per_s=10.0, size=(64, 48))
    for number, time_s in enumerate((0.0, 0.05, 0.1, 7.0, 7.05, 7.1)):
        film.add(floor((3.0 + number, 8.2, 0.0), time_s=time_s))
    film.close()
    with Image.open(tmp_path / "run.gif") as read:
        assert read.n_frames == 4


def test_pictures_are_the_same_again(world):
    truth = floor((4.0, 8.2, 0.0), (6.0, 8.2, 1.0))
    later = replace(truth, time_s=1.0)
    assert (picture(world, truth, OVERVIEW, SIZE) == picture(world, later, OVERVIEW, SIZE)).all()
