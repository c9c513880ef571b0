"""Where and how the robots of a world begin; apart from the crew, so that programs of robots alone start quickly."""

from __future__ import annotations

import numpy as np

from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from robots.arrays import Float32, Int32
from robots.state import FleetState
from sim_worlds.world import World


def begin(config: RunConfig, world: World) -> FleetState:
    """Return where and how the robots of a world begin, as the seed says. Raises SettingError for too many robots."""
    robots = _number_of_robots(config, world)
    return FleetState.at(
        _start_cells(world, robots, config.seed),
        charge_percent=_charges(config, robots),
        width=world.layout.width,
        cell_m=world.cell_m,
    )


def _number_of_robots(config: RunConfig, world: World) -> int:
    robots = config.robots or world.default_robots
    places = len(world.start_cells)
    if robots > places:
        remedy = f"use at most {places}, or a world with more parking places"
        raise SettingError("--robots", f"{robots} robots do not fit on {world.name}", remedy)
    return robots


def _start_cells(world: World, robots: int, seed: int) -> Int32:
    """Parking places and chargers first, in an order drawn from the seed: any of them before any pick face."""
    rng = np.random.default_rng(seed)
    places = np.concatenate([world.parking, world.chargers])
    cells = np.concatenate([rng.permutation(places), rng.permutation(world.pick_faces)])
    return cells[:robots].astype(np.int32)


def _charges(config: RunConfig, robots: int) -> Float32:
    """Battery charges between the lowest and full, spread evenly and shuffled: not all are low at the same time."""
    rng = np.random.default_rng(config.seed + 1)
    return rng.permutation(np.linspace(config.initial_charge_percent, 100.0, robots)).astype(np.float32)
