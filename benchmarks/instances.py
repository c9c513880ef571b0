"""Where the League of Robot Runners instances are; they are not part of this repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from benchmarks.benchmark import LeftOutError

VARIABLE: Final = "FUTUREPARK_INSTANCES"
LEAGUE_2024: Final = {
    "random_32_32_20_100": "lorr2024/random.domain/random_32_32_20_100.json",
    "sortation_large_2000": "lorr2024/warehouse.domain/sortation_large_2000.json",
    "warehouse_large_5000": "lorr2024/warehouse.domain/warehouse_large_5000.json",
}
LEAGUE_2026: Final = {
    "warehouse": "lorr2026/warehouse.domain/fulfill-example_2500.json",
    "random": "lorr2026/random.domain/random-example_400.json",
    "room": "lorr2026/room.domain/room-example_150.json",
    "maze": "lorr2026/maze.domain/maze-example_40.json",
}
LARGE_MAPS: Final = {
    "sortation_large": "lorr2024/warehouse.domain/maps/sortation_large.map",
    "warehouse_large": "lorr2024/warehouse.domain/maps/warehouse_large.map",
}


def instances_folder() -> Path:
    """Return the folder that $FUTUREPARK_INSTANCES names, or `../shared/instances` beside the checkout."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "instances"


def find_instance(folder: Path, path: str) -> Path:
    """Return the file at `path` in the instances folder; raises LeftOutError if it is not there."""
    found = folder / path
    if not found.is_file():
        raise LeftOutError(
            f"{found} is missing; get the instances of the League of Robot Runners and name their folder in {VARIABLE}"
        )
    return found
