"""What somebody ought to look at, out of a picture of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from fleet.app.dashboard.page_messages import Alert
from fleet.app.dashboard.picture import DutiesSeen, FleetSeen, Picture
from fleet.app.dashboard.waiting import rings
from fleet.app.site.condition import TROUBLED, Condition
from fleet.app.site.feed_messages import SiteNews
from fleet.runtime.wait_alarms import WaitParams
from fleet.runtime.waits import WaitReason
from fleet.traffic.zones.restriction import ZoneKind
from robots.arrays import Bool, Int32, Int64

SILENT_S: Final = 3.0
# As patient as the controller is with its events. It tells those once and nobody of what it suspects still, so a page
# that joins later could not show by them what goes on: here it is judged by the duties that are told every second.
_PATIENCE: Final = WaitParams()
# Who stands for so long is stuck.
_STUCK_S: Final = 300.0
_MOST_ROBOTS: Final = 50
_MOST_RINGS: Final = 20
_STOPS: Final = frozenset(kind.value for kind in ZoneKind if kind.guarded)
_TROUBLE: Final = {
    Condition.BLOCKED: "something unexpected is in the way",
    Condition.EMPTY: "battery empty",
    Condition.LOST: "not where it should be",
    Condition.FAILED: "failed, somebody has to look",
    Condition.SILENT: "nothing heard for a while",
}
# Waits that somebody has ordered, or that a fault explains, are no jam.
_JAMMED: Final = (WaitReason.NONE, WaitReason.ROBOT, WaitReason.YIELD, WaitReason.NO_WAY)


class AlertBook:
    """Keeps since when each alert has held. `alerts` are those of the last picture, the oldest first."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self._since_s: dict[str, float] = {}

    def take(self, picture: Picture, cell: Int32 | None) -> None:
        """Take in a picture; cell: int32 (n,), where each robot is, if that is known."""
        found = [*_of_connection(picture)]
        if picture.site is not None:
            found += _of_site(picture.site)
        if picture.fleet is not None and cell is not None:
            found += _of_robots(picture, picture.fleet, cell)
            if picture.duties is not None:
                found += _of_waits(picture, picture.fleet, picture.duties, cell)
        self._since_s = {alert.key: self._since_s.get(alert.key, alert.since_s) for alert in found}
        self.alerts = sorted(
            (msgspec.structs.replace(alert, since_s=self._since_s[alert.key]) for alert in found),
            key=lambda alert: (alert.since_s, alert.key),
        )


def _of_connection(picture: Picture) -> Iterator[Alert]:
    if picture.silent_s >= SILENT_S or picture.trouble:
        why = picture.trouble or "nothing is heard of the controller"
        since_s = max(0.0, picture.t_s - picture.silent_s)
        yield Alert(key="feed", kind="feed", since_s=since_s, text=why)


def _of_site(site: SiteNews) -> Iterator[Alert]:
    now_s = site.site_s
    if site.journal.held_up:
        text = f"the journal cannot be written, nothing new is granted: {site.journal.detail}"
        yield Alert(key="journal", kind="journal", since_s=now_s, text=text)
    for zone in site.zones:
        if zone.kind in _STOPS:
            where = f"around {zone.robot}" if zone.robot else f"of {zone.place}"
            text = f"{zone.kind.replace('_', ' ')} {where}" + (f", by {zone.by}" if zone.by else "")
            robots = [zone.robot] if zone.robot else []
            yield Alert(key=f"zone:{zone.id}", kind="zone", since_s=zone.since_s, text=text, robots=robots)
    if site.late_orders:
        worst = max(site.late_orders, key=lambda order: order.late_s)
        text = f"{site.late_tasks} tasks are late; order {worst.order} by {worst.late_s / 60:.0f} min"
        yield Alert(key="late", kind="late", since_s=now_s, text=text)


def _of_robots(picture: Picture, fleet: FleetSeen, cell: Int32) -> Iterator[Alert]:
    for condition in TROUBLED:
        rows = np.flatnonzero(fleet.condition == condition)
        if len(rows):
            yield _about(picture, f"robot:{condition.name.lower()}", "robot", rows, cell, _TROUBLE[condition])


def _of_waits(picture: Picture, fleet: FleetSeen, duties: DutiesSeen, cell: Int32) -> Iterator[Alert]:
    late = [ring for ring in rings(duties.waits_for) if duties.waited_s[ring].min() >= _PATIENCE.deadlock_s]
    for ring in late[:_MOST_RINGS]:
        serials = [picture.roster.serials[row] for row in ring]
        text = f"{len(ring)} robots wait for each other in a ring: {', '.join([*serials, serials[0]][:_MOST_ROBOTS])}"
        cells = sorted({int(cell[row]) for row in ring})
        key = f"deadlock:{','.join(sorted(serials))}"[:200]
        yield Alert(
            key=key, kind="deadlock", since_s=picture.t_s, text=text, robots=serials[:_MOST_ROBOTS], cells=cells
        )
    sound: Bool = ~np.isin(fleet.condition, TROUBLED) & np.isin(duties.wait, _JAMMED)
    moves: Bool = (fleet.condition == Condition.DRIVING) | (fleet.condition == Condition.TURNING)
    circling = np.flatnonzero(sound & moves & (duties.waited_s >= _PATIENCE.livelock_s))
    if len(circling):
        text = f"moving, but no nearer to the goal for {_PATIENCE.livelock_s / 60:.0f} min"
        yield _about(picture, "livelock", "livelock", circling, cell, text)
    stuck = np.flatnonzero(sound & ~moves & (duties.waited_s >= _STUCK_S))
    if len(stuck):
        text = f"no nearer to the goal for {_STUCK_S / 60:.0f} min"
        yield _about(picture, "robot:stuck", "robot", stuck, cell, text)


def _about(picture: Picture, key: str, kind: str, rows: Int64, cell: Int32, what: str) -> Alert:
    """An alert about some robots, of which `what` is true."""
    serials = [picture.roster.serials[row] for row in rows[:_MOST_ROBOTS].tolist()]
    shown = ", ".join(serials[:5]) + (f" and {len(rows) - 5} others" if len(rows) > 5 else "")
    text = f"{what}: {shown}"
    cells = sorted({int(cell[row]) for row in rows[:_MOST_ROBOTS]})
    return Alert(key=key, kind=kind, since_s=picture.t_s, text=text, robots=serials, cells=cells)
