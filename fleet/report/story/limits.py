"""What limits a floor: five things are looked at, each with a threshold and what was found.

Throughput is limited by what is used up. Too few orders: robots stand idle and no task waits for one. Chargers or
stations: they are taken nearly all of the time, and work waits for them. A spot: without the time lost to it, the floor
would do clearly more. If it is none of these and tasks wait, it is the number of robots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.heat.spot_costs import SpotCost
    from fleet.report.story.place_load import PlaceLoad
    from fleet.report.story.time_bins import TimeBins
    from fleet.report.story.time_use import TimeUse
    from robots.arrays import Float64

IDLE_SHARE: Final = 0.1
WAITING_TASKS: Final = 0.1  # a robot
TAKEN_SHARE: Final = 0.85
QUEUE: Final = 0.5  # robots a dock
SPOT_GAIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Limit:
    """One of the things that may limit a floor. binds: whether it does; threshold: when it would, in words."""

    name: str
    binds: bool
    found: str
    threshold: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is looked at to tell what limits a floor.

    bins            parts of the run; waiting_tasks: float64 (bins,), tasks that waited for a robot
    chargers        of the floor; on_chargers: robots that charged, mean over the run
    loads           of stations and chutes; tasks_per_hour: that the floor did
    worst_spot      name and cost of the spot to which most time was lost; None if none was
    """

    robots: int
    use: TimeUse
    bins: TimeBins
    waiting_tasks: Float64
    chargers: int
    loads: Sequence[PlaceLoad]
    tasks_per_hour: float
    worst_spot: tuple[str, SpotCost] | None

    @property
    def tasks_wait(self) -> bool:
        """Whether more tasks wait for robots than is usual while robots are at hand."""
        return self.mean_waiting >= WAITING_TASKS * self.robots

    @property
    def mean_waiting(self) -> float:
        """Tasks that waited for a robot, mean over the run without the part in which the floor fills."""
        return self.bins.settled_mean(self.waiting_tasks)

    @property
    def on_chargers(self) -> float:
        """Robots that charged, mean over the run."""
        return self.use.share(Activity.CHARGING) * self.robots


def look_for_limits(evidence: Evidence) -> list[Limit]:
    """Look at all that may limit a floor; of those that bind, the first is the verdict."""
    others = [_orders(evidence), _chargers(evidence), _places(evidence), _spot(evidence)]
    return [*others, _robots(evidence, alone=not any(limit.binds for limit in others))]


def verdict(limits: Sequence[Limit]) -> Limit | None:
    """Return what limits the floor; None if nothing that was looked at does."""
    return next((limit for limit in limits if limit.binds), None)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _orders(evidence: Evidence) -> Limit:
    idle = evidence.use.share(Activity.IDLE)
    found = f"robots idle {idle:.0%} of their time, {_number(evidence.mean_waiting)} tasks wait for a robot"
    threshold = (
        f"idle {IDLE_SHARE:.0%} or more, and fewer than {_number(WAITING_TASKS * evidence.robots)} tasks waiting"
    )
    return Limit("orders", idle >= IDLE_SHARE and not evidence.tasks_wait, found, threshold)


def _chargers(evidence: Evidence) -> Limit:
    used = evidence.on_chargers / evidence.chargers if evidence.chargers else 0.0
    found = f"{evidence.on_chargers:,.1f} robots charge at {evidence.chargers} chargers: {used:.0%} in use"
    threshold = f"{TAKEN_SHARE:.0%} in use, and tasks waiting"
    return Limit("chargers", used >= TAKEN_SHARE and evidence.tasks_wait, found, threshold)


def _places(evidence: Evidence) -> Limit:
    threshold = f"a robot stands there {TAKEN_SHARE:.0%} of the time, and {QUEUE:g} or more wait for each dock"
    if not evidence.loads:
        return Limit("stations", binds=False, found="the floor has none", threshold=threshold)
    bins = evidence.bins
    worst = max(evidence.loads, key=lambda load: (_binding(load, bins), load.taken))
    waiting = bins.settled_mean(worst.queue)
    found = f"{worst.place.name} is taken {worst.taken:.0%} of the time, {waiting:.1f} robots wait for it"
    return Limit("stations", _binding(worst, bins), found, threshold)


def _binding(load: PlaceLoad, bins: TimeBins) -> bool:
    return load.taken >= TAKEN_SHARE and bins.settled_mean(load.queue) >= QUEUE * len(load.place.cells)


def _spot(evidence: Evidence) -> Limit:
    threshold = f"{SPOT_GAIN:.0%} more tasks without it, and tasks waiting"
    if evidence.worst_spot is None:
        return Limit("a spot", binds=False, found="robots lose no time to any", threshold=threshold)
    name, cost = evidence.worst_spot
    gain = cost.tasks_per_hour / evidence.tasks_per_hour if evidence.tasks_per_hour else 0.0
    found = f"{name}: {cost.tasks_per_hour:,.0f} more tasks an hour without it, {gain:.1%}"
    return Limit("a spot", gain >= SPOT_GAIN and evidence.tasks_wait, found, threshold)


def _robots(evidence: Evidence, *, alone: bool) -> Limit:
    work = 1.0 - sum(evidence.use.share(kind) for kind in (Activity.IDLE, Activity.CHARGING, Activity.WAITING))
    found = f"{_number(evidence.mean_waiting)} tasks wait for a robot; robots drive, turn or serve {work:.0%}"
    threshold = f"{_number(WAITING_TASKS * evidence.robots)} tasks or more waiting, and none of the above"
    return Limit("robots", alone and evidence.tasks_wait, found, threshold)
