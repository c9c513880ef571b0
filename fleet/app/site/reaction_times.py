"""How long it takes from a robot's report to what the controller makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from fleet.app.site.feed_messages import Reactions
from robots.arrays import Int32, Int64
from robots.driver import Commands, FleetDriver
from robots.state import FleetState

# Milliseconds; what takes longer is counted as that.
_MOST_MS: Final = 2000
# What viewers are told, in classes: preferred numbers, about twenty a decade (ISO 3, series R'20).
_CLASSES_MS: Final = (
    5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 25, 28, 32, 36, 40, 45, 50, 56, 63, 71, 80, 90, 100,
    110, 125, 140, 160, 180, 200, 220, 250, 280, 320, 360, 400, 450, 500, 560, 630, 710, 800, 900, 1000,
    1100, 1250, 1400, 1600, 1800,
)  # fmt: skip


class ReactionTimes:
    """A driver in front of another one that is open; it measures what `submit` answers.

    A report of progress is answered when the `submit` after it has returned: what rests on it is safe and sent by then.
    Memory is fixed: one counter a millisecond.

    state  where the robots are; clock: the driver's own, seconds
    """

    def __init__(self, driver: FleetDriver, state: FleetState, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock
        self._state = state
        self._confirmed: Int32 = state.confirmed.copy()
        self._counts: Int64 = np.zeros(_MOST_MS + 1, dtype=np.int64)
        self._sum_s = 0.0

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return self._driver.entries_ahead

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn, in Wh."""
        return self._driver.charge_wh_used

    def open(self) -> FleetState:
        """Open the driver again, after a stop."""
        self._state = self._driver.open()
        return self._state

    def submit(self, commands: Commands) -> None:
        """Hand commands over, and measure whose reports they answer."""
        self._driver.submit(commands)
        progress = self._state.confirmed != self._confirmed
        if progress.any():
            self._confirmed = self._state.confirmed.copy()
            took_s = self._clock() - self._state.heard_s[progress]
            self._sum_s += float(took_s.sum())
            np.add.at(self._counts, np.clip(np.ceil(took_s * 1000).astype(np.int64), 0, _MOST_MS), 1)

    def poll(self) -> FleetState:
        """Return what was heard of the robots."""
        self._state = self._driver.poll()
        return self._state

    def stop(self) -> None:
        """Have every robot stop."""
        self._driver.stop()

    def close(self) -> None:
        """Let go of the robots."""
        self._driver.close()

    def figures(self) -> dict[str, float]:
        """Return how many reports were answered, and after how many milliseconds: median, p99, longest."""
        reports = int(self._counts.sum())
        if reports == 0:
            return {"reports": 0, "median_ms": 0.0, "p99_ms": 0.0, "longest_ms": 0.0}
        sums = np.cumsum(self._counts)
        median, p99, longest = (float(np.searchsorted(sums, share * reports)) for share in (0.5, 0.99, 1.0))
        return {"reports": reports, "median_ms": median, "p99_ms": p99, "longest_ms": longest}

    def told(self) -> Reactions:
        """Return what viewers are told of it."""
        within = np.append(np.cumsum(self._counts)[list(_CLASSES_MS)], self._counts.sum())
        return Reactions(_CLASSES_MS, tuple(np.diff(within, prepend=0).tolist()), self._sum_s)
