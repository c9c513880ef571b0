"""Where assignment gets its travel times from."""

from __future__ import annotations

from typing import Protocol

from robots.arrays import Int8, Int32, UInt16


class TravelTimes(Protocol):
    """Steps of free-flow travel, turns included; `fleet.grid.distances.DistanceFields.travel` is one."""

    def __call__(self, goals: Int32, cells: Int32, headings: Int8) -> UInt16:
        """Return steps from (cells[j], headings[j]) to goals[i] in row i, column j; 65535 where there is no way."""
