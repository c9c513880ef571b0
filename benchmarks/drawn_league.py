"""Instances like those of the League of Robot Runners 2024, drawn from a seed: those with 10,000 robots are not public.

Starts are drawn from the free cells. Tasks have two errands, each on an S or an E cell with equal chances, as in the
League's files for its two large floors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from fleet.grid.map_file import MapFile
from sim_worlds.league import LeagueInstance

# numTasksReveal of the League's instances.
OPEN_TASKS_A_ROBOT: Final = 1.5


def draw_league(map_file: MapFile, robots: int, seed: int, tasks: int) -> LeagueInstance:
    """Return an instance with so many robots and tasks."""
    rng = np.random.default_rng(seed)
    symbols = np.array(list("".join(map_file.rows)))
    starts = rng.permutation(map_file.layout.free_cells)[:robots].astype(np.int32)
    service, emitter = (rng.choice(np.flatnonzero(symbols == symbol), 2 * tasks) for symbol in "SE")
    name = f"{map_file.path.stem}_{robots}_seed_{seed}"
    return LeagueInstance(
        path=Path(f"{name}.json"),
        map_file=map_file,
        team_size=robots,
        starts=starts,
        errand_cells=np.where(rng.random(2 * tasks) < 0.5, service, emitter).astype(np.int32),
        offsets=np.arange(0, 2 * tasks + 1, 2, dtype=np.int64),
        reveal=OPEN_TASKS_A_ROBOT,
        version="2024 LoRR",
    )
