"""Wires our contestants in the League of Robot Runners, and the settings that they share."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.guidance import Guidance
from fleet.planning.improvement import ImprovementParams
from fleet.planning.planner import Planner
from fleet.planning.registry import DEFAULT_PLANNER, IMPROVED, make_planner
from fleet.runtime.clock import Clock
from fleet.runtime.goal_fields import GoalFields
from fleet.runtime.league.entry import FleetEntry, FleetEntryParams
from fleet.runtime.league2026.competition import TICK_S
from fleet.runtime.league2026.entry import TickEntryParams, TickFleetEntry
from fleet.traffic.rolling_plan import RollingPlan
from fleet.traffic.staged_execution import StagedExecution
from sim_worlds.guidance_file import read_guidance, shipped_guidance
from sim_worlds.league import LeagueInstance
from sim_worlds.league2026 import TickRules


@dataclass(frozen=True, slots=True)
class LeagueSettings:
    """Settings of our contestants.

    planner        a name of the registry; one that ends in "+lns" improves its plan in the time that is left of a step
    guidance       auto: what is shipped for the floor, if anything is; none; or the path of a guidance file
    step_time_s    seconds for a step (2026: between plans)
    threads        threads of the improvement, 1 or 2
    attempts       attempts of the improvement at each plan where they are counted, None for the usual number
    deterministic  count attempts instead of seconds: nothing depends on the clock
    memory_mb      bound on the memory of distance fields
    """

    planner: str = DEFAULT_PLANNER
    guidance: str = "auto"
    step_time_s: float = 1.0
    threads: int = 1
    attempts: int | None = None
    deterministic: bool = False
    memory_mb: int = 4096

    def __post_init__(self) -> None:
        if not self.planner.endswith(IMPROVED):
            for option, given in (("--threads", self.threads != 1), ("--attempts", self.attempts is not None)):
                if given:
                    problem = f"is for planners that improve their plans, not for {self.planner}"
                    raise SettingError(option, problem, f"leave it out, or add {IMPROVED} to the planner's name")
        if self.attempts is not None and not self.deterministic:
            raise SettingError("--attempts", "counts nothing while seconds are counted", "add --deterministic")


def compose_league(instance: LeagueInstance, settings: LeagueSettings, clock: Clock) -> FleetEntry:
    """Return an entry for an instance of the 2024 edition that means to answer within the step time.

    Raises SettingError for settings that there are not, WorldError for a bad guidance file.
    """
    distances = _distances(instance, settings)
    params = FleetEntryParams.for_step_time(settings.step_time_s, deterministic=settings.deterministic)
    planner = _planner(distances, settings, clock)
    return FleetEntry(distances, planner, LeagueScheduler(distances), clock, params)


def compose_ticks(
    instance: LeagueInstance, rules: TickRules, settings: LeagueSettings, clock: Clock
) -> tuple[TickFleetEntry, StagedExecution]:
    """Return entry and executor for an instance of the 2026 edition, everything compiled.

    Raises as `compose_league` does.
    """
    distances = _distances(instance, settings)
    plan_ticks = max(ceil(settings.step_time_s / TICK_S - 1e-9), 1)
    bounds = FleetEntryParams.for_step_time(settings.step_time_s, deterministic=settings.deterministic)
    plan, scheduler = RollingPlan(distances, _planner(distances, settings, clock)), LeagueScheduler(distances)
    plan.warmup()
    scheduler.warmup()
    fields = GoalFields(distances, clock, bounds.most_fields(instance.layout), bounds.field_s)
    params = TickEntryParams(steps=ceil(plan_ticks / rules.action_ticks), call_s=bounds.call_s)
    entry = TickFleetEntry(distances, plan, scheduler, fields, clock, params)
    headings = np.zeros(instance.team_size, dtype=np.int8)
    executor = StagedExecution(instance.layout, instance.starts, headings, rules.action_ticks, plan_ticks)
    executor.warmup()
    return entry, executor


def _distances(instance: LeagueInstance, settings: LeagueSettings) -> DistanceFields:
    return DistanceFields(instance.layout, settings.memory_mb, _guidance(instance, settings.guidance))


def _guidance(instance: LeagueInstance, choice: str) -> Guidance | None:
    if choice == "none":
        return None
    rules = shipped_guidance(instance.layout) if choice == "auto" else read_guidance(Path(choice))
    symbols = np.array(list("".join(instance.map_file.rows)))
    return None if rules is None else rules.guidance(instance.layout, np.flatnonzero(symbols == "E").astype(np.int32))


def _planner(distances: DistanceFields, settings: LeagueSettings, clock: Clock) -> Planner:
    usual = ImprovementParams()
    attempts = usual.attempts if settings.attempts is None else settings.attempts
    improvement = ImprovementParams(attempts=attempts, threads=settings.threads)
    return make_planner(settings.planner, distances, improvement=improvement, now=clock.now)
