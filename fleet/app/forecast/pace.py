"""How much slower robots in the twin are than robots in step, as measured.

The ideal grid has no starting, braking, slipping and waiting for confirmations. A forecast runs on it with robots that
are slower by a factor, its pace: with it a floor that has more work than it can do does as many tasks in step as it
does on grants with wheels. Where there is less work, both do what comes in, and the factor only sets how long each task
takes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from robots.model import RobotModel
from sim_worlds.world import World

# Robots a passable cell, and the pace at which forks that knew the orders did as many tasks as a floor of the twin that
# had more than it could do, interpolated between forks 0.06 apart. future_park, half an hour: 100 robots and 3,000
# orders an hour, 1.255; 250 and 6,000, 1.296 and 1.309; 500 and 8,000, 1.443, 1.430 and 1.480, 10,000, 1.441, 1.452 and
# 1.474, 12,000, 1.475 and 1.437.
_DENSITY: Final = (0.00925, 0.0231, 0.0463)
_PACE: Final = (1.255, 1.3, 1.454)


def pace(world: World, robots: int) -> float:
    """Return by what factor robots of the twin are slower than in step, with so many of them on a floor."""
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
