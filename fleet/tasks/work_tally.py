"""Counters of one kind of work: what customers ordered, or what robots bring into bins."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class WorkTally:
    """How many orders and tasks there were, how many ended and how, and where units are.

    taken_on, created          orders that were accepted, and their tasks
    orders_ended, tasks_ended  how many are done, and cancelled
    units                      ordered in accepted orders, picked onto robots, dropped where they belong (into chutes,
                               or into bins), and those of cancelled tasks
    """

    taken_on: int = 0
    created: int = 0
    orders_ended: dict[str, int] = field(default_factory=lambda: {"done": 0, "cancelled": 0})
    tasks_ended: dict[str, int] = field(default_factory=lambda: {"done": 0, "cancelled": 0})
    units: dict[str, int] = field(default_factory=lambda: {"ordered": 0, "picked": 0, "dropped": 0, "cancelled": 0})

    def counts(self, *, rejected: int, failed: int) -> dict[str, dict[str, int]]:
        """Return the counters as they stand, of orders, tasks, and units; given what was rejected, and has failed."""
        return {
            "orders": {
                "accepted": self.taken_on + rejected,
                "done": self.orders_ended["done"],
                "open": self.taken_on - sum(self.orders_ended.values()),
                "rejected": rejected,
                "cancelled": self.orders_ended["cancelled"],
            },
            "tasks": {
                "created": self.created,
                "done": self.tasks_ended["done"],
                "open": self.created - sum(self.tasks_ended.values()) - failed,
                "failed": failed,
                "cancelled": self.tasks_ended["cancelled"],
            },
            "units": dict(self.units),
        }
