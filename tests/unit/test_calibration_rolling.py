"""The model that calibration fits: what it does is what the body model's words say, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.calibration.excitation import Manoeuvre, Stretch
from twin.calibration.rehearsal import told_log
from twin.calibration.rolling import Course, Rolling
from twin.physics.body_model import BodyModel

BODY, G, ROW_S = BodyModel(), 9.81, 0.01
IDEAL = replace(Rolling.of(BODY), reaction_s=0.0, motor_lag_s=0.0, drag=0.0, give=1e-4, traction=1e3, motor_force_n=1e6)
OFF = (np.nan, np.nan)


def rolled(rolling, *stretches, load_kg=0.0):
    """What the model does; each stretch is seconds and the two wheels' speeds."""
    run = Manoeuvre("", load_kg, tuple(Stretch(seconds, speeds, speeds) for seconds, *speeds in map(_flat, stretches)))
    log = told_log([run], "robot", ROW_S)
    return Course(log, 0, log.rows - 1, BODY).roll(rolling)


def _flat(stretch):
    seconds, speeds = stretch
    return seconds, *speeds


def gained(found, first, last):
    """Mean acceleration of the robot between two rows."""
    return (found.forward[last] - found.forward[first]) / ((last - first) * ROW_S)


def test_an_ideal_robot_is_where_its_wheels_were_told_to_bring_it():
    found = rolled(IDEAL, (0.2, (1.0, 1.0)), (0.2, (0.5, -0.5)), (0.01, (0.0, 0.0)))
    assert found.pose[20] == pytest.approx([0.2, 0.0, 0.0], abs=5e-3)
    assert found.turning[39] == pytest.approx(1.0 / BODY.track_m, rel=1e-3)
    assert found.pose[40, 2] == pytest.approx(0.2 * 1.0 / BODY.track_m, abs=0.02)
    assert found.wheels[39] == pytest.approx([0.5, -0.5], abs=1e-6)


def test_wheels_follow_after_the_reaction_as_a_first_order_lag():
    found = rolled(replace(IDEAL, reaction_s=0.05, motor_lag_s=0.08), (0.3, (0.5, 0.5)))
    t = np.arange(30) * ROW_S
    # The log begins with what it begins with, but at rest.
    way = 0.5 * (t - 0.08 * (1.0 - np.exp(-t / 0.08)))
    assert found.wheels[1:, 0] == pytest.approx(np.diff(way) / ROW_S, abs=2e-3)
    late = rolled(replace(IDEAL, reaction_s=0.05), (0.2, (0.0, 0.0)), (0.2, (0.5, 0.5)))
    assert late.wheels[24, 0] == pytest.approx(0.0, abs=1e-9)
    assert late.wheels[27, 0] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("load_kg", [0.0, 30.0])
def test_slipping_wheels_give_traction_times_the_weight_on_them_whatever_the_load(load_kg):
    found = rolled(replace(IDEAL, traction=0.3), (0.2, (1.0, 1.0)), load_kg=load_kg)
    assert gained(found, 3, 17) == pytest.approx(0.3 * BODY.driven_share * G, rel=1e-3)
    assert found.push == pytest.approx(0.3)
    assert found.wheels[10, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("load_kg", [0.0, 30.0])
def test_motors_at_their_limit_accelerate_the_whole_mass_and_their_wheels_give_way(load_kg):
    found = rolled(replace(IDEAL, motor_force_n=60.0), (0.2, (1.0, 1.0)), load_kg=load_kg)
    assert gained(found, 3, 17) == pytest.approx(120.0 / (BODY.mass_kg + load_kg), rel=1e-3)
    assert found.push_n == pytest.approx(60.0)
    assert found.wheels[10, 0] == pytest.approx(found.forward[10], abs=0.02)


def test_without_motors_rolling_resistance_brakes_and_then_the_robot_stands():
    found = rolled(replace(IDEAL, drag=0.02), (0.1, (0.1, 0.1)), (0.8, OFF))
    assert gained(found, 13, 40) == pytest.approx(-0.02 * G, rel=1e-3)
    assert found.forward[-1] == 0.0
    assert found.wheels[40, 0] == pytest.approx(found.forward[39] - 0.005 * 0.02 * G, abs=1e-3)


def test_below_its_limit_a_wheel_slips_in_proportion_to_what_it_pushes():
    found = rolled(replace(IDEAL, give=0.1, motor_force_n=50.0), (0.2, (1.0, 1.0)))
    weight = BODY.mass_kg * BODY.driven_share * G / 2
    assert found.wheels[15, 0] - found.forward[14:16].mean() == pytest.approx(0.1 * 50.0 / weight, rel=0.02)


def test_scales_make_ways_longer_and_turns_smaller_than_encoders_say():
    straight = rolled(replace(IDEAL, left_scale=1.02, right_scale=1.02), (0.2, (0.5, 0.5)), (0.01, (0.5, 0.5)))
    assert straight.wheels[15] == pytest.approx([0.5, 0.5])
    assert straight.forward[15] == pytest.approx(0.51, rel=1e-4)
    turn = rolled(replace(IDEAL, track_scale=1.05), (0.2, (0.5, -0.5)))
    assert turn.turning[15] == pytest.approx(1.0 / (1.05 * BODY.track_m), rel=1e-4)
    bent = rolled(replace(IDEAL, left_scale=1.02), (0.2, (0.5, 0.5)))
    assert bent.turning[15] == pytest.approx(0.01 / BODY.track_m, rel=1e-3)


def test_one_wheel_at_its_limit_leaves_the_other_what_it_can_give():
    found = rolled(replace(IDEAL, traction=0.3), (0.2, (1.0, 0.0)))
    # Left slips, right holds its wheel still: the robot pivots about it, with the force of one wheel.
    arm = BODY.track_m / 2
    pivoting = BODY.inertia_kgm2 + BODY.mass_kg * arm**2
    push = 0.3 * BODY.driven_share * BODY.mass_kg * G / 2
    assert found.turning[10] / (10 * ROW_S) == pytest.approx(push * BODY.track_m / pivoting, rel=0.02)
