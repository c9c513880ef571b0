"""What browsers are told of a live site, kept up to date picture by picture. Knows no sockets and no clock."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Any, Final

from fleet.app.dashboard.alerts import AlertBook
from fleet.app.dashboard.frames import DutyBytes, FleetColumns, duty_bytes, encode, fleet_columns
from fleet.app.dashboard.live_heat import LiveHeat
from fleet.app.dashboard.page_messages import Alert, RobotRow, SiteTold
from fleet.app.dashboard.picture import DutiesSeen, Picture
from fleet.app.dashboard.samples import Samples
from fleet.app.dashboard.waiting import WaitChains, condition_name, wait_name
from robots.arrays import Int32

# Events that a browser which was busy can still be told.
_EVENTS_KEPT: Final = 500
_USUAL_HZ: Final = 5.0
_MOST_HZ: Final = 10.0
_RATE_GAIN: Final = 0.1
# Clocks of controllers that take over from one another are not that far apart.
_BACK_S: Final = 60.0


class LiveFloor:
    """Takes pictures in, one after the other.

    picture          the last one
    fleet, duties    what frames tell of it; None before floor and fleet are known
    cell             int32 (n,), where robots are, likewise
    fleets, duty_tellings, sites  how many different ones there have been; silence makes a site another one
    rosters          how often robots, floor or site were others: then browsers have to begin anew
    events           (number, record), the last ones; numbers go up by one
    rate_hz          how often a second robots are told of, about
    """

    def __init__(self) -> None:
        self.picture = Picture()
        self.fleet: FleetColumns | None = None
        self.duties: DutyBytes | None = None
        self.cell: Int32 | None = None
        self.fleets = self.duty_tellings = self.sites = self.rosters = 0
        self.events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_EVENTS_KEPT)
        self.rate_hz = _USUAL_HZ
        self.samples = Samples()
        self.heat: LiveHeat | None = None
        self._alerts = AlertBook()
        self._chains: WaitChains | None = None
        self._fleet_seen_s = 0.0
        # Frames of the last fleet and duties, by the number of those that a browser knows; 0 for a key frame.
        self._fleet_frames: dict[int, bytes] = {}
        self._duty_frames: dict[int, bytes] = {}

    def take(self, picture: Picture) -> None:
        """Take in the next picture."""
        before, self.picture = self.picture, picture
        self._chains = None
        another = _is_another(before, picture)
        if another:
            self._forget()
        if another or picture.floor is not before.floor:
            self._begin(picture)
        for event in picture.events:
            number = self.events[-1][0] + 1 if self.events else 1
            self.events.append((number, event.record))
        if picture.fleet is not before.fleet or self.fleet is None:
            self._see_fleet(picture)
        if picture.duties is not before.duties or self.duties is None:
            self._see_duties(picture)
        if picture.site is not before.site or picture.trouble != before.trouble or picture.silent_s >= 1.0:
            self._see_site(picture)

    @property
    def alerts(self) -> list[Alert]:
        """The alerts of the last picture, the oldest first."""
        return self._alerts.alerts

    def site_told(self, after_s: float = inf) -> SiteTold:
        """Return how the site is, with the newest sample if that is from after `after_s` seconds."""
        picture, kept = self.picture, self.samples.kept
        return SiteTold(
            site=picture.site,
            alerts=self.alerts,
            silent_s=round(picture.silent_s, 1),
            trouble=picture.trouble,
            sample=kept[-1] if kept and kept[-1].t_s > after_s else None,
        )

    def fleet_frame(self, known: int, before: FleetColumns | None) -> bytes:
        """Return the frame for a browser that knows `before`, number `known` of the fleets; None and 0 for nothing.

        Raises KeyError before the fleet is known.
        """
        if self.fleet is not None and known not in self._fleet_frames:
            self._fleet_frames[known] = encode(self.fleet, self.picture.t_s, before)
        return self._fleet_frames[known]

    def duty_frame(self, known: int, before: DutyBytes | None) -> bytes:
        """Return likewise the frame of duties."""
        if self.duties is not None and known not in self._duty_frames:
            self._duty_frames[known] = encode(self.duties, self.picture.t_s, before)
        return self._duty_frames[known]

    def chains(self) -> WaitChains | None:
        """Explain the waits of the last picture; None before it can be said who is where."""
        picture = self.picture
        if self._chains is None and picture.floor is not None and picture.fleet is not None and self.cell is not None:
            duties = picture.duties or DutiesSeen.nothing(picture.robots)
            self._chains = WaitChains(picture.roster, picture.floor, picture.fleet, duties, self.cell)
        return self._chains

    def robot_row(self, row: int) -> RobotRow | None:
        """Return how a robot is; None before it is known."""
        picture = self.picture
        if picture.fleet is None or self.cell is None:
            return None
        fleet, duties = picture.fleet, picture.duties
        waits_for = -1 if duties is None else int(duties.waits_for[row])
        return RobotRow(
            robot=picture.roster.serials[row],
            row=row,
            cell=int(self.cell[row]),
            condition=condition_name(int(fleet.condition[row])),
            charge_percent=int(fleet.charge_percent[row]),
            task=int(fleet.task[row]),
            wait=wait_name(0 if duties is None else int(duties.wait[row])),
            waited_s=0.0 if duties is None else round(float(duties.waited_s[row]), 1),
            waits_for=picture.roster.serials[waits_for] if 0 <= waits_for < picture.robots else "",
        )

    def _forget(self) -> None:
        """Another site: what was heard of the one before is not about it."""
        self.events.clear()
        self.samples = Samples()
        self._alerts = AlertBook()

    def _begin(self, picture: Picture) -> None:
        """Nothing of what was told before holds."""
        self.rosters += 1
        self.fleet = self.duties = self.cell = None
        self.heat = None if picture.floor is None else LiveHeat(picture.floor.cells)

    def _see_fleet(self, picture: Picture) -> None:
        fleet, floor = picture.fleet, picture.floor
        if fleet is None or floor is None or self.heat is None:
            return
        between_s = picture.seen_s - self._fleet_seen_s
        if self.cell is not None and between_s > 0:
            self.rate_hz += _RATE_GAIN * (min(1.0 / between_s, _MOST_HZ) - self.rate_hz)
        self._fleet_seen_s = picture.seen_s
        self.fleets += 1
        self._fleet_frames.clear()
        self.fleet = fleet_columns(
            fleet.x_m, fleet.y_m, fleet.theta_rad, fleet.condition, cell_m=floor.cell_m, units=floor.units
        )
        self.cell = fleet.cells(floor.width, floor.cells, floor.cell_m)
        if picture.site is not None:
            self.heat.see_fleet(self.cell, fleet.condition, picture.t_s, picture.seen_s)

    def _see_duties(self, picture: Picture) -> None:
        if picture.fleet is None or self.heat is None:
            return
        duties = picture.duties
        if duties is not None and picture.site is not None:
            self.heat.see_delayed(duties.delayed, picture.t_s, picture.seen_s)
        seen = duties or DutiesSeen.nothing(picture.robots)
        self.duty_tellings += 1
        self._duty_frames.clear()
        self.duties = duty_bytes(seen.waits_for, seen.wait, seen.waited_s, picture.fleet.charge_percent, seen.loaded)

    def _see_site(self, picture: Picture) -> None:
        self._alerts.take(picture, self.cell)
        self.sites += 1
        if picture.site is not None and picture.fleet is not None:
            self.samples.take(picture.site, picture.fleet)


def _is_another(before: Picture, now: Picture) -> bool:
    """Whether two pictures are of different sites: other robots, another floor, or a clock that began later."""
    if now.roster is not before.roster or (before.floor is not None and now.floor is not before.floor):
        return True
    return before.site is not None and now.site is not None and now.site.site_s < before.site.site_s - _BACK_S
