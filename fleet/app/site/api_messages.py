"""What goes over the controller's local API: typed, versioned, bounded; see docs/site-api.md.

A message is two ZeroMQ frames: the tag `API_TAG`, whose digit is the major version, and one MessagePack map whose key
`msg` names its kind. Unknown keys are passed over, so that a newer minor version may add some. A request has an `id` of
the client's choice; its reply has the same one.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from fleet.app.site.feed_messages import MAX_ROBOTS, Name, Number, Part, Roster, SiteNews, Snapshot, Text, Time
from fleet.tasks.records import OrderRecord, TaskRecord
from fleet.tasks.sources.limits import (
    MOST_KG,
    MOST_LINES,
    MOST_LITRES,
    MOST_PRIORITY,
    MOST_SECONDS,
    MOST_UNITS,
)

API_TAG: Final = b"RA1"
MAX_REQUEST_BYTES: Final = 2**20
MAX_REPLY_BYTES: Final = 2**22
MAX_ORDERS: Final = 500
MAX_ROWS: Final = 200
MAX_RECORDS: Final = 50

RequestId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
# As an order source has it: neither empty nor with blanks around it, which nobody sees.
Label = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", max_length=128)]
Priority = Annotated[int, Meta(ge=-MOST_PRIORITY, le=MOST_PRIORITY)]
Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
OrderStatus = Literal["open", "done", "cancelled", "failed"]
TaskStatusName = Literal["open", "assigned", "done", "failed", "cancelled"]


class NewLine(Part, frozen=True):
    """One line of a new order; see fleet.tasks.model.OrderLine."""

    sku: Label
    quantity: Annotated[int, Meta(ge=1, le=MOST_UNITS)]
    unit_litres: Annotated[float, Meta(gt=0, le=MOST_LITRES)]
    unit_kg: Annotated[float, Meta(ge=0, le=MOST_KG)]


class NewOrder(Part, frozen=True):
    """An order, released when it is accepted.

    due_in_s  seconds from then to when it is due; the world's own lead time if left out
    """

    id: Label
    lines: Annotated[tuple[NewLine, ...], Meta(min_length=1, max_length=MOST_LINES)]
    due_in_s: Seconds | None = None
    priority: Priority = 0
    destination: Label | None = None


# Requests


class Ask(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="msg", kw_only=True):
    """A request. `user` counts only where the controller runs without keys: elsewhere the key says who asks.

    changes  whether it may change something; then it takes an operator, is answered after a commit, and its answer is
             remembered
    """

    changes: ClassVar[bool] = False
    id: RequestId
    user: Annotated[str, Meta(max_length=64)] = ""


class OrderAdd(Ask, frozen=True, tag="order_add"):
    """Take on these orders, each for itself."""

    changes: ClassVar[bool] = True
    orders: Annotated[tuple[NewOrder, ...], Meta(min_length=1, max_length=MAX_ORDERS)]


class OrderCancel(Ask, frozen=True, tag="order_cancel"):
    """Cancel these orders, each for itself."""

    changes: ClassVar[bool] = True
    orders: Annotated[tuple[Label, ...], Meta(min_length=1, max_length=MAX_ORDERS)]


class OrderPrioritise(Ask, frozen=True, tag="order_prioritise"):
    """Give an order another priority and, if said, another time at which it is due, `due_in_s` from now."""

    changes: ClassVar[bool] = True
    order: Label
    priority: Priority
    due_in_s: Seconds | None = None


class Act(Ask, frozen=True, tag="act"):
    """Do something to the floor: `action` is a line of an action file without `t` and `by`; see docs/site-api.md."""

    changes: ClassVar[bool] = True
    action: Annotated[str, Meta(min_length=2, max_length=4096)]


class OrderList(Ask, frozen=True, tag="order_list"):
    """Orders of one status, or of any, in the order of acceptance, from row `after` + 1 on, up to `limit`."""

    status: OrderStatus | None = None
    after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = 100


class OrderShow(Ask, frozen=True, tag="order_show"):
    """All there is to know of an order."""

    order: Label


class OrderRecords(Ask, frozen=True, tag="order_records"):
    """Orders as the controller has them on record, like order_list; with `tasks`, their tasks as well.

    The reply may have fewer than `limit`, as its size is bounded.
    """

    status: OrderStatus | None = None
    after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    limit: Annotated[int, Meta(ge=1, le=MAX_RECORDS)] = MAX_RECORDS
    tasks: bool = False


class TaskList(Ask, frozen=True, tag="task_list"):
    """Tasks of one status, or of any, from number `after` + 1 on, up to `limit`."""

    status: TaskStatusName | None = None
    after: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    limit: Annotated[int, Meta(ge=1, le=MAX_ROWS)] = 100


class RobotShow(Ask, frozen=True, tag="robot_show"):
    """What a robot, by its serial, has to do, may do, and is planned to do."""

    robot: Label


class FloorAsk(Ask, frozen=True, tag="floor"):
    """Where robots are and what is restricted, to look ahead from there."""


class StatusAsk(Ask, frozen=True, tag="status"):
    """How the site is."""


class SnapshotAsk(Ask, frozen=True, tag="snapshot"):
    """The whole fleet, to follow the feed from there."""


# Replies


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="msg"):
    """The answer to a request; `id` is the request's, put in on the way out."""

    id: str


