"""A driver around a simulated fleet that hands all that is done to it, and what became of it, to a trace."""

from __future__ import annotations

import numpy as np

from robots.arrays import Int32, Int64
from robots.driver import Commands
from robots.errors import DriverError
from robots.state import FleetState
from robots.truth import FloorTruth
from twin.faults import Fault
from twin.recording.command_log import CommandTape
from twin.recording.state_hash import hash_of, pose_check
from twin.recording.trace_parts import (
    OTHER,
    POLL,
    SUBMIT,
    Checkpoint,
    OtherCall,
    TickBlock,
    TraceHeader,
    TraceSink,
    quantised,
    quantised_angle,
)
from twin.simulated_fleet import SimulatedFleet


class Recording:
    """A FleetDriver that does what the fleet does which it stands around, and records it.

    fleet         not opened yet; from now on everything that changes it goes through here
    sink          takes the trace; it is ended when the driver is closed
    header        see trace_header.trace_header
    block_s       simulated seconds in a block: at most so much is lost when the process is killed
    checkpoint_s  simulated seconds from one checkpoint to the next, whole blocks

    Time grows linearly with robots. Refused calls are not recorded: they change nothing.
    """

    def __init__(
        self,
        fleet: SimulatedFleet,
        sink: TraceSink,
        header: TraceHeader,
        *,
        block_s: float = 10.0,
        checkpoint_s: float = 60.0,
    ) -> None:
        self._fleet = fleet
        self._sink = sink
        self._header = header
        n = header.robots
        ticks = max(1, round(block_s / header.tick_s))
        self._checkpoint_blocks = max(1, round(checkpoint_s / (ticks * header.tick_s)))
        self._blocks = 0  # since the last checkpoint
        self._begun = False
        self._tape = CommandTape(n)
        self._script = bytearray()
        self._calls: list[OtherCall] = []
        self._ticks = 0  # in this block; so many rows of the columns below are filled
        self._time_s = np.zeros(ticks)
        self._poses = np.zeros((ticks, 3, n))
        self._flags = np.zeros((ticks, n), dtype=np.uint8)
        self._contacts = np.zeros((ticks, 3), dtype=np.int64)
        self._heard: FleetState | None = None

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return self._fleet.entries_ahead

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh."""
        return self._fleet.charge_wh_used

    @property
    def messages_dropped(self) -> int:
        """Messages that were lost because too many were on their way to or from one robot."""
        return self._fleet.messages_dropped

    def open(self) -> FleetState:
        """Open the fleet; the first time, the recording begins."""
        state = self._fleet.open()
        if self._begun:
            self._note(OtherCall("open"))
        else:
            self._begin(state)
        return state

    def resume(self, checkpoint: bytes) -> FleetState:
        """Have the fleet go on from a checkpoint, instead of `open`; a new recording begins there."""
        state = self._fleet.resume(checkpoint)
        self._begin(state)
        return state

    def checkpoint(self) -> bytes:
        """All there is to know of the fleet between two ticks."""
        return self._fleet.checkpoint()

    def submit(self, commands: Commands) -> None:
        """Hand rows over to the fleet."""
        self._fleet.submit(commands)
        self._tape.add(commands)
        self._script += SUBMIT

    def poll(self) -> FleetState:
        """Let one tick pass and return what has been heard; at the end of a block, hand it to the sink."""
        state = self._fleet.poll()
        self._script += POLL
        tick = self._ticks
        self._time_s[tick] = state.time_s
        self._fleet.write_poses(self._poses[tick])
        self._flags[tick] = state.flags
        self._contacts[tick] = self._fleet.contacts()
        self._heard = state
        self._ticks = tick + 1
        if self._ticks == len(self._time_s):
            self.flush()
        return state

    def stop(self) -> None:
        """Have every robot drop its base and stop."""
        self._fleet.stop()
        self._note(OtherCall("stop"))

    def close(self) -> None:
        """Close the fleet, hand over what is left, and end the trace. May be called twice."""
        if self._begun:
            self.flush()
            self._begun = False
            self._sink.end()
        self._fleet.close()

    def contacts(self) -> Int64:
        """How often robots have begun to touch so far: each other, racks and walls, people."""
        return self._fleet.contacts()

    def truth(self) -> FloorTruth:
        """What really happened in the last tick."""
        return self._fleet.truth()

    def inject(self, fault: Fault) -> None:
        """Let a fault happen."""
        self._fleet.inject(fault)
        self._note(OtherCall("inject", fault=fault))

    def put_back(self, robot: int) -> bool:
        """Set a displaced robot at rest in the middle of its confirmed cell; returns whether it was displaced."""
        return self._changed(self._fleet.put_back(robot), OtherCall("put_back", (robot,)))

    def cancel(self, robot: int) -> None:
        """Have one robot drop its base."""
        self._fleet.cancel(robot)
        self._note(OtherCall("cancel", (robot,)))

    def place(self, robot: int, cell: int, heading: int) -> bool:
        """Carry a robot to the middle of a cell; returns whether it was possible."""
        return self._changed(self._fleet.place(robot, cell, heading), OtherCall("place", (robot, cell, heading)))

    def recharge(self, robot: int, percent: float) -> None:
        """Bring a robot energy."""
        self._fleet.recharge(robot, percent)
        self._note(OtherCall("recharge", (robot, percent)))

    def serving(self) -> tuple[Int32, Int32]:
        """Return robots with a service under way, and the cells where they are."""
        return self._fleet.serving()

    def hold(self, robot: int, *, held: bool) -> None:
        """Let the service of a robot last until it is held no more."""
        self._fleet.hold(robot, held=held)
        self._note(OtherCall("hold" if held else "let_go", (robot,)))

    def flush(self) -> None:
        """Hand what was recorded since the last block to the sink, as a block of its own; nothing if there is no tick.

        Checkpoints are taken at the ends of whole blocks.
        """
        if not self._ticks or self._heard is None:
            return
        kept = slice(0, self._ticks)
        poses = self._poses[kept]
        checkpoint = self._checkpoint_now()
        block = TickBlock(
            script=bytes(self._script),
            calls=tuple(self._calls),
            commands=self._tape.take(),
            time_s=self._time_s[kept].copy(),
            x=quantised(poses[:, 0]),
            y=quantised(poses[:, 1]),
            theta=quantised_angle(poses[:, 2]),
            check=pose_check(poses),
            flags=self._flags[kept].copy(),
            charge_percent=self._heard.charge_percent.copy(),
            contacts=self._contacts[kept].copy(),
            state_hash=hash_of(checkpoint) if checkpoint is not None else "",
        )
        whole = kept.stop == len(self._time_s)
        self._clear()
        self._sink.block(block)
        self._blocks += whole
        if whole and checkpoint is not None and self._blocks >= self._checkpoint_blocks:
            self._blocks = 0
            self._sink.checkpoint(Checkpoint(float(block.time_s[-1]), checkpoint))

    def _begin(self, state: FleetState) -> None:
        if state.robots != self._header.robots:
            raise DriverError(f"the recording is of {self._header.robots} robots, and the fleet has {state.robots}")
        self._clear()
        self._tape.take()
        self._blocks = 0
        self._begun = True
        self._sink.begin(self._header)
        self._sink.checkpoint(Checkpoint(state.time_s, self._fleet.checkpoint()))

    def _clear(self) -> None:
        self._script.clear()
        self._calls.clear()
        self._ticks = 0

    def _checkpoint_now(self) -> bytes | None:
        """A checkpoint; None while the fleet is stopped or has rows that were not polled."""
        try:
            return self._fleet.checkpoint()
        except DriverError:
            return None

    def _note(self, call: OtherCall) -> None:
        self._script += OTHER
        self._calls.append(call)

    def _changed(self, changed: bool, call: OtherCall) -> bool:
        """Note the call if it changed anything."""
        if changed:
            self._note(call)
        return changed
