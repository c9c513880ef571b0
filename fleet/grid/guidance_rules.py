"""Rules that make guidance: few numbers, from which the weights of a whole floor follow.

Few on purpose: people can read them, a file of ten lines holds them, and `futurepark tune` can optimise them. Source
of the lanes: the winners of the League of Robot Runners 2024 (Yukhnevich and Andreychuk), whose hand-made weights
alternate the directions of rows and repeat a pattern over columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, Final, Self

import numpy as np

from fleet.errors import SettingError
from fleet.grid.guidance import HIGHEST_TURN, HIGHEST_WEIGHT, Guidance
from fleet.grid.layout import Layout
from robots.arrays import Float64, Int8, Int32, Int64

EAST, SOUTH, WEST, NORTH = range(4)
BOTH_WAYS: Final = -1

_ROW_LANES: Final = {">": EAST, "<": WEST, ".": BOTH_WAYS}
_COLUMN_LANES: Final = {"v": SOUTH, "^": NORTH, ".": BOTH_WAYS}
LANES: Final = ("none", "pattern", "streets", "keep_right")


@dataclass(frozen=True, slots=True)
class GuidanceRules:
    """What a floor's weights are made of.

    lanes           none: no directions; pattern: `rows` and `columns` say them, row by row and column by column;
                    streets: the same, but only rows and columns along which one can drive are counted; keep_right:
                    corridors of two or more lanes carry traffic on the right-hand side, lane by lane in turn, single
                    lanes go both ways
    rows            direction of each row or street from the top, repeating: > east, < west, . both ways
    columns         direction of each column or street from the left, repeating: v south, ^ north, . both ways
    along, against  cost of a move in a lane's direction (and of moves where there is no lane), and against it
    turn            cost of a quarter turn
    station_extra   on top of a move that begins within `station_radius` cells (Manhattan) of a station
    row_extra       on top of every move, by its row: values at points spread evenly from the top row to the bottom row,
                    linear between them; empty for nothing
    column_extra    the same by column, from left to right
    """

    lanes: str = "keep_right"
    rows: str = "."
    columns: str = "."
    along: int = 20
    against: int = 200
    turn: int = 1
    station_extra: int = 0
    station_radius: int = 1
    row_extra: tuple[float, ...] = ()
    column_extra: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.lanes not in LANES:
            raise SettingError("guidance.lanes", f"is {self.lanes!r}", f"use one of {', '.join(LANES)}")
        for name, known in (("rows", _ROW_LANES), ("columns", _COLUMN_LANES)):
            pattern = getattr(self, name)
            if not isinstance(pattern, str) or not pattern or any(symbol not in known for symbol in pattern):
                raise SettingError(f"guidance.{name}", f"is {pattern!r}", f"use one or more of {' '.join(known)}")
        for name in ("along", "against"):
            _check_whole(name, getattr(self, name), 1)
        _check_whole("turn", self.turn, 1, HIGHEST_TURN)
        for name in ("station_extra", "station_radius"):
            _check_whole(name, getattr(self, name), 0)
        for name in ("row_extra", "column_extra"):
            points = getattr(self, name)
            if not isinstance(points, tuple) or not all(_is_extra(point) for point in points):
                remedy = f"use a list of numbers from -{HIGHEST_WEIGHT} to {HIGHEST_WEIGHT}"
                raise SettingError(f"guidance.{name}", f"is {_shown(points)}", remedy)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Return the rules of a TOML table; keys that are left out take their defaults.

        Raises SettingError, with `guidance.KEY` as its place, on an unknown key or a value that will not do.
        """
        known = [field.name for field in fields(cls)]
        for key in table:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                remedy = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(known)}"
                raise SettingError(f"guidance.{key}", "is an unknown key", remedy)
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
        }
        return cls(**values)

    def as_table(self) -> dict[str, Any]:
        """Return the TOML table that `from_table` reads back as the same rules."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def guidance(self, layout: Layout, stations: Int32) -> Guidance:
        """Return the weights for a floor; `stations` int32, cells where robots are served or drop what they carry.

        Time and memory linear in cells. Weights are rounded and kept within 1 to 255.
        """
        weights = np.full((layout.height, layout.width, 4), float(self.along))
        for heading, lanes in self._against(layout):
            weights[lanes, heading] = self.against
        weights += _spread(self.row_extra, layout.height)[:, None, None]
        weights += _spread(self.column_extra, layout.width)[None, :, None]
        if self.station_extra and len(stations):
            weights[_near(layout, stations, self.station_radius)] += self.station_extra
        forward = np.clip(np.rint(weights), 1, HIGHEST_WEIGHT).astype(np.uint8).reshape(-1, 4)
        return Guidance(forward, turn=self.turn, unit=self.along)

    def _against(self, layout: Layout) -> list[tuple[int, np.ndarray]]:
        """Headings that go against a lane, and where, bool (height, width)."""
        if self.lanes == "none":
            return []
        shape = (layout.height, layout.width)
        floor = layout.passable.reshape(shape)
        if self.lanes in {"pattern", "streets"}:
            everywhere = self.lanes == "pattern"
            rows = _numbered(floor, everywhere=everywhere)
            columns = _numbered(floor.T, everywhere=everywhere)
            across = np.broadcast_to(_repeated(self.rows, _ROW_LANES, rows)[:, None], shape)
            down = np.broadcast_to(_repeated(self.columns, _COLUMN_LANES, columns)[None, :], shape)
        else:
            # Going east, the right-hand side is south: of two rows, the northern one goes west.
            across = _lanes_in_turn(floor, (WEST, EAST))
            # Going north, the right-hand side is east: of two columns, the western one goes south.
            down = _lanes_in_turn(floor.T, (SOUTH, NORTH)).T
        return [
            *((heading, across == (heading + 2) % 4) for heading in (EAST, WEST)),
            *((heading, down == (heading + 2) % 4) for heading in (SOUTH, NORTH)),
        ]


def _check_whole(name: str, value: int, least: int, most: int = HIGHEST_WEIGHT) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        remedy = f"use a whole number from {least} to {most}"
        raise SettingError(f"guidance.{name}", f"is {_shown(value)}", remedy)


def _is_extra(value: object) -> bool:
    # Not a number is not in the range either.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= HIGHEST_WEIGHT


def _shown(value: object) -> str:
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else text[:60] + "..."


def _numbered(floor: np.ndarray, *, everywhere: bool) -> Int64:
    """Numbers of the rows of a floor that have a direction, counted from the top, int64 (height,); -1 for the others.

    Everywhere: all rows. Else streets only: rows with at least half as many moves along them as the row with the most.
    """
    moves = (floor[:, 1:] & floor[:, :-1]).sum(axis=1)
    street = np.full(len(floor), everywhere) | ((moves > 0) & (2 * moves >= moves.max(initial=0)))
    return np.where(street, np.cumsum(street) - 1, -1)


def _repeated(pattern: str, known: dict[str, int], numbers: Int64) -> Int8:
    """Directions of numbered rows or columns, int8 of the same length."""
    directions = np.array([known[symbol] for symbol in pattern], dtype=np.int8)
    return np.where(numbers >= 0, directions[numbers % len(pattern)], np.int8(BOTH_WAYS))


def _spread(points: tuple[float, ...], length: int) -> Float64:
    """Values at `length` places between points that are spread evenly."""
    if not points:
        return np.zeros(length)
    return np.interp(np.linspace(0.0, 1.0, length), np.linspace(0.0, 1.0, len(points)), points)


def _lanes_in_turn(floor: np.ndarray, directions: tuple[int, int]) -> Int8:
    """Directions of the rows of a floor, int8 (height, width): within each vertical run of passable cells in turn.

    A run of one is a single lane and goes both ways, as does the odd lane at the end of a run.
    """
    height, width = floor.shape
    place: Int64 = np.zeros((height, width), dtype=np.int64)
    length: Int64 = np.zeros((height, width), dtype=np.int64)
    for row in range(height):
        place[row] = np.where(floor[row], place[row - 1] + 1, 0) if row else floor[row]
    for row in range(height - 1, -1, -1):
        below = length[row + 1] if row + 1 < height else 0
        length[row] = np.where(floor[row], np.maximum(below, place[row]), 0)
    lanes = np.where(place % 2 == 1, directions[0], directions[1])
    paired = floor & (place <= length // 2 * 2)
    return np.where(paired, lanes, BOTH_WAYS).astype(np.int8)


def _near(layout: Layout, stations: Int32, radius: int) -> np.ndarray:
    """Cells within the radius of a station, bool (height, width)."""
    from scipy.ndimage import distance_transform_cdt

    elsewhere = np.ones(layout.cells, dtype=np.bool_)
    elsewhere[stations] = False
    steps = distance_transform_cdt(elsewhere.reshape(layout.height, layout.width), metric="taxicab")
    return np.asarray(steps <= radius)
