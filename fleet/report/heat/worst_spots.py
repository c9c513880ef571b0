"""The worst spots of a run, or the worst changes between two, each with what it costs, as lines for a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fleet.report.heat.hot_spots import HotSpot, find_hot_spots
from fleet.report.heat.map_sheet import ListedSpot
from fleet.report.heat.spot_costs import SpotCost, spot_costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.heat.delay_causes import DelayCauses
    from fleet.report.summary import Summary
    from robots.arrays import Int64

# Of the worst changes between two runs, so many for the worse and so many for the better.
_CHANGES_EACH_WAY: Final = 5


@dataclass(frozen=True, slots=True)
class RunLosses:
    """What the time of a run was lost to, and what came of the run: all that costs follow from."""

    causes: DelayCauses
    summary: Summary

    def costs(self, spots: Sequence[HotSpot]) -> list[SpotCost]:
        """Return what spots cost in this run."""
        return spot_costs(self.causes, self.summary, spots)


def lost_spots(run: RunLosses) -> list[ListedSpot]:
    """Return the ten spots to which most time was lost, worst first."""
    lost = run.causes.lost
    spots = find_hot_spots(lost)
    return [
        _listed(str(number), spot, f"{_costs(cost)}, {spot.around / lost.sum():.1%}")
        for number, (spot, cost) in enumerate(zip(spots, run.costs(spots), strict=True), start=1)
    ]


def busy_spots(visits: Int64, scale: float, run: RunLosses) -> list[ListedSpot]:
    """Return the ten spots with most visits, int64 (height, width), each `scale` entries an hour."""
    spots = find_hot_spots(visits)
    return [
        _listed(str(number), spot, f"{spot.around * scale:,.0f}/h; {_costs(cost)}")
        for number, (spot, cost) in enumerate(zip(spots, run.costs(spots), strict=True), start=1)
    ]


def changed_spots(change: Int64, run: RunLosses, against: RunLosses) -> list[ListedSpot]:
    """Return the five spots where `change`, int64 (height, width), went up most, and the five where it went down most.

    Told is by how much their costs differ: those in `run` less those in `against`.
    """
    listed = []
    for sign, changed in (("+", change), ("-", -change)):
        spots = [spot for spot in find_hot_spots(changed, _CHANGES_EACH_WAY) if spot.around > 0]
        pairs = zip(spots, run.costs(spots), against.costs(spots), strict=True)
        for number, (spot, here, there) in enumerate(pairs, start=1):
            hours, tasks = here.robot_hours - there.robot_hours, here.tasks_per_hour - there.tasks_per_hour
            told = f"{hours:+,.2f} robot-hours, {tasks:+,.0f} tasks/h"
            listed.append(_listed(f"{sign}{number}", spot, told))
    return listed


def _costs(cost: SpotCost) -> str:
    return f"{cost.robot_hours:,.2f} robot-hours, {cost.tasks_per_hour:,.0f} tasks/h"


def _listed(mark: str, spot: HotSpot, told: str) -> ListedSpot:
    return ListedSpot(mark, spot.row, spot.column, f"row {spot.row}, column {spot.column}: {told}")
