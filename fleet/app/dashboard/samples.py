"""Points for the charts: throughput, queues and what robots do, one every few seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from fleet.app.dashboard.page_messages import Sample
from fleet.app.dashboard.picture import FleetSeen
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import SiteNews

EVERY_S: Final = 5.0
_KEPT_S: Final = 3600.0
_RATE_OVER_S: Final = 60.0


class Samples:
    """Samples of the last hour."""

    def __init__(self) -> None:
        self.kept: deque[Sample] = deque(maxlen=round(_KEPT_S / EVERY_S))
        self._done: deque[tuple[float, int]] = deque()

    def take(self, site: SiteNews, fleet: FleetSeen) -> Sample | None:
        """Take in how a site and its fleet are; return a new sample if it is time for one."""
        now_s, condition = site.site_s, fleet.condition
        if self.kept and 0 <= now_s - self.kept[-1].t_s < EVERY_S:
            return None
        if self.kept and now_s < self.kept[-1].t_s:  # another site, whose clock began later
            self.kept.clear()
            self._done.clear()
        tasks, orders = site.counts.get("tasks", {}), site.counts.get("orders", {})
        sample = Sample(
            t_s=now_s,
            tasks_per_hour=round(self._rate(tasks.get("done", 0), now_s), 1),
            orders_open=orders.get("open", 0),
            tasks_waiting=max(0, tasks.get("open", 0) - int(np.count_nonzero(fleet.task >= 0))),
            robots_waiting=int(np.count_nonzero(condition == Condition.WAITING)),
            robots_driving=int(np.count_nonzero((condition == Condition.DRIVING) | (condition == Condition.TURNING))),
        )
        self.kept.append(sample)
        return sample

    def _rate(self, done: int, now_s: float) -> float:
        """Tasks an hour over the last minute, by a counter that only grows."""
        counted = self._done
        counted.append((now_s, done))
        while len(counted) > 2 and counted[1][0] <= now_s - _RATE_OVER_S:
            counted.popleft()
        then_s, before = counted[0]
        return 3600.0 * max(0, done - before) / (now_s - then_s) if now_s > then_s else 0.0
