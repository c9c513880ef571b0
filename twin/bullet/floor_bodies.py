"""What stands on a floor as bodies of Bullet: racks and walls as few boxes, and plates where things are done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from robots.arrays import Bool
from sim_worlds.legend import STANDARD_LEGEND, CellKind
from sim_worlds.world import World
from twin.bullet.client import BulletClient
from twin.bullet.frames import Vector, place

# Bullet keeps 16 shapes of a longer array and drops the rest without a word.
_SHAPES_A_BODY: Final = 16
_PLATE_M: Final = 0.01  # height of what is only painted on the floor

Colour = tuple[float, float, float, float]
_RACK: Final[Colour] = (0.36, 0.47, 0.62, 1.0)
_WALL: Final[Colour] = (0.72, 0.72, 0.70, 1.0)
_OPENING: Final[Colour] = (0.25, 0.25, 0.28, 1.0)
_FLOOR: Final[Colour] = (0.93, 0.92, 0.89, 1.0)
_STATION: Final[Colour] = (0.93, 0.66, 0.25, 1.0)
_CHUTE: Final[Colour] = (0.42, 0.70, 0.48, 1.0)
_CHARGER: Final[Colour] = (0.95, 0.87, 0.35, 1.0)


class Block(NamedTuple):
    """A rectangle of cells: its first row and column, and those after its last."""

    top: int
    left: int
    bottom: int
    right: int


class Look(NamedTuple):
    """How a kind of cells looks: height in metres, and colour."""

    height_m: float
    colour: Colour


_TALL: Final = {
    CellKind.RACK: Look(1.8, _RACK),
    CellKind.WALL: Look(1.0, _WALL),
    CellKind.OPENING: Look(0.4, _OPENING),
}


def blocks(cells: Bool) -> list[Block]:
    """Return rectangles that cover the true cells of a map, bool (height, width), and nothing else, each cell once.

    Runs of each row, and equal runs of rows one below the other as one: a rack of any length is one block.
    """
    open_runs: dict[tuple[int, int], int] = {}
    found: list[Block] = []
    for row in range(len(cells) + 1):
        runs = set(_runs(cells[row])) if row < len(cells) else set()
        over = [run for run in open_runs if run not in runs]
        found.extend(Block(open_runs.pop(run), run[0], row, run[1]) for run in over)
        for run in runs:
            open_runs.setdefault(run, row)
    return sorted(found)


def add_obstacles(client: BulletClient, passable: Bool, cell_m: float, height_m: float = 1.8) -> list[int]:
    """Stand boxes where a map, bool (height, width), is not passable; return the bodies, of at most 16 boxes each."""
    obstacles = blocks(~passable)
    return [
        _body_of_boxes(client, obstacles[first : first + _SHAPES_A_BODY], cell_m, height_m)
        for first in range(0, len(obstacles), _SHAPES_A_BODY)
    ]


def add_world(client: BulletClient, world: World) -> None:
    """Stand a world's racks, walls and chutes on a floor, and paint docks, drop cells and chargers: for pictures."""
    cell_m, layout = world.cell_m, world.layout
    ground = np.ones((layout.height, layout.width), dtype=np.bool_)
    _show(client, [Block(0, 0, layout.height, layout.width)], cell_m, Look(-_PLATE_M, _FLOOR))
    kinds = np.array([[_tall_kind(symbol) for symbol in row] for row in world.symbols], dtype=object)
    for kind, look in _TALL.items():
        _show(client, blocks(~layout.passable.reshape(ground.shape) & (kinds == kind)), cell_m, look)
    docks = [dock for station in world.stations for dock in station.docks]
    for cells, colour in (
        (docks, _STATION),
        ([chute.cell for chute in world.chutes], _CHUTE),
        (world.chargers.tolist(), _CHARGER),
    ):
        marked = np.zeros(ground.size, dtype=np.bool_)
        marked[np.array(cells, dtype=np.int64)] = True
        _show(client, blocks(marked.reshape(ground.shape)), cell_m, Look(_PLATE_M, colour))


def _tall_kind(symbol: str) -> CellKind:
    """What stands on an impassable cell, by the symbol that shipped worlds have for it; a wall if it is another one."""
    kind = STANDARD_LEGEND.get(symbol, CellKind.WALL)
    return kind if kind in _TALL else CellKind.WALL


def _runs(cells: Bool) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], cells, [False])).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _body_of_boxes(client: BulletClient, boxes: Sequence[Block], cell_m: float, height_m: float) -> int:
    sizes, centres = _shapes(boxes, cell_m, height_m)
    shape = client.createCollisionShapeArray(
        shapeTypes=[client.GEOM_BOX] * len(boxes), halfExtents=sizes, collisionFramePositions=centres
    )
    number: int = client.createMultiBody(0.0, shape)
    client.changeDynamics(number, -1, lateralFriction=0.3)
    return number


def _show(client: BulletClient, boxes: Iterable[Block], cell_m: float, look: Look) -> None:
    for size, centre in zip(*_shapes(boxes, cell_m, look.height_m), strict=True):
        shape = client.createVisualShape(client.GEOM_BOX, halfExtents=size, rgbaColor=look.colour)
        client.createMultiBody(0.0, -1, shape, centre)


def _shapes(boxes: Iterable[Block], cell_m: float, height_m: float) -> tuple[list[Vector], list[Vector]]:
    """Half sizes and centres of boxes that stand on the floor, or, with a height below 0, reach down from it."""
    sizes: list[Vector] = []
    centres: list[Vector] = []
    for box in boxes:
        wide, deep = (box.right - box.left) * cell_m, (box.bottom - box.top) * cell_m
        sizes.append((wide / 2, deep / 2, abs(height_m) / 2))
        centres.append(place((box.left + box.right) * cell_m / 2, (box.top + box.bottom) * cell_m / 2, height_m / 2))
    return sizes, centres
