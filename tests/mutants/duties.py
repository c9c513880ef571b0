"""Mutants of the controller: closures, robots out of action, and the effects of tasks."""

from __future__ import annotations

from fleet.grid.distances import DistanceFields
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.recovery import Recovery
from fleet.runtime.roster import Roster
from fleet.tasks import stranding
from fleet.traffic import _ledger
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.zones.columns import ZoneColumns
from fleet.traffic.zones.zones import Zones
from tests.mutants.mutant import Mutant, both, edit, nothing, wrap


def _stops_serving(drop_tasks, roster, robots):
    drop_tasks(roster, robots)
    roster.serving[robots] = False


def _never(*_arguments):
    return False


CLOSURES = (
    Mutant(
        "closures_ignored_in_grants",
        "grants do not look at what is closed",
        "P8",
        "zones",
        edit(_ledger, "grant", "if closed[place] or closed_edges[cell, end_heading[robot]]:", "if False:"),
    ),
    Mutant(
        "closed_areas_entered",
        "a closed area stops only those who are inside",
        "P8",
        "zones",
        edit(FloorControl, "_refresh_closures", "if shut.any():", "if False:"),
    ),
    Mutant(
        "quarantine_not_fenced",
        "a quarantine is on record, and closes nothing",
        "P8",
        "zones",
        edit(
            ZoneColumns, "rebuild", "|= restriction.kind.closes", "|= restriction.kind.closes and restriction.robot < 0"
        ),
    ),
    Mutant(
        "stops_end_by_themselves",
        "stops have a time to live",
        "P8",
        "zones",
        edit(Zones, "_make", "for_s, limit_mps = inf, inf", "for_s, limit_mps = 2.0, inf"),
    ),
    Mutant(
        "stops_not_sent",
        "robots in a stopped area are not told to stand",
        "P8",
        "zones",
        edit(FloorControl, "_refresh_levels", "if not self._no_halts:", "if False:"),
    ),
    Mutant(
        "paused_robots_go_on",
        "paused robots are neither told to stand nor kept from grants",
        "P8",
        "held_back",
        edit(
            FloorControl,
            "_refresh_levels",
            "np.logical_or(self.watch.astray, zones.paused, out=self.halt)",
            "self.halt[:] = self.watch.astray",
        ),
    ),
    Mutant(
        "paused_robots_get_grants",
        "paused robots are told to stand, and go on being granted what was planned",
        "P8",
        "held_back",
        edit(GrantLoop, "_tick", "self._may & ~floor.halt", "self._may"),
    ),
    Mutant(
        "out_of_service_ignored",
        "robots out of service are given tasks",
        "P8",
        "held_back",
        edit(Dispatcher, "dispatch", "may_work &= ~withdrawn", "pass"),
    ),
    Mutant(
        "out_of_service_exchanged",
        "robots out of service are given tasks in exchange for theirs",
        "P8",
        "held_back",
        edit(Dispatcher, "dispatch", "able & ~withdrawn", "able"),
    ),
    Mutant(
        "clearing_in_one_step",
        "a stop is cleared by whoever asks for it",
        "P8",
        "zones",
        edit(
            Zones,
            "_end",
            "self._clearings.request(restriction, action.by, now_s)",
            "return self._take_out(ZoneEvent.CLEAR_CONFIRMED, restriction, action.by, now_s)",
        ),
    ),
    Mutant(
        "closures_end_early",
        "closures end a second after they were made",
        "P8",
        "zones",
        both(
            edit(Zones, "expire", "restriction.until_s <= now_s", "restriction.since_s + 1 <= now_s"),
            edit(Zones, "_rebuild", "restriction.until_s for", "restriction.since_s + 1 for"),
        ),
    ),
)

LIVENESS = (
    Mutant(
        "closures_not_planned_for",
        "distances are not told what is closed",
        "P9",
        "closed",
        wrap(DistanceFields, "close", nothing),
    ),
    Mutant(
        "dead_robots_no_obstacles",
        "cells held by robots that are down count as free in plans and distances",
        "P9",
        "dead",
        wrap(TrafficLedger, "mark_held", _never),
    ),
    Mutant(
        "lost_robots_keep_tasks",
        "tasks of lost robots wait for them",
        "P9",
        "dead",
        edit(Recovery, "step", "fitness.lost & (roster.task", "False & (roster.task"),
    ),
    Mutant(
        "no_call_back",
        "robots are left standing before what is in their way",
        "P9",
        "obstacles",
        wrap(FloorControl, "_call_back", nothing),
    ),
)

EFFECTS = (
    Mutant(
        "counted_when_granted",
        "a service counts as done once it is granted",
        "P10",
        "calm",
        edit(GrantExecution, "committed", "np.where(serving,", "np.where(serving & ~serving,"),
    ),
    Mutant(
        "restart_forgets_services",
        "after a restart services under way are not known",
        "P10",
        "links",
        edit(
            GrantExecution,
            "__init__",
            "self.service_entry: Int32 = ledger.unconfirmed(Entry.SERVICE)",
            "self.service_entry = ledger.unconfirmed(Entry.SERVICE) * 0 - 1",
        ),
    ),
    Mutant(
        "dropped_services_counted",
        "a service that a robot dropped before it began counts as done",
        "P10",
        "links",
        wrap(Dispatcher, "services_dropped", nothing),
    ),
    Mutant(
        "service_of_silent_robot_given_away",
        "the task of a robot that falls silent in service goes to another",
        "P10",
        "broken",
        both(
            edit(Recovery, "step", "(roster.task != NO_TASK) & ~roster.serving", "(roster.task != NO_TASK)"),
            wrap(Roster, "drop_tasks", _stops_serving),
        ),
    ),
    Mutant(
        "errands_counted_again",
        "an errand that is over is closed at every step",
        "P10",
        "calm",
        edit(Dispatcher, "_close_errands", "roster.serving[over] = False", "pass"),
    ),
    Mutant(
        "load_reclaimed_from_taker",
        "a robot that speaks again gets its task back although another comes for its load",
        "P10",
        "silent",
        both(
            edit(Recovery, "_return", "if pool.status[task] != TaskStatus.OPEN:", "if False:"),
            edit(stranding, "_demand_takeover", "TaskStatus.OPEN", "TaskStatus.OPEN, TaskStatus.ASSIGNED"),
        ),
    ),
)

DUTIES = (*CLOSURES, *LIVENESS, *EFFECTS)
