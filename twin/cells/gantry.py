"""A gantry with three linear axes: the arm that reaches all of a pallet from above, straight up and down.

The arms that come with PyBullet reach 0.76 m; the far corner of a EUR pallet is farther from any pedestal beside it.

Moves go from rest to rest along a straight line, see twin.cells.axis_move.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twin.bullet.frames import Vector
from twin.cells.axis_move import AxisMove
from twin.cells.cell_world import UPRIGHT, CellWorld

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
        self._move = AxisMove(home, home)

    @property
    def link(self) -> int:
        """Number of the link that is the tool."""
        return _AXES[-1]

    @property
    def moving(self) -> bool:
        """Whether a move is under way."""
        return self._move.under_way

    @property
    def goal(self) -> Vector:
        """Where the last move ends, or has ended."""
        x, y, z = self._move.end
        return x, y, z

    def tip(self) -> Vector:
        """Where the tip of the tool is."""
        found: Vector = self._client.getLinkState(self.number, self.link, computeForwardKinematics=1)[0]
        return found

    def go(self, tip: Vector) -> float:
        """Begin to move there from where the last move ends; return how long it takes, seconds."""
        self._move = AxisMove.within(self._move.end, tip, self._model.speed, self._model.acceleration)
        return self._move.seconds

    def step(self) -> None:
        """Tell the motors where to be after the next step of the world."""
        self._move = self._move.stepped()
        places, speeds = self._move.places_and_speeds()
        self._client.setJointMotorControlArray(
            self.number,
            _AXES,
            self._client.POSITION_CONTROL,
            targetPositions=[place - at for place, at in zip(places, self.home, strict=True)],
            targetVelocities=speeds,
            positionGains=[_POSITION_GAIN] * len(_AXES),
            forces=[_MOTOR_N] * len(_AXES),
        )

    def state(self) -> AxisMove:
        """Return the move under way, for `restore`."""
        return self._move

    def restore(self, state: AxisMove) -> None:
        """Go on with a move."""
        self._move = state
