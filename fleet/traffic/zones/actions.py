"""What an operator may do to the floor, as data.

An action that makes a restriction may give it a label, `ref`, by which later actions find it; actions that end one name
it by its id or its label. `by` is the name of whoever does it. Times to live are seconds from then on; inf is no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

from robots.state import Heading


@dataclass(frozen=True, slots=True)
class Rectangle:
    """The cells from a north-west to a south-east corner, both included; a cell is a rectangle of one."""

    row0: int
    column0: int
    row1: int
    column1: int


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A zone of the world, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class WholeFloor:
    """All cells where robots may stand."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The step between two neighbouring cells, (row, column) each: both ways, or only from the first to the second."""

    start: tuple[int, int]
    end: tuple[int, int]
    both: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Nobody enters the cells, or takes the step; who is inside drives on and out."""

    do: ClassVar[str] = "close"
    area: Rectangle | NamedZone | Edge
    by: str
    for_s: float = inf
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """Nobody drives faster than `limit_mps` metres a second there."""

    do: ClassVar[str] = "slow"
    area: Rectangle | NamedZone
    limit_mps: float
    by: str
    for_s: float = inf
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """No step from a cell of the area to another one of it goes against `direction`."""

    do: ClassVar[str] = "one_way"
    area: Rectangle | NamedZone
    direction: Heading
    by: str
    for_s: float = inf
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInZone:
    """Somebody is in there: nobody enters, who is inside stops."""

    do: ClassVar[str] = "person"
    area: Rectangle | NamedZone
    by: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyStop:
    """Nobody enters, who is inside stops; on the whole floor everybody stops."""

    do: ClassVar[str] = "e_stop"
    area: Rectangle | NamedZone | WholeFloor
    by: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FireAlarm:
    """Everybody to the muster cells; doors and corridors are freed."""

    do: ClassVar[str] = "fire"
    by: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A robot, by its row, stands where it is and gets nothing new; what it has and holds it keeps."""

    do: ClassVar[str] = "pause"
    robot: int
    by: str
    for_s: float = inf
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """A robot, by its row, finishes its task and gets no other: it parks or charges."""

    do: ClassVar[str] = "out_of_service"
    robot: int
    by: str
    for_s: float = inf
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """End, before its time, what is no stop: a closure, a slow zone, a one-way, what holds a robot back."""

    do: ClassVar[str] = "open"
    restriction: int | str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClear:
    """First step of clearing a stop: I have looked, it can go."""

    do: ClassVar[str] = "request_clear"
    restriction: int | str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmClear:
    """Second step of clearing a stop: robots may move again."""

    do: ClassVar[str] = "confirm_clear"
    restriction: int | str
    by: str


Area = Rectangle | NamedZone | WholeFloor | Edge
RobotAction = Pause | OutOfService
MakingAction = Close | Slow | OneWay | PersonInZone | EmergencyStop | FireAlarm | RobotAction
EndingAction = Open | RequestClear | ConfirmClear
ZoneAction = MakingAction | EndingAction


@dataclass(frozen=True, slots=True)
class TimedAction:
    """An action that happens `at_s` seconds after a run begins; `line` is where it stands in its file, from 1."""

    at_s: float
    action: ZoneAction
    line: int
