"""Which cells and steps an area means on a floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from fleet.grid.layout import COLUMN_STEP, ROW_STEP, Layout
from fleet.traffic.zones.actions import Area, Edge, NamedZone, Rectangle, WholeFloor
from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason
from robots.arrays import Int32
from robots.state import Heading


@dataclass(frozen=True, slots=True, eq=False)
class Extent:
    """What an area covers.

    place  what people call it
    cells  int32, ascending, where robots may stand; none for an edge
    edges  int32 (m, 2), cell and heading of the forward moves of an edge; none for anything else
    """

    place: str
    cells: Int32
    edges: Int32


def extent_of(area: Area, layout: Layout, named: Mapping[str, Int32]) -> Extent | ZoneRefusal:
    """Return what an area covers on a floor with these named zones, or why it covers nothing."""
    match area:
        case WholeFloor():
            return Extent("the whole floor", layout.free_cells, no_edges())
        case NamedZone(name):
            return _of_zone(name, named)
        case Rectangle():
            return _of_rectangle(area, layout)
        case Edge():
            return _of_edge(area, layout)


def against(cells: Int32, direction: Heading, layout: Layout) -> Int32:
    """Return the moves from one of the cells to another one against a direction, int32 (m, 2): cell, heading."""
    back = opposite(direction)
    inside = np.zeros(layout.cells, dtype=np.bool_)
    inside[cells] = True
    ahead = layout.neighbours[cells, back]
    moving = cells[(ahead >= 0) & inside[ahead]]
    return np.column_stack([moving, np.full(len(moving), back)]).astype(np.int32)


def opposite(heading: int) -> int:
    """Return the heading that looks the other way."""
    return (heading + 2) % 4


def no_edges() -> Int32:
    """Return no moves, int32 (0, 2)."""
    return np.zeros((0, 2), dtype=np.int32)


def _of_zone(name: str, named: Mapping[str, Int32]) -> Extent | ZoneRefusal:
    if name in named:
        return Extent(name, np.unique(named[name]), no_edges())
    close = get_close_matches(name, named, n=1)
    if close:
        remedy = f"did you mean {close[0]!r}?"
    elif named:
        remedy = f"use one of: {', '.join(named)}"
    else:
        remedy = "this world names no zones: give a rectangle"
    return ZoneRefusal(ZoneRefusalReason.UNKNOWN_ZONE, f"there is no zone {name!r}", remedy)


def _of_rectangle(area: Rectangle, layout: Layout) -> Extent | ZoneRefusal:
    one = (area.row0, area.column0) == (area.row1, area.column1)
    corner = f"row {area.row0}, column {area.column0}"
    place = corner if one else f"rows {area.row0} to {area.row1}, columns {area.column0} to {area.column1}"
    for row, column in ((area.row0, area.column0), (area.row1, area.column1)):
        if outside := _outside(row, column, layout):
            return outside
    if area.row1 < area.row0 or area.column1 < area.column0:
        remedy = "give the north-west corner first: [row0, column0, row1, column1]"
        return ZoneRefusal(ZoneRefusalReason.BAD_RECTANGLE, f"the rectangle ends before it begins ({place})", remedy)
    rows = np.arange(area.row0, area.row1 + 1, dtype=np.int32)
    columns = np.arange(area.column0, area.column1 + 1, dtype=np.int32)
    cells = (rows[:, None] * layout.width + columns).reshape(-1).astype(np.int32)
    cells = cells[layout.passable[cells]]
    if not len(cells):
        problem = f"{place} {'is an obstacle' if one else 'are obstacles only'}"
        return ZoneRefusal(ZoneRefusalReason.NO_FLOOR, problem, "name cells where robots drive")
    return Extent(place, cells, no_edges())


def _of_edge(area: Edge, layout: Layout) -> Extent | ZoneRefusal:
    (row0, column0), (row1, column1) = area.start, area.end
    place = f"from row {row0}, column {column0} to row {row1}, column {column1}"
    for row, column in (area.start, area.end):
        if outside := _outside(row, column, layout):
            return outside
        if not layout.passable[layout.cell(row, column)]:
            problem = f"row {row}, column {column} is an obstacle"
            return ZoneRefusal(ZoneRefusalReason.NO_FLOOR, problem, "name cells where robots drive")
    steps = list(zip(ROW_STEP, COLUMN_STEP, strict=True))
    step = (row1 - row0, column1 - column0)
    if step not in steps:
        remedy = "name two cells that share a side"
        return ZoneRefusal(ZoneRefusalReason.NOT_NEIGHBOURS, f"there is no step {place}", remedy)
    heading = steps.index(step)
    edges = [(layout.cell(row0, column0), heading)]
    if area.both:
        edges.append((layout.cell(row1, column1), opposite(heading)))
        place += " and back"
    return Extent(place, np.zeros(0, dtype=np.int32), np.array(edges, dtype=np.int32))


def _outside(row: int, column: int, layout: Layout) -> ZoneRefusal | None:
    if 0 <= row < layout.height and 0 <= column < layout.width:
        return None
    problem = f"row {row}, column {column} is outside the {layout.height} x {layout.width} map"
    remedy = f"rows are 0 to {layout.height - 1}, columns 0 to {layout.width - 1}"
    return ZoneRefusal(ZoneRefusalReason.OUTSIDE_MAP, problem, remedy)
