"""Logs of how one robot drove: CSV, one row a moment, columns in any order, named in the first line.

t_s                                time, growing from row to row
told_left_mps, told_right_mps      speeds that the wheels are told, from this row to the next; blank: motors are off
left_mps, right_mps                encoders: way of a wheel since the row before, by the radius that the robot believes
                                   in, over the time since then. Blank or anything in the first row
gyro_radps                         optional: turn rate, clockwise seen from above
x_m, y_m, theta_rad                optional: where the robot's origin is, from floor markers or another reference. Blank
                                   where there is none in this row; x grows east, y south, theta clockwise
load_kg                            optional: what the robot carries, blank for 0
segment                            optional: a label. Where it changes a new segment begins

Left and right are seen in the direction of driving, forwards is positive.
"""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass
from math import inf, isnan, nan
from pathlib import Path
from typing import Final

import numpy as np

from fleet.text_file import read_text, replace_text
from robots.arrays import Float64, Int64
from twin.calibration.errors import DriveLogError

REQUIRED_COLUMNS: Final = ("t_s", "told_left_mps", "told_right_mps", "left_mps", "right_mps")
OPTIONAL_COLUMNS: Final = ("gyro_radps", "x_m", "y_m", "theta_rad", "load_kg", "segment")
LEAST_ROWS: Final = 50
_POSE: Final = ("x_m", "y_m", "theta_rad")
_MAY_BE_BLANK: Final = frozenset({"told_left_mps", "told_right_mps", "gyro_radps", *_POSE, "load_kg"})
# Larger numbers are another unit or damage.
_MOST: Final = {"load_kg": 1e5, "x_m": 1e6, "y_m": 1e6, "theta_rad": 1e6, "t_s": 1e12, "gyro_radps": 1e3}
_MOST_MPS: Final = 100.0
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class DriveLog:
    """Columns of a log, one entry a row; `told` is NaN while motors are off, other columns where nothing was measured.

    name      of the robot, or of the file
    t         float64 (n,), seconds
    told      float64 (n, 2), left and right, m/s
    wheels    float64 (n, 2), encoders, left and right, m/s
    gyro      float64 (n,), rad/s
    pose      float64 (n, 3), x, y, theta; a row is NaN as a whole or not at all
    load      float64 (n,), kg
    segment   int64 (n,), number of the segment; grows by one where the label changes
    labels    of the segments, by number; empty where the log has none
    """

    name: str
    t: Float64
    told: Float64
    wheels: Float64
    gyro: Float64
    pose: Float64
    load: Float64
    segment: Int64
    labels: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.t)


def read_drive_log(path: Path) -> DriveLog:
    """Read a log; raises DriveLogError with file, line, column and remedy for the first thing wrong."""
    lines = csv.reader(read_text(path, DriveLogError, "log").split("\n"), strict=True)
    columns: list[str] = []
    rows: list[list[float]] = []
    labels: list[str] = []
    try:
        for cells in lines:
            where = f"{path}, line {lines.line_num}"
            if not cells:
                continue
            if not columns:
                columns = _checked_header(where, cells)
                continue
            row = _Row(where, dict(zip(columns, cells, strict=False)), len(cells) - len(columns))
            rows.append(row.numbers(rows[-1][0] if rows else None))
            labels.append(row.cells.get("segment", "").strip())
    except csv.Error as failure:
        raise DriveLogError(f"{path}, line {lines.line_num}", f"is not CSV: {failure}", "correct the line") from None
    if len(rows) < LEAST_ROWS:
        remedy = f"record a drive: a log has at least {LEAST_ROWS} rows below its header"
        raise DriveLogError(str(path), f"has {len(rows)} rows", remedy)
    return _columns(path.stem, np.array(rows, dtype=np.float64), labels)


def write_drive_log(path: Path, log: DriveLog) -> None:
    """Write a log whole or not at all; raises DriveLogError if it cannot be written."""
    header = ("t_s", "told_left_mps", "told_right_mps", "left_mps", "right_mps", "gyro_radps", *_POSE, "load_kg")
    table = np.column_stack([log.t, log.told, log.wheels, log.gyro, log.pose, log.load])
    lines = [",".join((*header, "segment"))]
    for row, number in zip(table.tolist(), log.segment.tolist(), strict=True):
        cells = ["" if isnan(value) else f"{value:.6f}" for value in row]
        lines.append(",".join([*cells, log.labels[number]]))
    replace_text(path, "\n".join(lines) + "\n", DriveLogError)


