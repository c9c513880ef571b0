"""What robots have said, as the columns of a FleetState."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np

from robots.gateways.wire_record import RefusedError
from robots.messages import PoseReport, State
from robots.state import Flag, FleetState

_STANDS_MPS: Final = 0.02
_FAULTS: Final = {"blocked": Flag.BLOCKED, "failed": Flag.FAILED, "lost": Flag.LOST}
_COLUMNS: Final = tuple(field.name for field in fields(FleetState) if field.name != "time_s")
_UNDER_WAY: Final = frozenset({"RUNNING", "PAUSED"})


class FleetReports:
    """The columns that messages are written into, those that a driver hands out, and the energy that robots count.

    columns  FleetState as it was last heard, written to by messages
    used_wh  drawn from batteries since `start_energy`, Wh
    """

    def __init__(self, known: FleetState) -> None:
        n = known.robots
        self.columns = FleetState(known.time_s, *(getattr(known, name).copy() for name in _COLUMNS))
        self._out = FleetState(known.time_s, *(getattr(known, name).copy() for name in _COLUMNS))
        self._boots: list[bytes] = [b""] * n
        self._seq = [0] * n
        self._energy_wh: list[float | None] = [None] * n
        self.used_wh = 0.0

    def hand_out(self, now_s: float) -> FleetState:
        """Return what is known now, in columns that stay as they are until the next call."""
        for name in _COLUMNS:
            np.copyto(getattr(self._out, name), getattr(self.columns, name))
        self._out.time_s = now_s
        return self._out

    def booted(self, row: int, boot: bytes) -> None:
        """A gateway speaks for this robot that began with this boot: its numbers begin anew with a new one."""
        if self._boots[row] != boot:
            # Where the robot was heard before, what it has drawn since its boot is all new.
            self._boots[row], self._seq[row] = boot, 0
            self._energy_wh[row] = None if self._energy_wh[row] is None else 0.0

    def newer(self, row: int, seq: int) -> None:
        """Check that a message is newer than those before; raises RefusedError if it is not."""
        if seq <= self._seq[row]:
            raise RefusedError("replay")

    def state(self, row: int, state: State, astray: str, now_s: float) -> None:
        """Take over a state, but for its base: `base` is for that."""
        self._seq[row] = state.seq
        columns = self.columns
        columns.charge_percent[row] = state.soc
        columns.charging[row] = state.charging
        columns.service_left_s[row] = _left_s(state)
        columns.flags[row] = _flags(state, astray)
        before = self._energy_wh[row]
        if before is not None and state.energy > before:
            self.used_wh += state.energy - before
        self._energy_wh[row] = state.energy if before is None else max(before, state.energy)
        self._pose(row, state, now_s)

    def base(self, row: int, state: State, cell: int, heading: int) -> None:
        """Take over what a state says of its robot's base, and where the last confirmed entry led."""
        columns = self.columns
        columns.cell[row] = cell
        columns.heading[row] = heading
        columns.epoch[row] = state.epoch
        columns.received[row] = state.upd
        columns.confirmed[row] = state.last_seq // 2

    def pose(self, row: int, report: PoseReport, now_s: float) -> None:
        """Take over a pose."""
        self._seq[row] = report.seq
        if not report.pose.ok:
            self.columns.flags[row] |= Flag.LOST
        self._pose(row, report, now_s)

    def _pose(self, row: int, report: State | PoseReport, now_s: float) -> None:
        columns, pose = self.columns, report.pose
        columns.x_m[row] = pose.x
        columns.y_m[row] = pose.y
        columns.theta_rad[row] = pose.theta
        columns.speed_mps[row] = report.vel.v
        columns.heard_s[row] = now_s


def _left_s(state: State) -> float:
    """Seconds left of the action under way, 0 when there is none."""
    return next((action.left for action in state.actions if action.status in _UNDER_WAY), 0.0)


def _flags(state: State, astray: str) -> int:
    flags = 0
    if astray or not state.pose.ok:
        flags = int(Flag.LOST)
    if state.estop != "NONE" or state.mode != "AUTOMATIC":
        flags |= Flag.FAILED
    if state.paused and abs(state.vel.v) < _STANDS_MPS:
        flags |= Flag.HALTED
    for fault in state.errors:
        flags |= _FAULTS.get(fault.type, 0)
    return int(flags)
