"""Congestion of a live floor: visits, waits and delay by cell, over the last minutes."""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, NamedTuple

import numpy as np

from fleet.app.site.condition import Condition
from robots.arrays import Float32, Int32, UInt8

HeatMetric = Literal["visits", "waits", "delay"]
LONGEST_S: Final = 3600.0
_BUCKET_S: Final = 15.0
# Robots of which nothing was heard for longer were not seen to wait all that time; by the server's clock.
_MOST_BETWEEN_S: Final = 2.0

# Cells, ascending, and what is counted there.
_Sparse = tuple[Int32, Float32]


class _Bucket(NamedTuple):
    """What was counted between two moments, by metric."""

    from_s: float
    to_s: float
    counts: dict[str, _Sparse]


class _Told:
    """When something was told last, on the site's clock, which goes faster or slower than ours in simulated runs."""

    def __init__(self) -> None:
        self._t_s = 0.0
        self._seen_s: float | None = None

    def lasted_s(self, t_s: float, seen_s: float) -> float:
        """Return for how much of the site's time it held until now, 0 at first; of a silence only the begin counts.

        What the site's clock was thought to be may have run ahead of it: it does not go back here.
        """
        lasted_s = 0.0
        if self._seen_s is not None:
            share = min(1.0, _MOST_BETWEEN_S / max(seen_s - self._seen_s, _MOST_BETWEEN_S))
            lasted_s = share * max(0.0, t_s - self._t_s)
        self._t_s, self._seen_s = max(t_s, self._t_s), seen_s
        return lasted_s


class LiveHeat:
    """Counts what frames of the feed show, in buckets of 15 s, for an hour; a bucket takes memory by cells in use.

    The metrics are those of fleet.report.heat.congestion: entries an hour, robot-seconds waited, robot-seconds lost.
    Waits and delay are seen when the feed tells of them, and count for the time since it last did. All times are on the
    site's clock; `seen_s`, on the server's, shows only when nothing was heard.
    """

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._buckets: deque[_Bucket] = deque(maxlen=round(LONGEST_S / _BUCKET_S))
        self._open = self._empty()
        self._began_s: float | None = None
        self._now_s = 0.0
        self._cell: Int32 | None = None
        self._fleet = _Told()
        self._delayed = _Told()

    def see_fleet(self, cell: Int32, condition: UInt8, t_s: float, seen_s: float) -> None:
        """Take in where robots are: cell int32 (n,), condition uint8 (n,)."""
        lasted_s = self._fleet.lasted_s(t_s, seen_s)
        before = self._cell
        if before is not None and len(before) == len(cell):
            self._add("visits", cell[cell != before], 1.0)
            self._add("waits", cell[condition == Condition.WAITING], lasted_s)
        self._cell = cell
        self._turn(t_s, lasted_s)

    def see_delayed(self, delayed: UInt8, t_s: float, seen_s: float) -> None:
        """Take in which robots lose time, uint8 (n,), where `see_fleet` saw them last."""
        lasted_s = self._delayed.lasted_s(t_s, seen_s)
        if self._cell is not None and len(self._cell) == len(delayed):
            self._add("delay", self._cell[delayed != 0], lasted_s)

    def values(self, metric: HeatMetric, window_s: float) -> Float32:
        """Return a metric in its unit over about the last `window_s` seconds, float32 (cells,)."""
        values: Float32 = self._open[metric].copy()
        if self._began_s is None:
            return values
        from_s = self._now_s - window_s
        # A bucket belongs to the window if most of it does.
        closed = [bucket for bucket in self._buckets if bucket.from_s + bucket.to_s >= 2 * from_s]
        for bucket in closed:
            cells, counts = bucket.counts[metric]
            values[cells] += counts
        if metric == "visits":
            over_s = sum(bucket.to_s - bucket.from_s for bucket in closed) + self._now_s - self._began_s
            values *= np.float32(3600.0 / max(over_s, 1.0))
        return values

    def _empty(self) -> dict[str, Float32]:
        return {metric: np.zeros(self._cells, dtype=np.float32) for metric in ("visits", "waits", "delay")}

    def _add(self, metric: HeatMetric, cell: Int32, amount: float) -> None:
        np.add.at(self._open[metric], cell, np.float32(amount))

    def _turn(self, now_s: float, lasted_s: float) -> None:
        """Close the bucket if its time is over; lasted_s: how much of the time since the last turn was seen."""
        if self._began_s is None:
            self._began_s = now_s
        elif now_s - self._began_s >= _BUCKET_S:
            counts = {metric: _sparse(counted) for metric, counted in self._open.items()}
            self._buckets.append(_Bucket(self._began_s, self._now_s + lasted_s, counts))
            self._open = self._empty()
            self._began_s = now_s
        self._now_s = max(now_s, self._now_s)


def _sparse(counts: Float32) -> _Sparse:
    cells = np.flatnonzero(counts).astype(np.int32)
    return cells, counts[cells]
