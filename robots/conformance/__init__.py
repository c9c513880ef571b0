"""The test kit that every FleetDriver must pass: plain functions, each of them one fact about drivers.

    for check in CHECKS:
        check(make_driver)        # AssertionError says what the driver did wrong

`make_driver` builds a new, unopened driver for a `Rig`: a small floor, a fleet on it, and the length of a step. The kit
knows nothing else about the driver, and needs no test runner. It takes time from the driver's clock only, and hands the
same rows over until they are confirmed; messages may be late but not lost. Drivers whose robots act in step
(`entries_ahead` of 1, no message under way) also pass SYNCHRONOUS_CHECKS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from robots.conformance.bases import (
    carries_out_bases_in_order,
    carries_out_moves,
    drops_what_it_has_not_begun_at_a_new_epoch,
    finishes_a_service_at_a_new_epoch,
    halts_and_goes_on,
    ignores_older_epochs,
    keeps_to_speed_limits,
    lets_robots_follow_each_other,
    passes_over_gaps,
    takes_entries_once,
)
from robots.conformance.energy import (
    charges_an_empty_robot,
    charges_at_chargers,
    counts_service_down,
    drains_by_activity,
    keeps_empty_robots_where_they_are,
    runs_out_of_charge,
)
from robots.conformance.in_step import (
    halts_within_the_step,
    refuses_swaps_and_meetings,
    serves_in_whole_steps,
    takes_one_entry_at_a_time,
    takes_one_step_an_entry,
)
from robots.conformance.life_cycle import (
    advances_its_clock,
    closes_twice,
    keeps_no_hold_on_commands,
    opens_where_the_robots_are,
    refuses_calls_out_of_turn,
    refuses_commands_once_stopped,
    refuses_impossible_commands,
    repeats_itself,
)
from robots.conformance.rig import DriverFactory, Rig, commands, rig, service

Check = Callable[[DriverFactory], None]

CHECKS: Final[tuple[Check, ...]] = (
    opens_where_the_robots_are,
    refuses_calls_out_of_turn,
    advances_its_clock,
    keeps_no_hold_on_commands,
    carries_out_moves,
    carries_out_bases_in_order,
    lets_robots_follow_each_other,
    takes_entries_once,
    passes_over_gaps,
    ignores_older_epochs,
    drops_what_it_has_not_begun_at_a_new_epoch,
    finishes_a_service_at_a_new_epoch,
    halts_and_goes_on,
    keeps_to_speed_limits,
    counts_service_down,
    charges_at_chargers,
    drains_by_activity,
    keeps_empty_robots_where_they_are,
    runs_out_of_charge,
    charges_an_empty_robot,
    refuses_impossible_commands,
    refuses_commands_once_stopped,
    closes_twice,
    repeats_itself,
)

SYNCHRONOUS_CHECKS: Final[tuple[Check, ...]] = (
    takes_one_step_an_entry,
    serves_in_whole_steps,
    takes_one_entry_at_a_time,
    refuses_swaps_and_meetings,
    halts_within_the_step,
)

__all__ = ["CHECKS", "SYNCHRONOUS_CHECKS", "Check", "DriverFactory", "Rig", "commands", "rig", "service"]
