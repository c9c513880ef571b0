"""Robots behind gateways and the driver that moves them: bases as commands, states as what is to be reported.

One `tick` hands every base to the driver, lets it come on by a tick, and finds out what is news. What robots have to
know again after a restart is in `records`; the caller keeps it, and what the driver has to know, before it reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final, Protocol

import msgspec
import numpy as np

from robots.arrays import Bool, Float64, Int64
from robots.driver import Commands, FleetDriver
from robots.gateways.floor_map import FloorMap
from robots.gateways.robot_base import Body, RobotBase, RobotMemory
from robots.state import Entry, Flag, FleetState

SILENT_S: Final = 0.5  # a robot that was not heard for so long does not answer
_STATE_S: Final = 1.0
_ENCODER: Final = msgspec.msgpack.Encoder()


class GatewayDriver(FleetDriver, Protocol):
    """A FleetDriver of robots that a gateway can speak for: single robots can be told what `Commands` cannot say."""

    def cancel(self, robot: int) -> None:
        """Have one robot drop its base, as `stop` does with all; numbers count on."""

    def place(self, robot: int, cell: int, heading: int) -> bool:
        """Tell a robot where it is; its base ends there, numbers count on. Returns whether that could be."""


class RobotFleet:
    """Robots, one row each.

    driver, state  an open driver, and what was heard of it last
    floor          where bases lead
    battery_wh     of each robot
    memories       of a restart, see `records`; None for robots that have no base yet
    bases          of each row
    """

    def __init__(
        self,
        driver: GatewayDriver,
        state: FleetState,
        floor: FloorMap,
        battery_wh: float,
        memories: Sequence[RobotMemory] | None = None,
    ) -> None:
        n = state.robots
        self._driver = driver
        self._ahead = driver.entries_ahead
        self._battery_wh = battery_wh
        self.state = state
        if memories is None:
            places = zip(state.cell.tolist(), state.heading.tolist(), strict=True)
            memories = [RobotMemory(cell, heading) for cell, heading in places]
        epochs = state.epoch.tolist()
        self.bases = [
            RobotBase(floor, memory, settling=epoch != memory.epoch)
            for memory, epoch in zip(memories, epochs, strict=True)
        ]
        self._records = [b""] * n
        self._dirty = set(range(n))
        self._commands = Commands.none(n, self._ahead)
        self._settling: Bool = np.array([base.settling for base in self.bases])
        self._was = _Reported(state)
        self._theta: Float64 = state.theta_rad.astype(np.float64)
        self._energy: Float64 = np.zeros(n)
        self._wanted: Bool = np.zeros(n, dtype=np.bool_)
        self._next_s: Float64 = np.full(n, state.time_s) + np.arange(n) % 10 * (_STATE_S / 10)
        self._turning: Float64 = np.zeros(n)
        self._fresh: Bool = np.zeros(n, dtype=np.bool_)
        self.moving: Bool = np.zeros(n, dtype=np.bool_)

    @property
    def records(self) -> list[bytes]:
        """What each robot has to know again after a restart: a RobotMemory each, as MessagePack."""
        self._refresh()
        return self._records

    def touch(self, row: int) -> None:
        """Take in that a robot's base, epoch or levels have changed: the driver is told, and the change reported."""
        self._dirty.add(row)
        self._settling[row] = self.bases[row].settling
        self._wanted[row] = True

    def want(self, row: int) -> None:
        """Have a robot's state reported with the next tick."""
        self._wanted[row] = True

    def silent(self, row: int) -> bool:
        """Whether a robot does not answer."""
        return bool(self.state.time_s - self.state.heard_s[row] > SILENT_S)

    def body(self, row: int) -> Body:
        """A robot as instants see it."""
        return Body(
            lost=bool(self.state.flags[row] & Flag.LOST),
            standing=not self.moving[row],
            place=lambda cell, heading: self._driver.place(row, cell, heading),
            cancel=lambda: self._driver.cancel(row),
        )

    def tick(self) -> list[int]:
        """Let robots go on for a tick; return the rows that have settled what they kept of their bases."""
        self._refresh()
        before = self.state.heard_s.copy()
        confirmed = self.state.confirmed.copy()
        percent = self.state.charge_percent.astype(np.float64)
        self._driver.submit(self._commands)
        self.state = state = self._driver.poll()
        self._fresh = state.heard_s > before
        self._energy += np.maximum(percent - state.charge_percent, 0.0) * (self._battery_wh / 100.0)
        self._watch_motion(state.heard_s - before)
        settled = []
        for row in np.flatnonzero(self._fresh & (self._settling | (state.confirmed != confirmed))).tolist():
            base = self.bases[row]
            settling = base.settling
            base.heard(int(state.epoch[row]), int(state.received[row]), int(state.confirmed[row]))
            self.touch(row)
            if settling and not base.settling:
                settled.append(row)
        self._wanted |= self._was.changed(state, self.moving)
        return settled

    def due(self) -> tuple[list[int], list[int]]:
        """Rows whose state is to be reported now, and others of which a pose is; they count as reported then."""
        state = self.state
        audible = (state.time_s - state.heard_s <= SILENT_S) & ~self._settling
        states = audible & (self._wanted | (state.time_s >= self._next_s - 1e-6))
        poses = self._fresh & self.moving & ~states & audible
        self._wanted &= ~states
        self._next_s[states] = state.time_s + _STATE_S
        return np.flatnonzero(states).tolist(), np.flatnonzero(poses).tolist()

    def columns(self) -> Columns:
        """The last state of every robot as lists, for messages."""
        return Columns(self.state, self.moving, self._turning, self._energy)

    def _refresh(self) -> None:
        """Write the bases that have changed into commands and records."""
        commands = self._commands
        for row in self._dirty:
            base = self.bases[row]
            memory = base.memory
            self._records[row] = _ENCODER.encode(memory)
            ahead = [] if base.settling else memory.entries[: self._ahead]
            commands.epoch[row] = memory.epoch
            commands.index[row] = memory.confirmed - memory.offset
            commands.entries[row] = Entry.WAIT
            commands.service_s[row] = 0.0
            for place, entry in enumerate(ahead):
                commands.entries[row, place] = entry.kind
                commands.service_s[row, place] = entry.seconds
            commands.halt[row] = memory.paused
            # A driver knows one limit for the whole base: the least of the edges ahead.
            commands.speed_limit_mps[row] = min([memory.limit_mps, *(entry.limit for entry in ahead)])
        self._dirty.clear()

    def _watch_motion(self, seconds: Float64) -> None:
        """See who moves: a robot that drives, or whose heading is another than before."""
        state, fresh = self.state, self._fresh
        turned = (state.theta_rad - self._theta + pi) % (2 * pi) - pi
        self._turning = np.divide(turned, seconds, out=np.zeros_like(turned), where=fresh).clip(-100.0, 100.0)
        moving = (state.speed_mps > 0) | (np.abs(turned) > 1e-6)
        self.moving = np.where(fresh, moving, self.moving)
        self._theta[fresh] = state.theta_rad[fresh]


