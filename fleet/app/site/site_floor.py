"""A world as drivers over a network know it."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from robots.gateways.floor_map import FloorMap
from sim_worlds.world import World


def floor_map(world: World) -> FloorMap:
    """Return the world's floor."""
    charger = np.zeros(world.layout.cells, dtype=np.bool_)
    charger[world.chargers] = True
    return FloorMap(world.name, world.layout.width, world.cell_m, world.layout.neighbours, charger)


def floor_hash(world: World) -> str:
    """Return a hash of what bases rest on: the map, the side of its cells, and the chargers."""
    layout = world.layout
    digest = sha256(f"{layout.height} {layout.width} {world.cell_m!r}".encode())
    digest.update(layout.passable.tobytes())
    digest.update(np.sort(world.chargers).tobytes())
    return digest.hexdigest()
