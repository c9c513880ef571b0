"""Belts carry by friction, as fast as they run, and a photo-eye sees what they carry."""

from __future__ import annotations

import pytest

from twin.cells.cell_world import BoxState, CellWorld
from twin.cells.conveyor import Conveyor
from twin.cells.photo_eye import PhotoEye

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

TOP, WIDTH = 0.65, 0.5
GRAVITY = 9.81
BELT_FRICTION, PARCEL_FRICTION = 1.2, 0.6


class Rig:
    """A belt of 6 m, and one parcel at 0.5 m."""

    def __init__(self, size=(0.3, 0.2, 0.1), mass_kg=1.0):
        self.world = CellWorld()
        self.belt = Conveyor(self.world.client, 0.0, 6.0, WIDTH, TOP)
        self.world.put(1, BoxState(size, mass_kg, (0.5, 0.0, TOP + size[2] / 2), friction=PARCEL_FRICTION))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.world.close()

    @property
    def x(self):
        return self.world.place(1)[0][0]

    def step(self, seconds):
        for _ in range(round(seconds * 240)):
            self.belt.drive()
            self.world.step()


@pytest.mark.parametrize("speed", [0.2, 0.4, 0.8, 1.0])
@pytest.mark.parametrize(
    ("size", "mass_kg"), [((0.3, 0.2, 0.1), 1.0), ((0.3, 0.2, 0.003), 0.05), ((0.4, 0.35, 0.3), 20.0)]
)
def test_what_lies_on_a_belt_goes_as_fast_as_it_to_one_percent(speed, size, mass_kg):
    with Rig(size, mass_kg) as rig:
        rig.belt.run(speed)
        rig.step(0.5)
        begin = rig.x
        rig.step(3.0)
        assert rig.x - begin == pytest.approx(speed * 3.0, rel=0.01)


def test_a_parcel_is_dragged_along_and_stopped_by_friction():
    speed = 1.0
    with Rig() as rig:
        rig.belt.run(speed)
        rig.step(1.0)
        slides = speed**2 / (2 * BELT_FRICTION * PARCEL_FRICTION * GRAVITY)
        assert rig.x == pytest.approx(0.5 + speed * 1.0 - slides, abs=0.01)
        before = rig.x
        rig.belt.run(0.0)
        rig.step(1.0)
        assert rig.x == pytest.approx(before + slides, abs=0.01)
        rest = rig.x
        rig.step(1.0)
        assert rig.x == pytest.approx(rest, abs=1e-5)


def test_the_belt_itself_stays_where_it_is():
    with Rig() as rig:
        rig.belt.run(0.8)
        rig.step(2.0)
        hits = rig.world.client.rayTestBatch([(0.01, 0, 2), (5.99, 0, 2), (-0.01, 0, 2), (6.01, 0, 2)], [
            (0.01, 0, 0.1), (5.99, 0, 0.1), (-0.01, 0, 0.1), (6.01, 0, 0.1)
        ])  # fmt: skip
        assert [hit[0] >= 0 for hit in hits] == [True, True, False, False]


@pytest.mark.parametrize("height", [0.003, 0.2], ids=["letter", "carton"])
def test_an_eye_stops_a_belt_before_a_parcel_falls_off(height):
    with Rig((0.3, 0.2, height)) as rig:
        eye = PhotoEye(rig.world.client, (5.8, -0.248, TOP + 0.002), (5.8, 0.248, TOP + 0.002))
        assert not eye.interrupted
        rig.belt.run(0.8)
        seen_at = None
        for _ in range(240 * 10):
            if eye.interrupted and seen_at is None:
                seen_at = rig.x + 0.15  # its nose
                rig.belt.run(0.0)
            rig.belt.drive()
            rig.world.step()
        assert seen_at == pytest.approx(5.8, abs=0.8 / 240 + 0.001)
        assert 5.8 < rig.x + 0.15 < 6.0
        assert eye.interrupted
