"""Clocks that the runtime is handed: the wall clock, and one that a simulation sets."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, perf_counter, time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds; only differences mean anything, and they are never negative."""

    def now(self) -> float:
        """Seconds since some fixed moment."""


class WallClock:
    """Real time, monotonic."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return perf_counter()


class SiteClock:
    """Seconds since a site began, counted on over restarts of its controller; never goes back while it runs.

    started_unix_s  when the site began, seconds since 1970 UTC
    wall, steady    seconds since 1970 UTC, and on a clock that is never set
    """

    def __init__(
        self, started_unix_s: float, wall: Callable[[], float] = time, steady: Callable[[], float] = monotonic
    ) -> None:
        self._steady = steady
        self._zero_s = steady() - max(0.0, wall() - started_unix_s)

    def now(self) -> float:
        """Seconds since the site began."""
        return self._steady() - self._zero_s


class SimulatedClock:
    """Stands still until it is moved: runs on it are repeatable."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; raises ValueError if that is negative."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back by {-seconds} s")
        self._now_s += seconds

    def set(self, now_s: float) -> None:
        """Set the time; raises ValueError if that is earlier than now."""
        self.advance(now_s - self._now_s)
