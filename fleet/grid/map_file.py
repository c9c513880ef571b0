"""MovingAI `.map` files: `type octile`, `height`, `width`, `map`, then one row of symbols a line.

Format: N. Sturtevant, "Benchmarks for Grid-Based Pathfinding" (2012). League of Robot Runners maps are the
same with two more traversable symbols, `S` (service point) and `E` (emitter point).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.errors import MapError
from fleet.grid.layout import Layout
from fleet.text_file import read_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

IMPASSABLE: Final = "@OTW"  # out of bounds, out of bounds, trees, water
STANDARD_SYMBOLS: Final = ".GSE" + IMPASSABLE

_HEADER_KEYS: Final = ("type", "height", "width", "map")
_EXAMPLE: Final = "'type octile', 'height H', 'width W', 'map', each on its own line"
# Cells are int32 indices.
_MOST_CELLS: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class MapFile:
    """A map as it stands in its file.

    rows        `height` strings of `width` symbols
    first_line  line number of row 0 in the file, counted from 1
    layout      the same map as cells that are passable or not
    """

    path: Path
    rows: tuple[str, ...]
    first_line: int
    layout: Layout

    def line(self, cell: int) -> int:
        """Line of the file, counted from 1, on which a cell stands."""
        return self.first_line + cell // self.layout.width

    def column(self, cell: int) -> int:
        """Column of the line, counted from 1, in which a cell stands."""
        return cell % self.layout.width + 1


def read_map(path: Path, impassable: str = IMPASSABLE, symbols: Collection[str] | None = None) -> MapFile:
    """Read a `.map` file; every symbol not in `impassable` is a cell where a robot may stand.

    `symbols` are the only ones accepted, if given. Raises MapError with file, line, column and remedy.
    """
    found, problems = scan_map(path, impassable, symbols)
    if found is None or problems:
        raise problems[0]
    return found


def scan_map(
    path: Path, impassable: str = IMPASSABLE, symbols: Collection[str] | None = None
) -> tuple[MapFile | None, list[MapError]]:
    """Read a `.map` file and return it with every problem found; None if its shape cannot be made out.

    An unknown symbol spoils the cell (it counts as impassable) but not the map.
    """
    try:
        lines = read_text(path, MapError, "map file").rstrip("\n").split("\n")
        height, width, first = _header(path, lines)
    except MapError as problem:
        return None, [problem]
    rows = [line.rstrip() for line in lines[first:]]
    while len(rows) > height and not rows[-1]:
        rows.pop()
    problems = _shape_problems(path, rows, height, width, first + 1)
    if problems:
        return None, problems
    if symbols is not None:
        problems = _unknown_symbols(path, rows, symbols, first + 1)
        impassable += "".join({symbol for row in rows for symbol in row} - set(symbols))
    grid = np.array([list(row) for row in rows])
    layout = Layout(height, width, ~np.isin(grid, list(impassable)).reshape(-1))
    return MapFile(path, tuple(rows), first + 1, layout), problems


def map_text(rows: Sequence[str]) -> str:
    """Return the text of a `.map` file with the given rows, which must be equally long."""
    return "\n".join(["type octile", f"height {len(rows)}", f"width {len(rows[0])}", "map", *rows]) + "\n"


def _header(path: Path, lines: list[str]) -> tuple[int, int, int]:
    """Return height, width and the index of the line on which row 0 stands."""
    if lines == [""]:
        raise MapError(str(path), "the map file is empty", f"begin it with {_EXAMPLE}")
    sizes: dict[str, int] = {}
    seen: list[str] = []
    for number, line in enumerate(lines, start=1):
        key, _, value = line.strip().partition(" ")
        where = f"{path}, line {number}"
        if key not in _HEADER_KEYS or key in seen or (not seen and key != "type"):
            raise MapError(where, f"{_shown(line)} is not a map header line", f"begin the file with {_EXAMPLE}")
        seen.append(key)
        if key == "map":
            missing = [name for name in ("height", "width") if name not in sizes]
            if missing:
                raise MapError(where, f"the header has no {missing[0]}", f"begin the file with {_EXAMPLE}")
            return sizes["height"], sizes["width"], number
        if key == "type" and value.strip() != "octile":
            raise MapError(where, f"map type {_shown(value)} is unknown", "write 'type octile'")
        if key in ("height", "width"):
            sizes[key] = _size(where, key, value.strip(), sizes)
    raise MapError(f"{path}, line {len(lines)}", "the file ends within its header", f"begin the file with {_EXAMPLE}")


def _size(where: str, key: str, value: str, sizes: dict[str, int]) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 11 and int(value) > 0):
        raise MapError(where, f"{key} is {_shown(value)}", f"give the {key} as a whole number greater than zero")
    if int(value) * max(sizes.values(), default=1) > _MOST_CELLS:
        raise MapError(where, f"{key} {value} makes more than {_MOST_CELLS} cells", "give the map's true size")
    return int(value)


def _shape_problems(path: Path, rows: list[str], height: int, width: int, first_line: int) -> list[MapError]:
    problems = [
        MapError(
            f"{path}, line {first_line + row}, column {min(len(symbols), width) + 1}",
            f"row {row} has {len(symbols)} symbols, width is {width}",
            "make every row as long as the header's width",
        )
        for row, symbols in enumerate(rows[:height])
        if len(symbols) != width
    ]
    if len(rows) != height:
        line = first_line + min(len(rows), height)
        problem = f"the map has {len(rows)} rows, height is {height}"
        problems.append(MapError(f"{path}, line {line}", problem, "correct the header's height or the rows"))
    return problems


def _unknown_symbols(path: Path, rows: list[str], symbols: Collection[str], first_line: int) -> list[MapError]:
    """One problem for each unknown symbol, at the place where it first stands."""
    known = set(symbols)
    first_at: dict[str, tuple[int, int]] = {}
    for row, line in enumerate(rows):
        for symbol in set(line) - known - first_at.keys():
            first_at[symbol] = (row, line.index(symbol))
    return [
        MapError(
            f"{path}, line {first_line + row}, column {column + 1}",
            f"symbol {symbol!r} has no meaning",
            f"use one of {' '.join(sorted(known))} or give it a meaning in the legend",
        )
        for symbol, (row, column) in sorted(first_at.items(), key=lambda item: item[1])
    ]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
