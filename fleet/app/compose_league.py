"""Wires our contestant in the League of Robot Runners."""

from __future__ import annotations

from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import Layout
from fleet.planning.registry import make_planner
from fleet.runtime.clock import Clock
from fleet.runtime.league.entry import FleetEntry, FleetEntryParams


def compose_league(layout: Layout, planner: str, clock: Clock, step_time_s: float = 1.0) -> FleetEntry:
    """Return an entry with the planner of that name that means to answer within the step time.

    Raises SettingError if there is no such planner.
    """
    distances = DistanceFields(layout)
    params = FleetEntryParams.for_step_time(step_time_s)
    return FleetEntry(distances, make_planner(planner, distances), LeagueScheduler(distances), clock, params)