class _Reported:
    """What a robot reports at once when it changes, as it was in the last tick."""

    def __init__(self, state: FleetState) -> None:
        self._columns = self._take(state, np.zeros(state.robots, dtype=np.bool_))

    def changed(self, state: FleetState, moving: Bool) -> Bool:
        """Whose columns are others than in the tick before, bool (n,)."""
        now = self._take(state, moving)
        changed: Bool = (now != self._columns).any(axis=0)
        self._columns = now
        return changed

    @staticmethod
    def _take(state: FleetState, moving: Bool) -> Int64:
        return np.array(
            [state.epoch, state.confirmed, state.flags, state.charging, state.service_left_s > 0, moving],
            dtype=np.int64,
        )


class Columns:
    """Rows of a fleet as lists of Python numbers; see robots.state.FleetState.

    age_s    seconds since the report
    turning  rad/s, clockwise
    energy   Wh drawn since the start of the program
    """

    def __init__(self, state: FleetState, moving: Bool, turning: Float64, energy: Float64) -> None:
        self.age_s: list[float] = (state.time_s - state.heard_s).tolist()
        self.x_m: list[float] = state.x_m.tolist()
        self.y_m: list[float] = state.y_m.tolist()
        self.theta_rad: list[float] = state.theta_rad.tolist()
        self.speed_mps: list[float] = state.speed_mps.tolist()
        self.percent: list[float] = state.charge_percent.clip(0.0, 100.0).tolist()
        self.service_left_s: list[float] = state.service_left_s.tolist()
        self.charging: list[bool] = state.charging.tolist()
        self.flags: list[int] = state.flags.tolist()
        self.moving: list[bool] = moving.tolist()
        self.turning: list[float] = turning.tolist()
        self.energy: list[float] = energy.tolist()
