"""Where stock lies: the bins behind pick faces, and the sensors that look into them.

A bin is a gravity-flow lane (carton flow, piece by piece): it runs through the rack behind its pick face, units stand
in it in single file, the first against the stop at the face, and move up when one is taken. A time-of-flight sensor
behind the lane's far end looks along it to the last unit, so it measures what is free of the lane, and nothing but
stock moves before it. It keeps a distance from a full lane, since such sensors see nothing right below 40 mm (ST,
user manual of the VL53L1X in the BlueCoin kit).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from fleet.grid.layout import COLUMN_STEP, ROW_STEP
from sim_worlds.errors import WorldError
from sim_worlds.slotting import WorldSlotting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from robots.arrays import Float32, Float64, Int8, Int32
    from sim_worlds.assortment import KeptSku
    from sim_worlds.world import World

MOST_SENSORS: Final = 5000
MOST_UNITS: Final = 250  # of leaflets nobody wants more in a lane

# A lane's share of its cell: lengthways, and as wide as three lanes side by side leave room for.
_DEPTH, _WIDTH = 0.9, 0.3
_MOST_DEPTH_M: Final = 1.2  # what a sensor can see the end of
_LANES_ABREAST: Final = 3
_HEIGHT_M: Final = 0.3
_STAND_OFF_M: Final = 0.05
_LEVEL_M: Final = 0.35
_LOWEST_M: Final = 0.3  # the foot of a rack, below the lowest lane
# Racks of most worlds run north to south: they are looked for in the east and west of a face first.
_LOOK: Final = (0, 2, 1, 3)


@dataclass(frozen=True, slots=True)
class StockLayout:
    """The bins of a world. Columns of length n have one row a bin; lengths in metres, x east, y south, z up.

    cell        int32, the pick face where it is picked from
    sku         the SKU that it holds; a face has at most one bin of it
    capacity    int32, units that fit, 1 or more
    pitch_m     float64, how much of the lane a unit takes
    empty_m     float64, what the sensor of an empty lane measures
    neighbours  int32 (n, 2), the bins beside it along the rack, -1 for none: where a hand goes by mistake
    eye_m       float64 (n, 3), behind the far end of the lane, where its sensor sits
    heading     int8, where the sensor looks, and the stock stands: 0 east, 1 south, 2 west, 3 north
    width_m, height_m  size across a lane, the same for all of them
    sensor_bin  int32 (s,), the bin that each sensor looks into, ascending
    """

    cell: Int32
    sku: tuple[str, ...]
    capacity: Int32
    pitch_m: Float64
    empty_m: Float64
    neighbours: Int32
    eye_m: Float64
    heading: Int8
    width_m: float
    height_m: float
    sensor_bin: Int32

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.cell)

    @property
    def sensors(self) -> int:
        """How many sensors there are."""
        return len(self.sensor_bin)

    def by_place(self) -> dict[tuple[int, str], int]:
        """Return the bin of each pick face and SKU, for those who look up many."""
        return {place: number for number, place in enumerate(zip(self.cell.tolist(), self.sku, strict=True))}

    def distance_m(self, count: Int32) -> Float32:
        """Return what sensors without faults measure, float32 (s,), with `count` units in the bins, int32 (n,)."""
        seen = self.empty_m - count * self.pitch_m
        return seen[self.sensor_bin].astype(np.float32)


class _Lane(NamedTuple):
    """A bin and its place; sorts along the rack: those beside each other follow each other."""

    way: int  # from the face into the rack
    line: int  # row or column in which the rack lies
    along: int  # cell of the rack in that line
    cell: int  # the face
    rank: int  # of its SKU in the assortment


def lay_out_stock(world: World, assortment: Sequence[KeptSku], most_sensors: int = MOST_SENSORS) -> StockLayout:
    """Return the bins of a world that keeps these SKUs; WorldSlotting says at which faces.

    A lane is as deep as 0.9 of a cell, 1.2 m at most, and holds its SKU with the shortest edge along the lane. A unit
    that is too big for the lane's 0.3 cell by 0.3 m across takes as much more of its length. Three lanes lie side by
    side on a level, as many levels above each other as there are bins. Every bin has a sensor, or, if there are more
    than `most_sensors` bins, those of the SKUs that come first in the assortment.

    SKUs that are kept at stations have no bins. Raises WorldError if a SKU is in the assortment twice or fits into no
    lane, and if a pick face has no rack beside it.
    """
    names = [sku.name for sku in assortment]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise WorldError("assortment", f"SKU {double!r} is in it twice", "keep one of them")
    lanes = _lanes(world, names)
    width, depth = _WIDTH * world.cell_m, min(_DEPTH * world.cell_m, _MOST_DEPTH_M)
    pitch = np.array([_pitch(sku, width, depth) for sku in assortment], dtype=np.float64)
    rank = np.array([lane.rank for lane in lanes], dtype=np.int64)
    heading = np.array([(lane.way + 2) % 4 for lane in lanes], dtype=np.int8)
    room = np.floor(depth / pitch[rank] + 1e-9)
    return StockLayout(
        cell=np.array([lane.cell for lane in lanes], dtype=np.int32),
        sku=tuple(names[lane.rank] for lane in lanes),
        capacity=np.minimum(room, MOST_UNITS).astype(np.int32),
        pitch_m=pitch[rank],
        empty_m=np.full(len(lanes), depth + _STAND_OFF_M),
        neighbours=_neighbours(lanes),
        eye_m=_eyes(lanes, world, depth / 2 + _STAND_OFF_M),
        heading=heading,
        width_m=width,
        height_m=_HEIGHT_M,
        sensor_bin=np.sort(np.argsort(rank, kind="stable")[:most_sensors]).astype(np.int32),
    )


def _lanes(world: World, names: Sequence[str]) -> list[_Lane]:
    slotting = WorldSlotting(world)
    faces = {cell: _behind(world, cell) for cell in world.pick_faces.tolist()}
    return sorted(
        _Lane(*faces[cell], cell, rank)
        for rank, name in enumerate(names)
        for cell in slotting.pick_places(name).tolist()
        if cell in faces
    )


def _behind(world: World, cell: int) -> tuple[int, int, int]:
    """The rack behind a face: which way it is, its line, and its cell in that line."""
    layout = world.layout
    row, column = divmod(cell, layout.width)
    for way in _LOOK:
        to_row, to_column = row + ROW_STEP[way], column + COLUMN_STEP[way]
        inside = 0 <= to_row < layout.height and 0 <= to_column < layout.width
        if inside and not layout.passable[layout.cell(to_row, to_column)]:
            return (way, to_row, to_column) if way % 2 else (way, to_column, to_row)
    remedy = "put the pick face beside a rack"
    raise WorldError(str(world.path), f"the pick face in row {row}, column {column} has no rack beside it", remedy)


def _pitch(sku: KeptSku, width: float, depth: float) -> float:
    pitch = max(sku.size_m[2], sku.litres / 1000.0 / (width * _HEIGHT_M))
    if pitch > depth:
        raise WorldError("assortment", f"SKU {sku.name!r} fits into no lane, {depth:g} m deep", "leave it out")
    return pitch


def _neighbours(lanes: Sequence[_Lane]) -> Int32:
    """Lanes that follow each other in the same rack, picked from the same side, at most one cell further on."""
    beside = np.full((len(lanes), 2), -1, dtype=np.int32)
    for number in range(1, len(lanes)):
        one, other = lanes[number - 1], lanes[number]
        if one[:2] == other[:2] and other.along - one.along <= 1:
            beside[number - 1, 1] = number
            beside[number, 0] = number - 1
    return beside


def _eyes(lanes: Sequence[_Lane], world: World, behind: float) -> Float64:
    """Where sensors sit, `behind` the middle of the rack. Lanes from its two sides pass each other in slots."""
    eyes = np.zeros((len(lanes), 3))
    slots = _slots(lanes)
    for number, (lane, slot) in enumerate(zip(lanes, slots, strict=True)):
        east, south = COLUMN_STEP[lane.way], ROW_STEP[lane.way]
        level, abreast = divmod(slot, _LANES_ABREAST)
        aside = ((abreast + 0.5) / _LANES_ABREAST - 0.5) * world.cell_m
        column, row = _rack(lane)
        x = (column + 0.5) * world.cell_m + east * behind + abs(south) * aside
        y = (row + 0.5) * world.cell_m + south * behind + abs(east) * aside
        eyes[number] = x, y, _LOWEST_M + level * _LEVEL_M + _HEIGHT_M / 2
    return eyes


def _slots(lanes: Sequence[_Lane]) -> list[int]:
    """Number the lanes of each cell of a rack, from whichever side they are picked."""
    slots = [0] * len(lanes)
    by_rack = sorted(range(len(lanes)), key=lambda number: (_rack(lanes[number]), number))
    for _, group in groupby(by_rack, key=lambda number: _rack(lanes[number])):
        for slot, number in enumerate(group):
            slots[number] = slot
    return slots


def _rack(lane: _Lane) -> tuple[int, int]:
    """Column and row of the cell of the rack."""
    return (lane.along, lane.line) if lane.way % 2 else (lane.line, lane.along)
