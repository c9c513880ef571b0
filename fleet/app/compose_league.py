"""Wires our contestant in the League of Robot Runners."""

from __future__ import annotations

from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import Layout
from fleet.planning.registry import make_planner
from fleet.runtime.clock import Clock
from fleet.runtime.league.entry import FleetEntry


def compose_league(layout: Layout, planner: str, clock: Clock) -> FleetEntry:
    """Return an entry with the planner of that name (SettingError if there is none); the clock times its halves."""
    distances = DistanceFields(layout)
    return FleetEntry(distances, make_planner(planner, distances), LeagueScheduler(distances), clock)
