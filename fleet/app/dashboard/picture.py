"""What is known of a live site at one moment; nothing in it ever changes, so any thread may read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from robots.arrays import Float32, Int32, UInt8

if TYPE_CHECKING:
    from fleet.app.dashboard.shown_floor import ShownFloor
    from fleet.app.site.feed_messages import Event, SiteNews


@dataclass(frozen=True)
class Roster:
    """Serials of the robots by row, and back."""

    serials: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each serial."""
        return {serial: row for row, serial in enumerate(self.serials)}


@dataclass(frozen=True, slots=True)
class FleetSeen:
    """Where robots are; columns (n,), read-only, see fleet.app.site.feed_messages.Columns."""

    x_m: Float32
    y_m: Float32
    theta_rad: Float32
    speed_mps: Float32
    charge_percent: UInt8
    condition: UInt8
    task: Int32

    def cells(self, width: int, cells: int, cell_m: float) -> Int32:
        """Return the cell that each robot is in, int32 (n,), on a map of `cells` cells in rows of `width`."""
        column = np.clip(self.x_m / np.float32(cell_m), 0, width - 1).astype(np.int32)
        row = np.clip(self.y_m / np.float32(cell_m), 0, cells // width - 1).astype(np.int32)
        cells_seen: Int32 = row * np.int32(width) + column
        return cells_seen


@dataclass(frozen=True, slots=True)
class DutiesSeen:
    """What robots are about; columns (n,), read-only, see fleet.app.site.feed_messages.DutyColumns."""

    goal: Int32
    waits_for: Int32
    wait: UInt8
    waited_s: Float32
    delayed: UInt8
    loaded: UInt8

    @classmethod
    def nothing(cls, robots: int) -> DutiesSeen:
        """Return the duties of robots of whose duties nothing has been heard."""
        return cls(
            goal=np.full(robots, -1, dtype=np.int32),
            waits_for=np.full(robots, -1, dtype=np.int32),
            wait=np.zeros(robots, dtype=np.uint8),
            waited_s=np.zeros(robots, dtype=np.float32),
            delayed=np.zeros(robots, dtype=np.uint8),
            loaded=np.zeros(robots, dtype=np.uint8),
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A live site as it was last heard of.

    seen_s    when this was put together, in seconds on the server's own clock
    t_s       seconds on the site's clock then
    silent_s  seconds for which nothing had been heard; trouble: why nothing is known, empty if all is well
    fleet, duties, site, floor  None before they are known; fleet and duties have a row a serial
    events    of the site, those that are in no earlier picture
    missed    messages of the feed that never came
    """

    seen_s: float = 0.0
    t_s: float = 0.0
    silent_s: float = 0.0
    trouble: str = ""
    roster: Roster = field(default_factory=Roster)
    floor: ShownFloor | None = None
    fleet: FleetSeen | None = None
    duties: DutiesSeen | None = None
    site: SiteNews | None = None
    events: tuple[Event, ...] = ()
    missed: int = 0

    @property
    def robots(self) -> int:
        """Number of robots."""
        return len(self.roster.serials)
