"""What the page is told and the HTTP API answers, as JSON; see docs/dashboard.md.

Cells are row * width + column; times are seconds on the site's clock, or from the start of a recorded run; -1 is none.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fleet.app.site.api_messages import ErrandRow
from fleet.app.site.feed_messages import SiteNews


class View(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Part of an answer."""


class Place(View, frozen=True):
    """Something with a name on the floor, and the cells where robots stand at it; kind: station, chute or zone."""

    name: str
    kind: str
    cells: list[int]


class WorldView(View, frozen=True):
    """The floor, which does not change.

    cell_m          metres
    units_per_cell  of places in frames, see fleet.app.dashboard.frames
    legend          what each number of `kinds` means; kinds: base64 of a byte a cell, row by row
    """

    name: str
    title: str
    height: int
    width: int
    cell_m: float
    units_per_cell: int
    legend: list[str]
    kinds: str
    places: list[Place]


class RobotRow(View, frozen=True):
    """A robot as a list has it. condition, wait: names in small letters; waits_for: a serial, empty for nobody."""

    robot: str
    row: int
    cell: int
    condition: str
    charge_percent: int
    task: int
    wait: str
    waited_s: float
    waits_for: str = ""


class WaitLink(View, frozen=True):
    """A link of the chain that says why a robot waits.

    robot  the robot that this link is about; wait, waits_for: as in RobotRow
    cell   where it stands, place: what people call that
    text   the link in words, such as "waits for amr-017, which is served at Pick 3, for which 6 robots wait"
    """

    robot: str
    condition: str
    wait: str
    cell: int
    place: str
    text: str
    waits_for: str = ""


class RobotView(RobotRow, frozen=True, kw_only=True):
    """All there is to know of a robot. why: the chain, this robot first; ring: whether it comes back to itself.

    The rest as in fleet.app.site.api_messages.RobotShown; empty where the controller did not answer, see `trouble`.
    """

    place: str
    why: list[WaitLink]
    ring: bool = False
    duty: str = ""
    goal: int = -1
    goal_place: str = ""
    order: str = ""
    errands: tuple[ErrandRow, ...] = ()
    granted: tuple[int, ...] = ()
    planned: tuple[int, ...] = ()
    trouble: str = ""


class Alert(View, frozen=True):
    """Something that somebody ought to look at.

    key    the same as long as it is the same alert; kind: deadlock, livelock, robot, journal, feed, zone or late
    robots serials; cells: where to look
    """

    key: str
    kind: str
    since_s: float
    text: str
    robots: list[str] = []
    cells: list[int] = []


class Sample(View, frozen=True):
    """A point of the charts, one every few seconds; rates are an hour, over the last minute."""

    t_s: float
    tasks_per_hour: float
    orders_open: int
    tasks_waiting: int
    robots_waiting: int
    robots_driving: int


class Told(View, frozen=True, tag_field="kind"):
    """A message of the websocket; its key `kind` says which."""


class Hello(Told, frozen=True, tag="hello"):
    """The first message of a websocket. `may_act`: whether this token may; robots: serials by row."""

    source: str
    robots: list[str]
    may_act: bool
    user: str
    rate_hz: float
    samples: list[Sample] = []


class SiteTold(Told, frozen=True, kw_only=True, tag="site"):
    """How the site is, once a second; `site` is left out until the controller has been heard of."""

    site: SiteNews | None = None
    alerts: list[Alert]
    silent_s: float
    trouble: str = ""
    sample: Sample | None = None


class EventsTold(Told, frozen=True, tag="events"):
    """What has happened: records as in docs/runs.md."""

    events: list[dict[str, Any]]


class RobotTold(Told, frozen=True, tag="robot"):
    """The robot that this browser watches, twice a second; None if there is none of that name any more."""

    robot: RobotView | None


class Watch(View, frozen=True):
    """What a browser sends: what else it wants to see. heat: a metric of futurepark heatmap, over the last window_s."""

    robot: str = ""
    heat: str = ""
    window_s: float = 300.0


class RunRow(View, frozen=True):
    """A recorded run."""

    run: str
    world: str
    robots: int
    steps: int
    step_s: float
    seed: int
    tasks_per_hour: float
