"""Random delays as the League's 2026 edition has them (Start-Kit, DelayGenerator).

The model is the same, the random numbers are not: the Start-Kit takes them from the C++ library, we from numpy.
"""

from __future__ import annotations

import numpy as np

from robots.arrays import Bool, Int32, Int64
from sim_worlds.league2026 import DelayDurations, DelayEvents, DelayModel


class Delays:
    """Tells for each tick which robots are delayed; the same seed gives the same delays.

    A robot whose delay is over may be delayed again in the very next tick.
    """

    def __init__(self, model: DelayModel | None, robots: int, seed: int | None = None) -> None:
        """model: None for no delays at all. seed: instead of the model's."""
        self._model = model
        self._remaining: Int32 = np.zeros(robots, dtype=np.int32)
        self._random = np.random.default_rng(seed if seed is not None or model is None else model.seed)
        self._tick = 0
        self._begun: list[Int64] = []

    @property
    def intervals(self) -> Int64:
        """Delays so far, int64 (delays, 3): robot, first tick, the tick after the last."""
        return np.concatenate(self._begun) if self._begun else np.zeros((0, 3), dtype=np.int64)

    def tick(self) -> Bool:
        """Go on by one tick; return who is delayed in it, bool (n,)."""
        model, remaining = self._model, self._remaining
        if model is not None:
            np.maximum(remaining - 1, 0, out=remaining)
            robots = self._delayed_now(model, np.flatnonzero(remaining == 0))
            if len(robots):
                remaining[robots] = self._durations(model, len(robots))
                ends = self._tick + remaining[robots]
                self._begun.append(np.stack([robots, np.full(len(robots), self._tick), ends], axis=1))
        self._tick += 1
        return remaining > 0

    def _delayed_now(self, model: DelayModel, free: Int64) -> Int64:
        if model.events is DelayEvents.BERNOULLI:
            return free[self._random.random(len(free)) < model.probability]
        count = min(int(self._random.poisson(len(self._remaining) * model.probability)), len(free))
        return np.sort(self._random.choice(free, size=count, replace=False))

    def _durations(self, model: DelayModel, count: int) -> Int64:
        if model.durations is DelayDurations.UNIFORM:
            return self._random.integers(model.shortest, model.longest, size=count, endpoint=True)
        span = model.longest - model.shortest
        drawn = self._random.normal(model.shortest + span * model.mean_ratio, span * model.deviation_ratio, size=count)
        return np.clip(np.rint(drawn), model.shortest, model.longest).astype(np.int64)
