"""Whatever an entry does, the judge's result is the one that the rules, played again slowly, lead to."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.assignment.league_scheduler import LeagueScheduler
from fleet.grid.distances import DistanceFields
from fleet.planning.registry import make_planner
from fleet.report.league_result import result_document
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.league.competition import LeagueParams, Proposal, pool_size, run_league
from fleet.runtime.league.entry import FleetEntry
from sim_worlds.league import read_league
from tests.league_instances import drawn_instances, written
from tests.oracles.league_rules import replay

SHIPPED = Path(__file__).parents[1] / "data" / "lorr2024" / "random_32_32_20_100.json"


class Chance:
    """An entry that guesses: mostly sensible schedules, any action, now and then too late."""

    def __init__(self, clock, rng):
        self.clock = clock
        self.rng = rng

    def compute(self, situation):
        pool, robots = situation.pool, len(situation.cells)
        schedule = pool.schedule
        for robot in range(robots):
            opened = schedule[robot] >= 0 and pool.done[pool.place_of_robot[robot]] > 0
            if self.rng.random() < (0.03 if opened else 0.6):
                schedule[robot] = self.rng.choice([*pool.task, *pool.task, -1, pool.task.max() + 1])
        actions = self.rng.choice(4, size=robots, p=[0.4, 0.2, 0.1, 0.3]).astype(np.uint8)
        self.clock.advance(float(self.rng.choice([0.0, 0.0, 0.0, 1.0, 1.5])))
        return Proposal(schedule.astype(np.int32), actions)


def agrees(path, record):
    document = result_document(record)
    for key, value in replay(path, document).items():
        assert document[key] == value, key


@given(drawn_instances(), st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_guessed_runs_are_judged_as_the_rules_say(drawn, seed, steps):
    rows, starts, tasks, reveal = drawn
    with TemporaryDirectory() as folder:
        path = written(Path(folder), rows, starts, tasks, reveal)
        instance = read_league(path)
        assume(instance.reveal * instance.team_size >= 1)
        clock = SimulatedClock()
        record = run_league(instance, Chance(clock, np.random.default_rng(seed)), LeagueParams(steps), clock)
        # What an entry meant that was still computing at the end is not in the result.
        assume((record.planned[-1] < 4).all())
        agrees(path, record)


@pytest.mark.slow
@given(drawn_instances(), st.sampled_from(["pibt", "epibt3"]))
def test_our_entry_breaks_no_rule(drawn, planner):
    rows, starts, tasks, reveal = drawn
    with TemporaryDirectory() as folder:
        path = written(Path(folder), rows, starts, tasks, reveal)
        instance = read_league(path)
        assume(instance.reveal * instance.team_size >= 1)
        record = run_entry(instance, planner, 25)
        agrees(path, record)
        assert (record.errors, record.schedule_errors, record.findings, record.missed_steps) == ([], [], [], 0)
        assert len(record.tasks.released) == record.finished + pool_size(instance)


@pytest.mark.jit
def test_our_entry_works_through_a_real_instance():
    record = run_entry(read_league(SHIPPED), "epibt", 100)
    agrees(SHIPPED, record)
    assert (record.errors, record.schedule_errors, record.findings) == ([], [], [])
    assert record.finished > 150


def run_entry(instance, planner, steps):
    distances, clock = DistanceFields(instance.layout), SimulatedClock()
    entry = FleetEntry(distances, make_planner(planner, distances), LeagueScheduler(distances), clock)
    return run_league(instance, entry, LeagueParams(steps), clock)
