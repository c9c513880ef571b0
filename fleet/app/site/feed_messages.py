"""What goes over the read-only feed: typed, versioned, bounded; see docs/site-api.md.

A message is two ZeroMQ frames: the tag `FEED_TAG`, whose digit is the major version, and one MessagePack map whose key
`msg` names its kind. Each message says all there is to say of its kind, except events, of which each comes once.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import numpy as np
from msgspec import Meta

from robots.arrays import Bool, Float32, Int32, UInt8

FEED_TAG: Final = b"RF1"
MAX_FEED_BYTES: Final = 2**21
MAX_ROBOTS: Final = 10_000
MAX_EVENTS: Final = 500

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=1024)]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
# Seconds on the site's clock, or between two moments of it.
Time = Annotated[float, Meta(ge=-1e10, le=1e10)]
Figures = Annotated[dict[Name, int], Meta(max_length=64)]
_Bytes4 = Annotated[bytes, Meta(max_length=4 * MAX_ROBOTS)]
_Bytes1 = Annotated[bytes, Meta(max_length=MAX_ROBOTS)]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Part of a message."""


class Columns(Part, frozen=True):
    """The fleet, one row a robot, each column as little-endian bytes; see robots.state.FleetState.

    x_m, y_m, theta_rad, speed_mps  float32
    charge_percent, condition       uint8; see fleet.app.site.condition
    task                            int32, -1 for none
    """

    x_m: _Bytes4
    y_m: _Bytes4
    theta_rad: _Bytes4
    speed_mps: _Bytes4
    charge_percent: _Bytes1
    condition: _Bytes1
    task: _Bytes4


_FLOAT, _INT, _BYTE = np.dtype("<f4"), np.dtype("<i4"), np.dtype("u1")
_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "x_m": _FLOAT,
    "y_m": _FLOAT,
    "theta_rad": _FLOAT,
    "speed_mps": _FLOAT,
    "charge_percent": _BYTE,
    "condition": _BYTE,
    "task": _INT,
}


_DUTY_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "goal": _INT,
    "waits_for": _INT,
    "wait": _BYTE,
    "waited_s": _FLOAT,
    "delayed": _BYTE,
    "loaded": _BYTE,
}


def packed(**columns: Float32 | Int32 | UInt8) -> Columns:
    """Pack columns of a fleet, by name, into bytes."""
    return Columns(**{name: columns[name].astype(dtype).tobytes() for name, dtype in _DTYPES.items()})


def packed_duties(**columns: Bool | Float32 | Int32 | UInt8) -> DutyColumns:
    """Pack columns of duties, by name, into bytes."""
    return DutyColumns(**{name: columns[name].astype(dtype).tobytes() for name, dtype in _DUTY_DTYPES.items()})


def unpacked(columns: Columns | DutyColumns) -> dict[str, Any]:
    """Return the columns by name, read-only arrays. Raises ValueError if they are not of one length."""
    found: dict[str, Any] = {}
    for name, dtype in (_DTYPES if isinstance(columns, Columns) else _DUTY_DTYPES).items():
        found[name] = np.frombuffer(getattr(columns, name), dtype=dtype)
    if len({len(column) for column in found.values()}) != 1:
        raise ValueError("the columns of a fleet are not of one length")
    return found


class DutyColumns(Part, frozen=True):
    """What robots are about and what they wait for, one row a robot, each column as little-endian bytes.

    goal       int32, the cell where it wants to be, -1 for none
    waits_for  int32, the row of the robot that is in its way, -1 for none
    wait       uint8, see fleet.runtime.waits.WaitReason
    waited_s   float32, seconds since it last came nearer to its goal; 0 for one that need not
    delayed    uint8, whether it lost the last step of the record, as in trace.npz
    loaded     uint8, whether it carries goods
    """

    goal: _Bytes4
    waits_for: _Bytes4
    wait: _Bytes1
    waited_s: _Bytes4
    delayed: _Bytes1
    loaded: _Bytes1


class Roster(Part, frozen=True):
    """Serials of the robots, by row."""

    serials: Annotated[tuple[Name, ...], Meta(max_length=MAX_ROBOTS)]


