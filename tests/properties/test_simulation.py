"""Whole runs, counted again from what they leave on disk by an oracle that shares no code with them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.app.compose import compose
from fleet.app.simulate import simulate
from fleet.planning.registry import PLANNERS
from fleet.report.run_directory import RunReader
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from sim_worlds.world_file import find_world
from tests.oracles.simulation import recount
from tests.worlds import TOML, write_world

TINY = find_world("tiny")
RUN = RunConfig(world="tiny", robots=3, duration_s=60.0, audit=True)

runs = st.builds(
    RunConfig,
    world=st.just("tiny"),
    robots=st.integers(1, 8),
    duration_s=st.sampled_from([30.0, 60.0, 90.0]),
    orders=st.sampled_from(["poisson:600", "poisson:3000"]),
    seed=st.integers(0, 2**63 - 1),
    planner=st.sampled_from(PLANNERS),
    audit=st.just(True),
    initial_charge_percent=st.sampled_from([9.0, 25.0, 60.0, 100.0]),
)


def simulated(folder: Path, config: RunConfig) -> Path:
    """Run, and return the run's directory."""
    before = set(folder.iterdir())
    assert simulate(config, out=folder, rejects=None, as_json=True) == 0
    (run,) = set(folder.iterdir()) - before
    return run


def check_against_its_files(run, world):
    """The summary says what the other files say; returns what was counted."""
    told = json.loads((run / "summary.json").read_text())
    counted = recount(run, world)
    assert counted["problems"] == []
    for key in ("orders", "tasks", "units", "steps"):
        assert told[key] == counted[key], key
    assert told["robot_time_share"] == pytest.approx(counted["robot_time_share"])
    assert told["violations"] == 0
    units = counted["units"]
    assert units["ordered"] == counted["units_waiting"] + counted["units_aboard"] + units["dropped"]
    assert counted["units_aboard"] == units["picked"] - units["dropped"]
    return counted


@settings(max_examples=10)
@given(config=runs)
def test_a_run_is_what_its_files_say_it_is(tmp_path_factory, config):
    check_against_its_files(simulated(tmp_path_factory.mktemp("runs"), config), TINY)


FAST = "max_speed_mps = 2.0\nmax_turn_rate_radps = 6.0\nmax_turn_acceleration_radps2 = 20.0"


@pytest.mark.parametrize(("seconds_a_step", "robot"), [(1.5, ""), (0.75, FAST)])
def test_services_that_take_no_whole_number_of_steps_are_rounded_up(tmp_path, seconds_a_step, robot):
    world = write_world(tmp_path, toml=TOML.replace("totes = 2", f"totes = 2\n{robot}"))
    config = replace(RUN, world=str(world), robots=5, duration_s=180.0, orders="poisson:600")
    (tmp_path / "runs").mkdir()
    run = simulated(tmp_path / "runs", config)
    counted = check_against_its_files(run, world)
    assert counted["steps"] == 180.0 / seconds_a_step
    assert counted["tasks"]["done"] > 5


def test_robots_that_begin_almost_empty_charge_and_then_work(tmp_path):
    counted = check_against_its_files(
        simulated(tmp_path, replace(RUN, duration_s=600.0, orders="poisson:600", initial_charge_percent=9.0)), TINY
    )
    assert counted["tasks"]["done"] > 5
    assert counted["robot_time_share"]["charging"] > 0.1


@settings(max_examples=10)
@given(config=runs)
def test_nothing_is_lost_at_any_step(config):
    simulation = compose(config, clock=SimulatedClock(), events=lambda _event: None)

    def check():
        simulation.pool.check()
        counts = simulation.pool.counts()
        orders, tasks, units = counts["orders"], counts["tasks"], counts["units"]
        assert orders["accepted"] == orders["done"] + orders["open"] + orders["rejected"]
        assert tasks["created"] == tasks["done"] + tasks["open"] + tasks["failed"]
        assert units["ordered"] >= units["picked"] >= units["dropped"]
        busy = simulation.pool.robot[simulation.pool.status == 1]
        assert len(np.unique(busy)) == len(busy)

    simulation.loop.run(simulation.steps, check)
    assert simulation.loop.steps == simulation.steps
    simulation.auditor.raise_findings()


