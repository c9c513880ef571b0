"""Throughput of the last minutes, from counters that only grow."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from fleet.app.site.feed_messages import Recent

WINDOW_S = 600.0
_SAMPLE_S = 5.0
_COUNTERS = (("tasks", "done"), ("orders", "done"), ("units", "dropped"))


class RecentWork:
    """Remembers the counters of the last `window_s` seconds, one sample in five seconds."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._samples: deque[tuple[float, tuple[int, ...]]] = deque()

    def note(self, counts: Mapping[str, Mapping[str, int]], now_s: float) -> Recent:
        """Take in the counters (TaskPool.counts) as they are now; return what was done in the window, an hour."""
        now = tuple(counts[group][name] for group, name in _COUNTERS)
        samples = self._samples
        if not samples or now_s - samples[-1][0] >= _SAMPLE_S:
            samples.append((now_s, now))
        while len(samples) > 1 and samples[1][0] <= now_s - self._window_s:
            samples.popleft()
        since_s, then = samples[0]
        over_s = now_s - since_s
        if over_s <= 0:
            return Recent()
        tasks, orders, units = (3600.0 * (new - old) / over_s for new, old in zip(now, then, strict=True))
        return Recent(over_s, tasks, orders, units)