def _checked_header(where: str, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    known = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    for number, name in enumerate(columns):
        if name not in known:
            raise DriveLogError(f"{where}, column {name or number + 1}", "unknown column", f"use: {', '.join(known)}")
        if name in columns[:number]:
            raise DriveLogError(f"{where}, column {name}", "is there twice", "remove one of them")
    for name in REQUIRED_COLUMNS:
        if name not in columns:
            raise DriveLogError(where, f"column {name} is missing", f"a log has {', '.join(REQUIRED_COLUMNS)}")
    given = [name for name in _POSE if name in columns]
    if given and len(given) < len(_POSE):
        raise DriveLogError(where, f"has {' and '.join(given)} alone", f"give {', '.join(_POSE)} together, or none")
    return columns


class _Row:
    """The cells of a row by column; `more` is by how many cells it is longer than the header."""

    def __init__(self, where: str, cells: dict[str, str], more: int) -> None:
        self._where = where
        self.cells = cells
        if more:
            problem = f"the row has {abs(more)} cells {'more' if more > 0 else 'fewer'} than the header"
            raise DriveLogError(where, problem, "give one cell for each column")

    def numbers(self, before_s: float | None) -> list[float]:
        """Return t, told, wheels, gyro, pose, load; `before_s`: time of the row before."""
        t = self._number("t_s")
        if before_s is not None and t <= before_s:
            raise self._refused("t_s", f"is {t:g}, not after the row before ({before_s:g})", "sort the rows by time")
        told = [self._number("told_left_mps"), self._number("told_right_mps")]
        if isnan(told[0]) != isnan(told[1]):
            column = "told_left_mps" if isnan(told[0]) else "told_right_mps"
            raise self._refused(column, "is blank for one wheel", "give both wheels, or none while motors are off")
        wheels = [nan, nan] if before_s is None else [self._number("left_mps"), self._number("right_mps")]
        pose = [self._number(name) for name in _POSE]
        blank = [name for name, value in zip(_POSE, pose, strict=True) if isnan(value)]
        if blank and len(blank) < len(_POSE):
            raise self._refused(blank[0], "is blank", f"give {', '.join(_POSE)} in a row, or none of them")
        load = self._number("load_kg")
        if load < 0:
            raise self._refused("load_kg", f"is {load:g}", "give what the robot carries, 0 or more")
        return [t, *told, *wheels, self._number("gyro_radps"), *pose, load if load > 0 else 0.0]

    def _number(self, column: str) -> float:
        """Return a number, NaN for a blank cell of a column where that may be, and of one that there is not."""
        text = self.cells.get(column, "").strip()
        if not text and column in _MAY_BE_BLANK:
            return nan
        most = _MOST.get(column, _MOST_MPS)
        value = float(text) if _NUMBER.fullmatch(text) else inf
        if abs(value) > most:
            shown = repr(text if len(text) <= 40 else text[:40] + "...") if text else "blank"
            raise self._refused(column, f"is {shown}", f"give a number from {-most:g} to {most:g}")
        return value

    def _refused(self, column: str, problem: str, remedy: str) -> DriveLogError:
        return DriveLogError(f"{self._where}, column {column}", problem, remedy)


def _columns(name: str, table: Float64, labels: list[str]) -> DriveLog:
    changes = [True, *(label != before for before, label in itertools.pairwise(labels))]
    table[0, 3:5] = table[1, 3:5]
    return DriveLog(
        name=name,
        t=table[:, 0].copy(),
        told=table[:, 1:3].copy(),
        wheels=table[:, 3:5].copy(),
        gyro=table[:, 5].copy(),
        pose=table[:, 6:9].copy(),
        load=table[:, 9].copy(),
        segment=np.cumsum(changes, dtype=np.int64) - 1,
        labels=tuple(label for label, changed in zip(labels, changes, strict=True) if changed),
    )
