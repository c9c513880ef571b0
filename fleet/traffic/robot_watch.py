"""Watches the robots: who is silent, broken, lost or in trouble, and since when."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import WatchParams
from robots.arrays import Bool, Float64
from robots.state import Flag, FleetState

_NEVER: Final = np.inf


class RobotWatch:
    """What is wrong with whom; columns (n,), found anew by `look`.

    silent   bool, no report for `silent_s`, since the first look for robots that were never heard: after a restart
             robots need a moment to find the new controller
    down     bool, silent, failed, out of energy, or not where it ought to be: it cannot be counted on to move
    lost     bool, down for `lost_s`
    blocked  bool, it has stood before something unexpected for `blocked_s`
    astray   bool, it is, or says that it is, where it holds nothing
    """

    def __init__(self, ledger: TrafficLedger, params: WatchParams) -> None:
        n = ledger.robots
        self._ledger = ledger
        self._params = params
        self.silent: Bool = np.zeros(n, dtype=np.bool_)
        self.down: Bool = np.zeros(n, dtype=np.bool_)
        self.lost: Bool = np.zeros(n, dtype=np.bool_)
        self.blocked: Bool = np.zeros(n, dtype=np.bool_)
        self.astray: Bool = np.zeros(n, dtype=np.bool_)
        self._began_s: float | None = None
        self._down_since_s: Float64 = np.full(n, _NEVER)
        self._blocked_since_s: Float64 = np.full(n, _NEVER)
        # Whether there is a time in these columns that is still to be forgotten.
        self._some_down = False
        self._some_stand = False

    def look(self, state: FleetState) -> None:
        """Judge the robots by what was last heard of them, at `state.time_s`. Linear in robots."""
        params, now_s = self._params, state.time_s
        flags = state.flags
        if self._began_s is None:
            self._began_s = now_s
        heard_s = np.where(np.isneginf(state.heard_s), self._began_s, state.heard_s)
        np.greater_equal(now_s - heard_s, params.silent_s, out=self.silent)
        self.astray = self._ledger.outside(state) | ((flags & Flag.LOST) != 0)
        self.down = self.silent | self.astray | ((flags & Flag.FAILED) != 0) | (state.charge_percent <= 0)
        if self.down.any() or self._some_down:
            self._some_down = bool(self.down.any())
            # A silent robot has been down since it was last heard, not since that was noticed.
            since = np.where(self.silent, heard_s, now_s)
            self._down_since_s = np.where(self.down, np.minimum(self._down_since_s, since), _NEVER)
            self.lost = self.down & (now_s - self._down_since_s >= params.lost_s)
        stands = (flags & Flag.BLOCKED) != 0
        if stands.any() or self._some_stand:
            self._some_stand = bool(stands.any())
            self._blocked_since_s = np.where(stands, np.minimum(self._blocked_since_s, now_s), _NEVER)
            self.blocked = stands & (now_s - self._blocked_since_s >= params.blocked_s)

    def called_back(self, robots: Bool) -> None:
        """These robots, bool (n,), were told to give up what they stand before: the time is counted anew."""
        self._blocked_since_s[robots] = _NEVER
        self.blocked[robots] = False