@settings(max_examples=5)
@given(config=runs)
def test_a_run_is_repeated_bit_for_bit_and_another_seed_is_another_run(config):
    def digest(seed):
        simulation = compose(replace(config, seed=seed), clock=SimulatedClock(), events=lambda _event: None)
        simulation.loop.run(20)
        return simulation.recorder.digest()

    assert digest(config.seed) == digest(config.seed)
    assert digest(config.seed) != digest(config.seed ^ 1)


def test_the_audit_does_not_change_the_run(tmp_path):
    audited = RunReader(simulated(tmp_path, RUN)).summary
    unaudited = RunReader(simulated(tmp_path, replace(RUN, audit=False))).summary
    assert audited.trace_hash == unaudited.trace_hash
    assert (audited.violations, unaudited.violations) == (0, None)


# The oracle has eyes


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    run = simulated(tmp_path_factory.mktemp("runs"), replace(RUN, robots=6, duration_s=90.0, orders="poisson:3000"))
    assert recount(run, TINY)["problems"] == []
    return run


def spoiled(sound, folder, change_trace=None, change_events=None):
    """A copy of a run with its arrays or events changed; returns what the oracle finds."""
    with np.load(sound / "trace.npz") as arrays:
        columns = {name: arrays[name].copy() for name in arrays.files}
    events = [json.loads(line) for line in (sound / "events.jsonl").read_text().splitlines()]
    if change_trace:
        change_trace(columns)
    if change_events:
        change_events(events)
    np.savez(folder / "trace.npz", **columns)
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return recount(folder, TINY)["problems"]


def first(events, kind):
    return next(event for event in events if event["event"] == kind)


def put_together(columns):
    columns["cell"][30, 1] = columns["cell"][30, 0]


def put_in_a_wall(columns):
    columns["cell"][-1, 0] = 0


def turn_about(columns):
    columns["heading"][40:, 2] = (columns["heading"][40:, 2] + 2) % 4


def charge_anywhere(columns):
    columns["activity"][columns["activity"] == 5] = 4
    columns["activity"][columns["activity"] == 2] = 4
    columns["activity"][columns["activity"] == 3] = 4


def serve_elsewhere(events):
    first(events, "errand_done")["cell"] += 1


def serve_too_soon(events):
    for event in events:
        event["t"] = max(0.0, event["t"] - 1.0)


def serve_by_another(events):
    first(events, "errand_done")["robot"] ^= 1


def skip_an_errand(events):
    events.remove(first(events, "errand_done"))


def give_two_tasks(events):
    one, another = [event for event in events if event["event"] == "task_assigned"][:2]
    another["robot"] = one["robot"]


def lose_a_unit(events):
    first(events, "errand_done")["units"] += 1


@pytest.mark.parametrize(
    ("trace", "events", "says"),
    [
        (put_together, None, "are both at"),
        (put_in_a_wall, None, "is in a wall"),
        (turn_about, None, "goes from"),
        (charge_anywhere, None, "charges without a charger"),
        (None, serve_elsewhere, "is not the errand whose turn it is"),
        (None, serve_too_soon, "in step"),
        (None, serve_by_another, "is not the robot's task"),
        (None, skip_an_errand, "is not at its end"),
        (None, give_two_tasks, "the task is open, the robot has"),
        (None, lose_a_unit, "is not the errand whose turn it is"),
    ],
)
def test_the_oracle_sees_a_run_that_cannot_have_been(sound, tmp_path, trace, events, says):
    assert any(says in problem for problem in spoiled(sound, tmp_path, trace, events))
