"""Where robots come by, wait and lose time: a trace reduced to numbers a cell."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.errors import SettingError
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.report.trace import Trace
    from robots.arrays import Bool, Float64, Int64

# Steps that are counted at a time, so that temporary arrays stay small beside the trace.
_CHUNK: Final = 1024


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is counted by cell.

    counted   bool (steps, n), which robot-steps of a trace count, for the steps of a slice; each counts at the cell
              where the robot is after the step
    by_rate   the unit is a number an hour; otherwise it is seconds
    """

    name: str
    title: str
    unit: str
    counted: Callable[[Trace, slice], Bool]
    by_rate: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a run, in seconds from its start; an open end is minus or plus infinity."""

    from_s: float = -inf
    to_s: float = inf

    def steps(self, trace: Trace) -> slice:
        """Steps of the trace that begin in the window; raises SettingError if there are none."""
        length_s = trace.duration_s
        # A time that is a step's begin or the run's end in all but the last bits of a float is that.
        slack = 1e-9 * length_s
        if self.from_s >= length_s:
            problem = f"{self.from_s:g} s is past the end of the run, which is {length_s:g} s long"
            raise SettingError("--window", problem, "begin it earlier")
        if self.to_s > length_s + slack and self.to_s != inf:
            problem = f"{self.to_s:g} s is past the end of the run, which is {length_s:g} s long"
            raise SettingError("--window", problem, f"end it at {length_s:g}s, or leave its end open")
        begins_s = np.arange(trace.steps) * trace.step_s
        first, end = np.searchsorted(begins_s, [self.from_s - slack, self.to_s - slack]).tolist()
        if first >= end:
            problem = f"no step of {trace.step_s:g} s begins between {self.from_s:g} s and {self.to_s:g} s"
            raise SettingError("--window", problem, "make the window longer")
        return slice(first, end)


@dataclass(frozen=True, slots=True)
class Congestion:
    """A metric by cell.

    counts   int64 (height, width), robot-steps that count
    scale    what one of them is in the metric's unit
    """

    metric: Metric
    counts: Int64
    scale: float
    from_s: float
    to_s: float
    robots: int

    @property
    def values(self) -> Float64:
        """The metric in its unit, float64 (height, width)."""
        values: Float64 = self.counts * np.float64(self.scale)
        return values

    @property
    def total(self) -> float:
        """The metric in its unit over all cells."""
        return float(self.counts.sum()) * self.scale


def count_congestion(trace: Trace, metric: Metric, window: Window | None = None) -> Congestion:
    """Count a metric over the steps of a window; raises SettingError if the run has none of them.

    Linear in robot-steps, vectorised; temporary memory is that of a thousand steps.
    """
    steps = (window or Window()).steps(trace)
    counts = np.zeros(trace.cells, dtype=np.int64)
    for start in range(steps.start, steps.stop, _CHUNK):
        part = slice(start, min(start + _CHUNK, steps.stop))
        counts += np.bincount(trace.cell[part][metric.counted(trace, part)], minlength=trace.cells)
    from_s, to_s = steps.start * trace.step_s, steps.stop * trace.step_s
    return Congestion(
        metric=metric,
        counts=counts.reshape(trace.height, trace.width),
        scale=3600.0 / (to_s - from_s) if metric.by_rate else trace.step_s,
        from_s=from_s,
        to_s=to_s,
        robots=trace.robots,
    )


def _entered(trace: Trace, part: slice) -> Bool:
    before = trace.start_cell if part.start == 0 else trace.cell[part.start - 1]
    entered: Bool = trace.cell[part] != np.concatenate([before[None], trace.cell[part.start : part.stop - 1]])
    return entered


def _waited(trace: Trace, part: slice) -> Bool:
    waited: Bool = trace.activity[part] == np.uint8(Activity.WAITING)
    return waited


def _delayed(trace: Trace, part: slice) -> Bool:
    return trace.delayed[part]


METRICS: Final[dict[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("visits", "where robots drive", "entries an hour", _entered, by_rate=True),
        Metric("waits", "where robots wait", "robot-seconds of waiting", _waited),
        Metric("delay", "where robots lose time against free flow", "robot-seconds lost", _delayed),
    )
}
DEFAULT_METRIC: Final = "delay"