class ZoneInForce(Part, frozen=True):
    """A restriction in force; see fleet.traffic.zones.restriction."""

    id: Number
    kind: Name
    place: Text
    since_s: Time
    cells: Number
    by: Text = ""
    ref: Text = ""
    until_s: Time | None = None
    limit_mps: float | None = None
    robot: str = ""
    clear_requested_by: Text = ""


class LateOrder(Part, frozen=True):
    """An open order that should be done; `late_s` is for how many seconds."""

    order: str
    late_s: Time
    priority: int


class Recent(Part, frozen=True):
    """What was done in the last `over_s` seconds, an hour; `over_s` is 0 before anything can be said."""

    over_s: Time = 0.0
    tasks_per_hour: float = 0.0
    orders_per_hour: float = 0.0
    units_per_hour: float = 0.0


class JournalNews(Part, frozen=True):
    """How the journal is. `held_up`: it cannot be written; nothing new is granted or acknowledged until it can."""

    kind: Name
    held_up: bool = False
    detail: Text = ""


class Reactions(Part, frozen=True):
    """How long a controller took from reports of progress to the grants that rest on them, journaled and sent.

    upto_ms  milliseconds, ascending: the classes that are counted
    counts   reports of each class so far, above the bound before and not above its own; one more, for what took longer
    sum_s    seconds that all of them took together

    A floor that moves in steps has none: its robots do not wait for what it thinks.
    """

    upto_ms: Annotated[tuple[Number, ...], Meta(max_length=100)] = ()
    counts: Annotated[tuple[Count, ...], Meta(max_length=101)] = ()
    sum_s: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError, which decoding makes an error of the message, if a class has no count or a count none."""
        if len(self.counts) != (len(self.upto_ms) + 1 if self.upto_ms else 0):
            raise ValueError("reactions want one count more than bounds")


class SiteNews(Part, frozen=True):
    """How a site is: figures for people and scripts.

    site_s    the site's clock, seconds; uptime_s, of this controller
    term      number of this leadership; a greater one has taken over from it
    counts    of orders, tasks and units; rejections, failures: by reason
    robots    how many are in each condition, see fleet.app.site.condition
    late_tasks, late_orders  tasks that are not done although they are due, and orders that have been for longest
    """

    world: Name
    version: Name
    site_s: Time
    uptime_s: Time
    term: Count
    leads: bool
    journal: JournalNews
    counts: Annotated[dict[Name, Figures], Meta(max_length=16)]
    robots: Figures
    recent: Recent = Recent()
    rejections: Figures = {}
    failures: Figures = {}
    zones: Annotated[tuple[ZoneInForce, ...], Meta(max_length=1000)] = ()
    late_tasks: Number = 0
    late_orders: Annotated[tuple[LateOrder, ...], Meta(max_length=100)] = ()
    reactions: Reactions = Reactions()


class Event(Part, frozen=True):
    """Something that happened, as in events.jsonl; numbered from 1 in each term."""

    number: Count
    record: dict[str, Any]


class Snapshot(Part, frozen=True):
    """Everything that the feed has told up to message `seq` of `term`; the last events only."""

    term: Count
    seq: Count
    t: Count
    site: SiteNews | None
    columns: Columns | None
    events: Annotated[tuple[Event, ...], Meta(max_length=MAX_EVENTS)] = ()
    duties: DutyColumns | None = None


class News(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="msg", kw_only=True):
    """A message of the feed. `seq` counts all of a term up by one, from 1; `t` is nanoseconds UTC."""

    term: Count
    seq: Count
    t: Count


class FleetNews(News, frozen=True, tag="fleet"):
    """Where robots are, several times a second."""

    columns: Columns


class DutiesTold(News, frozen=True, tag="duties"):
    """What robots are about, once a second."""

    duties: DutyColumns


class SiteTold(News, frozen=True, tag="site"):
    """How the site is, once a second."""

    site: SiteNews


class EventsTold(News, frozen=True, tag="events"):
    """What has happened since the last one."""

    events: Annotated[tuple[Event, ...], Meta(min_length=1, max_length=MAX_EVENTS)]


AnyNews = FleetNews | DutiesTold | SiteTold | EventsTold
