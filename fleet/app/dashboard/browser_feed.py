"""What one browser has been told, and what it is to be told next. Knows no socket."""

from __future__ import annotations

from typing import Final

import msgspec

from fleet.app.dashboard.access import Caller
from fleet.app.dashboard.frames import DutyBytes, FleetColumns, encode_heat
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.live_heat import LONGEST_S, HeatMetric
from fleet.app.dashboard.page_messages import EventsTold, Hello, RobotTold, Watch

# Who was not told for so long is told everything anew.
_LATE_S: Final = 1.0
_ROBOT_S: Final = 0.5
_HEAT_S: Final = 2.0
_EVENTS_AT_FIRST: Final = 100
_METRICS: Final[tuple[HeatMetric, ...]] = ("visits", "waits", "delay")
_ENCODER: Final = msgspec.json.Encoder()

Message = str | bytes


class BrowserFeed:
    """Messages for a browser, made when it is ready for them: what came in between is left out, never queued.

    watch     what else it wants to see; set when it says so
    left_out  frames that it was not told
    """

    def __init__(self, live: LiveFloor, caller: Caller) -> None:
        self.watch = Watch()
        self.left_out = 0
        self._live = live
        self._caller = caller
        self._told_s = 0.0
        self._roster = -1
        self._site = -1
        self._sample_s = -1.0
        self._event: int | None = None
        self._fleet: tuple[int, FleetColumns | None] = (0, None)
        self._duties: tuple[int, DutyBytes | None] = (0, None)
        self._robot_s = self._heat_s = -_HEAT_S

    def messages(self, now_s: float) -> list[Message]:
        """Return what is to be told at `now_s` seconds; binary ones are frames, the others JSON."""
        live = self._live
        found: list[Message] = []
        if self._roster != live.rosters:
            found.append(self._hello())
            self._roster = live.rosters
            self._fleet, self._duties = (0, None), (0, None)
            self._event = None
        elif now_s - self._told_s >= _LATE_S:
            self._fleet, self._duties = (self._fleet[0], None), (self._duties[0], None)
        self._told_s = now_s
        found += self._frames()
        if self._site != live.sites:
            self._site = live.sites
            told = live.site_told(self._sample_s)
            if told.sample is not None:
                self._sample_s = told.sample.t_s
            found.append(_ENCODER.encode(told).decode())
        found += self._events()
        found += self._heat(now_s)
        return found

    def wants_robot(self, now_s: float) -> str:
        """Return the serial of the robot that is to be told of now; empty for none."""
        if not self.watch.robot or now_s - self._robot_s < _ROBOT_S:
            return ""
        self._robot_s = now_s
        return self.watch.robot

    def see(self, watch: Watch) -> None:
        """Take in what the browser wants to see; that is told at once."""
        self.watch = watch
        self._robot_s = self._heat_s = -_HEAT_S

    def _hello(self) -> str:
        live, caller = self._live, self._caller
        kept = list(live.samples.kept)
        self._sample_s = kept[-1].t_s if kept else -1.0
        hello = Hello(
            source="live",
            robots=list(live.picture.roster.serials),
            may_act=caller.may_act,
            user=caller.name,
            rate_hz=round(live.rate_hz, 1),
            samples=kept,
        )
        return _ENCODER.encode(hello).decode()

    def _frames(self) -> list[Message]:
        live, found = self._live, list[Message]()
        number, before = self._fleet
        if live.fleet is not None and (live.fleets != number or before is None):
            self.left_out += max(0, live.fleets - number - 1) if number else 0
            found.append(live.fleet_frame(0 if before is None else number, before))
            self._fleet = live.fleets, live.fleet
        number, known = self._duties
        if live.duties is not None and (live.duty_tellings != number or known is None):
            found.append(live.duty_frame(0 if known is None else number, known))
            self._duties = live.duty_tellings, live.duties
        return found

    def _events(self) -> list[Message]:
        events = self._live.events
        newest = events[-1][0] if events else 0
        if self._event is None:
            self._event = max(0, newest - _EVENTS_AT_FIRST)
        new = [record for number, record in events if number > self._event] if newest > self._event else []
        self._event = newest
        return [_ENCODER.encode(EventsTold(events=new)).decode()] if new else []

    def _heat(self, now_s: float) -> list[Message]:
        heat, watch = self._live.heat, self.watch
        metric = next((metric for metric in _METRICS if metric == watch.heat), None)
        if heat is None or metric is None or now_s - self._heat_s < _HEAT_S:
            return []
        self._heat_s = now_s
        window_s = min(max(watch.window_s, 0.0), LONGEST_S)
        return [encode_heat(metric, heat.values(metric, window_s), self._live.picture.t_s)]


def robot_told(told: RobotTold) -> Message:
    """Return the message that tells of a watched robot."""
    return _ENCODER.encode(told).decode()
