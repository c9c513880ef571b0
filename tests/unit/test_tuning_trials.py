"""Trials: what a simulation of a candidate counts, where it may run, and what is said when it cannot."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from fleet.app.tuning import pools
from fleet.app.tuning.errors import EvaluationError
from fleet.app.tuning.one_goal import OneGoalFleet
from fleet.app.tuning.pools import open_pool
from fleet.app.tuning.problem import Problem, Trial, check_problem, throughput
from fleet.errors import OrderError, SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.guidance_rules import GuidanceRules
from fleet.planning.registry import make_planner
from sim_worlds.world_file import load_world

BARE = """\
type octile
height 5
width 8
map
S...@...
.@@....E
E....@@@
.@@.....
S....S.E
"""
# The two cells in the corner are cut off from the rest.
CUT_OFF = BARE.replace("@...\n", "@@..\n").replace("...E\n", "..@@\n")
AWAY = {6, 7}


def bare(tmp_path, text=BARE):
    (tmp_path / "bare.map").write_text(text)
    return load_world(str(tmp_path / "bare.map"))


def problem(world, **changes):
    return replace(Problem(world, robots=4, steps=40, warmup=10, orders="", memory_mb=8), **changes)


# The one-goal workload


def test_everybody_always_has_a_goal_and_every_goal_reached_counts_once(tmp_path):
    world = bare(tmp_path)
    distances = DistanceFields(world.layout, 8)
    fleet, planner = OneGoalFleet(world, distances, 4, seed=1), make_planner("epibt", distances)
    places = {*world.pick_faces.tolist(), *(chute.cell for chute in world.chutes)}
    counted = 0
    for _ in range(60):
        goals, cells = fleet.goals.copy(), fleet.cells.copy()
        fleet.step(planner)
        assert len(set(fleet.cells.tolist())) == 4
        assert world.layout.passable[fleet.cells].all()
        moved = np.abs(np.array(divmod(fleet.cells, 8)) - np.array(divmod(cells, 8))).sum(axis=0)
        assert (moved <= 1).all()
        reached = fleet.cells == goals
        assert (fleet.goals[~reached] == goals[~reached]).all()
        assert set(fleet.goals.tolist()) <= places
        counted += int(reached.sum())
    assert fleet.finished == counted > 10


def test_service_and_emitter_points_are_drawn_with_equal_chances(tmp_path):
    world = bare(tmp_path)
    fleet = OneGoalFleet(world, DistanceFields(world.layout, 8), 1, seed=1)
    drawn = fleet._draw_goals(4000)
    assert np.isin(drawn, world.pick_faces).mean() == pytest.approx(0.5, abs=0.03)
    counts = np.bincount(drawn)[world.pick_faces]
    assert counts.min() == pytest.approx(counts.max(), rel=0.2)


def test_on_a_map_without_such_points_all_free_cells_are_goals(tmp_path):
    world = bare(tmp_path, BARE.replace("S", ".").replace("E", "."))
    fleet = OneGoalFleet(world, DistanceFields(world.layout, 8), 1, seed=1)
    assert set(fleet._draw_goals(2000).tolist()) == set(world.layout.free_cells.tolist())


def test_a_map_with_only_one_kind_of_points_has_goals_there(tmp_path):
    world = bare(tmp_path, BARE.replace("E", "."))
    fleet = OneGoalFleet(world, DistanceFields(world.layout, 8), 1, seed=1)
    assert set(fleet._draw_goals(500).tolist()) == set(world.pick_faces.tolist())


def test_only_the_largest_part_of_a_map_is_used(tmp_path):
    world = bare(tmp_path, CUT_OFF)
    most = len(world.layout.free_cells) - len(AWAY)
    fleet = OneGoalFleet(world, DistanceFields(world.layout, 8), most, seed=1)
    assert world.layout.passable[list(AWAY)].all()
    assert not AWAY & {*fleet.cells.tolist(), *fleet._draw_goals(500).tolist()}
    with pytest.raises(SettingError, match=f"{most + 1} robots do not fit on bare; use at most {most}"):
        OneGoalFleet(world, DistanceFields(world.layout, 8), most + 1, seed=1)


# Throughput


def test_throughput_counts_tasks_after_the_warm_up_and_follows_from_the_trial_alone(tmp_path):
    world = bare(tmp_path)
    whole = throughput(problem(world, warmup=0), Trial(None, 1)) * 40
    late = throughput(problem(world), Trial(None, 1)) * 30
    early = throughput(problem(world, steps=10, warmup=0), Trial(None, 1)) * 10
    assert whole == pytest.approx(late + early)
    assert throughput(problem(world), Trial(None, 1)) * 30 == late
    assert throughput(problem(world), Trial(None, 2)) * 30 != late


def test_rules_reach_the_planner_of_a_bare_map(tmp_path):
    rules = GuidanceRules(lanes="pattern", rows=">", columns="v")
    fields = problem(bare(tmp_path), robots=8, steps=120)
    assert throughput(fields, Trial(rules, 1)) != throughput(fields, Trial(None, 1))


@pytest.mark.jit
def test_a_described_world_is_simulated_with_its_orders_and_rules():
    tiny = problem(load_world("tiny"), robots=6, steps=300, warmup=100, orders="poisson:300")
    found = throughput(tiny, Trial(None, 1))
    assert 0.05 < found < 0.2
    assert throughput(tiny, Trial(None, 1)) == found
    assert throughput(tiny, Trial(GuidanceRules(against=200), 1)) < found


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"robots": 99}, SettingError, "99 robots do not fit"),
        ({"memory_mb": 0}, SettingError, "allow more memory"),
    ],
)
def test_a_problem_that_cannot_be_is_refused_before_the_search(tmp_path, changes, error, says):
    with pytest.raises(error, match=says):
        check_problem(problem(bare(tmp_path), **changes))


def test_memory_that_does_not_hold_the_goals_is_refused(tmp_path):
    text = f"type octile\nheight 60\nwidth 60\nmap\n{('.' * 60 + chr(10)) * 60}"
    large = problem(bare(tmp_path, text), robots=200, memory_mb=1)
    with pytest.raises(SettingError, match="1 MB do not hold 200 distance fields"):
        check_problem(large)
    check_problem(replace(large, memory_mb=16))


def test_orders_and_robots_of_a_described_world_are_looked_at_before_the_search():
    tiny = load_world("tiny")
    check_problem(problem(tiny, orders="poisson:60"))
    with pytest.raises(OrderError):
        check_problem(problem(tiny, orders="poisson:many"))
    with pytest.raises(SettingError, match="do not fit on tiny"):
        check_problem(problem(tiny, robots=500, orders="poisson:60"))


# Where trials run

TRIALS = [Trial(None, seed) for seed in range(4)]


def test_one_process_is_this_one_and_tells_of_each_trial(tmp_path):
    done = []
    with open_pool(problem(bare(tmp_path)), 1, None) as pool:
        found = pool.run(TRIALS, lambda: done.append(1))
    assert found == [throughput(problem(bare(tmp_path)), trial) for trial in TRIALS]
    assert len(done) == 4


@pytest.mark.jit
def test_more_processes_give_the_same_figures_in_the_same_order(tmp_path):
    done = []
    with open_pool(problem(bare(tmp_path)), 2, None) as pool:
        found = pool.run(TRIALS, lambda: done.append(1))
    assert found == [throughput(problem(bare(tmp_path)), trial) for trial in TRIALS]
    assert len(done) == 4


def dies(trial):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.jit
def test_a_process_that_dies_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "_evaluate", dies)
    with (
        pytest.raises(EvaluationError, match=r"has died.*fewer --processes.*--resume"),
        open_pool(problem(bare(tmp_path)), 2, None) as pool,
    ):
        pool.run(TRIALS, lambda: None)


def test_a_simulation_that_fails_says_of_which_candidate(tmp_path):
    broken = problem(bare(tmp_path), robots=99)
    with (
        pytest.raises(EvaluationError, match=r"99 robots do not fit.*seed 0, rules None"),
        open_pool(broken, 1, None) as pool,
    ):
        pool.run(TRIALS, lambda: None)


def test_an_address_that_is_no_ray_is_refused(tmp_path):
    with (
        pytest.raises(SettingError, match="'localhost:6379' is no Ray; use ray://HOST:PORT"),
        open_pool(problem(bare(tmp_path)), 1, "localhost:6379"),
    ):
        pass


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with (
        pytest.raises(SettingError, match="install futurepark\\[cluster\\]"),
        open_pool(problem(bare(tmp_path)), 1, "ray"),
    ):
        pass
