"""Cameras over bays: frames, lenses, what cannot be."""

from __future__ import annotations

from math import pi, radians

import numpy as np
import pytest

from robots.depth_cameras import ROLL_CAGE, Bay, BayCamera, Lens, Mounting
from robots.errors import InputError
from tests.oracles import bay_depth
from twin.cells import roll_cage


def test_a_camera_that_is_not_turned_looks_down_with_y_up_in_its_image():
    assert Mounting(0.0, 0.0, 2.0).axes().tolist() == [[1, 0, 0], [0, -1, 0], [0, 0, -1]]


@pytest.mark.parametrize("turns", [(0.1, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 0.1), (0.3, -0.2, 2.0)])
def test_a_turned_camera_is_turned_about_x_then_y_then_z(turns):
    axes = Mounting(0.0, 0.0, 2.0, *turns).axes()
    expected = [bay_depth.turned(axis, *turns) for axis in ((1, 0, 0), (0, -1, 0), (0, 0, -1))]
    np.testing.assert_allclose(axes, expected, atol=1e-12)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)


def test_a_lens_is_made_by_how_much_it_sees():
    right, down = Lens.opening(320, 240, 90.0).slopes()
    assert right[-1] == pytest.approx(1 - 1 / 320)
    assert right[0] == -right[-1]
    assert down[-1] == pytest.approx(0.75 - 1 / 320)


def test_a_camera_above_a_bay_sees_its_whole_rim():
    for bay in (ROLL_CAGE, Bay(3.0, 1.0, 2.0), Bay(1.0, 3.0, 2.0)):
        camera = BayCamera.above(bay, Lens())
        right, down = camera.lens.slopes()
        rim = camera.mounting.z_m - bay.height_m
        assert right[-1] * rim > bay.length_m / 2
        assert down[-1] * rim > bay.width_m / 2


def test_a_roll_cage_is_as_large_as_those_at_chutes():
    at_chutes = roll_cage.LENGTH_M, roll_cage.WIDTH_M, roll_cage.HEIGHT_M
    assert (ROLL_CAGE.length_m, ROLL_CAGE.width_m, ROLL_CAGE.height_m) == at_chutes
    assert ROLL_CAGE.litres == pytest.approx(896.0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bay(0.0, 1.0, 1.0),
        lambda: Bay(1.0, 1.0, float("nan")),
        lambda: Lens(0, 240),
        lambda: Lens(focal_px=-1.0),
        lambda: Lens.opening(320, 240, degrees=-30.0),
    ],
)
def test_what_cannot_be_is_refused(make):
    with pytest.raises(InputError, match="give"):
        make()


def test_angles_are_radians():
    assert Mounting(0, 0, 1, about_x=radians(180)).axes()[2][2] == pytest.approx(1.0)
    assert Mounting(0, 0, 1, about_z=pi / 2).axes()[0][1] == pytest.approx(1.0)
