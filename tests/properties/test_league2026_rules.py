"""Edition 2026: whatever entry and executor do, the result is the one that the rules, played slowly, lead to."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fleet.app.compose_league import LeagueSettings, compose_ticks
from fleet.report.league2026_result import tick_result_document
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.league.competition import LeagueParams
from fleet.runtime.league2026.competition import TickProposal, run_ticks
from fleet.traffic.staged_execution import Staged
from robots.state import Action
from sim_worlds.league import read_league
from tests.league_instances import drawn_delays, drawn_instances, ticking, written
from tests.oracles.league2026_rules import letters, overlaps, replay

W = Action.WAIT

# Playing a run again with fractions is slow.
SOME = settings(max_examples=max(settings.default.max_examples // 3, 4))
FEW = settings(max_examples=max(settings.default.max_examples // 12, 1))


class Chance:
    """Guesses tasks and moves, and lets anybody go, whatever is in the way; sometimes too late."""

    def __init__(self, instance, clock, rng):
        self.n, self.clock, self.rng = instance.team_size, clock, rng
        self.actions, self.cells, self.headings = (
            [[] for _ in range(self.n)],
            instance.starts,
            np.zeros(self.n, np.int8),
        )

    def compute(self, situation):
        pool, schedule = situation.pool, situation.pool.schedule
        free = np.flatnonzero(schedule < 0)
        open_tasks = [task for task, robot in zip(pool.task, pool.robot, strict=True) if robot < 0]
        for robot, task in zip(free, self.rng.permutation(open_tasks), strict=False):
            schedule[robot] = task
        self.clock.advance(float(self.rng.choice([0.0, 0.0, 1.35])))
        window = self.rng.choice(4, size=(4, self.n), p=[0.55, 0.15, 0.15, 0.15]).astype(np.uint8)
        return TickProposal(schedule.astype(np.int32), window)

    @property
    def staged(self):
        longest = max(map(len, self.actions))
        rows = [[*row, *[W] * (longest - len(row))] for row in self.actions]
        lengths = np.array(list(map(len, self.actions)), dtype=np.int32)
        return Staged(np.array(rows, dtype=np.uint8).reshape(self.n, longest), lengths, self.cells, self.headings)

    def see(self, cells, headings, progress):
        for robot in np.flatnonzero((cells != self.cells) | (headings != self.headings)):
            while self.actions[robot][0] == W:
                self.actions[robot].pop(0)
            self.actions[robot].pop(0)
        self.cells, self.headings = cells.copy(), headings.copy()
        self.progress = progress.copy()

    def stage(self, window):
        # Waits may come and go; of what has begun the first stays.
        for robot, row in enumerate(self.actions):
            row[:] = [*(action for action in row if action != W), *window[:, robot].tolist()]
            if self.progress[robot] == 0:
                del row[self.rng.integers(len(row) + 1) :]
        return self.staged

    def go(self, cells, headings, progress, delayed=None):
        self.see(cells, headings, progress)
        self.clock.advance(float(self.rng.choice([0.0] * 8 + [0.15])))
        return self.rng.random(self.n) < 0.8


def agrees(path, record):
    document = tick_result_document(record)
    expected, paths = replay(path, document)
    for key, value in expected.items():
        assert document[key] == value, key
    assert [letters(robot) for robot in document["actualPaths"]] == paths
    assert overlaps(path, document) == []
    assert (record.collisions, record.astray) == ([], [])
    return document


@given(
    drawn_instances(), drawn_delays(), st.integers(1, 4), st.sampled_from([1.0, 0.5, 0.3]), st.integers(0, 2**32 - 1)
)
@SOME
def test_guessed_runs_are_judged_as_the_rules_say(drawn, delays, ticks, size, seed):
    with TemporaryDirectory() as folder:
        path = ticking(written(Path(folder), *drawn), agentCounter=ticks, agentSize=size, delayConfig=delays)
        instance = read_league(path)
        assume(instance.reveal * instance.team_size >= 1)
        clock = SimulatedClock()
        chance = Chance(instance, clock, np.random.default_rng(seed))
        record = run_ticks(instance, chance, chance, LeagueParams(40), clock)
        agrees(path, record)
        assert record.schedule_errors == []


def run_ours(path, planner, ticks):
    instance, clock = read_league(path), SimulatedClock()
    return run_ticks(
        instance, *compose_ticks(instance, instance.ticks, LeagueSettings(planner), clock), LeagueParams(ticks), clock
    )


@given(drawn_instances(), drawn_delays(), st.integers(1, 4), st.sampled_from(["epibt3", "pibt"]))
@SOME
def test_our_entry_breaks_no_rule(drawn, delays, ticks, planner):
    with TemporaryDirectory() as folder:
        path = ticking(written(Path(folder), *drawn), agentCounter=ticks, delayConfig=delays)
        instance = read_league(path)
        assume(instance.reveal * instance.team_size >= 1)
        record = run_ours(path, planner, 60)
        agrees(path, record)
        assert record.schedule_errors == []


@st.composite
def passable_floors(draw):
    """Rows of a floor on which robots can pass each other everywhere: islands of shelves with aisles around."""
    height, width = draw(st.integers(4, 9)), draw(st.integers(4, 9))
    rows = [["."] * width for _ in range(height)]
    for row in range(1, height - 1, 3):
        for column in range(1, width - 1, 3):
            if draw(st.booleans()):
                rows[row][column] = "@"
    return ["".join(row) for row in rows]


@pytest.mark.jit
@given(passable_floors(), drawn_delays(), st.integers(1, 4), st.data())
@FEW
def test_everybody_gets_through_whatever_the_delays(rows, delays, ticks, data):
    """No deadlock: with heavy delays and a robot on every fourth cell each one finishes tasks, again and again."""
    free = [(row, column) for row, line in enumerate(rows) for column, symbol in enumerate(line) if symbol == "."]
    starts = data.draw(st.lists(st.sampled_from(free), unique=True, min_size=2, max_size=len(free) // 4))
    tasks = data.draw(st.lists(st.lists(st.sampled_from(free), min_size=2, max_size=2), min_size=4, max_size=12))
    with TemporaryDirectory() as folder:
        path = ticking(written(Path(folder), rows, starts, tasks), agentCounter=ticks, delayConfig=delays)
        record = run_ours(path, "epibt", 1500)
    assert (record.collisions, record.astray, record.schedule_errors) == ([], [], [])
    times = [record.events[record.events[:, 1] == robot, 0] for robot in range(len(starts))]
    for errands in times:
        assert len(errands) > 4
        assert np.diff(errands, append=1500).max() < 700
