"""`futurepark tune` in this process: what it writes and prints, with a pool that simulates nothing."""

from __future__ import annotations

import json
import tomllib
from contextlib import contextmanager

import pytest

from fleet.app.main import main
from fleet.app.tuning import pools
from fleet.grid.guidance_rules import GuidanceRules
from sim_worlds.guidance_file import read_guidance


class Formula:
    """A pool that likes keeping right, and turns that cost 10."""

    def __init__(self, best_is_none=False):
        self.best_is_none = best_is_none

    def run(self, trials, done):
        for _ in trials:
            done()
        return [self._figure(trial.rules) + trial.seed % 7 / 1000 for trial in trials]

    def _figure(self, rules):
        if rules is None:
            return 9.0 if self.best_is_none else 1.0
        return (3.0 if rules.lanes == "keep_right" else 1.0) - abs(rules.turn - 4) / 20


@pytest.fixture
def pool(monkeypatch):
    formula = Formula()

    @contextmanager
    def opened(problem, processes, on):
        formula.problem, formula.processes, formula.on = problem, processes, on
        yield formula

    monkeypatch.setattr(pools, "open_pool", opened)
    return formula


def tune(tmp_path, *arguments):
    return main(["tune", "tiny", "--out", str(tmp_path / "g.toml"), "--proof", "3", *arguments])


def test_the_best_rules_are_written_with_how_they_came_about(tmp_path, capsys, pool):
    assert tune(tmp_path, "--generations", "6", "--json") == 0
    told = capsys.readouterr()
    assert told.err == ""
    summary = json.loads(told.out)
    assert set(summary) == {
        "world", "robots", "steps", "generations", "seed", "start", "tasks_a_step", "kept", "gain_over_none",
        "gain_over_start", "rules", "out",
    }  # fmt: skip
    assert (summary["world"], summary["robots"], summary["steps"]) == ("tiny", 6, 500)
    assert summary["kept"] == "tuned"
    assert summary["gain_over_none"]["proven"] is True
    assert summary["gain_over_none"]["mean"] == pytest.approx(2.0, abs=0.1)
    rules = read_guidance(tmp_path / "g.toml")
    assert rules == GuidanceRules.from_table(summary["rules"])
    assert rules.lanes == "keep_right"
    written = tomllib.loads((tmp_path / "g.toml").read_text())["tuned"]
    assert (written["robots"], written["seed"], written["generations"], written["kept"]) == (6, 1, 6, "tuned")
    assert written["tasks_a_step"]["no guidance"] == pytest.approx(1.0, abs=0.01)


def test_a_table_says_what_is_gained(tmp_path, capsys, pool):
    assert tune(tmp_path, "--generations", "4") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "tuned (kept)" in told
    assert "is proven" in told
    assert f"Written to {tmp_path / 'g.toml'}" in told


def test_no_gain_is_said_plainly_and_nothing_is_written(tmp_path, capsys, pool):
    pool.best_is_none = True
    assert tune(tmp_path, "--generations", "1") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "There is no gain in tuning here: no guidance is better than what the search found." in told
    assert "Nothing written: no guidance is best." in told
    assert not (tmp_path / "g.toml").exists()


def test_what_the_search_is_asked_for(tmp_path, pool):
    options = ["--robots", "4", "--for", "60s", "--orders", "poisson:99", "--memory", "64", "--processes", "3"]
    assert tune(tmp_path, *options, "--evaluations", "30", "--population", "10", "--on", "ray", "--json") == 0
    problem = pool.problem
    assert (problem.robots, problem.steps, problem.warmup, problem.orders) == (4, 60, 15, "poisson:99")
    assert (problem.memory_mb, pool.processes, pool.on) == (64, 3, "ray")
    state = json.loads((tmp_path / "g.toml.state.json").read_text())
    assert [len(row) for row in state["generations"]] == [10, 10, 10]


def test_the_rules_are_named_after_the_world_and_orders_never_run_out(tmp_path, monkeypatch, pool):
    monkeypatch.chdir(tmp_path)
    assert main(["tune", "tiny", "--generations", "1", "--json"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"tiny.guidance.toml", "tiny.guidance.toml.state.json"}
    assert pool.problem.orders == "poisson:360"


def test_a_search_goes_on_with_more_generations_and_is_not_begun_twice(tmp_path, capsys, pool):
    assert tune(tmp_path, "--generations", "2", "--json") == 0
    assert tune(tmp_path, "--generations", "4", "--json") == 2
    assert "add --resume" in capsys.readouterr().err
    assert tune(tmp_path, "--generations", "4", "--json", "--resume") == 0
    resumed = json.loads(capsys.readouterr().out)
    (tmp_path / "g.toml.state.json").unlink()
    assert tune(tmp_path, "--generations", "4", "--json") == 0
    assert json.loads(capsys.readouterr().out) == resumed


def test_progress_is_shown_on_a_terminal(tmp_path, capsys, monkeypatch, pool):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert tune(tmp_path, "--generations", "2", "--json") == 0
    told = capsys.readouterr()
    for part in ("screening", "generation 2 of 2", "proof", "tasks a step"):
        assert part in told.err
    json.loads(told.out)


def test_an_instance_has_its_own_number_of_robots_and_the_one_goal_workload(tmp_path, pool):
    from tests.league_instances import written

    path = written(tmp_path, ["...", "..."], [(0, 0), (1, 1)], [[(0, 2)], [(1, 0)]])
    assert main(["tune", str(path), "--generations", "1", "--out", str(tmp_path / "g.toml"), "--json"]) == 0
    assert (pool.problem.robots, pool.problem.orders) == (2, "")
