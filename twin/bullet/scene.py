"""A floor with its robots to be looked at: nothing moves in it but what it is told has moved."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from robots.errors import InputError
from robots.model import RobotModel
from robots.truth import FloorTruth
from sim_worlds.world import World
from twin.bullet.camera import OVERVIEW, Camera, find_camera, opening_degrees
from twin.bullet.client import BulletClient, quiet
from twin.bullet.floor_bodies import add_world
from twin.bullet.frames import attitude, place

Picture = npt.NDArray[np.uint8]  # (height, width, 3): red, green, blue

SIZE: Final = (640, 480)
_MOST_PIXELS: Final = 4096
_ROBOT_HEIGHT_M: Final = 0.3
_NEAREST_M: Final = 0.5
# Where in what Bullet says of its window's camera its projection is, a matrix of OpenGL.
_PROJECTION: Final = 3
_DRIVING: Final = (0.13, 0.40, 0.75, 1.0)
_DISPLACED: Final = (0.80, 0.18, 0.16, 1.0)
_NOSE: Final = (0.97, 0.97, 0.95, 1.0)


class Scene:
    """A world's floor and `robots` robots on it, in a world of Bullet that is never stepped.

    window  shows it in Bullet's window too, where the mouse moves the camera

    Raises BulletError if PyBullet is not installed, or there is no display for the window.
    """

    def __init__(self, world: World, robots: int, *, window: bool = False) -> None:
        self._client = BulletClient(window=window)
        with quiet():
            if window:
                # Bullet's panels are about bodies and its own cameras; they hide half of the floor.
                for unwanted in (self._client.COV_ENABLE_GUI, self._client.COV_ENABLE_SHADOWS):
                    self._client.configureDebugVisualizer(unwanted, 0)
            add_world(self._client, world)
            self._robots = [_new_robot(self._client, world.robot) for _ in range(robots)]
        self._displaced = np.zeros(robots, dtype=np.bool_)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it can be shown; somebody may have closed its window."""
        return bool(self._client.isConnected())

    def show(self, truth: FloorTruth) -> None:
        """Move the robots to where they are; those that were displaced are red."""
        client = self._client
        for row, (number, x, y, theta) in enumerate(
            zip(self._robots, truth.x_m.tolist(), truth.y_m.tolist(), truth.theta_rad.tolist(), strict=True)
        ):
            client.resetBasePositionAndOrientation(number, place(x, y), attitude(theta))
            if truth.displaced[row] != self._displaced[row]:
                self._displaced[row] = truth.displaced[row]
                client.changeVisualShape(number, -1, rgbaColor=_DISPLACED if truth.displaced[row] else _DRIVING)

    def look_from(self, camera: Camera, truth: FloorTruth) -> None:
        """Put the window's camera there."""
        # The window opens wider than our cameras do.
        projection = self._client.getDebugVisualizerCamera()[_PROJECTION]
        view = camera.view(truth, projection[5] / projection[0], 1 / projection[5])
        away = np.array(view.eye) - np.array(view.target)
        pitch = -float(np.degrees(np.arctan2(away[2], np.hypot(away[0], away[1]))))
        self._client.resetDebugVisualizerCamera(float(np.linalg.norm(away)), 0.0, pitch, view.target)

    def picture(self, camera: Camera, truth: FloorTruth, size: tuple[int, int] = SIZE) -> Picture:
        """Return what a camera sees, uint8 (height, width, 3), after `show`; size: width and height in pixels.

        Raises InputError if the size is impossible. Drawn without a graphics card, in some 50 ms.
        """
        width, height = size
        if not (0 < width <= _MOST_PIXELS and 0 < height <= _MOST_PIXELS):
            raise InputError("--size", f"is {width}x{height}", f"give 1 to {_MOST_PIXELS} pixels")
        client = self._client
        view = camera.view(truth, width / height)
        seen = client.getCameraImage(
            width,
            height,
            client.computeViewMatrix(view.eye, view.target, (0.0, 0.0, 1.0)),
            client.computeProjectionMatrixFOV(opening_degrees(), width / height, _NEAREST_M, view.far_m),
            shadow=0,
            renderer=client.ER_TINY_RENDERER,
        )
        colours = np.asarray(seen[2], dtype=np.uint8).reshape(height, width, 4)
        return np.ascontiguousarray(colours[:, :, :3])

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
        self._client.close()


def picture(world: World, truth: FloorTruth, camera: str = OVERVIEW, size: tuple[int, int] = SIZE) -> Picture:
    """Return one picture of a floor, uint8 (height, width, 3), by the name of a camera; see Scene and find_camera."""
    chosen = find_camera(world, camera, len(truth.x_m))
    with Scene(world, len(truth.x_m)) as scene:
        scene.show(truth)
        return scene.picture(chosen, truth, size)


def _new_robot(client: BulletClient, size: RobotModel) -> int:
    """A box with a light nose, so that people see where it faces."""
    nose = size.length_m / 8
    shape = client.createVisualShape(
        client.GEOM_BOX,
        halfExtents=(size.length_m / 2, size.width_m / 2, _ROBOT_HEIGHT_M / 2),
        visualFramePosition=(0.0, 0.0, _ROBOT_HEIGHT_M / 2),
        rgbaColor=_DRIVING,
    )
    front = client.createVisualShape(
        client.GEOM_BOX, halfExtents=(nose / 2, size.width_m / 2.2, _ROBOT_HEIGHT_M / 2), rgbaColor=_NOSE
    )
    number: int = client.createMultiBody(
        0.0,
        -1,
        shape,
        linkMasses=(0.0,),
        linkCollisionShapeIndices=(-1,),
        linkVisualShapeIndices=(front,),
        linkPositions=((size.length_m / 2 - nose, 0.0, _ROBOT_HEIGHT_M / 2 + 0.02),),
        linkOrientations=((0.0, 0.0, 0.0, 1.0),),
        linkInertialFramePositions=((0.0, 0.0, 0.0),),
        linkInertialFrameOrientations=((0.0, 0.0, 0.0, 1.0),),
        linkParentIndices=(0,),
        linkJointTypes=(client.JOINT_FIXED,),
        linkJointAxis=((0.0, 0.0, 1.0),),
    )
    return number
