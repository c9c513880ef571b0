"""Calibration against bodies that others simulate: the C firmware's host, Bullet's wheels and the fleet kernel."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from fleet.grid.layout import Layout
from tests.calibration_logs import BODY, HOST_MODEL, ROBOT, HostBody, host_log
from twin.bullet.host import BulletHost
from twin.calibration.excitation import excitation
from twin.calibration.fit import calibrate
from twin.calibration.stepped_drive import STEP_S, new_body, stepped_drive
from twin.physics import _wheels
from twin.physics.chassis import new_chassis

pytestmark = pytest.mark.jit  # fits take minutes with kernels interpreted

FLOOR = Layout(30, 30, np.ones((30, 30), dtype=np.bool_))
TRUTH = replace(
    BODY, reaction_s=6 * STEP_S, motor_lag_s=0.05, drag=0.02, traction=0.45, creep_mps=0.015, motor_force_n=120.0
)
LEFT, RIGHT = 1.004, 0.997
# Each manoeuvre once, and the first again, to be held out.
ONCE = excitation(ROBOT, BODY)[:12]
NAMES = ("reaction_s", "motor_lag_s", "drag", "traction", "motor_force_n")


def estimates_of(log, model=BODY):
    return {one.name: one for one in calibrate([log], model).estimates}


def driven_by(step, bodies):
    return stepped_drive(step, bodies, ONCE, TRUTH, np.random.default_rng(1))


def kernel_step(bodies, dt, now_s):
    _wheels._force(bodies[0], 1.0, now_s, CHASSIS)
    _wheels._move(bodies[0], dt)


CHASSIS = new_chassis(ROBOT, TRUTH, SimpleNamespace(dt=0.1, cell_m=1.0))


def assert_found(estimates):
    for name in NAMES:
        assert estimates[name].identified, name
        assert estimates[name].value == pytest.approx(getattr(TRUTH, name), rel=0.05), name
    for name, truth in (("left_scale", LEFT), ("right_scale", RIGHT), ("track_scale", 1.0)):
        assert estimates[name].value == pytest.approx(truth, abs=0.005), name


def test_known_parameters_are_found_in_logs_of_the_fleet_kernel():
    assert_found(estimates_of(driven_by(kernel_step, new_body(15.0, 15.0, LEFT, RIGHT))))


def test_known_parameters_are_found_in_logs_of_bullets_wheels():
    bodies = new_body(15.0, 15.0, LEFT, RIGHT)
    bodies["elsewhere"] = True
    host = BulletHost(1, ROBOT, TRUTH, FLOOR, 1.0)
    host.take(0, bodies[0])
    log = driven_by(host.step, bodies)
    host.close()
    assert_found(estimates_of(log))


def test_known_parameters_are_found_in_logs_of_the_c_firmwares_host(tmp_path):
    host = HostBody()
    found = estimates_of(host_log(tmp_path, host, ONCE), HOST_MODEL)
    assert found["motor_lag_s"].value == pytest.approx(host.lag_s, rel=0.05)
    assert 2 * found["motor_force_n"].value / HOST_MODEL.mass_kg == pytest.approx(host.acceleration_mps2, rel=0.05)
    for name, truth in (("left_scale", host.left), ("right_scale", host.right), ("track_scale", host.track)):
        assert found[name].value == pytest.approx(truth, abs=5e-4)
    # Its wheels never slip, and it cannot coast.
    for name in ("traction", "drag"):
        assert not found[name].identified
    assert found["traction"].low * 9.81 * BODY.driven_share > 0.95 * host.acceleration_mps2
