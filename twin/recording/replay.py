"""Exact replay of a trace: from a checkpoint on, the recorded commands make the fleet do all of it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np

from robots.errors import DriverError
from robots.state import FleetState
from twin.recording.errors import ReplayError, TraceFileError
from twin.recording.playing import play
from twin.recording.state_hash import pose_check, state_hash
from twin.recording.trace_parts import CLOCK_EPS_S, STEP_M, Checkpoint, TickBlock, TraceHeader, same_pose
from twin.recording.trace_reader import Trace
from twin.simulated_fleet import SimulatedFleet

Watch = Callable[[SimulatedFleet, FleetState], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    fleet  open, as it was at `to_s`; the caller goes on with it or closes it
    from_s, to_s  the checkpoint that it began with, and the last tick that was played, on the driver's clock
    ticks  so many were played; `hashes` state hashes were compared
    """

    fleet: SimulatedFleet
    from_s: float
    to_s: float
    ticks: int
    hashes: int


def replay(
    path: Path,
    make_fleet: Callable[[TraceHeader], SimulatedFleet],
    *,
    from_s: float = -inf,
    to_s: float = inf,
    verify: bool = True,
    watch: Watch | None = None,
) -> Replayed:
    """Do again what a trace says, from the last checkpoint at or before `from_s` to the last tick at or before `to_s`.

    make_fleet  makes a fleet as the header says, not opened and without faults, see trace_header.recorded_fleet
    verify      compare every pose of every tick, to the last bit, and the state hashes
    watch       is called after each tick from `from_s` on

    Raises ReplayError for the first tick after which the fleet is not as recorded; TraceFileError if the trace goes
    wrong before `to_s`, or has nothing between the two; CheckpointError if it is of another fleet.
    """
    with Trace(path) as trace:
        player = _Player(trace.where, make_fleet(trace.header), verify, from_s, to_s, watch)
        try:
            for part in trace.parts(from_s):
                if player.take(part):
                    break
            return player.result(from_s)
        except BaseException:
            player.fleet.close()
            raise


class _Player:
    """A fleet that goes through the parts of a trace; `take` returns whether the end has come."""

    def __init__(
        self, where: str, fleet: SimulatedFleet, verify: bool, from_s: float, to_s: float, watch: Watch | None
    ) -> None:
        self.fleet = fleet
        self._where = where
        self._verify = verify
        self._from_s, self._to_s = from_s - CLOCK_EPS_S, to_s + CLOCK_EPS_S
        self._watch = watch
        self._begun_s: float | None = None
        self._now_s = 0.0
        self._ticks = self._hashes = 0

    def take(self, part: Checkpoint | TickBlock) -> bool:
        if isinstance(part, Checkpoint):
            if self._begun_s is None:
                self.fleet.resume(part.data)
                self._begun_s = self._now_s = part.time_s
            return self._over(part.time_s)
        if self._begun_s is None:
            raise TraceFileError(self._where, "has ticks before its first checkpoint", "record it again")
        return self._play(part)

    def result(self, from_s: float) -> Replayed:
        if self._begun_s is None or self._begun_s > self._to_s or self._now_s < self._from_s:
            problem = "has nothing in it" if self._begun_s is None else f"is over at {self._now_s:g} s"
            if self._begun_s is not None and self._begun_s > self._to_s:
                problem = f"begins at {self._begun_s:g} s"
            raise TraceFileError(self._where, problem, f"ask for another time than {from_s:g} to {self._to_s:g} s")
        return Replayed(self.fleet, self._begun_s, self._now_s, self._ticks, self._hashes)

    def _play(self, block: TickBlock) -> bool:
        wanted = int(np.searchsorted(block.time_s, self._to_s, side="right"))
        if wanted == 0:
            return True
        try:
            for tick, state in enumerate(play(self.fleet, block)):
                self._ticks += 1
                self._now_s = state.time_s
                if self._verify:
                    self._compare(block, tick)
                if self._watch is not None and state.time_s >= self._from_s:
                    self._watch(self.fleet, state)
                if tick + 1 == wanted < block.ticks:
                    return True
        except DriverError as refusal:
            raise ReplayError(f"{self._where}: after {self._now_s:g} s the fleet refuses: {refusal}") from None
        if self._verify and block.state_hash:
            self._hashes += 1
            if state_hash(self.fleet) != block.state_hash:
                begin, end = float(block.time_s[0]), float(block.time_s[-1])
                raise ReplayError(
                    f"{self._where}: the state is another one between {begin:g} and {end:g} s, with the same poses"
                )
        return self._over(self._now_s)

    def _over(self, time_s: float) -> bool:
        """Whether nothing is wanted after this time."""
        return time_s >= self._to_s - 2 * CLOCK_EPS_S

    def _compare(self, block: TickBlock, tick: int) -> None:
        truth = self.fleet.truth()
        poses = np.array([[truth.x_m, truth.y_m, truth.theta_rad]])
        if pose_check(poses)[0] == block.check[tick]:
            return
        others = np.flatnonzero(~same_pose(block, tick, truth.x_m, truth.y_m, truth.theta_rad))
        when = f"{self._where}: tick {self._ticks} of the replay, at {float(block.time_s[tick]):g} s"
        if not others.size:
            raise ReplayError(f"{when}: poses differ by less than {STEP_M * 1000:g} mm")
        robot = int(others[0])
        x, y, _ = block.poses(tick)
        raise ReplayError(
            f"{when}: robot {robot} is at ({truth.x_m[robot]:.4f}, {truth.y_m[robot]:.4f}) m,"
            f" recorded at ({x[robot]:.4f}, {y[robot]:.4f}) m ({others.size} robots differ)"
        )
