"""Guidance in a run: which rules are in force, that they reach distances and planner, and that reports stay true."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.app import crew as crew_module
from fleet.app.compose import compose, compose_on
from fleet.app.main import main
from fleet.grid.guidance_rules import GuidanceRules
from fleet.report.run_directory import RunReader
from fleet.runtime.activity import Activity
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from sim_worlds.world_file import load_world
from tests.worlds import TOML, write_world

KEEP_RIGHT = '[guidance]\nlanes = "keep_right"\nalong = 20\nagainst = 200\nturn = 7\n\n'


def in_force(monkeypatch, config):
    """The guidance that a run's distances are made with."""
    seen = []
    fields = crew_module.DistanceFields
    monkeypatch.setattr(crew_module, "DistanceFields", lambda *given: (seen.append(given[2]), fields(*given))[1])
    compose(config, clock=SimulatedClock(), events=lambda _event: None)
    return seen[0]


@pytest.mark.parametrize(("given", "turn"), [("auto", 7), ("none", None), ("FILE", 5)])
def test_the_rules_in_force_are_those_that_are_asked_for(tmp_path, monkeypatch, given, turn):
    path = write_world(tmp_path, toml=TOML.replace("[slotting]", KEEP_RIGHT + "[slotting]"))
    (tmp_path / "g.toml").write_text('[guidance]\nlanes = "none"\nturn = 5\nstation_extra = 3\n')
    asked = str(tmp_path / "g.toml") if given == "FILE" else given
    found = in_force(monkeypatch, RunConfig(world=str(path), duration_s=4.0, orders="poisson:60", guidance=asked))
    assert (None if found is None else found.turn) == turn
    if given == "FILE":
        # Docks and chutes are its stations.
        assert found.forward[[73, 74, 37, 55]].tolist() == [[23] * 4] * 4


def test_a_world_without_rules_is_not_guided(tmp_path, monkeypatch):
    path = write_world(tmp_path)
    assert in_force(monkeypatch, RunConfig(world=str(path), duration_s=4.0, orders="poisson:60")) is None


def test_a_guidance_file_is_kept_by_its_full_path_and_repeats_the_run(tmp_path, monkeypatch):
    (tmp_path / "g.toml").write_text(KEEP_RIGHT)
    monkeypatch.chdir(tmp_path)
    command = ["run", "tiny", "--robots", "6", "--for", "40s", "--orders", "poisson:900", "--json", "--out"]
    assert main([*command, "a", "--guidance", "g.toml"]) == 0
    assert main([*command, "b", "--guidance", "none"]) == 0
    first, other = RunReader(tmp_path / "a" / "tiny-1-1"), RunReader(tmp_path / "b" / "tiny-1-1")
    assert first.config.guidance == str(tmp_path / "g.toml")
    assert first.summary.trace_hash != other.summary.trace_hash
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["run", "--config", str(first.path), "--out", "c", "--json"]) == 0
    again = RunReader(tmp_path / "elsewhere" / "c" / "tiny-1-1")
    assert again.summary.trace_hash == first.summary.trace_hash


@pytest.mark.parametrize("turn", [1, 7])
def test_a_robot_that_is_alone_loses_no_step_whatever_the_weights(turn):
    rules = GuidanceRules(lanes="keep_right", against=200, turn=turn, station_extra=9, row_extra=(0.0, 30.0))
    config = RunConfig(world="tiny", robots=1, duration_s=150.0, orders="poisson:200", seed=3)
    simulation = compose_on(load_world("tiny"), rules, config, clock=SimulatedClock(), events=lambda _event: None)
    simulation.loop.run(simulation.steps)
    trace = simulation.recorder.trace("tiny", 16, 26, 1.0)
    assert np.isin(trace.activity, [Activity.DRIVING, Activity.TURNING]).sum() > 60
    assert (trace.activity == Activity.TURNING).sum() > 4
    assert not trace.delayed.any()
