"""Worlds without a description: a MovingAI map, or a League of Robot Runners instance, as they are.

`S` cells (service points) become pick faces, `E` cells (emitter points) chutes with a destination each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.errors import InstanceError, MapError
from fleet.grid.components import components
from fleet.grid.map_file import STANDARD_SYMBOLS, scan_map
from robots.model import RobotModel
from sim_worlds.described_world import Scan
from sim_worlds.finding import Finding
from sim_worlds.guidance_file import shipped_guidance
from sim_worlds.league import LeagueInstance, read_league
from sim_worlds.reachability import main_component
from sim_worlds.world import Chute, OrderProfile, World

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.grid.map_file import MapFile
    from robots.arrays import Int32

# The league gives no times: every errand is done as soon as the robot is there.
_NO_SERVICE_S: Final = 0.0


def scan_map_world(path: Path) -> Scan:
    """Read a `.map` file as a world."""
    map_file, problems = scan_map(path, symbols=STANDARD_SYMBOLS)
    findings = [Finding.of(problem) for problem in problems]
    if map_file is None or findings:
        return Scan(None, map_file, findings)
    return Scan(_world(path, map_file), map_file, findings)


def scan_league_world(path: Path) -> Scan:
    """Read a League of Robot Runners 2024 instance as a world; its robots are the default number of robots."""
    try:
        instance = read_league(path)
    except (InstanceError, MapError) as failure:
        return Scan(None, None, [Finding.of(failure)])
    findings = _cut_off(instance)
    if findings:
        return Scan(None, instance.map_file, findings)
    world = replace(_world(path, instance.map_file), default_robots=instance.team_size)
    return Scan(world, instance.map_file, [])


def _cut_off(instance: LeagueInstance) -> list[Finding]:
    """Findings about robots and tasks that lie in different parts of the map."""
    labels = components(instance.layout)
    main = main_component(labels, instance.starts)
    found = []
    for what, cells in (("robots start", instance.starts), ("tasks go", instance.errand_cells)):
        away = cells[labels[cells] != main]
        if len(away):
            row, column = instance.layout.row_column(int(away[0]))
            problem = f"{what} where most robots cannot reach: {len(away)}, the first at row {row}, column {column}"
            found.append(Finding(str(instance.path), problem, "use starts and tasks in one part of the map"))
    return found


def _world(path: Path, map_file: MapFile) -> World:
    symbols = np.array(list("".join(map_file.rows)))
    faces = _cells(symbols, "S")
    chutes = tuple(
        Chute(f"E{number}", cell, f"E{number}", _NO_SERVICE_S)
        for number, cell in enumerate(_cells(symbols, "E").tolist(), start=1)
    )
    return World(
        name=path.stem,
        title=f"{path.stem}, a map without a description",
        path=path,
        layout=map_file.layout,
        cell_m=1.0,
        robot=RobotModel(),
        default_robots=len(faces),
        pick_faces=faces,
        pick_face_service_s=_NO_SERVICE_S,
        stations=(),
        chutes=chutes,
        chargers=np.zeros(0, dtype=np.int32),
        parking=np.zeros(0, dtype=np.int32),
        slotting_seed=0,
        slotting_station_share=0.0,
        slotting_copies=1,
        orders=OrderProfile(rate_per_hour=3600.0, lead_time_s=1800.0),
        symbols=map_file.rows,
        guidance=shipped_guidance(map_file.layout),
    )


def _cells(symbols: np.ndarray[tuple[int], np.dtype[np.str_]], symbol: str) -> Int32:
    return np.flatnonzero(symbols == symbol).astype(np.int32)
