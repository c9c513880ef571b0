"""What a trace is made of, in memory: a header, checkpoints, and blocks of ticks; and who takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi
from typing import Final, Literal, Protocol

import msgspec
import numpy as np

from robots.arrays import Bool, Float32, Float64, Int32, Int64, UInt8, UInt16, UInt32
from robots.model import RobotModel
from twin.faults import Fault
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.physics.body_model import BodyModel
from twin.recording.command_log import CommandLog

TRACE_FORMAT: Final = 1
STEP_M: Final = 1e-4  # what a recorded x or y counts
STEP_RAD: Final = 2 * pi / 65536  # and a recorded theta
CLOCK_EPS_S: Final = 1e-6  # times that are closer together are the same
SUBMIT: Final = b"S"  # what a script is made of
POLL: Final = b"P"
OTHER: Final = b"X"


class TraceHeader(msgspec.Struct, frozen=True):
    """What was recorded: all that a driver must be made with again to go on from a checkpoint.

    world_hash  see trace_header.world_hash
    body        of robots with wheels; None for robots on rails
    robots      how many, n
    """

    format: int
    futurepark: str
    world: str
    world_hash: str
    width: int
    height: int
    cell_m: float
    robot: RobotModel
    body: BodyModel | None
    link: LinkParams
    motion: MotionParams
    seed: int
    tick_s: float
    robots: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All there is to know of the fleet between two ticks, see SimulatedFleet.checkpoint."""

    time_s: float
    data: bytes


class OtherCall(msgspec.Struct, frozen=True, array_like=True):
    """A call that changed the fleet besides `submit` and `poll`: a method of SimulatedFleet and what it was given."""

    method: Literal["inject", "put_back", "cancel", "place", "recharge", "hold", "let_go", "stop", "open"]
    arguments: tuple[int | float, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class TickBlock:
    """Ticks (t) that follow each other, with all that was done to the fleet in them; complete without other blocks.

    script   SUBMIT, POLL and OTHER in the order of the calls; t of them are POLLs
    calls    the OTHERs, in order
    commands the SUBMITs, in order
    time_s   float64 (t,), the driver's clock after each tick; the other columns are of that moment too
    x, y     int32 (t, n), where robots really were, in STEP_M
    theta    uint16 (t, n), likewise, in STEP_RAD
    check    uint32 (t,), see pose_check
    flags    uint8 (t, n), see robots.state.Flag; charge_percent float32 (n,), after the last tick: as reported
    contacts int64 (t, 3), how often robots had begun to touch: each other, racks and walls, people
    state_hash  see state_hash, after the last call of the block; "" if the fleet was not between two ticks then
    """

    script: bytes
    calls: tuple[OtherCall, ...]
    commands: CommandLog
    time_s: Float64
    x: Int32
    y: Int32
    theta: UInt16
    check: UInt32
    flags: UInt8
    charge_percent: Float32
    contacts: Int64
    state_hash: str

    @property
    def ticks(self) -> int:
        """How many ticks, t."""
        return len(self.time_s)

    def poses(self, tick: int) -> tuple[Float64, Float64, Float64]:
        """Return x and y in metres and theta in radians of every robot after a tick of the block, 0 to t - 1."""
        return self.x[tick] * STEP_M, self.y[tick] * STEP_M, self.theta[tick] * STEP_RAD

    def events(self, start_s: float) -> Iterator[tuple[float, OtherCall]]:
        """Go through the calls with the times at which they were made; `start_s`: the driver's clock at the start."""
        done, ticks = -1, 0
        for call in self.calls:
            place = self.script.index(OTHER, done + 1)
            ticks += self.script.count(POLL, done + 1, place)
            yield float(self.time_s[ticks - 1]) if ticks else start_s, call
            done = place


class TraceSink(Protocol):
    """Takes a recording as it is made: a file, MCAP, or memory."""

    def begin(self, header: TraceHeader) -> None:
        """Take the header: a recording begins."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint; the first one comes before all blocks."""

    def block(self, block: TickBlock) -> None:
        """Take the next block of ticks."""

    def end(self) -> None:
        """The recording is over, and complete."""


def quantised(metres: Float64) -> Int32:
    """Return lengths as they are recorded, in STEP_M."""
    return np.rint(metres * (1 / STEP_M)).astype(np.int32)


def quantised_angle(radians: Float64) -> UInt16:
    """Return angles as they are recorded, in STEP_RAD; whole turns are dropped."""
    return np.rint(radians * (1 / STEP_RAD)).astype(np.int64).astype(np.uint16)


def same_pose(block: TickBlock, tick: int, x_m: Float64, y_m: Float64, theta_rad: Float64) -> Bool:
    """Whether each robot is where it was recorded after a tick, bool (n,), as exactly as that was."""
    same: Bool = (
        (quantised(x_m) == block.x[tick])
        & (quantised(y_m) == block.y[tick])
        & (quantised_angle(theta_rad) == block.theta[tick])
    )
    return same
