"""The floor as Foxglove draws it: ground, racks, docks, chutes and chargers with their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from foxglove_schemas_protobuf.Color_pb2 import Color
from foxglove_schemas_protobuf.CubePrimitive_pb2 import CubePrimitive
from foxglove_schemas_protobuf.SceneEntity_pb2 import SceneEntity
from foxglove_schemas_protobuf.SceneUpdate_pb2 import SceneUpdate
from foxglove_schemas_protobuf.TextPrimitive_pb2 import TextPrimitive
from foxglove_schemas_protobuf.Vector3_pb2 import Vector3

from sim_worlds.world import World
from twin.recording.foxglove_frame import FRAME, pose, timestamp

_GROUND: Final = Color(r=0.16, g=0.17, b=0.19, a=1.0)
_RACK: Final = Color(r=0.45, g=0.47, b=0.50, a=0.9)
_DOCK: Final = Color(r=0.20, g=0.60, b=0.30, a=0.8)
_CHUTE: Final = Color(r=0.85, g=0.50, b=0.15, a=0.8)
_CHARGER: Final = Color(r=0.20, g=0.65, b=0.75, a=0.8)
_NAME: Final = Color(r=1.0, g=1.0, b=1.0, a=1.0)
_RACK_M: Final = 1.0  # high: low enough to see robots behind it
_PLATE_M: Final = 0.02
_NAME_M: Final = 0.4


def floor_scene(world: World, time_s: float) -> SceneUpdate:
    """Return the scene of a world, drawn from `time_s` on."""
    docks = [dock for station in world.stations for dock in station.docks]
    chutes = [chute.cell for chute in world.chutes]
    entities = {
        "ground": [_ground(world)],
        "racks": [_cube(world, run, _RACK_M, _RACK) for run in _rack_runs(world)],
        "docks": _plates(world, docks, _DOCK),
        "chutes": _plates(world, chutes, _CHUTE),
        "chargers": _plates(world, world.chargers.tolist(), _CHARGER),
    }
    names = [(station.name, station.docks[0]) for station in world.stations]
    names += [(chute.name, chute.cell) for chute in world.chutes]
    scene = SceneUpdate(
        entities=[
            SceneEntity(timestamp=timestamp(time_s), frame_id=FRAME, id=name, cubes=cubes)
            for name, cubes in entities.items()
        ]
    )
    texts = [_text(world, text, cell) for text, cell in names]
    scene.entities.append(SceneEntity(timestamp=timestamp(time_s), frame_id=FRAME, id="names", texts=texts))
    return scene


def _rack_runs(world: World) -> Iterator[tuple[int, int]]:
    """First and last cell of each run of obstacles in a row."""
    width = world.layout.width
    solid = np.flatnonzero(~world.layout.passable)
    for run in np.split(solid, np.flatnonzero((np.diff(solid) > 1) | (solid[1:] % width == 0)) + 1):
        if run.size:
            yield int(run[0]), int(run[-1])


def _plates(world: World, cells: Iterable[int], color: Color) -> list[CubePrimitive]:
    return [_cube(world, (cell, cell), _PLATE_M, color) for cell in cells]


def _cube(world: World, run: tuple[int, int], high_m: float, color: Color) -> CubePrimitive:
    """What stands on a run of cells in a row."""
    (row, first), last = divmod(run[0], world.layout.width), run[1] % world.layout.width
    cell_m = world.cell_m
    size = Vector3(x=(last - first + 1) * cell_m, y=cell_m, z=high_m)
    middle = pose((first + last + 1) / 2 * cell_m, (row + 0.5) * cell_m, high_m / 2)
    return CubePrimitive(pose=middle, size=size, color=color)


def _ground(world: World) -> CubePrimitive:
    x_m, y_m = world.layout.width * world.cell_m, world.layout.height * world.cell_m
    middle = pose(x_m / 2, y_m / 2, -_PLATE_M / 2)
    return CubePrimitive(pose=middle, size=Vector3(x=x_m, y=y_m, z=_PLATE_M), color=_GROUND)


def _text(world: World, text: str, cell: int) -> TextPrimitive:
    row, column = divmod(cell, world.layout.width)
    place = pose((column + 0.5) * world.cell_m, (row + 0.5) * world.cell_m, _RACK_M + _NAME_M)
    return TextPrimitive(pose=place, billboard=True, font_size=_NAME_M, color=_NAME, text=text)
