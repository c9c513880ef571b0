"""`events.jsonl` read back: each line as it is, and those about orders and tasks with the types of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec

from fleet.errors import RunError
from fleet.report.run_directory import EVENTS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REMEDY: Final = "run it again: the file is not what a run wrote"
# No run is as long; and formats that count nanoseconds have no room for more.
_MOST_S: Final = 1e9
_Decoded = TypeVar("_Decoded")


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


class TaskHeld(Event, frozen=True, tag="task_held"):
    """A task is given to no robot until what it waits for is there: stock or chute."""

    task: int
    waits_for: str


class TaskLetGo(Event, frozen=True, tag="task_let_go"):
    """A task no longer waits for this."""

    task: int
    waited_for: str


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
    | TaskHeld
    | TaskLetGo
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
    for where, line in read_lines(run):
        _decoded(_KIND, where, line)
        yield _decoded(_ANYTHING, where, line)


def read_events(run: Path) -> Iterator[tuple[str, WorkEvent | dict[str, Any]]]:
    """Go through the events of a run, each with its place in the file: typed if about work, as they are otherwise.

    Raises RunError if one lacks a field or has one of another type.
    """
    for where, line in read_lines(run):
        about_work = _decoded(_KIND, where, line).event in _ABOUT_WORK
        yield where, (_decoded(_WORK, where, line) if about_work else _decoded(_ANYTHING, where, line))


class _Kind(msgspec.Struct):
    t: Annotated[float, msgspec.Meta(ge=0.0, le=_MOST_S)]
    event: str


_KIND: Final = msgspec.json.Decoder(_Kind)
_WORK: Final[msgspec.json.Decoder[WorkEvent]] = msgspec.json.Decoder(WorkEvent)
_ANYTHING: Final = msgspec.json.Decoder(dict[str, Any])


def _decoded(decoder: msgspec.json.Decoder[_Decoded], where: str, line: bytes) -> _Decoded:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as damage:
        raise RunError(where, f"is damaged: {damage}", _REMEDY) from None
