"""A body model as its kernels need it: plain numbers for one substep."""

from __future__ import annotations

from math import ceil, exp
from typing import NamedTuple

from robots.battery import percent_of_battery
from robots.model import RobotModel
from twin.fleet_records import Limits, periods_in
from twin.motion import MotionParams
from twin.physics.body_model import BodyModel

RATE_HZ = 240.0
GRAVITY_MPS2 = 9.81
_NEAR_M, _NEAR_RAD = 0.005, 0.003
_MARGIN_M = 0.01
_MESSAGE_TO_WHEELS_S = 0.1  # of MotionParams, which counts the wheels' own lag in


class Chassis(NamedTuple):
    """See BodyModel and RobotModel for what is not said here."""

    dt: float  # of a substep
    half_length: float
    half_width: float
    mass: float
    inertia: float
    arm: float  # from the robot's middle to a wheel
    grip_mps2: float  # most force of one driven wheel on dry floor, for a kilogram of robot
    creep: float
    sideways: float
    drag_mps2: float
    caster: float  # from the robot's middle to a caster
    motor_force: float
    follow: float  # share of the way to what it hears that a wheel's speed goes in a substep
    lag: float  # with which the robot follows what its wheels hear, straight on and in turns; wheels have to slip first
    turn_lag: float
    reaction: float  # until they hear it
    jerk: float
    turn_jerk: float
    payload: float
    load_slowdown: float
    percent_a_joule: float  # of the battery, for work at the wheels
    slip_noise: float
    gyro_noise: float
    marker_noise: float
    marker_noise_rad: float
    marker_range: float
    astray: float  # so far beside its way by its own senses a robot is lost


def substeps(limits: Limits) -> int:
    """Steps of the physics in a period of the firmware, so that each is at most 1 / RATE_HZ seconds long."""
    return ceil(limits.dt * RATE_HZ - 1e-9)


def substep_s(tick_s: float) -> float:
    """Seconds of a step of the physics in ticks of `tick_s`."""
    period_s = tick_s / periods_in(tick_s)
    return period_s / ceil(period_s * RATE_HZ - 1e-9)


def new_chassis(model: RobotModel, body: BodyModel, limits: Limits) -> Chassis:
    """Return the numbers of all robots of a model."""
    dt = limits.dt / substeps(limits)
    arm = body.track_m / 2
    slope = body.traction * body.driven_share * GRAVITY_MPS2 / body.creep_mps  # of both wheels, for a kilogram of robot
    return Chassis(
        dt=dt,
        half_length=model.length_m / 2,
        half_width=model.width_m / 2,
        mass=float(body.mass_kg),
        inertia=float(body.inertia_kgm2),
        arm=arm,
        grip_mps2=body.traction * body.driven_share * GRAVITY_MPS2 / 2,
        creep=float(body.creep_mps),
        sideways=float(body.sideways),
        drag_mps2=body.drag * GRAVITY_MPS2,
        caster=float(body.caster_m),
        motor_force=float(body.motor_force_n),
        follow=1.0 - exp(-dt / body.motor_lag_s) if body.motor_lag_s > 0 else 1.0,
        lag=body.motor_lag_s + 1.0 / slope,
        turn_lag=body.motor_lag_s + body.inertia_kgm2 / (body.mass_kg * slope * arm * arm),
        reaction=reaction_steps(body, dt) * dt,
        jerk=float(body.jerk_mps3),
        turn_jerk=float(body.turn_jerk_radps3),
        payload=float(model.payload_kg),
        load_slowdown=float(body.load_slowdown),
        percent_a_joule=percent_of_battery(model, 1.0, 1.0) / body.efficiency,
        slip_noise=float(body.slip_noise),
        gyro_noise=float(body.gyro_noise_radps),
        marker_noise=float(body.marker_noise_m),
        marker_noise_rad=float(body.marker_noise_rad),
        marker_range=float(body.marker_range_m),
        astray=0.4 * max(limits.cell_m - model.width_m, 0.0) / 2,
    )


def reaction_steps(body: BodyModel, dt: float) -> int:
    """Whole substeps until the wheels hear what they are told."""
    return round(body.reaction_s / dt)


def twin_motion(model: RobotModel, body: BodyModel) -> MotionParams:  # noqa: ARG001 - all models are as exact
    """Return the settings of a SimulatedFleet that fit robots on wheels.

    Their firmware need not allow for a lag: what a robot cannot stop before in time it brakes harder for than planned,
    and is at most 2 cm late. Markers see to it that robots know where they are to about a centimetre.
    """
    return MotionParams(
        position_noise_m=0.0,
        margin_m=_MARGIN_M,
        actuation_s=max(_MESSAGE_TO_WHEELS_S - body.reaction_s - body.motor_lag_s, 0.0),
        near_m=_NEAR_M,
        near_rad=_NEAR_RAD,
    )
