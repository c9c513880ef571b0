"""Our frame and Bullet's: x east, y south and clockwise here; y north, z up and counter-clockwise there."""

from __future__ import annotations

from math import cos, pi, sin

import pytest

from twin.bullet.frames import Motion, attitude, motion_of, place, velocities

LEVEL = 0.15  # metres from the floor to the centre of a body

MOTIONS = {
    "at rest": Motion(3.0, 4.0, 0.0, 0.0, 0.0, 0.0),
    "to the south": Motion(1.0, 2.0, pi / 2, 0.7, 0.0, 0.0),
    "askew": Motion(5.0, 1.0, 2.2, 0.4, -0.3, 1.5),
    "after two turns back": Motion(5.0, 1.0, -13.0, 0.4, 0.1, -2.0),
}


def test_south_of_our_floor_is_down_on_bullets_map():
    assert place(2.0, 3.0, 0.5) == (2.0, -3.0, 0.5)


def test_who_faces_south_and_drives_goes_to_minus_y():
    velocity, spin = velocities(Motion(0.0, 0.0, pi / 2, 1.0, 0.0, 0.0))
    assert velocity == pytest.approx((0.0, -1.0, 0.0))
    assert spin == (0.0, 0.0, 0.0)


def test_clockwise_here_is_to_the_right_there():
    assert velocities(Motion(0.0, 0.0, 0.0, 0.0, 0.0, 2.0))[1] == (0.0, 0.0, -2.0)
    x, y, z, w = attitude(pi / 2)
    assert (x, y) == (0.0, 0.0)
    assert (z, w) == pytest.approx((-sin(pi / 4), cos(pi / 4)))


def test_sideways_is_to_the_right():
    """Facing east, the right is the south."""
    assert velocities(Motion(0.0, 0.0, 0.0, 0.0, 1.0, 0.0))[0] == pytest.approx((0.0, -1.0, 0.0))


@pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS.keys())
def test_there_and_back_is_the_same_motion(motion):
    seen = motion_of(
        place(motion.x, motion.y, LEVEL), attitude(motion.theta), *velocities(motion), LEVEL, motion.theta + 0.1
    )
    assert seen == pytest.approx(motion)


def test_headings_count_turns():
    a_bit_on = motion_of((0.0, 0.0, LEVEL), attitude(0.05), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), LEVEL, 4 * pi - 0.05)
    assert a_bit_on.theta == pytest.approx(4 * pi + 0.05)


def test_a_body_that_nods_stays_where_it_is_on_the_floor():
    """Its centre goes forward by nodding over the point below it, which stands still."""
    nod, rate = 0.1, 0.5
    centre = (2.0 + LEVEL * sin(nod), -1.0, LEVEL * cos(nod))
    velocity = (LEVEL * rate * cos(nod), 0.0, -LEVEL * rate * sin(nod))
    seen = motion_of(centre, (0.0, sin(nod / 2), 0.0, cos(nod / 2)), velocity, (0.0, rate, 0.0), LEVEL, 0.0)
    assert seen == pytest.approx(Motion(2.0, 1.0, 0.0, 0.0, 0.0, 0.0), abs=1e-12)
