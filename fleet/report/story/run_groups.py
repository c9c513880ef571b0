"""Runs put together by their settings: what differs between groups is what is compared, seeds are repetitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fleet.errors import RunError
from fleet.runtime.config import config_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.report.summary import Summary
    from fleet.runtime.config import RunConfig

# Settings that change how a run is watched or held in memory, not what comes of it.
_NO_MATTER: Final = frozenset({"seed", "audit", "distance_memory_mb"})


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """What of a run is compared."""

    path: Path
    config: RunConfig
    summary: Summary


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a run that is compared; `of` gives it, or None if the run has none.

    better  1 if more of it is better, -1 if less is, 0 if neither
    """

    key: str
    name: str
    unit: str
    decimals: int
    better: int
    of: Callable[[Summary], float | None]


FIGURES: Final = (
    Figure("tasks_per_hour", "tasks", "1/h", 1, 1, lambda s: s.throughput_per_hour.tasks),
    Figure("orders_per_hour", "orders", "1/h", 1, 1, lambda s: s.throughput_per_hour.orders),
    Figure("units_per_hour", "units", "1/h", 1, 1, lambda s: s.throughput_per_hour.units),
    Figure(
        "late_percent", "late orders", "% of done", 2, -1,
        lambda s: 100.0 * s.lateness.late / s.orders.done if s.orders.done else None,
    ),
    Figure("median_lateness_s", "lateness, median", "s", 1, -1, lambda s: s.lateness.median_s),
    Figure("driving_percent", "driving", "% of time", 2, 0, lambda s: 100.0 * s.robot_time_share.driving),
    Figure("turning_percent", "turning", "% of time", 2, 0, lambda s: 100.0 * s.robot_time_share.turning),
    Figure("waiting_percent", "waiting", "% of time", 2, -1, lambda s: 100.0 * s.robot_time_share.waiting),
    Figure("service_percent", "service", "% of time", 2, 0, lambda s: 100.0 * s.robot_time_share.service),
    Figure("charging_percent", "charging", "% of time", 2, 0, lambda s: 100.0 * s.robot_time_share.charging),
    Figure("idle_percent", "idle", "% of time", 2, 0, lambda s: 100.0 * s.robot_time_share.idle),
    Figure(
        "energy_wh_per_task", "energy", "Wh a task", 2, -1,
        lambda s: s.charge.energy_wh / s.tasks.done if s.tasks.done else None,
    ),
    Figure("planning_p95_ms", "planning, p95", "ms", 3, -1, lambda s: s.planning_ms.p95),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs with the same settings but for their seeds, by seed. name: the settings in which it differs from others."""

    name: str
    settings: dict[str, Any]
    runs: dict[int, ComparedRun]

    def values(self, figure: Figure) -> dict[int, float]:
        """Return a figure of each run that has it, by seed."""
        found = ((seed, figure.of(run.summary)) for seed, run in self.runs.items())
        return {seed: value for seed, value in found if value is not None}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups in the order of their first runs; left_out: runs that repeat another one, settings and seed."""

    groups: list[RunGroup]
    left_out: list[Path]


def group_runs(runs: Sequence[ComparedRun]) -> Grouping:
    """Put runs together by their settings.

    Raises RunError for a run that was interrupted, or of another world than the others.
    """
    _check(runs)
    settings = [_settings(run) for run in runs]
    differing = [key for key in settings[0] if len({_text(one[key]) for one in settings}) > 1]
    found: dict[tuple[str, ...], RunGroup] = {}
    left_out: list[Path] = []
    for run, values in zip(runs, settings, strict=True):
        key = tuple(_text(values[name]) for name in differing)
        name = ", ".join(f"{setting} {_shown(values[setting])}" for setting in differing) or "all runs"
        group = found.setdefault(key, RunGroup(name, {setting: values[setting] for setting in differing}, {}))
        if run.summary.seed in group.runs:
            left_out.append(run.path)
        else:
            group.runs[run.summary.seed] = run
    return Grouping(list(found.values()), left_out)


def _check(runs: Sequence[ComparedRun]) -> None:
    for run in runs:
        if run.summary.interrupted:
            raise RunError(str(run.path), "was interrupted, so its figures are of a shorter run", "leave it out")
        if run.summary.world != runs[0].summary.world:
            problem = f"is in world {run.summary.world}, and {runs[0].path} in {runs[0].summary.world}"
            raise RunError(str(run.path), problem, "compare runs of one world")


def _settings(run: ComparedRun) -> dict[str, Any]:
    """Settings of a run by name, with the number of robots that it had, and the version that ran it."""
    settings = {key: value for key, value in _flat(config_table(run.config), "") if key not in _NO_MATTER}
    return settings | {"robots": run.summary.robots, "version": run.summary.version}


def _flat(table: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]
    return pairs


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _shown(value: object) -> str:
    return "(none)" if value == "" else str(value)
