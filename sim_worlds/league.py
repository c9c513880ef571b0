"""League of Robot Runners instances, 2024 and 2026: a JSON file that names a map, robot starts and a list of tasks.

Format: `Input_Output_Format.md` in the organisers' Start-Kit, editions 2024 and 2026. Lines of `.agents` and `.tasks`
files that begin with `#` are comments; the first other line is a count, and that many lines follow.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fleet.errors import InstanceError
from fleet.grid.map_file import MapFile, read_map
from fleet.text_file import read_text
from sim_worlds import league2026
from sim_worlds.league2026 import TickRules, read_tick_rules

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.grid.layout import Layout
    from robots.arrays import Int32, Int64

_FILE_KEYS: Final = ("mapFile", "agentFile", "taskFile")
_KEYS: Final = (*_FILE_KEYS, "teamSize", "numTasksReveal", "version")
_OPTIONAL: Final = ("version",)
_CELLS_ROW: Final = re.compile(r"\d{1,10}(?:\s*,\s*\d{1,10})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class LeagueInstance:
    """One problem of the competition. Cells are indices into `layout`.

    map_file      the map with its symbols: S service points, E emitter points, both passable
    team_size     number of robots, n
    starts        int32 (n,), all different and passable; robots start facing east
    errand_cells  int32 (m,), the cells of all tasks one after another
    offsets       int64 (tasks + 1,); task i visits errand_cells[offsets[i]:offsets[i + 1]] in that order
    reveal        numTasksReveal: the open pool holds this many tasks a robot
    ticks         the rules that only the 2026 edition has; None in the 2024 edition
    """

    path: Path
    map_file: MapFile
    team_size: int
    starts: Int32
    errand_cells: Int32
    offsets: Int64
    reveal: float
    version: str
    ticks: TickRules | None = None

    @property
    def name(self) -> str:
        """The instance's file name without its ending."""
        return self.path.stem

    @property
    def layout(self) -> Layout:
        """The floor."""
        return self.map_file.layout

    @property
    def tasks(self) -> int:
        """Number of tasks in the list."""
        return len(self.offsets) - 1


def read_league(path: Path) -> LeagueInstance:
    """Read an instance with the files that it names.

    Its edition is the one that `version` names. One without `version` is of the 2026 edition if it has a key that only
    this edition has, else of the 2024 edition.

    Raises InstanceError or MapError with file, line and remedy: a missing file, bad JSON, a missing, unknown
    or ill-typed key, fewer robots than teamSize, a robot on an obstacle or on another, a task cell outside
    the map or on an obstacle.
    """
    text = read_text(path, InstanceError, "instance file")
    table = _json_object(path, text)
    _check_keys(path, text, table)
    map_path, agent_path, task_path = (_named_file(path, text, table, key) for key in _FILE_KEYS)
    map_file = read_map(map_path)
    return LeagueInstance(
        path=path,
        map_file=map_file,
        team_size=table["teamSize"],
        starts=_read_starts(agent_path, map_file, table["teamSize"]),
        **_read_tasks(task_path, map_file),
        reveal=float(table["numTasksReveal"]),
        version=table.get("version", ""),
        ticks=read_tick_rules(table, lambda key: _at_key(path, text, key)) if _is_2026(table) else None,
    )


def _is_2026(table: dict[str, Any]) -> bool:
    version = str(table.get("version", ""))
    return "2026" in version if version else any(key in table for key in league2026.KEYS)


def _json_object(path: Path, text: str) -> dict[str, Any]:
    try:
        table = json.loads(text)
    except json.JSONDecodeError as failure:
        where = f"{path}, line {failure.lineno}, column {failure.colno}"
        raise InstanceError(where, f"is not JSON: {failure.msg}", "correct the file there") from None
    except (ValueError, RecursionError) as failure:
        raise InstanceError(str(path), f"is not usable JSON: {failure}", "correct the file") from None
    if not isinstance(table, dict):
        raise InstanceError(f"{path}, line 1", "holds no JSON object", f"give an object with {', '.join(_KEYS)}")
    return table


