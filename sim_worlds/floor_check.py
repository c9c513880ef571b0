"""What of a floor would make robots fail or jam: places cut off or in the way of others, cells too small."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.grid.components import components
from sim_worlds.finding import Finding, Severity
from sim_worlds.reachability import chokes, main_component

if TYPE_CHECKING:
    from fleet.grid.map_file import MapFile
    from robots.arrays import Int32
    from robots.model import RobotModel
    from sim_worlds.world import World

_SHOWN: Final = 5


def goals(world: World) -> dict[str, Int32]:
    """Cells where robots have something to do, int32, by what they are."""
    return {
        "station docks": np.array([dock for station in world.stations for dock in station.docks], dtype=np.int32),
        "chutes": np.array([chute.cell for chute in world.chutes], dtype=np.int32),
        "chargers": np.sort(world.chargers),
        "parking places": np.sort(world.parking),
        "pick faces": world.pick_faces,
    }


def floor_errors(world: World, map_file: MapFile) -> list[Finding]:
    """Return a finding if a robot is too big for a cell, and one for each kind of goal that is partly cut off."""
    found = _size_errors(world)
    labels = components(world.layout)
    by_kind = goals(world)
    every = np.concatenate(list(by_kind.values()))
    if not len(every):
        return found
    main = main_component(labels, every)
    for what, cells in by_kind.items():
        cut_off = cells[labels[cells] != main]
        if len(cut_off):
            problem = f"{what} that the rest of the floor cannot reach: {_listed(world, cut_off)}"
            found.append(Finding(_at(map_file, int(cut_off[0])), problem, "open a way to them or remove them"))
    return found


def floor_warnings(world: World, map_file: MapFile) -> list[Finding]:
    """Return a finding for each kind of goal where a robot at work is in the way of others, and for dead areas."""
    found = []
    by_kind = goals(world)
    goal = np.zeros(world.layout.cells, dtype=np.bool_)
    for cells in by_kind.values():
        goal[cells] = True
    blocking = chokes(world.layout, goal)
    for what, cells in by_kind.items():
        chosen = np.array([cell for cell in cells.tolist() if cell in blocking], dtype=np.int32)
        if len(chosen):
            problem = (
                f"{what} that are the only way to other places, which a robot at work there cuts off: "
                f"{_listed(world, chosen)}; the first cuts off {blocking[int(chosen[0])]}"
            )
            where = _at(map_file, int(chosen[0]))
            found.append(Finding(where, problem, "widen the way beside them", Severity.WARNING))
    return found + _dead_areas(world, map_file, by_kind)


def size_problem(robot: RobotModel, cell_m: float) -> str:
    """Say why a robot is too big for cells of this size, in metres; empty if it is not.

    It may turn in any cell while others pass by, so its diagonal must fit into the side of one.
    """
    diagonal_m = hypot(robot.length_m, robot.width_m)
    if diagonal_m <= cell_m:
        return ""
    return (
        f"{robot.name} cannot turn inside its cell: its {robot.length_m} m x {robot.width_m} m are {diagonal_m:.3f} m "
        f"across, and cell_m is {cell_m}"
    )


def _size_errors(world: World) -> list[Finding]:
    problem = size_problem(world.robot, world.cell_m)
    return [Finding(f"{world.path}, cell_m", problem, "make the cells larger, or [robot] smaller")] if problem else []


def _dead_areas(world: World, map_file: MapFile, by_kind: dict[str, Int32]) -> list[Finding]:
    free = world.layout.free_cells
    if not len(free):
        return [Finding(_at(map_file, 0), "the map has no cell where a robot may stand", "check the legend")]
    labels = components(world.layout)
    places = np.concatenate(list(by_kind.values()))
    dead = free[labels[free] != main_component(labels, places if len(places) else free)]
    dead = np.setdiff1d(dead, places).astype(np.int32)
    if not len(dead):
        return []
    problem = f"cells that no robot can reach: {_listed(world, dead)}"
    return [Finding(_at(map_file, int(dead[0])), problem, "open a way to them or make them wall", Severity.WARNING)]


def _at(map_file: MapFile, cell: int) -> str:
    return f"{map_file.path}, line {map_file.line(cell)}, column {map_file.column(cell)}"


def _listed(world: World, cells: Int32) -> str:
    """How many cells, and the first few as row and column."""
    shown = ", ".join("({}, {})".format(*world.layout.row_column(cell)) for cell in cells[:_SHOWN].tolist())
    more = ", ..." if len(cells) > _SHOWN else ""
    return f"{len(cells)} (row, column): {shown}{more}"
