"""Faults at set times, from a JSONL file: one fault a line.

{"t": 60, "kind": "dead", "robot": 3, "for_s": 30}
{"t": 90, "kind": "obstacle", "cell": [4, 17], "for_s": 120}
{"t": 100, "kind": "loss", "value": 0.2, "for_s": 60}
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from fleet.grid.layout import Layout
from fleet.text_file import read_text
from robots.errors import InputError
from twin.faults import OF_WHEELS, Fault, FaultKind

if TYPE_CHECKING:
    from pathlib import Path

# A run is no longer; nothing is larger.
_MOST_SECONDS: Final = 30 * 86400.0
_ROBOT, _CELL, _FOR, _VALUE = "robot", "cell", "for_s", "value"
# What each kind has besides t and kind. Only for_s may be left out: the fault is for good.
FIELDS: Final[dict[FaultKind, tuple[str, ...]]] = {
    FaultKind.DEAD: (_ROBOT, _FOR),
    FaultKind.REBOOT: (_ROBOT, _FOR),
    FaultKind.MUTE: (_ROBOT, _FOR),
    FaultKind.STUCK: (_ROBOT, _FOR),
    FaultKind.SLOW: (_ROBOT, _FOR, _VALUE),
    FaultKind.DISPLACED: (_ROBOT, _VALUE),
    FaultKind.SLIP: (_CELL, _FOR, _VALUE),
    FaultKind.STALL: (_ROBOT, _FOR, _VALUE),
    FaultKind.DRIFT: (_ROBOT, _FOR, _VALUE),
    FaultKind.BLIND: (_ROBOT, _FOR),
    FaultKind.DROPPED_LOAD: (_ROBOT, _FOR),
    FaultKind.PERSON: (_CELL, _FOR, _VALUE),
    FaultKind.OBSTACLE: (_CELL, _FOR),
    FaultKind.CHARGER_OUT: (_CELL, _FOR),
    FaultKind.DRAINED: (_ROBOT, _VALUE),
    FaultKind.LOSS: (_FOR, _VALUE),
    FaultKind.DELAY: (_FOR, _VALUE),
    FaultKind.DUPLICATION: (_FOR, _VALUE),
}
# Least and most of a value, and in what it is.
_VALUES: Final[dict[FaultKind, tuple[float, float, str]]] = {
    FaultKind.SLOW: (0.01, 1.0, "a share of its speed"),
    FaultKind.DISPLACED: (-100.0, 100.0, "metres to its left"),
    FaultKind.SLIP: (0.01, 1.0, "a share of its traction"),
    FaultKind.STALL: (0.0, 1.0, "0 for the left motor or 1 for the right one"),
    FaultKind.DRIFT: (-0.5, 0.5, "a share of the way"),
    FaultKind.PERSON: (0.1, 3.0, "metres a second"),
    FaultKind.DRAINED: (0.0, 100.0, "percent of its battery"),
    FaultKind.LOSS: (0.0, 1.0, "a chance"),
    FaultKind.DELAY: (0.0, 60.0, "seconds"),
    FaultKind.DUPLICATION: (0.0, 1.0, "a chance"),
}
_Row = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class FaultError(InputError):
    """A file of faults is malformed."""


class _Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    t: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    kind: FaultKind
    robot: _Row | None = None
    cell: tuple[_Row, _Row] | None = None
    for_s: Annotated[float, Meta(gt=0, le=_MOST_SECONDS)] | None = None
    value: float | None = None


_LINE: Final = msgspec.json.Decoder(_Line)


def read_faults(path: Path, robots: int, layout: Layout, *, wheels: bool = False) -> list[Fault]:
    """Read the faults in a file for so many robots on a floor, by time; those of one time keep their order.

    wheels: robots have bodies on wheels, for faults that only those can have. Raises FaultError with file, line, field
    and remedy for the first thing wrong.
    """
    faults = []
    for number, text in enumerate(read_text(path, FaultError, "fault file").split("\n"), start=1):
        if text.strip():
            where = f"{path}, line {number}"
            faults.append(fault_of(where, text, robots, layout))
            if faults[-1].kind in OF_WHEELS and not wheels:
                problem = f"robots on rails know no {faults[-1].kind.value}"
                raise FaultError(f"{where}, field kind", problem, "use the twin, where robots have wheels")
    if not faults:
        raise FaultError(str(path), "the fault file is blank", "give a file with at least one fault")
    return sorted(faults, key=lambda fault: fault.at_s)


def fault_of(where: str, text: str, robots: int, layout: Layout) -> Fault:
    """Return the fault that a line describes; raises FaultError, which says where."""
    try:
        line = _LINE.decode(text)
    except msgspec.ValidationError as failure:
        problem, _, place = str(failure).partition(" - at `$")
        name = place.strip("`").removeprefix(".")
        kinds = ", ".join(kind.value for kind in FaultKind)
        remedy = f"kind is one of: {kinds}" if name == "kind" else "a fault has t, kind, robot or cell, for_s, value"
        problem = problem[0].lower() + problem[1:]
        raise FaultError(f"{where}, field {name}" if name else where, problem, remedy) from None
    except (msgspec.DecodeError, RecursionError) as failure:
        raise FaultError(where, f"is not JSON: {failure}", "write one JSON object a line") from None
    _check_fields(where, line)
    return Fault(
        at_s=line.t,
        kind=line.kind,
        robot=_robot(where, line.robot, robots),
        cell=_cell(where, line.cell, layout),
        seconds=inf if line.for_s is None else line.for_s,
        value=_value(where, line),
    )


def _check_fields(where: str, line: _Line) -> None:
    wanted = FIELDS[line.kind]
    for name in (_ROBOT, _CELL, _FOR, _VALUE):
        given = getattr(line, name) is not None
        if given and name not in wanted:
            remedy = f"{line.kind.value} has t, kind, {', '.join(wanted)}"
            raise FaultError(f"{where}, field {name}", f"does not go with {line.kind.value}", remedy)
        if not given and name in wanted and name != _FOR:
            raise FaultError(f"{where}, field {name}", "is missing", f"{line.kind.value} needs {name}")


def _robot(where: str, robot: int | None, robots: int) -> int:
    if robot is None:
        return -1
    if robot >= robots:
        raise FaultError(f"{where}, field robot", f"there is no robot {robot}", f"robots are 0 to {robots - 1}")
    return robot


def _cell(where: str, cell: tuple[int, int] | None, layout: Layout) -> int:
    if cell is None:
        return -1
    row, column = cell
    where = f"{where}, field cell"
    if row >= layout.height or column >= layout.width:
        problem = f"row {row}, column {column} is outside the {layout.height} x {layout.width} map"
        raise FaultError(where, problem, f"rows are 0 to {layout.height - 1}, columns 0 to {layout.width - 1}")
    if not layout.passable[layout.cell(row, column)]:
        raise FaultError(where, f"row {row}, column {column} is an obstacle", "name a cell where robots drive")
    return layout.cell(row, column)


def _value(where: str, line: _Line) -> float:
    if line.value is None:
        return 0.0
    least, most, words = _VALUES[line.kind]
    if not least <= line.value <= most:
        raise FaultError(f"{where}, field value", f"is {line.value:g}", f"give {words}, {least:g} to {most:g}")
    return line.value
