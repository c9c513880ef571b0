"""What of a world's zones would let robots down in a fire alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fleet.grid.components import components
from sim_worlds.finding import Finding, Severity
from sim_worlds.floor_check import goals
from sim_worlds.reachability import main_component

if TYPE_CHECKING:
    from sim_worlds.world import World


def zone_errors(world: World) -> list[Finding]:
    """Return a finding if some muster cells cannot be reached from where robots work."""
    places = np.concatenate(list(goals(world).values()))
    if not len(places):
        return []
    labels = components(world.layout)
    own = np.setdiff1d(world.muster, world.parking)  # of parking places floor_errors speaks
    away = own[labels[own] != main_component(labels, places)]
    if not len(away):
        return []
    row, column = world.layout.row_column(int(away[0]))
    problem = f"muster cells that robots cannot reach: {len(away)}, the first at row {row}, column {column}"
    return [Finding(f"{world.path}, table muster", problem, "open a way to them, or choose others")]


def zone_warnings(world: World) -> list[Finding]:
    """Return a finding if there are muster cells, but fewer than robots, or some that must be clear of robots."""
    found = []
    where = f"{world.path}, table muster"
    if 0 < len(world.muster) < world.default_robots:
        problem = f"there are {len(world.muster)} muster cells for {world.default_robots} robots"
        found.append(Finding(where, problem, "add some, or lower default_robots", Severity.WARNING))
    both = np.intersect1d(world.muster, world.keep_clear)
    if len(both):
        row, column = world.layout.row_column(int(both[0]))
        problem = f"muster cells that are to be kept clear: {len(both)}, the first at row {row}, column {column}"
        found.append(Finding(where, problem, "let robots gather elsewhere", Severity.WARNING))
    return found
