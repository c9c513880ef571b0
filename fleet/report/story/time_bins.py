"""A run cut into equal parts, so that figures can be shown over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.round_times import ROUND_TIMES_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet.report.trace import Trace
    from robots.arrays import Float64, Int64

_MOST_BINS: Final = 40


@dataclass(frozen=True, slots=True)
class TimeBins:
    """Parts of a run that follow each other.

    edges_s  float64 (bins + 1,), where parts begin and the last one ends; that may be shorter than the others, or
             longer by less than a step
    of_step  int64 (steps,), the part in which each step begins; one at least begins in each
    """

    edges_s: Float64
    of_step: Int64

    @property
    def count(self) -> int:
        """Number of parts."""
        return len(self.edges_s) - 1

    @property
    def lengths_s(self) -> Float64:
        """Seconds of each part."""
        lengths: Float64 = np.diff(self.edges_s)
        return lengths

    def counts(self, times_s: Iterable[float]) -> Int64:
        """Count what happened in each part, int64 (bins,); what happened at or after the end counts in the last one."""
        times = np.fromiter(times_s, dtype=np.float64)
        part = np.searchsorted(self.edges_s, times, side="right") - 1
        counts: Int64 = np.bincount(np.clip(part, 0, self.count - 1), minlength=self.count)
        return counts

    def per_hour(self, times_s: Iterable[float]) -> Float64:
        """What happened in an hour, at the pace of each part, float64 (bins,)."""
        rates: Float64 = self.counts(times_s) * 3600.0 / self.lengths_s
        return rates

    def mean_number(self, spans: Iterable[tuple[float, float]]) -> Float64:
        """How many of these spans, from and to in seconds, are under way, mean over each part, float64 (bins,)."""
        ends = np.array(list(spans), dtype=np.float64).reshape(-1, 2)
        begins = np.clip(self.edges_s[:, None] - ends[None, :, 0], 0.0, (ends[:, 1] - ends[:, 0])[None, :])
        numbers: Float64 = np.diff(begins.sum(axis=1)) / self.lengths_s
        return numbers

    def settled_mean(self, values: Float64) -> float:
        """Mean over time of something known for each part, without the first fifth of them, in which a floor fills."""
        first = self.count // 5
        return float(np.average(values[first:], weights=self.lengths_s[first:]))


def cut(trace: Trace) -> TimeBins:
    """Cut a run into at most forty parts of a round length, each of at least a step."""
    duration_s = trace.duration_s
    fitting = (length for length in ROUND_TIMES_S if length >= trace.step_s and duration_s / length <= _MOST_BINS)
    length_s = float(next(fitting, duration_s / _MOST_BINS))
    slack = 1e-9 * duration_s  # a step that begins at an edge in all but the last bits of a float begins at it
    begins_s = np.arange(trace.steps) * trace.step_s + slack
    edges_s = np.append(np.arange(0.0, begins_s[-1], length_s), duration_s)
    return TimeBins(edges_s, np.searchsorted(edges_s, begins_s, side="right") - 1)
