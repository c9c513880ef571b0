"""Faults of depth cameras: each does what it says, and none of the others."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from robots.depth_cameras import Lens
from robots.errors import InputError
from tests.bay_scenes import CAMERA
from twin.sensors.depth_faults import DepthFaults, DepthSensor, mounted
from twin.sensors.exact_depth import FLOOR, NOTHING, WALL, ExactDepth

LENS = Lens(200, 150, 100.0)
NONE = DepthFaults.none()


def flat(depth_m=2.0, owner=FLOOR):
    shape = LENS.height, LENS.width
    return ExactDepth(np.full(shape, depth_m), np.full(shape, owner, dtype=np.int32))


def said(exact, seed=1, **faults):
    return DepthSensor(LENS, replace(NONE, **faults), np.random.default_rng(seed)).say(exact)


def lost(image):
    return float(np.isnan(image).mean())


def test_without_faults_a_camera_says_what_is_there():
    exact = flat(owner=3)
    exact.depth_m[:, 100:] = 1.25
    exact.depth_m[5, 5], exact.owner[5, 5] = np.nan, NOTHING
    image = said(exact)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, exact.depth_m.astype(np.float32))


@pytest.mark.parametrize("depth", [1.0, 2.0, 3.0])
def test_noise_grows_with_the_square_of_the_depth(depth):
    image = said(flat(depth), noise_at_1m_m=0.004)
    assert float(np.std(image)) == pytest.approx(0.004 * depth**2, rel=0.03)
    assert float(np.mean(image)) == pytest.approx(depth, abs=0.001)


def test_a_camera_has_one_scale():
    errors = [float(said(flat(), seed, scale=0.01)[0, 0]) / 2.0 - 1.0 for seed in range(50)]
    assert max(map(abs, errors)) <= 0.01
    assert np.std(errors) > 0.003
    assert np.ptp(said(flat(), scale=0.01)) == 0.0


def test_depths_come_in_steps():
    image = said(flat(2.0004), noise_at_1m_m=0.01, quantum_m=0.005)
    np.testing.assert_allclose(image / 0.005, np.rint(image / 0.005), atol=1e-3)


def test_pixels_drop_out_anywhere():
    assert lost(said(flat(), dropout=0.1)) == pytest.approx(0.1, abs=0.01)


def test_walls_let_light_through():
    exact = flat()
    exact.owner[:, :100] = WALL
    image = said(exact, mesh=0.4)
    assert lost(image[:, :100]) == pytest.approx(0.4, abs=0.02)
    assert lost(image[:, 100:]) == 0.0


def test_dark_parcels_are_always_the_same_and_hardly_seen():
    exact = flat()
    exact.owner[:] = np.repeat(np.arange(LENS.width), LENS.height).reshape(LENS.width, -1).T  # a parcel a column
    image = said(exact, dark=0.2, dark_dropout=1.0)
    dark = np.isnan(image).all(axis=0)
    assert float(dark.mean()) == pytest.approx(0.2, abs=0.05)
    assert not np.isnan(image[:, ~dark]).any()
    np.testing.assert_array_equal(np.isnan(said(exact, 2, dark=0.2, dark_dropout=1.0)).all(axis=0), dark)


def test_floors_are_never_dark():
    assert lost(said(flat(), dark=1.0, dark_dropout=1.0)) == 0.0


def test_at_edges_pixels_drop_out_or_mix_both_sides():
    exact = flat(2.0)
    exact.depth_m[:, 100:] = 1.5
    image = said(exact, edge_m=0.05, edge_dropout=0.3, edge_mixed=0.5)
    edge = np.zeros(LENS.width, dtype=np.bool_)
    edge[99] = True
    assert lost(image[:, edge]) == pytest.approx(0.3, abs=0.12)
    between = (image[:, edge] > 1.5) & (image[:, edge] < 2.0)
    assert float(between.mean()) == pytest.approx(0.5, abs=0.12)
    np.testing.assert_array_equal(image[:, ~edge], exact.depth_m[:, ~edge].astype(np.float32))


def test_dirt_stays_where_it_is():
    sensor = DepthSensor(LENS, replace(NONE, dirt=0.1), np.random.default_rng(1))
    first, second = sensor.say(flat()), sensor.say(flat())
    assert 0.1 <= lost(first) < 0.15
    np.testing.assert_array_equal(np.isnan(first), np.isnan(second))


def test_cameras_are_put_up_within_the_tolerance():
    faults = replace(NONE, shift_m=0.03, turn_rad=0.05)
    random = np.random.default_rng(1)
    offsets = np.array([
        np.subtract(astuple(mounted(CAMERA, faults, random).mounting), astuple(CAMERA.mounting)) for _ in range(200)
    ])  # fmt: skip
    most = np.array((0.03,) * 3 + (0.05,) * 3)
    assert (np.abs(offsets) <= most).all()
    assert (np.abs(offsets).max(axis=0) > 0.9 * most).all()
    assert mounted(CAMERA, NONE, random) == CAMERA


def test_the_same_seed_gives_the_same_image():
    np.testing.assert_array_equal(
        *(DepthSensor(LENS, DepthFaults(), np.random.default_rng(4)).say(flat(owner=1)) for _ in "ab")
    )


@pytest.mark.parametrize(
    "change", [{"dropout": 1.1}, {"dirt": -0.1}, {"noise_at_1m_m": -1.0}, {"turn_rad": float("nan")}]
)
def test_faults_that_cannot_be_are_refused(change):
    with pytest.raises(InputError, match="cannot be"):
        replace(NONE, **change)
