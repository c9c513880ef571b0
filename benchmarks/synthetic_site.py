"""A site that is made up, behind a real API and a real feed: as many robots as one likes, driving about in a hall."""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic, time_ns
from types import TracebackType
from typing import Self

import numpy as np
import zmq

from fleet.app.site.api_messages import FloorAsk, OrderList, OrderRows, Refused, Reply, SnapshotAsk, SnapshotIs
from fleet.app.site.api_server import ApiServer
from fleet.app.site.condition import Condition, count_conditions
from fleet.app.site.feed import Feed
from fleet.app.site.feed_messages import DutyColumns, JournalNews, Roster, SiteNews, packed_duties
from fleet.app.site.feed_writer import FeedWriter
from fleet.app.site.floor_answer import floor_is
from fleet.app.site.request_desk import Request
from fleet.app.site.roster import numbered_roster
from fleet.app.site.site_floor import floor_hash
from fleet.runtime.waits import WaitReason
from robots.arrays import Bool, UInt8
from robots.state import FleetState
from sim_worlds.world_file import load_world

_SPEED_MPS = 1.5
_TICK_S = 0.01
# Shares of the robots that stand in service and that wait for another one; a part of them changes every second.
_SERVED, _WAITING, _CHANGE = 0.2, 0.15, 0.05


class SyntheticSite:
    """Robots that drive up and down the rows of an empty hall of `side` x `side` cells of 1 m; its map in `folder`.

    A context: its thread tells the feed 10 times a second and answers the API. Nothing can be done to it.
    """

    def __init__(self, folder: Path, robots: int, *, side: int = 250) -> None:
        self.world = folder / f"hall-{side}.map"
        rows = "\n".join("." * side for _ in range(side))
        self.world.write_text(f"type octile\nheight {side}\nwidth {side}\nmap\n{rows}\n", encoding="ascii")
        self._hash = floor_hash(load_world(str(self.world)))
        self._side = side
        self._rng = np.random.default_rng(1)
        cells = self._rng.choice(side * side, robots, replace=False).astype(np.int32)
        self._state = FleetState.at(cells, width=side)
        self._east = self._rng.random(robots) < 0.5
        self._serials = numbered_roster(robots)
        self._stands: UInt8 = np.zeros(robots, dtype=np.uint8)
        self._waited_s = np.zeros(robots, dtype=np.float32)
        self._change(np.ones(robots, dtype=np.bool_))
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._writer = FeedWriter(1, time_ns)
        self._api = ApiServer(self._context, "tcp://127.0.0.1:0", None, None)
        self._feed = Feed(self._context, "tcp://127.0.0.1:0", None, self._writer, 10.0)
        self._began_s = monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="synthetic-site")

    @property
    def api(self) -> str:
        """Endpoint of the API."""
        return self._api.endpoint

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._api.close()
        self._feed.close()
        self._context.destroy(linger=0)

    def _run(self) -> None:
        last_s, changed_s = monotonic(), monotonic()
        while not self._stopping.wait(_TICK_S):
            now_s = monotonic()
            self._move(now_s - last_s)
            last_s = now_s
            if now_s - changed_s >= 1.0:
                self._change(self._rng.random(len(self._stands)) < _CHANGE)
                changed_s = now_s
            for request in self._api.take():
                self._api.answer(request, self._answer(request))
            self._api.flush(committed=True)
            task = np.arange(len(self._stands), dtype=np.int32)
            self._feed.publish(
                self._state, self._stands, task, site=self._site, duties=self._duties, now_s=now_s, committed=True
            )

    def _move(self, seconds: float) -> None:
        """Let those drive that do; at the end of the hall they turn round."""
        state, drives = self._state, self._stands == Condition.DRIVING
        step = np.where(self._east, seconds * _SPEED_MPS, -seconds * _SPEED_MPS)
        state.x_m[drives] += step[drives].astype(np.float32)
        out: Bool = (state.x_m < 0.5) | (state.x_m > self._side - 0.5)
        self._east ^= out
        np.clip(state.x_m, 0.5, self._side - 0.5, out=state.x_m)
        state.theta_rad[:] = np.where(self._east, 0.0, np.pi)
        self._waited_s[:] = np.where(self._stands == Condition.WAITING, self._waited_s + seconds, 0.0)

    def _change(self, who: Bool) -> None:
        """Let some robots do something else."""
        drawn = self._rng.random(len(who))
        does = np.where(drawn < _SERVED, Condition.SERVICE, Condition.DRIVING)
        does = np.where(drawn > 1 - _WAITING, Condition.WAITING, does)
        self._stands[who] = does[who].astype(np.uint8)

    def _duties(self) -> DutyColumns:
        n = len(self._stands)
        waits: Bool = self._stands == Condition.WAITING
        rows = np.arange(n, dtype=np.int32)
        return packed_duties(
            goal=self._rng.integers(0, self._side**2, n).astype(np.int32),
            waits_for=np.where(waits, (rows + 1) % n, -1).astype(np.int32),
            wait=np.where(waits, WaitReason.ROBOT, WaitReason.NONE).astype(np.uint8),
            waited_s=self._waited_s,
            delayed=waits,
            loaded=self._east,
        )

    def _site(self) -> SiteNews:
        now_s = monotonic() - self._began_s
        done = int(10 * now_s)
        counts = {
            "orders": {"accepted": done + 500, "done": done, "open": 500, "rejected": 0, "cancelled": 0},
            "tasks": {"created": done + 900, "done": done, "open": 900, "failed": 0, "cancelled": 0},
            "units": {"ordered": done + 900, "picked": done, "dropped": done, "cancelled": 0},
        }
        robots = count_conditions(self._stands)
        return SiteNews(
            "hall", "0", now_s, now_s, 1, leads=True, journal=JournalNews("memory"), counts=counts, robots=robots
        )

    def _answer(self, request: Request) -> Reply:
        ask = request.ask
        if isinstance(ask, SnapshotAsk):
            return SnapshotIs("", self._feed.endpoint, Roster(self._serials), self._feed.snapshot())
        if isinstance(ask, FloorAsk):
            n = len(self._stands)
            down, task = np.zeros(n, dtype=np.bool_), np.arange(n, dtype=np.int32)
            return floor_is(self._state, down, task, (), world="hall", floor=self._hash, now_s=0.0)
        if isinstance(ask, OrderList):
            return OrderRows("", ())
        return Refused("", code="bad_action", problem="nothing can be done to a hall that is made up")
