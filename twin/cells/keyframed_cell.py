"""Checkpoints of cells that are exact, because a cell goes through its own checkpoint every second.

At a keyframe the whole cell is written down as a record and put back from it, whether somebody wants a checkpoint or
not. So a cell that resumes from a record elsewhere is where the first one was, and what a record forgets, the first one
forgets, too. A checkpoint is the last keyframe and how many steps ago it was; these are simulated again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

import msgspec

from robots.errors import InputError

KEYFRAME_STEPS: Final = 240


class CellCheckpoint(msgspec.Struct, frozen=True, array_like=True):
    """A keyframe: at which step it was and what it recorded; and the step of the checkpoint."""

    keyframe: int
    record: bytes
    steps: int


class KeyframedCell(ABC):
    """A cell's steps, and its checkpoints, for a StationCell to be made from: see there for what methods do.

    A cell calls `_keyframe` at the end of whatever changes it between two steps (feed, begin, leave), and once when it
    is made. `_step` simulates one step of STEP_S; it is called only while `busy`.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._last = CellCheckpoint(0, b"", 0)

    @property
    @abstractmethod
    def busy(self) -> bool:
        """Whether anything in it moves or is still to be done."""

    @property
    def steps(self) -> int:
        """Steps of STEP_S simulated so far."""
        return self._steps

    def advance(self, steps: int) -> None:
        """Simulate so many steps of STEP_S; time alone passes while it is not busy."""
        end = self._steps + steps
        while self._steps < end and self.busy:
            self._step()
            self._steps += 1
            if self._steps - self._last.keyframe >= KEYFRAME_STEPS or not self.busy:
                self._keyframe()
        self._steps = end

    def checkpoint(self) -> bytes:
        """All there is to know of it, for `resume` of a cell that was made with the same arguments."""
        return msgspec.msgpack.encode(CellCheckpoint(self._last.keyframe, self._last.record, self._steps))

    def resume(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint. Raises InputError if it is none."""
        try:
            found = msgspec.msgpack.decode(checkpoint, type=CellCheckpoint)
        except msgspec.MsgspecError as failure:
            raise InputError("checkpoint", f"is none of a cell: {failure}", "use what `checkpoint` gave") from None
        self._restore(found.record)
        self._last, self._steps = found, found.keyframe
        self.advance(found.steps - found.keyframe)

    def _keyframe(self) -> None:
        record = self._record()
        self._restore(record)
        self._last = CellCheckpoint(self._steps, record, self._steps)

    @abstractmethod
    def _step(self) -> None:
        """Simulate one step."""

    @abstractmethod
    def _record(self) -> bytes:
        """Write down all that can change."""

    @abstractmethod
    def _restore(self, record: bytes) -> None:
        """Put it back, all of it: what was there before must not matter."""