# Codes of refused requests that the client had better try again, elsewhere or later. They are not remembered.
PASSING: Final = frozenset({"busy", "not_leading", "not_now"})


class Refused(Reply, frozen=True, tag="refused", kw_only=True):
    """The request was not carried out; docs/site-api.md has the codes."""

    code: Name
    problem: Text
    remedy: Text = ""


class OrderResult(Part, frozen=True):
    """What became of one order of a request.

    outcome  accepted, duplicate, refused; cancelled, cancelling, prioritised; or unchanged
    reason   a code that says why not, for refused and unchanged
    """

    order: str
    outcome: Name
    reason: str = ""
    detail: str = ""
    tasks: Number = 0


class OrderResults(Reply, frozen=True, tag="order_results"):
    """The answer to order_add, order_cancel and order_prioritise: one result an order, in the order of the request."""

    results: Annotated[tuple[OrderResult, ...], Meta(max_length=MAX_ORDERS)]


class OrderRow(Part, frozen=True):
    """An order as a list has it. Times in seconds on the site's clock.

    row      in the order of acceptance, from 0
    done_s   when it was done or cancelled
    late_s   seconds from due to done, or to now; negative if it is early
    """

    row: Number
    order: str
    status: OrderStatus
    priority: int
    release_s: Time
    due_s: Time
    late_s: Time
    units: Number
    tasks: Number
    tasks_done: Number
    done_s: Time | None = None


class OrderRows(Reply, frozen=True, tag="order_rows"):
    """The answer to order_list. `more`: there are others after the last row."""

    rows: Annotated[tuple[OrderRow, ...], Meta(max_length=MAX_ROWS)]
    more: bool = False


class TaskRow(Part, frozen=True):
    """A task of an order; `robot` is the serial of the one that has or had it, empty for none."""

    task: Number
    status: str
    errands: Number
    errands_done: Number
    robot: str = ""
    reason: str = ""


class OrderShown(Reply, frozen=True, tag="order_shown"):
    """The answer to order_show: its first tasks; `order.tasks` is how many there are."""

    order: OrderRow
    lines: Annotated[tuple[NewLine, ...], Meta(max_length=MOST_LINES)]
    tasks: Annotated[tuple[TaskRow, ...], Meta(max_length=MAX_ROWS)]
    destination: str = ""


class ErrandRow(Part, frozen=True):
    """An errand of a task: what is done (pick, drop, put), in which cell, and with what. `done`: it is over."""

    kind: Name
    cell: Number
    units: Number
    done: bool
    sku: str = ""


class TaskListed(Part, frozen=True):
    """A task with its order, as a list has it."""

    order: str
    task: TaskRow


