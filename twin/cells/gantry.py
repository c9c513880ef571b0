"""A gantry with three linear axes: the arm that reaches all of a pallet from above, straight up and down.

The arms that come with PyBullet reach 0.76 m; the far corner of a EUR pallet is farther from any pedestal beside it.

Moves go from rest to rest along a straight line, all axes in the time of the slowest, as those of `twin.cells.arm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Final

import msgspec

from twin.bullet.frames import Vector
from twin.cells.cell_world import UPRIGHT, CellWorld
from twin.cells.station_cell import STEP_S

_PEAK_SPEED: Final = 15 / 8  # of a move of length 1 in time 1, and its greatest acceleration
_PEAK_ACCELERATION: Final = 10 / sqrt(3)
_POSITION_GAIN: Final = 0.3
_MASSES_KG: Final = (60.0, 40.0, 25.0)
_MOTOR_N: Final = 3000.0
_AXES: Final = (0, 1, 2)  # numbers of the joints, and of the links behind them
_PLATE_M: Final = 0.02  # half the thickness of the tool
_MOVING: Final = 1  # Bullet's group of bodies that move


@dataclass(frozen=True, slots=True)
class GantryModel:
    """Limits of the axes (x, y, z): m/s and m/s². Usual for a gantry of this size with boxes below it."""

    speed: Vector = (2.0, 2.0, 1.5)
    acceleration: Vector = (3.0, 3.0, 3.0)


class GantryState(msgspec.Struct, frozen=True, array_like=True):
    """A move of the tool's tip: from where to where, and how many of its steps are done."""

    begin: Vector
    end: Vector
    steps: int
    done: int


class Gantry:
    """A tool on three axes in a cell's world: a round plate `tool_m` wide, whose lower face is the tip, at `home`.

    The tool meets boxes that move, not those that stay where they are, nor fixtures: its ways lead over these.
    """

    def __init__(self, world: CellWorld, home: Vector, tool_m: float, model: GantryModel | None = None) -> None:
        self._client = client = world.client
        self._model: Final = GantryModel() if model is None else model
        self.home: Final = home
        plate = client.createCollisionShape(
            client.GEOM_CYLINDER, radius=tool_m / 2, height=2 * _PLATE_M, collisionFramePosition=(0.0, 0.0, _PLATE_M)
        )
        nothing: Vector = (0.0, 0.0, 0.0)
        self.number: int = client.createMultiBody(
            0.0,
            -1,
            -1,
            home,
            UPRIGHT,
            linkMasses=_MASSES_KG,
            linkCollisionShapeIndices=(-1, -1, plate),
            linkVisualShapeIndices=(-1, -1, -1),
            linkPositions=[nothing] * 3,
            linkOrientations=[UPRIGHT] * 3,
            linkInertialFramePositions=[nothing] * 3,
            linkInertialFrameOrientations=[UPRIGHT] * 3,
            linkParentIndices=(0, 1, 2),
            linkJointTypes=[client.JOINT_PRISMATIC] * 3,
            linkJointAxis=[(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)],
        )
        for link in range(-1, len(_AXES)):
            client.setCollisionFilterGroupMask(self.number, link, _MOVING, _MOVING)
            client.changeDynamics(self.number, link, linearDamping=0.0, angularDamping=0.0, jointDamping=0.0)
        world.add_jointed(self.number, list(_AXES))
        self._move = GantryState(home, home, 0, 0)

    @property
    def link(self) -> int:
        """Number of the link that is the tool."""
        return _AXES[-1]

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._move.done < self._move.steps

    @property
    def goal(self) -> Vector:
        """Where the last move ends, or has ended."""
        return self._move.end

    def tip(self) -> Vector:
        """Where the tip of the tool is."""
        found: Vector = self._client.getLinkState(self.number, self.link, computeForwardKinematics=1)[0]
        return found

    def go(self, tip: Vector) -> float:
        """Begin to move there from where the last move ends; return how long it takes, seconds."""
        model, begin = self._model, self._move.end
        seconds = 0.0
        for start, end, speed, acceleration in zip(begin, tip, model.speed, model.acceleration, strict=True):
            way = abs(end - start)
            seconds = max(seconds, _PEAK_SPEED * way / speed, sqrt(_PEAK_ACCELERATION * way / acceleration))
        steps = ceil(seconds / STEP_S)
        self._move = GantryState(begin, tip, steps, 0)
        return steps * STEP_S

    def step(self) -> None:
        """Tell the motors where to be after the next step of the world."""
        move = self._move
        done = min(move.done + 1, move.steps)
        share, rate = _along(move.steps, done)
        ways = [b - a for a, b in zip(move.begin, move.end, strict=True)]
        places = [a + share * way - at for a, way, at in zip(move.begin, ways, self.home, strict=True)]
        self._client.setJointMotorControlArray(
            self.number,
            _AXES,
            self._client.POSITION_CONTROL,
            targetPositions=places,
            targetVelocities=[rate * way for way in ways],
            positionGains=[_POSITION_GAIN] * len(_AXES),
            forces=[_MOTOR_N] * len(_AXES),
        )
        if done != move.done:
            self._move = GantryState(move.begin, move.end, move.steps, done)

    def state(self) -> GantryState:
        """Return the move under way, for `restore`."""
        return self._move

    def restore(self, state: GantryState) -> None:
        """Go on with a move."""
        self._move = state


def _along(steps: int, step: int) -> tuple[float, float]:
    """Share of a move that is done at a step, and its rate, 1/s: a polynomial of fifth degree."""
    if step >= steps:
        return 1.0, 0.0
    t = step / steps
    return t * t * t * (10 + t * (6 * t - 15)), 30 * t * t * (1 - t) ** 2 / (steps * STEP_S)
