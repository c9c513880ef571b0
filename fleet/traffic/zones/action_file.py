"""Operators' actions at set times, from a JSONL file: one action a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta

from fleet.grid.layout import Layout
from fleet.text_file import read_text
from fleet.traffic.zones.actions import (
    Area,
    Close,
    ConfirmClear,
    Edge,
    EmergencyStop,
    EndingAction,
    FireAlarm,
    NamedZone,
    OneWay,
    Open,
    OutOfService,
    Pause,
    PersonInZone,
    Rectangle,
    RequestClear,
    Slow,
    TimedAction,
    WholeFloor,
    ZoneAction,
)
from fleet.traffic.zones.area import extent_of
from fleet.traffic.zones.refusal import ZoneRefusal, unknown_robot
from fleet.traffic.zones.restriction import ZoneKind
from fleet.traffic.zones.zones import LEAST_LIMIT_MPS, MOST_LIMIT_MPS
from robots.arrays import Int32
from robots.errors import InputError
from robots.state import Heading

# Neither empty nor with blanks around it, which nobody sees and which make two names of one.
_TEXT_PATTERN: Final = r"^\S(.*\S)?$"
_TEXT_DEMAND: Final = "a text, neither empty nor with blanks at its ends"
# A run is no longer; neither is a map.
_MOST_SECONDS: Final = 30 * 86400.0
_MOST_ROWS: Final = 2**31 - 1

_AnyArea = TypeVar("_AnyArea", bound=Area)

_Text = Annotated[str, Meta(pattern=_TEXT_PATTERN)]
_Row = Annotated[int, Meta(ge=0, le=_MOST_ROWS)]
_Cell = tuple[_Row, _Row]
_Seconds = Annotated[float, Meta(gt=0, le=_MOST_SECONDS)]


class ActionError(InputError):
    """A file of operators' actions is malformed."""


class _Line(msgspec.Struct, forbid_unknown_fields=True, tag_field="do", kw_only=True):
    t: Annotated[float, Meta(ge=0, le=_MOST_SECONDS)]
    by: _Text


class _Making(_Line, kw_only=True):
    ref: _Text | None = None


class _Placed(_Making, kw_only=True):
    zone: _Text | None = None
    rect: tuple[_Row, _Row, _Row, _Row] | None = None
    cell: _Cell | None = None


class _Close(_Placed, tag="close", kw_only=True):
    edge: tuple[_Cell, _Cell] | None = None
    both: bool | None = None
    for_s: _Seconds | None = None


class _Slow(_Placed, tag="slow", kw_only=True):
    limit_mps: Annotated[float, Meta(ge=LEAST_LIMIT_MPS, le=MOST_LIMIT_MPS)]
    for_s: _Seconds | None = None


class _OneWay(_Placed, tag="one_way", kw_only=True):
    direction: Literal["north", "east", "south", "west"]
    for_s: _Seconds | None = None


class _Person(_Placed, tag="person", kw_only=True):
    pass


class _EStop(_Placed, tag="e_stop", kw_only=True):
    floor: bool = False


class _Fire(_Making, tag="fire", kw_only=True):
    pass


class _OfRobot(_Making, kw_only=True):
    robot: _Row
    for_s: _Seconds | None = None


class _Pause(_OfRobot, tag="pause", kw_only=True):
    pass


class _OutOfService(_OfRobot, tag="out_of_service", kw_only=True):
    pass


class _Open(_Line, tag="open", kw_only=True):
    ref: _Text


class _RequestClear(_Line, tag="request_clear", kw_only=True):
    ref: _Text


class _ConfirmClear(_Line, tag="confirm_clear", kw_only=True):
    ref: _Text


_Action = (
    _Close | _Slow | _OneWay | _Person | _EStop | _Fire | _Pause | _OutOfService | _Open | _RequestClear | _ConfirmClear
)
_ACTION: Final = msgspec.json.Decoder(_Action)
# The keys of each action, as they stand in its line.
KEYS: Final[dict[str, tuple[str, ...]]] = {
    str(struct.__struct_config__.tag): ("t", "do", *(name for name in struct.__struct_fields__ if name != "t"))
    for struct in get_args(_Action)
}


def read_actions(path: Path, layout: Layout, named: Mapping[str, Int32], robots: int) -> list[TimedAction]:
    """Read the actions in a file for a floor with these named zones, by time; those of one time keep their order.

    robots: how many are on the floor.

    Keys and kinds of actions: docs/zones.md. Raises ActionError with file, line, field and remedy for the first thing
    wrong: what cannot be read, an area that is not on the floor, a label that nothing before it has.
    """
    actions = []
    for number, text in enumerate(read_text(path, ActionError, "action file").split("\n"), start=1):
        if text.strip():
            timed = action_of(f"{path}, line {number}", text, layout, named, robots)
            actions.append(replace(timed, line=number))
    if not actions:
        raise ActionError(str(path), "the action file is blank", "give a file with at least one action")
    actions.sort(key=lambda timed: timed.at_s)
    _check_refs(path, actions)
    return actions


def action_of(where: str, text: str, layout: Layout, named: Mapping[str, Int32], robots: int) -> TimedAction:
    """Return the action that a line describes; raises ActionError, which says where. Labels are not looked at."""
    line = _decode(where, text)
    return TimedAction(line.t, _action(line, _Floor(where, layout, named, robots)), 0)


def _decode(where: str, text: str) -> _Action:
    try:
        line: _Action = _ACTION.decode(text)
    except msgspec.ValidationError as failure:
        problem, _, place = str(failure).partition(" - at `$")
        name = place.strip("`").removeprefix(".")
        problem = problem.replace(f"`str` matching regex {_TEXT_PATTERN!r}", _TEXT_DEMAND)
        problem = problem[0].lower() + problem[1:]
        raise ActionError(f"{where}, field {name}" if name else where, problem, _remedy(text)) from None
    except (msgspec.DecodeError, RecursionError) as failure:
        raise ActionError(where, f"is not JSON: {failure}", "write one JSON object a line") from None
    return line


