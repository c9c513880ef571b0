"""What carries the robots of a simulation: rails, or wheels with physics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fleet.errors import SettingError
from robots.arrays import Int64
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
    Raises SettingError for robots that leave no room in a cell for how exactly they know where they are.
    """
    if driver == "kinematic":
        motion = MotionParams()
        _check_length(world, motion)
        return Rails, motion
    from twin.physics.chassis import twin_motion
    from twin.physics.wheeled import wheeled

    motion = twin_motion(world.robot, body)
    _check_length(world, motion)
    chutes = np.array([chute.cell for chute in world.chutes], dtype=np.int32)
    return wheeled(world.layout, world.robot, body, seed, host, chutes), motion


def _check_length(world: World, motion: MotionParams) -> None:
    robot = world.robot
    most_m = world.cell_m - 2 * (motion.position_noise_m + motion.margin_m)
    if robot.length_m > most_m:
        problem = f"{robot.name} is {robot.length_m} m long, and cells of {world.cell_m} m have room for {most_m:.3f} m"
        raise SettingError("[robot] length_m", problem, f"use shorter robots, or larger cells than {world.name} has")


def contacts_by_kind(counts: Int64) -> dict[str, int]:
    """Return how often robots began to touch something, see twin.bodies, by what it was."""
    robots, racks, people = counts.tolist()
    return {"robots": robots, "racks": racks, "people": people}


def _read(file: str) -> tuple[RobotModel, BodyModel]:
    from twin.calibration.model_file import read_model_file

    return read_model_file(Path(file))
