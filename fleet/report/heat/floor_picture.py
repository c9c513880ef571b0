"""What is told in a picture of a run, or of what has changed since another one: numbers, facts, worst spots."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Final

from fleet.errors import RunError, SettingError
from fleet.report.heat.congestion import METRICS, Window, count_congestion
from fleet.report.heat.delay_causes import find_causes
from fleet.report.heat.edge_flow import count_edge_flow
from fleet.report.heat.map_values import MapValues, change, congestion_values, flow_values
from fleet.report.heat.spot_costs import orders_limit
from fleet.report.heat.worst_spots import RunLosses, busy_spots, changed_spots, lost_spots

if TYPE_CHECKING:
    from fleet.report.heat.map_sheet import ListedSpot
    from fleet.report.summary import Summary
    from fleet.report.trace import Trace
    from robots.arrays import Int64

FLOW: Final = "flow"
PICTURED: Final = (*METRICS, FLOW)
# Above the list of spots; as short as the list is narrow.
_LOST: Final = "time lost to a spot, wherever robots stood; its share of all"
_BUSY: Final = "entries an hour; what is lost to the spot"
_CHANGED: Final = "+ more, - less than there; by how much its cost differs"
_NO_ORDERS: Final = "no tasks are lost: there are too few orders for these robots"


@dataclass(frozen=True)
class PicturedRun:
    """A part of a run to draw, `name` as people call it; raises SettingError if the run has no step of its window."""

    name: str
    trace: Trace
    summary: Summary
    window: Window = field(default_factory=Window)

    @property
    def span_s(self) -> tuple[float, float]:
        """Seconds from the start of the run at which the first step of the window begins and the last one ends."""
        steps = self.window.steps(self.trace)
        return steps.start * self.trace.step_s, steps.stop * self.trace.step_s

    @cached_property
    def losses(self) -> RunLosses:
        """What the time of the window was lost to."""
        return RunLosses(find_causes(self.trace, self.window), self.summary)


@dataclass(frozen=True, slots=True)
class FloorPicture:
    """What a picture of a floor shows and tells.

    facts  one line below the title; heading, explained: above the list of the worst spots
    """

    shown: MapValues
    facts: str
    heading: str
    explained: str
    spots: list[ListedSpot]


@dataclass(frozen=True, slots=True)
class _Measured:
    """A metric of a window: to be drawn, and by cell, each count `scale` in the metric's unit.

    told     the total, in words
    by_rate  whether the worst spots are those with most of it, rather than those to which time was lost
    """

    shown: MapValues
    counts: Int64
    scale: float
    told: str
    from_s: float
    to_s: float
    by_rate: bool


def picture_run(run: PicturedRun, metric: str) -> FloorPicture:
    """Tell of a metric, one of PICTURED, in a run; raises SettingError if there is none of that name."""
    measured = _measure(run, metric)
    if measured.by_rate:
        explained, spots = _BUSY, busy_spots(measured.counts, measured.scale, run.losses)
    else:
        explained, spots = _LOST, lost_spots(run.losses)
    if orders_limit(run.summary):
        explained = f"{explained}\n{_NO_ORDERS}"
    facts = f"run {run.name}  |  {run.trace.robots:,} robots  |  {_window(measured)}  |  {measured.told}"
    return FloorPicture(measured.shown, facts, "Worst spots (5 x 5 cells each)", explained, spots)


def picture_change(run: PicturedRun, against: PicturedRun, metric: str) -> FloorPicture:
    """Tell what a metric is in a run more or less than in another one.

    Raises SettingError if there is no metric of that name, RunError if the runs are not of one world, or their windows
    or steps are not of one length.
    """
    _check_comparable(run, against)
    here, there = _measure(run, metric), _measure(against, metric)
    if here.to_s - here.from_s != there.to_s - there.from_s:
        problem = f"covers {_window(there)}, and run {run.name} {_window(here)}"
        raise RunError(against.name, problem, "give a --window that both runs have")
    ranked = here.counts - there.counts if here.by_rate else run.losses.causes.lost - against.losses.causes.lost
    facts = f"run {run.name} against {against.name}  |  {_window(here)}  |  {here.told} against {there.told}"
    heading = "Worst changes (5 x 5 cells each)"
    spots = changed_spots(ranked, run.losses, against.losses)
    return FloorPicture(change(here.shown, there.shown), facts, heading, _CHANGED, spots)


def shown_values(run: PicturedRun, metric: str) -> MapValues:
    """Return the numbers of a metric, one of PICTURED, in a run; raises SettingError if there is none of that name."""
    return _measure(run, metric).shown


def _measure(run: PicturedRun, metric: str) -> _Measured:
    if metric == FLOW:
        flow = count_edge_flow(run.trace, run.window)
        told = f"{flow.total:,.0f} entries an hour in all"
        scale = 3600.0 / (flow.to_s - flow.from_s)
        shown, visits = flow_values(flow), flow.entries.sum(axis=0)
        return _Measured(shown, visits, scale, told, flow.from_s, flow.to_s, by_rate=True)
    if metric not in METRICS:
        close = get_close_matches(metric, PICTURED, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(PICTURED)}"
        raise SettingError("--metric", f"there is no metric named {metric!r}", hint)
    found = count_congestion(run.trace, METRICS[metric], run.window)
    told = f"{found.total:,.0f} {found.metric.unit} in all"
    by_rate = found.metric.by_rate
    if not by_rate:
        told += f", {found.total / ((found.to_s - found.from_s) * found.robots):.1%} of the robots' time"
    shown = congestion_values(found)
    return _Measured(shown, found.counts, found.scale, told, found.from_s, found.to_s, by_rate=by_rate)


def _check_comparable(run: PicturedRun, against: PicturedRun) -> None:
    here, there = run.trace, against.trace
    if (there.world, there.height, there.width) != (here.world, here.height, here.width):
        problem = (
            f"is of world {there.world} of {there.height} x {there.width} cells, "
            f"run {run.name} of {here.world}, {here.height} x {here.width}"
        )
        raise RunError(against.name, problem, "compare runs of one world")
    if there.step_s != here.step_s:
        problem = f"has steps of {there.step_s:g} s, run {run.name} of {here.step_s:g} s"
        raise RunError(against.name, problem, "compare runs whose steps are equally long")


def _window(measured: _Measured) -> str:
    return f"{clock(measured.from_s)} to {clock(measured.to_s)}"


def clock(seconds: float) -> str:
    """Write a time of a run as hours, minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
