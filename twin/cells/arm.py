"""A robot arm on a pedestal: where its tool can be, and how it gets there.

Moves go from rest to rest in joint space, see twin.cells.axis_move.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, dist, pi, remainder, sin
from typing import Final

import numpy as np

from robots.arrays import Bool, Float64
from robots.errors import InputError
from twin.bullet.client import quiet
from twin.bullet.frames import Vector
from twin.bullet.shipped_models import shipped_model
from twin.cells.axis_move import AxisMove
from twin.cells.cell_world import UPRIGHT, CellWorld

Joints = tuple[float, ...]

_POSITION_GAIN: Final = 0.3
_STILL_FORCE: Final = 20.0  # N, of the motors of joints that stay where they are
_MOVING: Final = 1  # Bullet's group of bodies that move
_ITERATIONS, _RESIDUAL = 100, 1e-5  # of inverse kinematics; Bullet's own defaults miss by a centimetre
_ROUNDS: Final = 2  # the second one begins where the first one ended
_OFF_M, _ASKEW = 5e-4, 2e-3  # what inverse kinematics may be off, metres and radians


class UnreachableError(InputError):
    """An arm was asked to be where it cannot be."""


@dataclass(frozen=True, slots=True)
class ArmModel:
    """An arm that comes with PyBullet.

    urdf        file in pybullet_data
    joints      numbers of the joints that turn; the first about the vertical, the last about the tool
    still       joints that stay where they are, and where that is
    flange      link to which the tool is fitted; the tool points along its z
    tool_m      from that link's frame to the tip of the tool
    rest        joints with the tool ahead, pointing down
    speed, acceleration   limits of each joint, rad/s, rad/s²
    torque      of each motor at most, Nm
    shoulder_m  of the joints about which it bends, above the foot
    wrist_m     of the last of them, above the flange, and behind it, while the tool points down
    reach_m     least and greatest distance from shoulder to wrist
    payload_kg  of what it lifts
    """

    name: str
    urdf: str
    joints: tuple[int, ...]
    still: tuple[tuple[int, float], ...]
    flange: int
    tool_m: float
    rest: Joints
    speed: Joints
    acceleration: Joints
    torque: Joints
    shoulder_m: float
    wrist_m: tuple[float, float]
    reach_m: tuple[float, float]
    payload_kg: float


# Speeds are of the data sheet of the LBR iiwa 14 R820; of accelerations it has none: these reach full speed in 0.2 s.
KUKA: Final = ArmModel(
    name="kuka",
    urdf="kuka_iiwa/model.urdf",
    joints=(0, 1, 2, 3, 4, 5, 6),
    still=(),
    flange=6,
    tool_m=0.20,
    rest=(0.0, 0.35, 0.0, -1.65, 0.0, 1.14, 0.0),
    speed=(1.48, 1.48, 1.75, 1.31, 2.27, 2.36, 2.36),
    acceleration=(7.0, 7.0, 8.0, 7.0, 11.0, 12.0, 12.0),
    torque=(320.0, 320.0, 176.0, 176.0, 110.0, 40.0, 40.0),
    shoulder_m=0.36,
    wrist_m=(0.081, 0.0),
    reach_m=(0.42, 0.77),
    payload_kg=14.0,
)
# Franka Emika Panda, limits of its data sheet; its own fingers stay closed beside the cup.
PANDA: Final = ArmModel(
    name="panda",
    urdf="franka_panda/panda.urdf",
    joints=(0, 1, 2, 3, 4, 5, 6),
    still=((9, 0.0), (10, 0.0)),
    flange=7,
    tool_m=0.26,
    rest=(0.0, -0.3, 0.0, -2.2, 0.0, 1.9, 0.785),
    speed=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
    acceleration=(7.0, 5.0, 7.0, 7.0, 10.0, 12.0, 12.0),
    torque=(87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0),
    shoulder_m=0.333,
    wrist_m=(0.107, 0.088),
    reach_m=(0.25, 0.66),
    payload_kg=3.0,
)
ARMS: Final = {model.name: model for model in (KUKA, PANDA)}


class Arm:
    """An arm of a model in a cell's world, its foot at `mount`.

    Its links meet boxes that move, not those that stay where they are, nor fixtures: its ways lead over these.
    """

    def __init__(self, world: CellWorld, model: ArmModel, mount: Vector) -> None:
        self.model = model
        self._client = client = world.client
        with quiet():
            self.number: int = client.loadURDF(str(shipped_model(model.urdf)), useFixedBase=True)
        # Bullet puts the base's centre of mass somewhere, and its inverse kinematics count from there.
        self._origin = _sum(mount, client.getDynamicsInfo(self.number, -1)[3])
        client.resetBasePositionAndOrientation(self.number, self._origin, UPRIGHT)
        for link in range(-1, client.getNumJoints(self.number)):
            client.setCollisionFilterGroupMask(self.number, link, _MOVING, _MOVING)
        self._foot = mount
        self._motors = [*model.joints, *(joint for joint, _ in model.still)]
        self._still = tuple(place for _, place in model.still)
        self._forces = [*model.torque, *(_STILL_FORCE for _ in model.still)]
        self._gains = [_POSITION_GAIN] * len(self._motors)
        self._bounds = [client.getJointInfo(self.number, joint)[8:10] for joint in model.joints]
        for joint, place in zip(self._motors, (*model.rest, *self._still), strict=True):
            client.resetJointState(self.number, joint, place)
        world.add_jointed(self.number, self._motors)
        self._rest_yaw: Final = self.tip()[1]
        self._move = AxisMove(model.rest, model.rest)

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._move.under_way

    def tip(self) -> tuple[Vector, float]:
        """Where the tip of the tool is, and which way it is turned, radians to the left."""
        found = self._client.getLinkState(self.number, self.model.flange, computeForwardKinematics=1)
        position, (x, y, z, w) = found[4], found[5]
        along = 2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)
        tip = tuple(a + self.model.tool_m * b for a, b in zip(position, along, strict=True))
        yaw = atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
        return (tip[0], tip[1], tip[2]), yaw

    def easier_yaw(self, tip: Vector, yaw: float) -> float:
        """Return `yaw` or half a turn more, whichever is nearer to how the tool is turned at rest."""
        natural = self._yaw_at_rest(tip)
        return natural - remainder(natural - yaw, pi)

    def solve(self, tip: Vector, yaw: float) -> Joints:
        """Return joints with the tool's tip there, pointing down, turned by `yaw`, see `easier_yaw`.

        Raises UnreachableError if the arm does not reach that far, or cannot turn so.
        """
        rest = self.model.rest
        seed = (self._towards(tip), *rest[1:-1], rest[-1] + remainder(self._yaw_at_rest(tip) - yaw, 2 * pi))
        attitude = (cos(yaw / 2), sin(yaw / 2), 0.0, 0.0)  # half a turn about x, then `yaw` to the left
        flange = tip[0], tip[1], tip[2] + self.model.tool_m
        joints = seed
        for _ in range(_ROUNDS):
            answer = self._client.calculateInverseKinematics(
                self.number,
                self.model.flange,
                _difference(flange, self._origin),
                attitude,
                currentPositions=(*joints, *self._still),
                maxNumIterations=_ITERATIONS,
                residualThreshold=_RESIDUAL,
            )
            joints = tuple(answer[: len(seed)])
        self._check(joints, tip, yaw)
        return joints

    def go(self, joints: Joints) -> float:
        """Begin to move there from where the last move ends; return how long it takes, seconds."""
        model = self.model
        self._move = AxisMove.within(self._move.end, joints, model.speed, model.acceleration)
        return self._move.seconds

    def step(self) -> None:
        """Tell the motors where to be after the next step of the world."""
        self._move = self._move.stepped()
        places, speeds = self._move.places_and_speeds()
        self._client.setJointMotorControlArray(
            self.number,
            self._motors,
            self._client.POSITION_CONTROL,
            targetPositions=(*places, *self._still),
            targetVelocities=speeds + [0.0] * len(self._still),
            positionGains=self._gains,
            forces=self._forces,
        )

    def state(self) -> AxisMove:
        """Return the move under way, for `restore`."""
        return self._move

    def restore(self, state: AxisMove) -> None:
        """Go on with a move."""
        self._move = state

    def _towards(self, tip: Vector) -> float:
        return atan2(tip[1] - self._foot[1], tip[0] - self._foot[0])

    def _yaw_at_rest(self, tip: Vector) -> float:
        """How the tool is turned there while the last joint is as at rest."""
        return self._rest_yaw + self._towards(tip) - self.model.rest[0]

    def _check(self, joints: Joints, tip: Vector, yaw: float) -> None:
        """Look where these joints put the tip, and how they turn it, without moving the arm for more than this look."""
        where = f"arm {self.model.name}"
        if any(not low <= joint <= high for joint, (low, high) in zip(joints, self._bounds, strict=True)):
            raise UnreachableError(where, f"cannot turn its joints to reach {_told(tip)}", "put it nearer")
        client, number = self._client, self.number
        before = client.getJointStates(number, self.model.joints)
        for joint, place in zip(self.model.joints, joints, strict=True):
            client.resetJointState(number, joint, place)
        found, turned = self.tip()
        off, askew = dist(found, tip), abs(remainder(turned - yaw, 2 * pi))
        for joint, (place, speed, *_) in zip(self.model.joints, before, strict=True):
            client.resetJointState(number, joint, place, speed)
        if off > _OFF_M or askew > _ASKEW:
            problem = f"comes no nearer than {off:.3f} m and {askew:.2f} rad to {_told(tip)}"
            raise UnreachableError(where, problem, "put it nearer")


def _sum(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _difference(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _told(place: Vector) -> str:
    return "({:.2f}, {:.2f}, {:.2f}) m".format(*place)


def reaches(model: ArmModel, foot: Vector, x: Float64, y: Float64, z: Float64) -> Bool:
    """Return whether an arm's tip can be at these places, pointing down, in front of its foot or beside it."""
    up, behind = model.wrist_m
    ahead = np.hypot(x - foot[0], y - foot[1]) - behind
    away = np.hypot(ahead, z - foot[2] + model.tool_m + up - model.shoulder_m)
    near, far = model.reach_m
    return (away >= near) & (away <= far) & (ahead > 0.0)
