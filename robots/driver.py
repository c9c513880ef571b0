"""FleetDriver: the one seam between the controller and robots, simulated or real.

What a robot may do is its *base*: a list of entries (`robots.state.Entry`) that only grows, numbered from 0 from the
first `open` on. The controller says the whole truth about a robot in one row of `Commands`; the driver gets it there,
again and again until the robot has it. A robot obeys these rules, whatever is lost, doubled, late or out of order:

1. Entries that it has already are passed over; an entry that follows on what it has extends its base; one that does not
   (a gap) is passed over too. It carries its base out in order, each entry once.
2. A row of an older epoch than the robot obeys changes nothing.
3. A row of a newer epoch makes the robot drop what it has not begun: it comes to rest in the middle of the next cell of
   its base where it can, `received` falls to the entry that ends there (it may still have to drive there, and never
   falls below `confirmed`), and from then on it obeys the new epoch. Entries in the row that raises the epoch are
   passed over.
4. `halt` and `speed_limit_mps` are levels: those of the newest row count, by the order of `submit`.
5. `confirmed` never falls; what was confirmed took effect, and nothing else did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from robots.arrays import Bool, Float32, Int32, UInt8
from robots.errors import DriverError
from robots.state import Entry, FleetState

# Columns of Commands, and those of them that are as wide as a row has entries.
COMMAND_COLUMNS: Final = {
    "epoch": np.dtype(np.int32),
    "index": np.dtype(np.int32),
    "entries": np.dtype(np.uint8),
    "service_s": np.dtype(np.float32),
    "halt": np.dtype(np.bool_),
    "speed_limit_mps": np.dtype(np.float32),
}
_WIDE_COLUMNS: Final = frozenset({"entries", "service_s"})


@dataclass(slots=True)
class Commands:
    """What every robot may do; one row a robot, columns of length n.

    epoch      int32, the controller's epoch for this robot
    index      int32, number of the first entry of the row in the robot's base
    entries    uint8 (n, k), see robots.state.Entry; a row is filled up at its end with WAIT, which is no entry
    service_s  float32 (n, k), seconds of each SERVICE entry, more than 0; 0 for all others
    halt       bool, brake at once and stand until a row says otherwise; the base is kept
    speed_limit_mps  float32, more than 0; inf for no limit but the robot's own
    """

    epoch: Int32
    index: Int32
    entries: UInt8
    service_s: Float32
    halt: Bool
    speed_limit_mps: Float32

    @classmethod
    def none(cls, robots: int, entries: int = 1) -> Commands:
        """Rows of epoch 0 that add nothing: n robots, room for `entries` entries each."""
        return cls(
            epoch=np.zeros(robots, dtype=np.int32),
            index=np.zeros(robots, dtype=np.int32),
            entries=np.full((robots, entries), Entry.WAIT, dtype=np.uint8),
            service_s=np.zeros((robots, entries), dtype=np.float32),
            halt=np.zeros(robots, dtype=np.bool_),
            speed_limit_mps=np.full(robots, np.inf, dtype=np.float32),
        )

    def check_columns(self, robots: int) -> None:
        """Raise DriverError unless all columns have the shape and type that they must have for so many robots."""
        k = max(self.entries.shape[-1], 1) if self.entries.ndim == 2 else 1
        for name, dtype in COMMAND_COLUMNS.items():
            column = getattr(self, name)
            shape = (robots, k) if name in _WIDE_COLUMNS else (robots,)
            if column.shape != shape or column.dtype != dtype:
                raise DriverError(f"{name} is {column.dtype} {column.shape}, not {dtype} {shape}")


class FleetDriver(Protocol):
    """Carries commands to robots and brings their states back.

    Life cycle: `open` once, then `submit` and `poll` in turns, `close` once; `stop` at any time in between. A driver
    raises `robots.errors.DriverError` when a command is impossible for a robot as far as it can know (an obstacle, the
    edge of the map, no charger there); nothing of that batch is carried out.
    """

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet; 1 where robots act in step."""

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh."""

    def open(self) -> FleetState:
        """Connect to the robots and return where they are."""

    def submit(self, commands: Commands) -> None:
        """Hand over what every robot may do from now on; does not wait for the robots. Columns may be reused."""

    def poll(self) -> FleetState:
        """Return the last that was heard of the robots; a simulated driver advances its clock by one tick here.

        The returned columns belong to the driver and are valid until the next `poll`.
        """

    def stop(self) -> None:
        """Make every robot stop where it stands; later commands are refused until the driver is opened again.

        Robots drop what they have not confirmed, a service under way too: once they are at rest, `received` is
        `confirmed`. Numbers count on after the next `open`.
        """

    def close(self) -> None:
        """Let go of the robots and of every resource. May be called twice."""
