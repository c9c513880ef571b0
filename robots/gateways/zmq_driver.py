"""ZmqDriver: a fleet of real robots behind the driver seam, over the wire of docs/protocol.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor as floor_of
from math import inf
from typing import Any

import numpy as np
import zmq

from robots.arrays import Int32
from robots.driver import Commands
from robots.errors import DriverError
from robots.gateways.allow_list import AllowList
from robots.gateways.command_rows import CommandRows, entries_in
from robots.gateways.exchange import Exchange
from robots.gateways.fleet_lines import FleetLines
from robots.gateways.floor_map import FloorMap
from robots.gateways.given_base import ENTRIES_AHEAD, ImpossibleError, Step
from robots.gateways.keys import Key
from robots.gateways.wire_params import WireParams
from robots.gateways.wire_record import WireRecord
from robots.life_cycle import LifeCycle
from robots.state import FleetState

_EPS_S = 1e-9
_WAITING_S = 0.2


class ZmqDriver:
    """A FleetDriver of robots behind gateways that connect to an address.

    listen       ZeroMQ address to bind; one that others can reach needs keys
    roster       serials of the robots, by row
    floor        the map; poses and bases are checked against it
    clock        seconds, monotonic: time of states, and of everything that is due
    wall_ns      nanoseconds UTC, for messages
    context      ZeroMQ's; with keys, one in which an Authenticator of the same allow-list has been started
    epoch        of this controller: greater than that of every earlier one of the site
    known        robots as a journal knows them, rows in the order of the roster; `received` counts all that was granted
    server_key, allow_list  the controller's key, and who may speak for which robots; refreshed here. Both or none
    on_security  called with an event for whatever was refused or is amiss, see WireRecord; must be quick
    waiting      called several times a second while `open` waits for robots; may raise

    A robot that cannot be where its base says is flagged LOST and gets nothing until what it says fits again.
    `record` has the counts of messages.
    """

    def __init__(
        self,
        listen: str,
        *,
        roster: Sequence[str],
        floor: FloorMap,
        clock: Callable[[], float],
        wall_ns: Callable[[], int],
        context: zmq.Context[Any],
        epoch: int,
        known: FleetState | None = None,
        server_key: Key | None = None,
        allow_list: AllowList | None = None,
        params: WireParams = WireParams(),  # noqa: B008 (it is frozen)
        on_security: Callable[[dict[str, Any]], None],
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        if not roster or len(set(roster)) < len(roster):
            raise DriverError("a roster needs robots, each of them once")
        if (server_key is None) != (allow_list is None):
            raise DriverError("a key and an allow-list come together")
        if known is not None and known.robots != len(roster):
            raise DriverError(f"{known.robots} robots are known, and the roster has {len(roster)}")
        self._listen = listen
        self._roster = tuple(roster)
        self._clock = clock
        self._wall_ns = wall_ns
        self._context = context
        self._epoch = epoch
        self._server_key = server_key
        self._allow_list = allow_list
        self._params = params
        self._waiting = waiting
        self.record = WireRecord(clock, on_security)
        self._rows = CommandRows(len(roster))
        self._lines = FleetLines(self._roster, floor, known, self.record, params, epoch)
        self._exchange: Exchange | None = None
        self._life = LifeCycle()
        self._due_s = -inf

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return ENTRIES_AHEAD

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, as robots count it, in Wh."""
        return self._lines.reports.used_wh

    @property
    def endpoint(self) -> str:
        """The address that is bound, with its port; empty before `open`."""
        return "" if self._exchange is None else self._exchange.endpoint

    def open(self) -> FleetState:
        """Bind, and wait until every robot that is not known has said where it is.

        After a `stop`: until the robots that are connected have dropped what they had. Raises InputError, with the
        names of robots that said nothing, or cannot begin where they are, after `wait_s`; DriverError if it is not due.
        """
        self._life.open()
        if self._exchange is None:
            self._exchange = Exchange(
                self._listen,
                roster=self._roster,
                robots=self._lines,
                record=self.record,
                params=self._params,
                clock=self._clock,
                wall_ns=self._wall_ns,
                context=self._context,
                epoch=self._epoch,
                server_key=self._server_key,
                allow_list=self._allow_list,
            )
        self._rows = CommandRows(len(self._roster))
        ends_s = self._clock() + self._params.wait_s
        while not self._lines.may_begin() and self._clock() < ends_s:
            self._waiting()
            self._turn_until(min(ends_s, self._clock() + _WAITING_S), self._lines.may_begin)
        self._lines.begin()
        return self._hand_out()

    def submit(self, commands: Commands) -> None:
        """Take one row for every robot; raises DriverError, naming robot and reason, and then takes none."""
        self._life.submit()
        rows = self._rows.changed(commands)
        rows = np.union1d(rows, np.fromiter(self._lines.unsynced, dtype=np.int32)).astype(np.int32)
        news = self._follow(commands, rows)
        for row, new in zip(rows.tolist(), news, strict=True):
            self._take(row, commands, new)
        self._rows.take(commands)
        self._lines.unsynced.clear()
        self._flush()
        self._life.taken()

    def poll(self) -> FleetState:
        """Take in what has come until the next tick of the clock; return what is known of the robots."""
        self._life.poll()
        self._turn_until(self._due_s, lambda: False)
        return self._hand_out()

    def stop(self) -> None:
        """Have every robot drop what it has not confirmed, and rest; waits `stop_s` at most for those connected."""
        self._life.stop()
        for line in self._lines:
            line.cancel()
        self._lines.waiting.update(range(len(self._roster)))
        self._turn_until(self._clock() + self._params.stop_s, lambda: not self._lines.cancelling())

    def close(self) -> None:
        """Say bye to the gateways and let go of the socket. May be called twice."""
        self._life.close()
        if self._exchange is not None:
            self._exchange.close("controller closed")
            self._exchange = None

    def _follow(self, commands: Commands, rows: Int32) -> list[list[Step]]:
        """What is new for each of these rows; raises DriverError if something is impossible, and changes nothing."""
        news: list[list[Step]] = []
        counts = entries_in(commands, rows).tolist()
        for row, count in zip(rows.tolist(), counts, strict=True):
            line = self._lines[row]
            if count == 0 or commands.epoch[row] != line.epoch or line.awaits:
                news.append([])
                continue
            entries, seconds = commands.entries[row, :count].tolist(), commands.service_s[row, :count].tolist()
            try:
                news.append(line.base.follow(int(commands.index[row]), entries, seconds))
            except ImpossibleError as reason:
                raise DriverError(f"robot {row} ({self._roster[row]}) {reason}") from None
        return news

    def _take(self, row: int, commands: Commands, new: list[Step]) -> None:
        """Take over a row that is fine."""
        line, epoch = self._lines[row], int(commands.epoch[row])
        if epoch < line.epoch:
            return
        line.epoch = epoch
        line.base.add(new, epoch)
        line.level(bool(commands.halt[row]), float(commands.speed_limit_mps[row]))
        self._lines.waiting.add(row)

    def _turn_until(self, deadline_s: float, done: Callable[[], bool]) -> None:
        """Take in and send what is due until it is done, or the deadline has come."""
        exchange = self._connected()
        while True:
            self._flush()
            over = exchange.turn(deadline_s)
            if over or done():
                self._flush()
                return

    def _flush(self) -> None:
        """Send what is due to robots that still have to be told something."""
        exchange, now_s = self._connected(), self._clock()
        waiting = self._lines.waiting
        for row in list(waiting):
            line = self._lines[row]
            session = exchange.sessions.of_row[row]
            if session is None or session.route is None:
                line.joined = False
            elif line.asked:
                exchange.ask(session, line.serial)
                line.asked = False
            for message in line.due(now_s):
                if session is None or not exchange.send(session, message):
                    line.send_again()
                    break
            if line.idle:
                waiting.discard(row)

    def _hand_out(self) -> FleetState:
        now_s = self._clock()
        tick_s = self._params.tick_s
        if tick_s > 0:  # the first multiple after now: who is late does not wait, and does not make up for lost ticks
            self._due_s = tick_s * (floor_of(now_s / tick_s + _EPS_S) + 1)
        return self._lines.reports.hand_out(now_s)

    def _connected(self) -> Exchange:
        if self._exchange is None:
            raise DriverError("the driver is not open")
        return self._exchange
