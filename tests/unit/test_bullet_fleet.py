"""A fleet on wheels some of whose robots Bullet simulates for a while: handed over and taken back as they drive."""

from __future__ import annotations

from dataclasses import replace
from math import pi, remainder

import numpy as np
import pytest

from benchmarks import fidelity
from benchmarks.benchmark import Options
from fleet.grid.layout import Layout
from robots.model import RobotModel
from tests.driven_fleet import CW, FORWARD, HEIGHT, WIDTH, DrivenFleet
from twin.bullet.host import BulletHost
from twin.physics.body_model import BodyModel
from twin.physics.chassis import twin_motion
from twin.physics.wheeled import wheeled

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

FLOOR = Layout(HEIGHT, WIDTH, np.ones(WIDTH * HEIGHT, bool))
MODEL, BODY_MODEL = RobotModel(), BodyModel()
MOTION = replace(twin_motion(MODEL, BODY_MODEL), actuation_s=0.0, speed_spread=0.0)


class HostedFleet(DrivenFleet):
    """Robots on wheels; `wheels` are their bodies."""

    def __init__(self, cells, *bases):
        self.host = BulletHost(len(cells), MODEL, BODY_MODEL, FLOOR, 1.0)

        def bodies(robots, floor, limits):
            self.wheels = wheeled(FLOOR, MODEL, BODY_MODEL, 1, self.host)(robots, floor, limits)
            return self.wheels

        super().__init__(cells, *bases, motion=MOTION, bodies=bodies)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.close()
        self.host.close()

    def pose(self, robot=0):
        """x, y and theta, which is near 0 for a robot that faces east."""
        theta = float(self.truth.theta_rad[robot])
        return np.array([self.truth.x_m[robot], self.truth.y_m[robot], remainder(theta, 2 * pi)])


def test_a_robot_is_handed_over_and_taken_back_as_it_drives():
    with HostedFleet([8], [FORWARD] * 5) as fleet:
        places = [fleet.pose()[0]]
        for seconds, change in ((1.5, fleet.wheels.hand_over), (1.5, fleet.wheels.take_back), (0.2, None)):
            for _ in range(round(seconds / 0.05)):
                fleet.tick()
                places.append(fleet.pose()[0])
            if change is not None:
                change(0)
        fleet.until(fleet.done)
        assert np.diff(places).max() < 1.05 * MODEL.max_speed_mps * 0.05
        assert np.diff(places).min() > -0.001
        assert fleet.pose() == pytest.approx([5.5, 1.5, 0.0], abs=0.006)


def test_a_robot_in_bullet_carries_out_its_base_like_any_other():
    with HostedFleet([8, 32], [FORWARD, FORWARD, CW, FORWARD], [FORWARD, FORWARD, CW, FORWARD]) as fleet:
        fleet.wheels.hand_over(0)
        fleet.until(fleet.done)
        fleet.wait(0.5)
        assert fleet.pose(0) == pytest.approx([2.5, 2.5, np.pi / 2], abs=0.012)
        assert fleet.pose(0) + np.array([0.0, 3.0, 0.0]) == pytest.approx(fleet.pose(1), abs=0.015)
        assert not fleet.truth.displaced.any()


@pytest.mark.parametrize("fresh", [True, False], ids=["another fleet", "the same fleet"])
def test_a_fleet_that_resumes_a_checkpoint_has_its_robot_in_bullet_again(fresh):
    base = [FORWARD, CW, FORWARD]
    with HostedFleet([8], base) as fleet, HostedFleet([8], base) as other:
        fleet.wheels.hand_over(0)
        fleet.wait(1.7)
        then = fleet.driver.checkpoint()
        fleet.wait(1.0)
        pose = fleet.pose()
        again = other if fresh else fleet
        again.driver.stop()
        again.state = again.driver.resume(then)
        assert again.wheels.bodies["elsewhere"].all()
        again.wait(1.0)
        assert (again.pose() == pose).all()
        again.until(again.done)
        again.wait(0.5)
        assert again.pose() == pytest.approx([1.5, 2.5, np.pi / 2], abs=0.012)


def test_kernel_and_bullet_agree_on_grippy_floor(monkeypatch):
    """The goals of the twin: 5 mm in 3 m, here in 2 m; 0.1 degree in a turn. On the way too."""
    few = {"straight": fidelity._MANOEUVRES["3 m straight"][:2], "turn": fidelity._MANOEUVRES["quarter turn"]}
    monkeypatch.setattr(fidelity, "_MANOEUVRES", few)
    report = fidelity.run(Options(full=False, say=lambda _: None, instances=None))
    grippy, slippery = report.tables
    assert [row[0] for row in grippy.rows] == ["straight", "straight", "turn", "turn"]
    assert len(slippery.rows) == 4
    for row in grippy.rows:
        figures = dict(zip(grippy.columns, row, strict=True))
        assert figures["at the end, mm"] <= 5.0
        assert figures["at the end, deg"] <= 0.1
        assert figures["beside its way, mm"] <= 5.0
        assert abs(figures["later, s"]) <= 0.2
