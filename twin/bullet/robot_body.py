"""A differential-drive robot as a multibody of Bullet: two driven wheels on revolute joints, and two casters.

Four contacts on a plane share a weight in many ways, and two wheels on an axle a sideways force: an iterating solver
finds one of them, another in each step, and wheels slip for no reason. So worlds with such robots use the direct solver
(Dantzig) with a compliance that all its rows have (CFM, m/s a newton). It makes the answer unique, and it means
something: a wheel that pushes creeps, in proportion, and has all its traction at `BodyModel.creep_mps`. How far each
contact gives under its load (its ERP) shares the weight between wheels and casters as the model says. The compliance is
one for all robots of a world, so it fits their mean load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin
from typing import Final

from robots.model import RobotModel
from twin.bullet.client import BulletClient
from twin.bullet.frames import Motion, Quaternion, Vector, attitude, motion_of, place, velocities
from twin.physics.body_model import BodyModel

GRAVITY_MPS2: Final = 9.81
STATE: Final = 17  # numbers of `RobotBody.state`
_LINKS: Final = 4
_WHEELS: Final = (0, 1)  # left and right; the others are the casters before and behind
_CENTRE_M: Final = 0.15  # height of the centre of mass
_CLEARANCE_M, _BODY_HEIGHT_M = 0.05, 0.25
_WHEEL_KG, _CASTER_KG = 1.0, 0.1
_CASTER_M: Final = 0.03  # radius
_LEAST_ON_CASTERS: Final = 0.05  # share of the weight
_GIVE: Final = 0.5  # share of its depth that contacts under a robot push back in a step, all four together
_STIFF: Final = 1e6  # N/m; in the direct solver only its ratio to the damping counts, which is the ERP


@dataclass(slots=True)
class RobotBody:
    """A robot in a world that `prepare` has prepared.

    theta    where it faces, radians, not wrapped; `seen` keeps it up to date
    """

    client: BulletClient
    number: int
    model: BodyModel
    theta: float
    load_kg: float

    def drive(self, left: float, right: float, force_left: float, force_right: float) -> None:
        """Have the motors bring the wheels to these speeds of their treads, m/s, with at most these forces, N."""
        radius = self.model.wheel_radius_m
        self.client.setJointMotorControlArray(
            self.number,
            _WHEELS,
            self.client.VELOCITY_CONTROL,
            targetVelocities=(left / radius, right / radius),
            forces=(force_left * radius, force_right * radius),
        )

    def set_grip(self, grip: float) -> None:
        """Let the floor give the wheels `grip` times their traction from now on.

        Bullet's direct solver bounds friction along x and y, each for itself: along a slanting heading wheels and
        casters would have up to 1.4 times their friction, which is taken off here.
        """
        slant = abs(cos(self.theta)) + abs(sin(self.theta))
        for link in range(_LINKS):
            friction = self.model.traction * grip if link in _WHEELS else self.model.drag / _caster_share(self.model)
            self.client.changeDynamics(self.number, link, lateralFriction=friction / slant)

    def set_load(self, load_kg: float) -> None:
        """Let it carry so much, see BodyModel."""
        model = self.model
        mass = model.mass_kg + load_kg
        upright = model.inertia_kgm2 * mass / model.mass_kg
        wheels = 2 * _WHEEL_KG * (model.wheel_radius_m**2 / 2 + (model.track_m / 2) ** 2)
        casters = 2 * _CASTER_KG * (_CASTER_M**2 / 2 + model.caster_m**2)
        self.client.changeDynamics(
            self.number,
            -1,
            mass=mass - 2 * _WHEEL_KG - 2 * _CASTER_KG,
            localInertiaDiagonal=(upright / 2, upright / 2, max(upright - wheels - casters, upright / 10)),
        )
        self.load_kg = load_kg

    def seen(self) -> Motion:
        """Where its origin is on the floor, and how it moves."""
        position, rotation = self.client.getBasePositionAndOrientation(self.number)
        velocity, spin = self.client.getBaseVelocity(self.number)
        motion = motion_of(position, rotation, velocity, spin, _CENTRE_M, self.theta)
        self.theta = motion.theta
        return motion

    def wheels(self) -> tuple[float, float, float, float]:
        """Speeds of the treads of the left and the right wheel, m/s, and the forces of their motors there, N."""
        radius = self.model.wheel_radius_m
        (_, left, _, torque_left), (_, right, _, torque_right) = self.client.getJointStates(self.number, _WHEELS)
        return left * radius, right * radius, torque_left / radius, torque_right / radius

    def state(self) -> tuple[float, ...]:
        """All that goes on in it, for `restore`: STATE numbers."""
        position, rotation = self.client.getBasePositionAndOrientation(self.number)
        velocity, spin = self.client.getBaseVelocity(self.number)
        joints = self.client.getJointStates(self.number, _WHEELS)
        return (*position, *rotation, *velocity, *spin, *(value for joint in joints for value in joint[:2]))

    def restore(self, state: Sequence[float]) -> None:
        """Put it into a state that `state` or `upright` has told."""
        self.client.resetBasePositionAndOrientation(self.number, state[0:3], state[3:7])
        self.client.resetBaseVelocity(self.number, state[7:10], state[10:13])
        for wheel in _WHEELS:
            self.client.resetJointState(self.number, wheel, *state[13 + 2 * wheel : 15 + 2 * wheel])

    def remove(self) -> None:
        """Take it out of the world."""
        self.client.removeBody(self.number)


def prepare(client: BulletClient, model: BodyModel, dt: float) -> None:
    """Make a world fit for robots of a model that moves in steps of `dt` seconds, and give it a level floor."""
    client.setPhysicsEngineParameter(
        fixedTimeStep=dt,
        constraintSolverType=client.CONSTRAINT_SOLVER_LCP_DANTZIG,
        contactSlop=0.0,
        deterministicOverlappingPairs=1,
        minimumSolverIslandSize=1,  # robots that do not touch are solved each for itself
    )
    set_creep(client, model, 0.0)
    client.setGravity(0.0, 0.0, -GRAVITY_MPS2)
    floor: int = client.createMultiBody(0.0, client.createCollisionShape(client.GEOM_PLANE))
    client.changeDynamics(floor, -1, lateralFriction=1.0)  # friction of a contact is the product of two


def set_creep(client: BulletClient, model: BodyModel, load_kg: float) -> None:
    """Have wheels of robots that carry so much creep as the model says."""
    client.setPhysicsEngineParameter(globalCFM=_compliance(model, load_kg))


def new_robot_body(client: BulletClient, size: RobotModel, model: BodyModel, dt: float) -> RobotBody:
    """Make an empty robot for steps of `dt` seconds; `restore` puts it on the floor."""
    body = RobotBody(client, _multibody(client, size, model), model, 0.0, 0.0)
    _give_dynamics(body, dt)
    return body


def upright(model: BodyModel, motion: Motion, treads: Sequence[float], dt: float) -> tuple[float, ...]:
    """Return the state of a robot on the floor that neither sinks nor nods; treads: speeds of its wheels, m/s."""
    weight = model.mass_kg * GRAVITY_MPS2
    sunk = model.driven_share / 2 * weight * _compliance(model, 0.0) * dt / _erp(model, driven=True)
    position, rotation = place(motion.x, motion.y, _CENTRE_M - sunk), attitude(motion.theta)
    left, right = (tread / model.wheel_radius_m for tread in treads)
    return (*position, *rotation, *(value for vector in velocities(motion) for value in vector), 0.0, left, 0.0, right)


def _multibody(client: BulletClient, size: RobotModel, model: BodyModel) -> int:
    wheel = client.createCollisionShape(client.GEOM_SPHERE, radius=model.wheel_radius_m)
    caster = client.createCollisionShape(client.GEOM_SPHERE, radius=_CASTER_M)
    hull = client.createCollisionShape(
        client.GEOM_BOX,
        halfExtents=(size.length_m / 2, size.width_m / 2, _BODY_HEIGHT_M / 2),
        collisionFramePosition=(0.0, 0.0, _CLEARANCE_M + _BODY_HEIGHT_M / 2 - _CENTRE_M),
    )
    side, ahead = model.track_m / 2, model.caster_m
    above, low = model.wheel_radius_m - _CENTRE_M, _CASTER_M - _CENTRE_M
    places: list[Vector] = [(0.0, side, above), (0.0, -side, above), (ahead, 0.0, low), (-ahead, 0.0, low)]
    upright: list[Quaternion] = [(0.0, 0.0, 0.0, 1.0)] * 4
    turning, fixed = client.JOINT_REVOLUTE, client.JOINT_FIXED
    number: int = client.createMultiBody(
        model.mass_kg - 2 * _WHEEL_KG - 2 * _CASTER_KG,
        hull,
        linkMasses=(_WHEEL_KG, _WHEEL_KG, _CASTER_KG, _CASTER_KG),
        linkCollisionShapeIndices=(wheel, wheel, caster, caster),
        linkVisualShapeIndices=(-1, -1, -1, -1),
        linkPositions=places,
        linkOrientations=upright,
        linkInertialFramePositions=[(0.0, 0.0, 0.0)] * 4,
        linkInertialFrameOrientations=upright,
        linkParentIndices=(0, 0, 0, 0),
        linkJointTypes=(turning, turning, fixed, fixed),
        linkJointAxis=[(0.0, 1.0, 0.0)] * 4,
    )
    return number


def _give_dynamics(body: RobotBody, dt: float) -> None:
    client, model = body.client, body.model
    client.changeDynamics(
        body.number,
        -1,
        linearDamping=0.0,
        angularDamping=0.0,
        lateralFriction=0.3,
        activationState=client.ACTIVATION_STATE_DISABLE_SLEEPING,
    )
    body.set_load(body.load_kg)
    for link in range(_LINKS):
        driven = link in _WHEELS
        erp = _erp(model, driven=driven)
        radius, mass = (model.wheel_radius_m, _WHEEL_KG) if driven else (_CASTER_M, _CASTER_KG)
        client.changeDynamics(
            body.number,
            link,
            mass=mass,
            localInertiaDiagonal=(mass * radius**2 / 2,) * 3,
            linearDamping=0.0,
            angularDamping=0.0,
            jointDamping=0.0,
            contactStiffness=_STIFF,
            contactDamping=_STIFF * dt * (1.0 - erp) / erp,
        )


def _compliance(model: BodyModel, load_kg: float) -> float:
    """How fast a contact gives way, m/s a newton: a wheel with all its traction creeps as it should."""
    weight = (model.mass_kg + load_kg) * GRAVITY_MPS2
    return model.creep_mps / (model.traction * model.driven_share / 2 * weight)


def _erp(model: BodyModel, *, driven: bool) -> float:
    return _GIVE * (model.driven_share if driven else _caster_share(model))


def _caster_share(model: BodyModel) -> float:
    """Of the weight; casters that carry nothing would not keep a robot upright."""
    return max(1.0 - model.driven_share, _LEAST_ON_CASTERS)
