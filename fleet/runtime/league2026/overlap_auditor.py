"""Looks at where the robots are, tick after tick, and finds squares that overlap. Shares no code with the judge."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import COLUMN_STEP, ROW_STEP, Layout
from robots.arrays import Int8, Int32, Int64

_ROWS: Int64 = np.array(ROW_STEP, dtype=np.int64)
_COLUMNS: Int64 = np.array(COLUMN_STEP, dtype=np.int64)


class OverlapAuditor:
    """Checks squares in the middle and at the end of every tick.

    All robots go equally fast along rows and columns, so two that overlap at any moment of a tick do so at one of
    these: what they do with each other in a tick is the same forwards and backwards in time.

    overlaps  (tick, robot, other robot, moment): two robots in one place, "middle" or "end" of the tick
    astray    (tick, robot): a square over an obstacle or outside the floor, or a jump
    """

    def __init__(self, layout: Layout, starts: Int32, action_ticks: int, robot_size: float) -> None:
        self._layout = layout
        # Everything in whole numbers: a cell has two units for each tick of an action.
        self._unit = 2 * action_ticks
        self._size = robot_size * self._unit
        self._rows: Int64 = (starts // layout.width).astype(np.int64) * self._unit
        self._columns: Int64 = (starts % layout.width).astype(np.int64) * self._unit
        self.overlaps: list[tuple[int, int, int, str]] = []
        self.astray: list[tuple[int, int]] = []
        self._tick = 0

    def check(self, cells: Int32, headings: Int8, out: Int32) -> None:
        """Check a tick that led the robots here; columns as those of `TickMoves`."""
        width, unit = self._layout.width, self._unit
        rows = (cells // width) * unit + _ROWS[headings] * out * 2
        columns = (cells % width) * unit + _COLUMNS[headings] * out * 2
        moved = np.abs(rows - self._rows) + np.abs(columns - self._columns)
        self.astray += [(self._tick, int(robot)) for robot in np.flatnonzero((moved > 2) | self._off(rows, columns))]
        for moment, places in (
            ("middle", ((rows + self._rows) // 2, (columns + self._columns) // 2)),
            ("end", (rows, columns)),
        ):
            self.overlaps += [(self._tick, one, other, moment) for one, other in self._pairs(*places)]
        self._rows, self._columns = rows, columns
        self._tick += 1

    def _touched(self, rows: Int64, columns: Int64) -> tuple[Int64, Int64]:
        """First and last cell row (or column) that squares from here touch."""
        return rows // self._unit, np.ceil((columns + self._size) / self._unit).astype(np.int64) - 1

    def _off(self, rows: Int64, columns: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        (top, bottom), (west, east) = self._touched(rows, rows), self._touched(columns, columns)
        layout = self._layout
        outside = (top < 0) | (west < 0) | (bottom >= layout.height) | (east >= layout.width)
        over = np.zeros(len(rows), dtype=np.bool_)
        for row in (top, bottom):
            for column in (west, east):
                corner = np.clip(row, 0, layout.height - 1) * layout.width + np.clip(column, 0, layout.width - 1)
                over |= ~layout.passable[corner]
        off: np.ndarray[tuple[int], np.dtype[np.bool_]] = outside | over
        return off

    def _pairs(self, rows: Int64, columns: Int64) -> list[tuple[int, int]]:
        """Pairs of robots whose squares overlap: neighbours in the order of the cells that they touch."""
        (top, bottom), (west, east) = self._touched(rows, rows), self._touched(columns, columns)
        robots = np.arange(len(rows))
        two = (bottom > top) | (east > west)
        cells = np.concatenate([top * self._layout.width + west, (bottom * self._layout.width + east)[two]])
        who = np.concatenate([robots, robots[two]])
        order = np.argsort(cells, kind="stable")
        cells, who = cells[order], who[order]
        found: set[tuple[int, int]] = set()
        for apart in range(1, len(cells)):
            same = np.flatnonzero(cells[apart:] == cells[:-apart])
            if not len(same):
                break
            one, other = who[same], who[same + apart]
            near = (np.abs(rows[one] - rows[other]) < self._size) & (np.abs(columns[one] - columns[other]) < self._size)
            found |= {(min(pair), max(pair)) for pair in zip(one[near].tolist(), other[near].tolist(), strict=True)}
        return sorted(found)
