"""How much slower robots on grants are than robots in step, as measured.

The ideal grid has no starting, braking and waiting for confirmations. A forecast runs on it with robots that are
slower by a factor, its pace: with it a floor that has more work than it can do does as many tasks in step as it does on
grants. Where there is less work, both do what comes in, and the factor only sets how long each task takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from robots.model import RobotModel
from sim_worlds.world import World

# Robots a passable cell, and the pace at which forks that knew the orders did as many tasks in half an hour as a floor
# on grants that had more than it could do: future_park with 100, 250 and 500 robots and 3,000, 6,000 and 7,000 to
# 12,000 orders an hour. With 500 the pace of single floors was 1.39 to 1.44.
_DENSITY: Final = (0.00925, 0.0231, 0.0463)
_PACE: Final = (1.2, 1.245, 1.41)


def pace(world: World, robots: int) -> float:
    """Return by what factor robots on grants are slower than in step, with so many of them on a floor."""
    return float(np.interp(robots / len(world.layout.free_cells), _DENSITY, _PACE))


def paced(world: World, factor: float) -> World:
    """Return the world with robots that take `factor` times as long for every move."""
    return replace(world, robot=_slower(world.robot, factor))


def _slower(model: RobotModel, factor: float) -> RobotModel:
    return replace(
        model,
        max_speed_mps=model.max_speed_mps / factor,
        max_acceleration_mps2=model.max_acceleration_mps2 / factor**2,
        max_turn_rate_radps=model.max_turn_rate_radps / factor,
        max_turn_acceleration_radps2=model.max_turn_acceleration_radps2 / factor**2,
    )
