"""Where things are in a pick cell: the arm's foot in the middle, the robot's tray before it, totes left and right.

Metres, in Bullet's frame: x ahead of the arm, y to its left, z up from the floor.
"""

from __future__ import annotations

from typing import Final

from robots.model import RobotModel
from twin.bullet.frames import Vector
from twin.cells.cell_world import BoxState, CellWorld
from twin.cells.tote_store import TOTE_M

DECK_M: Final = 0.40  # height of trays and of the floors of totes
FOOT: Final[Vector] = (0.0, 0.0, 0.65)
TRAY_M: Final = (
    0.55  # from the arm's axis to the middle of a tray, unless that is so wide that it comes nearer than this:
)
TRAY_NEAR_M: Final = 0.22
TOTES: Final[tuple[Vector, ...]] = ((0.0, 0.56, DECK_M), (0.0, -0.56, DECK_M))
TRAY_HIGHEST_M: Final = 0.25  # that parcels may reach above a tray
CLEAR_M: Final = 0.03  # between what is carried and what it is carried over
_DEEP_M: Final = 0.01  # so far a parcel may be in what it lies on


def add_totes(world: CellWorld) -> None:
    """Put tables under the totes; what falls beside them falls to the floor. Rims of totes are left out."""
    for x, y, z in TOTES:
        world.add_fixed_box((*TOTE_M, z), (x, y, z / 2))


def tray_size(robot: RobotModel) -> tuple[float, float]:
    """Return the tray's size along x and y: the robot docks with its side to the arm."""
    return robot.width_m, robot.length_m


def tray_middle(robot: RobotModel) -> Vector:
    """Return the middle of its surface."""
    return max(TRAY_M, TRAY_NEAR_M + robot.width_m / 2), 0.0, DECK_M


def robot_box(robot: RobotModel) -> BoxState:
    """Return a docked robot, a box from the floor up to its tray."""
    x, y, z = tray_middle(robot)
    return BoxState((*tray_size(robot), z), 0.0, (x, y, z / 2), friction=1.0)


def on_tray(place: Vector, robot: RobotModel) -> bool:
    """Whether the middle of a parcel is above the tray of a docked robot."""
    middle, size = tray_middle(robot), tray_size(robot)
    return _above(place, middle, size)


def in_tote(place: Vector) -> bool:
    """Whether the middle of a parcel is in a tote at the arm, or above it."""
    return any(_above(place, middle, TOTE_M) for middle in TOTES)


def _above(place: Vector, middle: Vector, size: tuple[float, float]) -> bool:
    beside = abs(place[0] - middle[0]) > size[0] / 2 or abs(place[1] - middle[1]) > size[1] / 2
    return not beside and place[2] >= middle[2] - _DEEP_M
