"""Rewinding a run that goes on: checkpoints and commands in memory, and back to any tick that they cover, exactly."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from robots.errors import DriverError
from robots.state import FleetState
from twin.recording.playing import play
from twin.recording.recording import Recording
from twin.recording.trace_parts import CLOCK_EPS_S, Checkpoint, TickBlock, TraceHeader
from twin.simulated_fleet import SimulatedFleet


@dataclass(slots=True)
class _Stretch:
    """What followed on a checkpoint, up to the next one."""

    checkpoint: Checkpoint
    blocks: list[TickBlock] = field(default_factory=list)


class Rewinder:
    """Keeps the last `keep` checkpoints, one every `every_s` simulated seconds, and all that was done since the oldest.

    `driver` stands around the fleet and is what the loop is to drive. Memory: 1.4 KB a robot and checkpoint, and about
    2 KB a robot for what was done in between.
    """

    def __init__(
        self,
        fleet: SimulatedFleet,
        header: TraceHeader,
        *,
        every_s: float = 5.0,
        keep: int = 60,
    ) -> None:
        self._ring = _Ring(keep)
        self.driver = Recording(fleet, self._ring, header, block_s=every_s, checkpoint_s=every_s)

    @property
    def oldest_s(self) -> float:
        """The earliest time to go back to, on the driver's clock. Raises DriverError before the driver is opened."""
        return self._ring.oldest().checkpoint.time_s

    def rewind(self, to_s: float) -> FleetState:
        """Go back to the end of the last tick at or before `to_s`, and return what had been heard then.

        From there the fleet goes on as it would have done; what came later is forgotten. What was done to the fleet
        after that tick and before the next is not done again. Raises DriverError if it is too long ago.
        """
        driver = self.driver
        driver.flush()
        stretch = self._ring.cut(to_s)
        driver.stop()
        state = driver.resume(stretch.checkpoint.data)
        for block in stretch.blocks:
            wanted = int((block.time_s <= to_s + CLOCK_EPS_S).sum())
            if wanted == 0:
                break
            for tick, after in enumerate(play(driver, block), start=1):
                state = after
                if tick == wanted and (wanted < block.ticks or block is stretch.blocks[-1]):
                    return state
        return state


class _Ring:
    """The TraceSink of a rewinder."""

    def __init__(self, keep: int) -> None:
        self._stretches: deque[_Stretch] = deque(maxlen=keep)

    def oldest(self) -> _Stretch:
        if not self._stretches:
            raise DriverError("there is nothing to go back to: the driver was not opened")
        return self._stretches[0]

    def cut(self, to_s: float) -> _Stretch:
        """Take away everything from the last checkpoint at or before `to_s` on; return what followed on that one."""
        oldest_s = self.oldest().checkpoint.time_s
        if to_s < oldest_s - CLOCK_EPS_S:
            raise DriverError(f"{to_s:g} s is too long ago: the oldest checkpoint is of {oldest_s:g} s")
        while True:
            stretch = self._stretches.pop()
            if stretch.checkpoint.time_s <= to_s + CLOCK_EPS_S:
                return stretch

    def begin(self, header: TraceHeader) -> None:
        """Nothing: what there is stays."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Begin a stretch; the oldest one may have to go."""
        self._stretches.append(_Stretch(checkpoint))

    def block(self, block: TickBlock) -> None:
        """Add to the newest stretch."""
        self._stretches[-1].blocks.append(block)

    def end(self) -> None:
        """Nothing: memory goes when nobody needs it."""