class _Do(msgspec.Struct):
    do: str = ""


def _remedy(text: str) -> str:
    """The keys of the action that a line seems to mean, or the actions that there are."""
    try:
        do = msgspec.json.decode(text, type=_Do).do
    except (msgspec.DecodeError, RecursionError):
        do = ""
    if do in KEYS:
        return f"{do} has {', '.join(KEYS[do])}"
    return f"do is one of: {', '.join(KEYS)}"


def _action(line: _Action, floor: _Floor) -> ZoneAction:
    """The action of a line, once its area is known to be on the floor."""
    match line:
        case _Open():
            return Open(restriction=line.ref, by=line.by)
        case _RequestClear():
            return RequestClear(restriction=line.ref, by=line.by)
        case _ConfirmClear():
            return ConfirmClear(restriction=line.ref, by=line.by)
        case _Fire():
            return FireAlarm(by=line.by, ref=line.ref or "")
        case _Pause():
            return Pause(robot=floor.robot(line.robot), by=line.by, for_s=_for_s(line.for_s), ref=line.ref or "")
        case _OutOfService():
            return OutOfService(robot=floor.robot(line.robot), by=line.by, for_s=_for_s(line.for_s), ref=line.ref or "")
        case _:
            return _placed(line, floor)


def _placed(line: _Close | _Slow | _OneWay | _Person | _EStop, floor: _Floor) -> ZoneAction:
    by, ref, areas = line.by, line.ref or "", _areas(line)
    match line:
        case _Close():
            if line.both is not None and line.edge is None:
                raise ActionError(f"{floor.where}, field both", "goes with edge only", "leave it out, or give edge")
            edge = {"edge": Edge(*line.edge, both=line.both is not False)} if line.edge else {}
            return Close(area=floor.only({**areas, **edge}), by=by, for_s=_for_s(line.for_s), ref=ref)
        case _Slow():
            limit_mps, for_s = line.limit_mps, _for_s(line.for_s)
            return Slow(area=floor.only(areas), limit_mps=limit_mps, by=by, for_s=for_s, ref=ref)
        case _OneWay():
            direction, for_s = Heading[line.direction.upper()], _for_s(line.for_s)
            return OneWay(area=floor.only(areas), direction=direction, by=by, for_s=for_s, ref=ref)
        case _Person():
            return PersonInZone(area=floor.only(areas), by=by, ref=ref)
        case _EStop():
            whole = {"floor": WholeFloor()} if line.floor else {}
            return EmergencyStop(area=floor.only({**areas, **whole}), by=by, ref=ref)


def _areas(line: _Placed) -> dict[str, Rectangle | NamedZone]:
    """The areas that a line gives, by key."""
    areas: dict[str, Rectangle | NamedZone] = {}
    if line.zone is not None:
        areas["zone"] = NamedZone(line.zone)
    if line.rect is not None:
        areas["rect"] = Rectangle(*line.rect)
    if line.cell is not None:
        areas["cell"] = Rectangle(*line.cell, *line.cell)
    return areas


def _for_s(seconds: float | None) -> float:
    return inf if seconds is None else seconds


@dataclass(frozen=True, slots=True)
class _Floor:
    """The floor that a line is about; `where` is the line."""

    where: str
    layout: Layout
    named: Mapping[str, Int32]
    robots: int

    def robot(self, row: int) -> int:
        """Return the row of a robot; raises ActionError if there is none."""
        refusal = unknown_robot(row, self.robots)
        if refusal is not None:
            raise ActionError(f"{self.where}, field robot", refusal.problem, refusal.remedy)
        return row

    def only(self, areas: Mapping[str, _AnyArea]) -> _AnyArea:
        """Return the one area among those that are given; raises ActionError if it is not on the floor."""
        if len(areas) != 1:
            problem = f"has {' and '.join(areas)}" if areas else "does not say where"
            raise ActionError(self.where, problem, "give exactly one of zone, rect, cell, edge (close), floor (e_stop)")
        ((key, area),) = areas.items()
        extent = extent_of(area, self.layout, self.named)
        if isinstance(extent, ZoneRefusal):
            raise ActionError(f"{self.where}, field {key}", extent.problem, extent.remedy)
        return area


def _check_refs(path: Path, actions: Iterable[TimedAction]) -> None:
    """Demand that labels are given once, and that what ends a restriction names one from before, of its kind."""
    made: dict[str, TimedAction] = {}
    for timed in actions:
        action, where = timed.action, f"{path}, line {timed.line}, field ref"
        if isinstance(action, EndingAction):
            maker = made.get(str(action.restriction))
            if maker is None:
                problem = f"nothing before {timed.at_s:g} s has the ref {action.restriction!r}"
                raise ActionError(where, problem, _known(str(action.restriction), made))
            stop = ZoneKind(maker.action.do).guarded
            if stop == isinstance(action, Open):
                problem = f"{action.do} cannot end {maker.action.do} (line {maker.line})"
                raise ActionError(where, problem, "use request_clear and confirm_clear" if stop else "use open")
        elif action.ref:
            if action.ref in made:
                problem = f"the ref {action.ref!r} stands on line {made[action.ref].line}"
                raise ActionError(where, problem, "give every restriction its own")
            made[action.ref] = timed


def _known(ref: str, made: Mapping[str, TimedAction]) -> str:
    close = get_close_matches(ref, made, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return 'give the action that makes it "ref", at an earlier time'
