"""What HTTP requests send and are answered, where the page is told nothing of the kind; docs/http-api.md."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta

from fleet.app.dashboard.endpoint import Body, Query
from fleet.app.dashboard.live_heat import LONGEST_S, HeatMetric
from fleet.app.dashboard.page_messages import View, WaitLink
from fleet.app.site.api_messages import (
    MAX_ORDERS,
    MAX_ROWS,
    NewLine,
    NewOrder,
    OrderResult,
    OrderRow,
    OrderStatus,
    Priority,
    Seconds,
    TaskListed,
    TaskRow,
    TaskStatusName,
)
from fleet.app.site.feed_messages import ZoneInForce
from fleet.traffic.zones.zones import LEAST_LIMIT_MPS, MOST_LIMIT_MPS

MOST_ROBOTS: int = 1000
MOST_FRAMES: int = 2000

_After = Annotated[int, Meta(ge=-1, le=2**31 - 1, description="Begin with the row after this one.")]
_Row = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Cell = tuple[_Row, _Row]
_Text = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", max_length=128)]
_Lasting = Annotated[float, Meta(gt=0, le=30 * 86400.0)]
_AtS = Annotated[float, Meta(ge=0, le=30 * 86400.0, description="Seconds from the start of the run.")]

# Queries


class RobotsQuery(Query, frozen=True):
    """Which robots."""

    after: _After = -1
    limit: Annotated[int, Meta(ge=1, le=MOST_ROBOTS)] = 100


class OrdersQuery(Query, frozen=True):
    """Which orders."""

    status: OrderStatus | None = None
    after: _After = -1
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = 100


class TasksQuery(Query, frozen=True):
    """Which tasks."""

    status: TaskStatusName | None = None
    after: _After = -1
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = 100


class HeatQuery(Query, frozen=True):
    """What is counted, over how many of the last seconds."""

    metric: HeatMetric = "delay"
    window_s: Annotated[float, Meta(ge=0, le=LONGEST_S)] = 300.0


class RunHeatQuery(Query, frozen=True):
    """What is counted, over which seconds of the run; to its end if nothing is said."""

    metric: HeatMetric = "delay"
    from_s: _AtS = 0.0
    to_s: _AtS | None = None


class FramesQuery(Query, frozen=True):
    """From which step to before which; to the end if nothing is said."""

    from_step: _Row = 0
    to_step: _Row | None = None


class EventsQuery(Query, frozen=True):
    """Which seconds of a run; to its end if nothing is said."""

    from_s: _AtS = 0.0
    to_s: _AtS | None = None


# Answers


class Health(View, frozen=True):
    """How this server is. live: whether it follows a controller; heard: whether that spoke within 3 seconds."""

    version: str
    live: bool
    heard: bool
    silent_s: float
    trouble: str
    page_clients: int


class Why(View, frozen=True):
    """Why a robot waits, see WaitLink and RobotView."""

    why: list[WaitLink]
    ring: bool


class OrderList(View, frozen=True):
    """Orders by row. `more`: there are others after the last one."""

    rows: tuple[OrderRow, ...]
    more: bool


class OrderView(View, frozen=True):
    """An order, its lines and first tasks; why: of each robot that has an open one, the chain that it waits for."""

    order: OrderRow
    lines: tuple[NewLine, ...]
    tasks: tuple[TaskRow, ...]
    destination: str
    why: dict[str, list[WaitLink]]


class TaskList(View, frozen=True):
    """Tasks by number. `more`: there are others after the last one."""

    rows: tuple[TaskListed, ...]
    more: bool


class ZoneList(View, frozen=True):
    """What is in force."""

    zones: tuple[ZoneInForce, ...]


class OrdersTaken(View, frozen=True):
    """What became of each order that was sent."""

    results: tuple[OrderResult, ...]


class Done(View, frozen=True):
    """An action was carried out; restriction: number of what it made or was about."""

    restriction: int


class RunEvents(View, frozen=True):
    """Events of a run, as in docs/runs.md. `more`: there are others, all of them later than the last one."""

    events: list[Any]
    more: bool


# Bodies


# An order, or several, each taken on or refused for itself.
OrdersToAdd = NewOrder | Annotated[list[NewOrder], Meta(min_length=1, max_length=MAX_ORDERS)]


class OrderChange(Body, frozen=True, kw_only=True):
    """Another priority and, unless left out, another time at which it is due, counted from now."""

    priority: Priority
    due_in_s: Seconds | None = None


class _Making(Body, frozen=True, kw_only=True, tag_field="do"):
    ref: _Text | None = None


class _Placed(_Making, frozen=True, kw_only=True):
    zone: _Text | None = None
    rect: tuple[_Row, _Row, _Row, _Row] | None = None
    cell: _Cell | None = None


class Close(_Placed, frozen=True, kw_only=True, tag="close"):
    """Nobody enters. Give one of zone, rect, cell, edge; keys as in docs/zones.md."""

    edge: tuple[_Cell, _Cell] | None = None
    both: bool | None = None
    for_s: _Lasting | None = None


class Slow(_Placed, frozen=True, kw_only=True, tag="slow"):
    """Nobody drives faster there."""

    limit_mps: Annotated[float, Meta(ge=LEAST_LIMIT_MPS, le=MOST_LIMIT_MPS)]
    for_s: _Lasting | None = None


class OneWay(_Placed, frozen=True, kw_only=True, tag="one_way"):
    """Robots drive there in one direction only."""

    direction: Literal["north", "east", "south", "west"]
    for_s: _Lasting | None = None


class Person(_Placed, frozen=True, kw_only=True, tag="person"):
    """Somebody is in there: who is inside stops."""


class EStop(_Placed, frozen=True, kw_only=True, tag="e_stop"):
    """Who is inside stops; with `floor` everybody."""

    floor: bool | None = None


class Fire(_Making, frozen=True, kw_only=True, tag="fire"):
    """Everybody to the muster cells."""


ZoneToMake = Close | Slow | OneWay | Person | EStop | Fire


class RobotAction(Body, frozen=True, kw_only=True):
    """For how long, in seconds; until it is ended if left out."""

    for_s: _Lasting | None = None
