"""What torture found, added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from fleet.app.torture.pool import Outcome
from fleet.app.torture.trial import UNDRAINED


@dataclass(slots=True)
class Failure:
    """A seed that failed: the property, what was found, and the shrunken schedule, once there is one."""

    seed: int
    rule: str
    finding: str
    events: int = 0
    schedule: str = ""


@dataclass(slots=True)
class TortureReport:
    """Sums over all seeds that were played; what shrinking played is not in them.

    undrained  seeds after which something had not come to rest
    core_s     seconds of processor time, all processes together
    """

    seeds: int = 0
    ticks: int = 0
    robot_ticks: int = 0
    tasks: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    responses: Counter[str] = field(default_factory=Counter)
    violations: int = 0
    undrained: int = 0
    core_s: float = 0.0
    wall_s: float = 0.0
    interrupted: bool = False
    failures: dict[int, Failure] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether anything did not hold."""
        return bool(self.failures)

    @property
    def robot_ticks_per_core_hour(self) -> float:
        """How fast that was."""
        return 3600.0 * self.robot_ticks / self.core_s if self.core_s > 0 else 0.0

    def add(self, outcome: Outcome) -> None:
        """Take in what came of a seed."""
        result = outcome.result
        self.seeds += 1
        self.ticks += result.ticks
        self.robot_ticks += result.robot_ticks
        self.tasks += result.tasks
        self.faults.update(result.faults)
        self.responses.update(result.responses)
        self.violations += result.violations
        self.undrained += result.rule == UNDRAINED
        self.core_s += outcome.core_s
        if result.failed:
            self.failures[result.seed] = Failure(result.seed, result.rule, result.finding)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        failures = sorted(self.failures.values(), key=lambda failure: failure.seed)
        return {
            "seeds": self.seeds,
            "ticks": self.ticks,
            "robot_ticks": self.robot_ticks,
            "tasks": self.tasks,
            "faults": dict(sorted(self.faults.items())),
            "responses": dict(sorted(self.responses.items())),
            "violations": self.violations,
            "undrained": self.undrained,
            "wall_s": round(self.wall_s, 3),
            "core_s": round(self.core_s, 3),
            "robot_ticks_per_core_hour": round(self.robot_ticks_per_core_hour),
            "interrupted": self.interrupted,
            "failures": [
                {name: getattr(failure, name) for name in ("seed", "rule", "finding", "events", "schedule")}
                for failure in failures
            ],
        }