def _check_keys(path: Path, text: str, table: dict[str, Any]) -> None:
    keys, edition = ((*_KEYS, *league2026.KEYS), 2026) if _is_2026(table) else (_KEYS, 2024)
    for key in table:
        if key not in keys:
            remedy = f"this is an instance of the {edition} edition, with the keys {', '.join(keys)}"
            raise InstanceError(_at_key(path, text, key), f"unknown key {key}", remedy)
    for key in _KEYS:
        if key not in table and key not in _OPTIONAL:
            raise InstanceError(str(path), f"the key {key} is missing", "add it")
    for key in (*_FILE_KEYS, "version"):
        if not isinstance(table.get(key, ""), str):
            raise InstanceError(_at_key(path, text, key), f"{key} is {table[key]!r}, not a string", "put it in quotes")
    size = table["teamSize"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        where = _at_key(path, text, "teamSize")
        raise InstanceError(where, f"teamSize is {size!r}", "give a whole number greater than zero")
    reveal = table["numTasksReveal"]
    if isinstance(reveal, bool) or not isinstance(reveal, int | float) or not isfinite(reveal) or reveal <= 0:
        where = _at_key(path, text, "numTasksReveal")
        raise InstanceError(where, f"numTasksReveal is {reveal!r}", "give a number greater than zero")


def _at_key(path: Path, text: str, key: str) -> str:
    found = re.search(rf'"{re.escape(key)}"\s*:', text)
    return f"{path}, line {text.count(chr(10), 0, found.start()) + 1}" if found else str(path)


def _named_file(path: Path, text: str, table: dict[str, Any], key: str) -> Path:
    named = path.parent / str(table[key])
    if not named.is_file():
        problem = f"{key} {table[key]!r} is not there"
        raise InstanceError(_at_key(path, text, key), problem, "give a path relative to the instance file")
    return named


def _counted_lines(path: Path, what: str) -> list[tuple[int, str]]:
    """Return (line number, text) of the lines after the count, whose number must be the count."""
    lines = [
        (number, line)
        for number, raw in enumerate(read_text(path, InstanceError, f"{what} file").split("\n"), start=1)
        if (line := raw.strip()) and not line.startswith("#")
    ]
    if not lines:
        raise InstanceError(str(path), "the file is empty", f"begin it with the number of {what}s")
    number, count = lines.pop(0)
    where = f"{path}, line {number}"
    if not re.fullmatch(r"\d{1,10}", count, re.ASCII):
        raise InstanceError(where, f"{count[:40]!r} is not a number of {what}s", "give a whole number on that line")
    if int(count) != len(lines):
        raise InstanceError(where, f"{count} {what}s are announced, {len(lines)} follow", "correct the number")
    if not lines:
        raise InstanceError(where, f"there are no {what}s", "give at least one")
    return lines


def _read_starts(path: Path, map_file: MapFile, team_size: int) -> Int32:
    lines = _counted_lines(path, "robot")
    if len(lines) < team_size:
        problem = f"has {len(lines)} robots, teamSize is {team_size}"
        raise InstanceError(str(path), problem, "lower teamSize or add starts")
    used = lines[:team_size]
    for number, line in used:
        if not re.fullmatch(r"\d{1,10}", line, re.ASCII):
            remedy = "give one cell, row * width + column"
            raise InstanceError(f"{path}, line {number}", f"{line[:40]!r} is not a cell", remedy)
    numbers = [number for number, _ in used]
    starts = _checked_cells(path, map_file, [line for _, line in used], numbers, "a robot starts on")
    first_at: dict[int, int] = {}
    for number, cell in zip(numbers, starts.tolist(), strict=True):
        if cell in first_at:
            problem = f"a robot starts on cell {cell}, as does the one of line {first_at[cell]}"
            raise InstanceError(f"{path}, line {number}", problem, "give every robot a cell of its own")
        first_at[cell] = number
    return starts


def _read_tasks(path: Path, map_file: MapFile) -> dict[str, Any]:
    """Return the columns errand_cells and offsets of LeagueInstance."""
    lines = _counted_lines(path, "task")
    for number, line in lines:
        if not _CELLS_ROW.fullmatch(line):
            remedy = "give cells, row * width + column, separated by commas"
            raise InstanceError(f"{path}, line {number}", f"{line[:40]!r} is not a list of cells", remedy)
    counts = np.array([line.count(",") + 1 for _, line in lines], dtype=np.int64)
    numbers = np.repeat([number for number, _ in lines], counts).tolist()
    fields = ",".join(line for _, line in lines).split(",")
    cells = _checked_cells(path, map_file, fields, numbers, "a task goes to")
    return {"errand_cells": cells, "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)}


def _checked_cells(path: Path, map_file: MapFile, fields: list[str], numbers: list[int], what: str) -> Int32:
    """Turn fields into cells, int32; `numbers` are their line numbers in the file. All must be passable."""
    cells = np.array(list(map(int, fields)), dtype=np.int64)
    layout = map_file.layout
    outside = np.flatnonzero(cells >= layout.cells)
    if len(outside):
        first = int(outside[0])
        problem = f"{what} cell {cells[first]}, outside the {layout.height} x {layout.width} map"
        raise InstanceError(f"{path}, line {numbers[first]}", problem, f"cells are 0 to {layout.cells - 1}")
    blocked = np.flatnonzero(~layout.passable[cells])
    if len(blocked):
        first = int(blocked[0])
        cell = int(cells[first])
        on_map = f"{map_file.path}, line {map_file.line(cell)}, column {map_file.column(cell)}"
        problem = f"{what} cell {cell}, which is an obstacle ({on_map})"
        raise InstanceError(f"{path}, line {numbers[first]}", problem, "use a free cell or another map")
    return cells.astype(np.int32)
