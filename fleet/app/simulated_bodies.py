"""What carries the robots of a simulation: rails, or wheels with physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from robots.model import RobotModel
from sim_worlds.floor_check import size_problem
from sim_worlds.world import World
from twin.bodies import Bodies
from twin.calibration.errors import ModelFileError
from twin.fleet_records import Floor, Limits, Records
from twin.motion import MotionParams
from twin.physics.body_model import BodyModel
from twin.physics.host import BodyHost
from twin.rails import Rails

MakeBodies = Callable[[Records, Floor, Limits], Bodies]


def with_robots(world: World, file: str) -> World:
    """Return a world with the robots of a robot model file; as it is if `file` is empty.

    Raises ModelFileError, also for robots that are too big for the world's cells.
    """
    if not file:
        return world
    robot, _ = _read(file)
    problem = size_problem(robot, world.cell_m)
    if problem:
        raise ModelFileError(f"{file}, robot", problem, f"use robots that fit {world.name}")
    return replace(world, robot=robot)


def body_of(file: str) -> BodyModel:
    """Return the bodies of a robot model file, those of common robots if `file` is empty. Raises ModelFileError."""
    return _read(file)[1] if file else BodyModel()


def simulated_bodies(
    driver: str, world: World, body: BodyModel, seed: int, host: BodyHost | None = None
) -> tuple[MakeBodies, MotionParams]:
    """Return what makes the bodies of a simulated fleet, and how its robots differ from their model.

    driver: kinematic or twin, as in RunConfig. host: for robots with bodies that are to be simulated elsewhere.
    """
    if driver == "kinematic":
        return Rails, MotionParams()
    from twin.physics.chassis import twin_motion
    from twin.physics.wheeled import wheeled

    chutes = np.array([chute.cell for chute in world.chutes], dtype=np.int32)
    return wheeled(world.layout, world.robot, body, seed, host, chutes), twin_motion(world.robot, body)


def _read(file: str) -> tuple[RobotModel, BodyModel]:
    from twin.calibration.model_file import read_model_file

    return read_model_file(Path(file))
