"""What happened in a block of ticks as foxglove.Log: faults, what people did, contacts, robots that fail."""

from __future__ import annotations

from collections.abc import Iterator
from math import isinf
from typing import Final

import numpy as np
from foxglove_schemas_protobuf.Log_pb2 import Log

from robots.arrays import Int64, UInt8
from robots.state import Flag
from twin.faults import Fault
from twin.recording.foxglove_frame import timestamp
from twin.recording.trace_parts import OtherCall, TickBlock

_TOUCHED: Final = ("robot and robot", "robot and rack or wall", "robot and person")
_TOLD: Final = {Flag.FAILED: "has failed", Flag.LOST: "is lost"}
_SOURCE: Final = "futurepark"


class EventMessages:
    """Goes through the blocks of a trace, which begins at `start_s`, and says what is new."""

    def __init__(self, robots: int, start_s: float) -> None:
        self._now_s = start_s
        self._flags: UInt8 = np.zeros(robots, dtype=np.uint8)
        self._contacts: Int64 = np.zeros(3, dtype=np.int64)

    def of_block(self, block: TickBlock) -> list[tuple[float, Log]]:
        """Return time and message of each event in the next block, by time."""
        found = [*self._calls(block), *self._robots(block), *self._touches(block)]
        self._now_s = float(block.time_s[-1])
        self._flags, self._contacts = block.flags[-1], block.contacts[-1]
        return sorted(found, key=lambda event: event[0])

    def _calls(self, block: TickBlock) -> Iterator[tuple[float, Log]]:
        for time_s, call in block.events(self._now_s):
            level = Log.INFO if call.fault is None else Log.WARNING
            yield time_s, _log(time_s, level, _words(call))

    def _robots(self, block: TickBlock) -> Iterator[tuple[float, Log]]:
        before = np.vstack([self._flags[None, :], block.flags[:-1]])
        for flag, words in _TOLD.items():
            for tick, robot in np.argwhere((block.flags & ~before & flag) != 0).tolist():
                time_s = float(block.time_s[tick])
                yield time_s, _log(time_s, Log.WARNING, f"robot {robot} {words}")

    def _touches(self, block: TickBlock) -> Iterator[tuple[float, Log]]:
        more = np.diff(block.contacts, axis=0, prepend=self._contacts[None, :])
        for tick, kind in np.argwhere(more > 0).tolist():
            time_s = float(block.time_s[tick])
            yield time_s, _log(time_s, Log.ERROR, f"contacts of {_TOUCHED[kind]}: {more[tick, kind]} more")


def _log(time_s: float, level: Log.Level.ValueType, message: str) -> Log:
    return Log(timestamp=timestamp(time_s), level=level, message=message, name=_SOURCE)


def _words(call: OtherCall) -> str:
    if call.fault is None:
        return " ".join([call.method, *(f"{argument:g}" for argument in call.arguments)])
    return f"fault {_fault_words(call.fault)}"


def _fault_words(fault: Fault) -> str:
    words = [fault.kind.value]
    if fault.robot >= 0:
        words.append(f"of robot {fault.robot}")
    if fault.cell >= 0:
        words.append(f"at cell {fault.cell}")
    words.append(f"from {fault.at_s:g} s on")
    if not isinf(fault.seconds):
        words.append(f"for {fault.seconds:g} s")
    return " ".join([*words, f"(value {fault.value:g})"])