class TaskRows(Reply, frozen=True, tag="task_rows"):
    """The answer to task_list. `more`: there are others after the last row."""

    rows: Annotated[tuple[TaskListed, ...], Meta(max_length=MAX_ROWS)]
    more: bool = False


class RobotShown(Reply, frozen=True, tag="robot_shown"):
    """The answer to robot_show. Cells are row * width + column.

    cell, heading  where it was last confirmed to be
    duty           none, task, takeover, charge, park or muster
    goal           the cell that it wants to be in, -1 for none
    task, order    what it works on; -1 and empty for nothing
    granted        cells that it may still enter, in order; planned: those that the plan goes on with, not granted yet
    """

    robot: str
    cell: Number
    heading: Annotated[int, Meta(ge=0, le=3)]
    duty: Name
    goal: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    task: Annotated[int, Meta(ge=-1, le=2**31 - 1)] = -1
    order: str = ""
    errands: Annotated[tuple[ErrandRow, ...], Meta(max_length=MAX_ROWS)] = ()
    granted: Annotated[tuple[Number, ...], Meta(max_length=MAX_ROWS)] = ()
    planned: Annotated[tuple[Number, ...], Meta(max_length=MAX_ROWS)] = ()


class OrderOnRecord(Part, frozen=True):
    """An order on record; `tasks` are all its tasks, or none where they were not asked for."""

    order: OrderRecord
    tasks: tuple[TaskRecord, ...] = ()


class OrdersOnRecord(Reply, frozen=True, tag="orders_on_record"):
    """The answer to order_records. `more`: there are others after the last row."""

    rows: Annotated[tuple[OrderOnRecord, ...], Meta(max_length=MAX_RECORDS)]
    more: bool = False


class FloorColumns(Part, frozen=True):
    """The fleet, one row a robot, each column as little-endian bytes; see robots.state.FleetState.

    cell, task                      int32; -1 for no task
    charge_percent, service_left_s  float32
    heading, down                   uint8; down: 1 for a robot that cannot be counted on to move
    """

    cell: Annotated[bytes, Meta(max_length=4 * MAX_ROBOTS)]
    task: Annotated[bytes, Meta(max_length=4 * MAX_ROBOTS)]
    charge_percent: Annotated[bytes, Meta(max_length=4 * MAX_ROBOTS)]
    service_left_s: Annotated[bytes, Meta(max_length=4 * MAX_ROBOTS)]
    heading: Annotated[bytes, Meta(max_length=MAX_ROBOTS)]
    down: Annotated[bytes, Meta(max_length=MAX_ROBOTS)]


class FloorIs(Reply, frozen=True, tag="floor_is"):
    """The answer to floor.

    site_s  the site's clock, seconds; floor: hash of the map; zones: what is in force, as events of docs/zones.md
    """

    site_s: Time
    world: Name
    floor: str
    columns: FloorColumns
    zones: Annotated[tuple[dict[str, Any], ...], Meta(max_length=1000)] = ()


class Acted(Reply, frozen=True, tag="acted"):
    """The answer to act: the id of the restriction that was made, or that the action was about."""

    restriction: Number


class StatusIs(Reply, frozen=True, tag="status_is"):
    """The answer to status."""

    site: SiteNews


class SnapshotIs(Reply, frozen=True, tag="snapshot_is"):
    """The answer to snapshot. `feed` is the endpoint of the feed, as it was bound."""

    feed: str
    roster: Roster
    snapshot: Snapshot


AnyAsk = (
    OrderAdd
    | OrderCancel
    | OrderPrioritise
    | Act
    | OrderList
    | OrderShow
    | OrderRecords
    | TaskList
    | RobotShow
    | FloorAsk
    | StatusAsk
    | SnapshotAsk
)
AnyReply = (
    Refused
    | OrderResults
    | OrderRows
    | OrderShown
    | OrdersOnRecord
    | TaskRows
    | RobotShown
    | FloorIs
    | Acted
    | StatusIs
    | SnapshotIs
)
