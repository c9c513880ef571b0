"""All that a report tells of a run, worked out once from its directory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleet.report.heat.delay_causes import find_causes
from fleet.report.heat.hot_spots import find_hot_spots
from fleet.report.heat.spot_costs import spot_costs
from fleet.report.place_names import place_name
from fleet.report.story.limits import Evidence, look_for_limits
from fleet.report.story.place_load import load_of_places
from fleet.report.story.time_bins import cut
from fleet.report.story.time_use import use_of_time
from fleet.report.story.work_history import read_history
from fleet.runtime.config import RunConfig, config_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.report.heat.delay_causes import DelayCauses
    from fleet.report.heat.hot_spots import HotSpot
    from fleet.report.heat.spot_costs import SpotCost
    from fleet.report.run_directory import RunReader
    from fleet.report.story.limits import Limit
    from fleet.report.story.place_load import PlaceLoad
    from fleet.report.story.time_bins import TimeBins
    from fleet.report.story.time_use import TimeUse
    from fleet.report.story.work_history import WorkHistory
    from fleet.report.summary import Summary
    from fleet.report.trace import Trace
    from robots.arrays import Float64
    from sim_worlds.world import World


@dataclass(frozen=True, slots=True)
class CostlySpot:
    """A spot to which robots lose time, what people call it, and what it costs."""

    spot: HotSpot
    name: str
    cost: SpotCost


@dataclass(frozen=True)
class RunStory:
    """A run and its world; raises RunError where its events are missing or damaged."""

    run: RunReader
    world: World

    @property
    def summary(self) -> Summary:
        """What came of it."""
        return self.run.summary

    @property
    def trace(self) -> Trace:
        """Positions over time."""
        return self.run.trace

    @cached_property
    def history(self) -> WorkHistory:
        """What became of its work."""
        trace = self.trace
        return read_history(self.run.path, robots=trace.robots, cells=trace.cells, end_s=trace.duration_s)

    @cached_property
    def bins(self) -> TimeBins:
        """Parts of the run over which figures are shown."""
        return cut(self.trace)

    @cached_property
    def use(self) -> TimeUse:
        """What robots spent their time on."""
        return use_of_time(self.trace, self.bins, self.world.layout.width)

    @cached_property
    def loads(self) -> list[PlaceLoad]:
        """What stations and chutes had to do."""
        return load_of_places(self.trace, self.history, self.world, self.bins)

    @cached_property
    def waiting_tasks(self) -> Float64:
        """Tasks that waited for a robot, mean over each part of the run, float64 (bins,)."""
        return self.bins.mean_number(span for task in self.history.tasks for span in task.waits)

    @cached_property
    def causes(self) -> DelayCauses:
        """What robots lost time to."""
        return find_causes(self.trace)

    @cached_property
    def spots(self) -> list[CostlySpot]:
        """The ten spots to which most time was lost, worst first."""
        spots = find_hot_spots(self.causes.lost)
        costs = spot_costs(self.causes, self.summary, spots)
        layout = self.world.layout
        return [
            CostlySpot(spot, place_name(self.world, layout.cell(spot.row, spot.column)), cost)
            for spot, cost in zip(spots, costs, strict=True)
        ]

    @cached_property
    def limits(self) -> list[Limit]:
        """What was looked at to tell what limits the floor."""
        worst = self.spots[0] if self.spots else None
        return look_for_limits(
            Evidence(
                robots=self.trace.robots,
                use=self.use,
                bins=self.bins,
                waiting_tasks=self.waiting_tasks,
                chargers=len(self.world.chargers),
                loads=self.loads,
                tasks_per_hour=self.summary.throughput_per_hour.tasks,
                worst_spot=(worst.name, worst.cost) if worst else None,
            )
        )

    @cached_property
    def differences(self) -> list[str]:
        """Where events and summary do not agree, in words; nothing if the run is in order."""
        told = counted(self.history)
        summed = {
            "orders that came in": self.summary.orders.accepted,
            "orders done": self.summary.orders.done,
            "orders rejected": self.summary.orders.rejected,
            "late orders": self.summary.lateness.late,
            "tasks created": self.summary.tasks.created,
            "tasks done": self.summary.tasks.done,
            "units picked": self.summary.units.picked,
            "units dropped": self.summary.units.dropped,
        }
        return [
            f"{name}: {told[name]:,} in events.jsonl, {count:,} in summary.json"
            for name, count in summed.items()
            if told[name] != count
        ]


def counted(history: WorkHistory) -> dict[str, int]:
    """Count customers' orders, tasks and units as the summary does, by name."""
    orders, tasks = history.customers_orders(), history.customers_tasks()
    customers = {task.task for task in tasks}
    units = {"pick": 0, "drop": 0}
    for service in history.services:
        if service.kind in units and service.task in customers:
            units[service.kind] += service.units
    return {
        "orders that came in": len(orders),
        "orders done": sum(order.status == "done" for order in orders),
        "orders rejected": sum(order.status == "rejected" for order in orders),
        "late orders": sum(order.status == "done" and (order.late_s or 0.0) > 0 for order in orders),
        "tasks created": len(tasks),
        "tasks done": sum(task.status == "done" for task in tasks),
        "units picked": units["pick"],
        "units dropped": units["drop"],
    }


def changed_settings(config: RunConfig) -> list[tuple[str, Any, Any]]:
    """Return settings that are not the default: name, value, default."""
    return list(_changed(config_table(config), config_table(RunConfig()), ""))


def _changed(table: dict[str, Any], default: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _changed(value, default[key], f"{prefix}{key}.")
        elif value != default[key]:
            yield prefix + key, value, default[key]
