"""What congested spots cost: robot-hours lost to them, and the tasks an hour that would be gained without them.

Where there is always work, robots go round and round: by Little's law ("A proof for the queuing formula L = lambda W",
1961) the number of busy robots is the tasks an hour times the hours that a robot spends on a task. Without the hours
lost to a spot, the same robots do as many tasks as there is room for in the hours that are left (the bound of a closed
queueing network, Denning and Buzen, "The operational analysis of queueing network models", 1978). Two things are left
out, and pull in opposite directions: more tasks make more traffic elsewhere, and queues that are gone release no more
bunches of robots. How near the estimate comes is measured by `futurepark bench congestion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.report.heat.hot_spots import spot_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.heat.delay_causes import DelayCauses
    from fleet.report.heat.hot_spots import HotSpot
    from fleet.report.summary import Summary


@dataclass(frozen=True, slots=True)
class SpotCost:
    """What a spot costs.

    robot_hours     lost in the window to what happened in the spot, wherever the robots stood
    tasks_per_hour  how many more the floor would do if no time were lost to this spot, all else equal; zero if it lacks
                    orders, not robots' time
    """

    robot_hours: float
    tasks_per_hour: float


def orders_limit(summary: Summary) -> bool:
    """Whether no task waited for a robot at the end of a run: then time that robots lose costs no tasks."""
    return _waiting_per_hour(summary) == 0.0


def spot_costs(causes: DelayCauses, summary: Summary, spots: Sequence[HotSpot]) -> list[SpotCost]:
    """Return what each spot costs, in a run that came to `summary`, in a window in which time was lost to `causes`.

    The gain is taken on the tasks an hour of the whole run. It is at most what waited for a robot at the end of it.
    """
    waiting = _waiting_per_hour(summary)
    costs = []
    for spot in spots:
        lost = int(causes.lost[spot_cells(spot)].sum())
        without = causes.busy - lost
        gained = summary.throughput_per_hour.tasks * lost / without if without > 0 else 0.0
        costs.append(SpotCost(lost * causes.step_s / 3600.0, min(gained, waiting)))
    return costs


def _waiting_per_hour(summary: Summary) -> float:
    """Tasks that no robot had at the end of a run, over its hours: so many more could have been done."""
    return max(summary.tasks.open - summary.robots, 0) * 3600.0 / summary.simulated_s
