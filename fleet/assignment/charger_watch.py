"""Chargers that give nothing although a robot stands on them and should be charging."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.grid.layout import NO_CELL
from robots.arrays import Bool, Float32, Float64, Int32

# A robot may still have to come to rest on its charger, and a report of its charge takes a while.
NOTHING_AFTER_S: Final = 30.0
# Nobody may be there to clear it, and some faults go away by themselves.
RETRY_AFTER_S: Final = 300.0


class ChargerWatch:
    """Finds chargers out of order: a robot has been charging for 30 s and its charge has not risen.

    usable  bool (chargers,), in the order of `chargers`; one that failed is tried again after 300 s, or once a person
            has cleared it
    """

    def __init__(self, chargers: Int32, robots: int) -> None:
        self._chargers: Int32 = np.array(chargers, dtype=np.int32)
        self._retry_s: Float64 = np.full(len(chargers), -np.inf)
        self._since_s: Float64 = np.full(robots, np.inf)
        self._lowest: Float32 = np.zeros(robots, dtype=np.float32)
        self._charger: Int32 = np.full(robots, NO_CELL, dtype=np.int32)
        self.usable: Bool = np.ones(len(chargers), dtype=np.bool_)

    def step(self, charging: Bool, charger_cell: Int32, charge_percent: Float32, now_s: float) -> Int32:
        """Take in who is told to charge where; return the robots whose chargers have now failed, ascending, int32.

        charging bool, charger_cell int32, charge_percent float32, all of length n.
        """
        self.usable = now_s >= self._retry_s
        begins = charging & (~np.isfinite(self._since_s) | (charger_cell != self._charger))
        fresh = begins | (charging & (charge_percent > self._lowest))
        self._since_s[fresh] = now_s
        self._since_s[~charging] = np.inf
        self._charger[:] = np.where(charging, charger_cell, NO_CELL)
        self._lowest[:] = np.where(fresh, charge_percent, np.minimum(self._lowest, charge_percent))
        failed = np.flatnonzero(now_s - self._since_s >= NOTHING_AFTER_S).astype(np.int32)
        if len(failed):
            out = np.isin(self._chargers, charger_cell[failed])
            self._retry_s[out] = now_s + RETRY_AFTER_S
            self.usable = self.usable & ~out
            self._since_s[failed] = np.inf
        return failed

    def clear(self, cell: int) -> None:
        """Let the charger in a cell be used again: a person has seen to it."""
        self._retry_s[self._chargers == cell] = -np.inf
        self.usable = self.usable | (self._chargers == cell)
