"""`events.jsonl` read back: each line as it is, and those about orders and tasks with the types of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from fleet.errors import RunError
from fleet.report.run_directory import EVENTS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REMEDY: Final = "run it again: the file is not what a run wrote"


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """Something that happened `t` seconds after the start. Fields are those of the file, see docs/runs.md."""

    t: float


class OrderAccepted(Event, frozen=True, tag="order_accepted"):
    """An order was taken on."""

    order: str
    destination: str
    tasks: int
    units: int
    release_s: float
    due_s: float
    priority: int


class OrderRejected(Event, frozen=True, tag="order_rejected"):
    """An order was refused."""

    order: str
    reason: str
    detail: str


class OrderDone(Event, frozen=True, tag="order_done"):
    """All tasks of an order are done."""

    order: str
    late_s: float


class OrderCancelled(Event, frozen=True, tag="order_cancelled"):
    """An order was cancelled."""

    order: str


class OrderPrioritised(Event, frozen=True, tag="order_prioritised"):
    """An order has another priority or due time."""

    order: str
    priority: int
    due_s: float


class TaskCreated(Event, frozen=True, tag="task_created"):
    """An order has this task. picks: (SKU, units, cell) each."""

    task: int
    order: str
    picks: list[tuple[str, int, int]]
    drop: int
    mass_kg: float


class TaskAssigned(Event, frozen=True, tag="task_assigned"):
    """A robot was given a task."""

    task: int
    robot: int


class TaskReleased(Event, frozen=True, tag="task_released"):
    """A task waits for a robot again."""

    task: int
    robot: int


class TaskStranded(Event, frozen=True, tag="task_stranded"):
    """The robot with the load of a task dropped out."""

    task: int
    robot: int
    cell: int


class TaskTakenOver(Event, frozen=True, tag="task_taken_over"):
    """Another robot has the load of a task now."""

    task: int
    robot: int
    from_robot: int
    cell: int


class TaskReclaimed(Event, frozen=True, tag="task_reclaimed"):
    """A robot that had dropped out goes on with its task."""

    task: int
    robot: int


class TaskRedirected(Event, frozen=True, tag="task_redirected"):
    """A task ends at another cell."""

    task: int
    robot: int
    cell: int


class TaskDone(Event, frozen=True, tag="task_done"):
    """All errands of a task are done."""

    task: int
    robot: int


class TaskFailed(Event, frozen=True, tag="task_failed"):
    """A task was given up."""

    task: int
    robot: int
    reason: str


class TaskCancelled(Event, frozen=True, tag="task_cancelled"):
    """A task is over, since its order was cancelled."""

    task: int
    robot: int


class ErrandDone(Event, frozen=True, tag="errand_done"):
    """A service is over. kind: pick, drop or put."""

    task: int
    robot: int
    errand: int
    kind: str
    cell: int
    units: int


WorkEvent = (
    OrderAccepted
    | OrderRejected
    | OrderDone
    | OrderCancelled
    | OrderPrioritised
    | TaskCreated
    | TaskAssigned
    | TaskReleased
    | TaskStranded
    | TaskTakenOver
    | TaskReclaimed
    | TaskRedirected
    | TaskDone
    | TaskFailed
    | TaskCancelled
    | ErrandDone
)
_ABOUT_WORK: Final = frozenset(kind.__struct_config__.tag for kind in WorkEvent.__args__)


def read_lines(run: Path) -> Iterator[tuple[str, bytes]]:
    """Go through the lines of a run's events: file and number of the line, and the line.

    Raises RunError if the file is missing or cannot be read.
    """
    path = run / EVENTS_FILE
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield f"{path}, line {number}", line
    except OSError as failure:
        problem = f"cannot be read: {failure.strerror}"
        raise RunError(str(path), problem, "give a run directory, as `futurepark run` writes it") from None


def read_objects(run: Path) -> Iterator[dict[str, Any]]:
    """Go through the events of a run as they are; raises RunError if one is no object with `t` and `event`."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    for where, line in read_lines(run):
        try:
            event = decoder.decode(line)
            float(event["t"]), str(event["event"])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as damage:
            raise RunError(where, f"is no event: {damage}", _REMEDY) from None
        yield event


def read_events(run: Path) -> Iterator[tuple[str, WorkEvent | dict[str, Any]]]:
    """Go through the events of a run, each with its place in the file: typed if about work, as they are otherwise.

    Raises RunError if one lacks a field or has one of another type.
    """
    kind_of = msgspec.json.Decoder(_Kind)
    work: msgspec.json.Decoder[WorkEvent] = msgspec.json.Decoder(WorkEvent)
    anything = msgspec.json.Decoder(dict[str, Any])
    for where, line in read_lines(run):
        try:
            about_work = kind_of.decode(line).event in _ABOUT_WORK
            yield where, (work.decode(line) if about_work else anything.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as damage:
            raise RunError(where, f"is damaged: {damage}", _REMEDY) from None


class _Kind(msgspec.Struct):
    t: float
    event: str
