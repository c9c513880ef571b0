"""A torture schedule: all that is going to go wrong in a run, as data, drawn from a seed or read from a file.

Events are dicts in the form of a line of a fault file (docs: `--faults`), of an action file (`--actions`), or
`{"t": 40.0, "controller": "stall", "for_s": 3.0}`: the controller is held up, or restarts from its journal ("restart").
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from fleet.app.torture.errors import ScheduleError
from fleet.app.torture.floors import FLOORS
from fleet.text_file import read_text, replace_text

Event = dict[str, Any]
STALL: Final = "stall"
RESTART: Final = "restart"
LEAST_ROBOTS: Final = 4
MOST_ROBOTS: Final = 400
_MOST_S: Final = 3600.0


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens in a run.

    seed      of start places, charges, orders, robots' differences, noise, and what people do about faults
    robots    how many
    floor     one of `fleet.app.torture.floors.FLOORS`
    orders_per_hour, orders_s  orders come at this rate until then, seconds from the start
    charge_percent  lowest charge at the start; robots start between it and 100
    message_loss  share of messages lost all the time, beside what events do
    events    what goes wrong, in the order of their times
    """

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    robots: Annotated[int, Meta(ge=1, le=MOST_ROBOTS)]
    floor: str
    orders_per_hour: Annotated[float, Meta(gt=0, le=1e6)]
    orders_s: Annotated[float, Meta(ge=0, le=_MOST_S)]
    charge_percent: Annotated[float, Meta(ge=0, le=100)]
    message_loss: Annotated[float, Meta(ge=0, lt=1)]
    events: tuple[Event, ...]

    @property
    def over_s(self) -> float:
        """When the last event is over, as far as times are set, and orders have stopped."""
        ends = (event["t"] + event.get("for_s", 0.0) for event in self.events)
        return max(self.orders_s, max(ends, default=0.0))


class Controller(msgspec.Struct, forbid_unknown_fields=True):
    """An event of the controller."""

    t: Annotated[float, Meta(ge=0, le=_MOST_S)]
    controller: str
    for_s: Annotated[float, Meta(gt=0, le=600)]


def write_schedule(path: Path, schedule: Schedule) -> None:
    """Write a schedule; raises ScheduleError if that cannot be."""
    replace_text(path, msgspec.json.format(msgspec.json.encode(schedule), indent=1).decode() + "\n", ScheduleError)


def read_schedule(path: Path) -> Schedule:
    """Read a schedule; raises ScheduleError with file, field and remedy for the first thing wrong.

    What events mean on the floor is checked when they are played.
    """
    text = read_text(path, ScheduleError, "schedule")
    try:
        schedule = msgspec.json.decode(text, type=Schedule)
    except msgspec.ValidationError as failure:
        problem, _, place = str(failure).partition(" - at `$")
        name = place.strip("`").removeprefix(".")
        where = f"{path}, field {name}" if name else str(path)
        raise ScheduleError(where, problem[0].lower() + problem[1:], "give what `futurepark torture` wrote") from None
    except (msgspec.DecodeError, RecursionError) as failure:
        raise ScheduleError(str(path), f"is not JSON: {failure}", "give what `futurepark torture` wrote") from None
    if schedule.floor not in FLOORS:
        raise ScheduleError(f"{path}, field floor", f"is {schedule.floor!r}", f"use one of: {', '.join(FLOORS)}")
    for number, event in enumerate(schedule.events):
        _check_event(f"{path}, field events[{number}]", event)
    return schedule


def _check_event(where: str, event: Event) -> None:
    if sum(key in event for key in ("kind", "do", "controller")) != 1:
        raise ScheduleError(where, "is none or several of kind, do, controller", "give one of them")
    for name in ("t", "for_s"):
        value = event.get(name, 0.0 if name == "for_s" else None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_S:
            raise ScheduleError(where, f"has {name} {value!r}", f"give {name} in seconds, 0 to {_MOST_S:g}")
    if "controller" in event:
        controller_of(where, event)


def controller_of(where: str, event: Event) -> Controller:
    """Return what happens to the controller; raises ScheduleError if it is impossible."""
    try:
        found = msgspec.convert(event, Controller)
    except msgspec.ValidationError as failure:
        raise ScheduleError(where, str(failure), "give t, controller and for_s") from None
    if found.controller not in (STALL, RESTART):
        raise ScheduleError(where, f"has controller {found.controller!r}", f"use {STALL} or {RESTART}")
    return found


def kind_of(event: Event) -> str:
    """Return what an event is, in a word."""
    return str(event.get("kind") or event.get("do") or event["controller"])
