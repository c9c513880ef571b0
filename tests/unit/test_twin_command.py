"""`futurepark twin`: which command is meant, robots with physics in a run and behind gateways, and what is refused."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from os import urandom

import pytest

from fleet.app.main import main
from fleet.app.simulated_robots.compose import robots_program
from fleet.app.simulated_robots.memory_file import MemoryFileError
from fleet.app.simulated_robots.settings import RobotsSettings
from tests.scripted_controller import ScriptedController

HERE = ["--connect", "tcp://127.0.0.1:9", "--count", "1"]
MODEL = "[robot]\nmax_speed_mps = 1.0\n[body]\nmass_kg = 90.0\n"


@pytest.fixture
def said(capsys, monkeypatch):
    """A function that runs a command and returns its exit code and all that it said."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        capsys.readouterr()
        code = main(list(map(str, arguments)))
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, told.out + told.err

    return run


def test_the_word_serve_may_be_left_out(said):
    refused = said("twin", "serve", "nowhere", *HERE)
    assert refused[0] == 2
    assert "no world of this name" in refused[1]
    assert said("twin", "nowhere", *HERE) == refused
    assert said("twin", *HERE, "nowhere") == refused


def test_robots_are_on_rails_and_those_of_the_twin_on_wheels(said, monkeypatch, tmp_path):
    (tmp_path / "robot.toml").write_text(MODEL)
    asked = []
    monkeypatch.setattr("fleet.app.simulated_robots.run.run", lambda settings, **_: asked.append(settings) or 0)
    assert said("robots", "tiny", *HERE) == (0, "")
    assert said("twin", "tiny", *HERE, "--robot-model", tmp_path / "robot.toml", "--seed", "7") == (0, "")
    assert [(given.driver, given.robot_model, given.seed) for given in asked] == [
        ("kinematic", "", 1),
        ("twin", str(tmp_path / "robot.toml"), 7),
    ]


def test_other_commands_of_the_group_are_named(said):
    code, text = said("twin", "--help")
    assert code == 0
    for name in ("serve", "replay", "fit"):
        assert f" {name} " in text
    assert "no such file" in said("twin", "replay", "nowhere")[1]


def test_what_is_wrong_with_robots_is_said_as_by_the_other_command(said, tmp_path):
    (tmp_path / "robot.toml").write_text("[body]\nmass_kg = 0.0\n")
    for arguments, words in (
        (["tiny", *HERE, "--gateways", "2"], "--gateways"),
        (["tiny", "--connect", "http://x", "--count", "1"], "is no endpoint"),
        (["tiny", *HERE, "--robot-model", tmp_path / "none.toml"], "none.toml"),
        (["tiny", *HERE, "--robot-model", tmp_path / "robot.toml"], "mass_kg"),
        (["tiny"], "--connect"),
    ):
        code, text = said("twin", *arguments)
        assert code == 2, text
        assert words in text


@pytest.mark.jit
def test_robots_with_physics_work_and_touch_nothing(said, tmp_path):
    (tmp_path / "robot.toml").write_text(MODEL)
    run = ["run", "tiny", "--robots", "6", "--for", "2m", "--orders", "poisson:900", "--driver", "twin", "--audit"]
    hashes = set()
    for model in ([], ["--robot-model", tmp_path / "robot.toml"]):
        code, text = said(*run, *model, "--out", tmp_path, "--json")
        assert code == 0, text
        summary = json.loads(text)
        assert summary["tasks"]["done"] > 0
        assert summary["violations"] == 0
        assert summary["contacts"] == {"robots": 0, "racks": 0, "people": 0}
        hashes.add(summary["trace_hash"])
    assert len(hashes) == 2


def settings(endpoint, folder, **more):
    given = {
        "world": "tiny",
        "endpoints": (endpoint,),
        "serials": ("amr-000", "amr-001", "amr-002"),
        "skipped": 0,
        "gateways": ("gw-000",),
        "keys": None,
        "seed": 1,
        "state": folder / "state",
        "faults": None,
        "driver": "twin",
    }
    return RobotsSettings(**(given | more))


@contextmanager
def running(given):
    with robots_program(given, lambda: urandom(16), lambda text: None) as program:
        thread = threading.Thread(target=program.run)
        thread.start()
        try:
            yield program
        finally:
            program.stop()
            thread.join(60)
    assert not thread.is_alive()


@pytest.mark.jit
def test_robots_with_physics_go_on_where_they_were(tmp_path):
    with ScriptedController() as controller:
        given = settings(controller.endpoint, tmp_path)
        with running(given):
            controller.until(lambda: len(controller.states) == 3)
            for robot in given.serials:
                controller.order(robot, 20)
            controller.until(lambda: min(state.last_seq for state in controller.states.values()) >= 6)
        controller.until(lambda: len(controller.byes) == 1)
        before = dict(controller.states)
        controller.states.clear()
        with running(given):
            controller.until(lambda: len(controller.states) == 3)
            for robot, state in controller.states.items():
                assert state.upd == 20
                assert state.last_seq >= before[robot].last_seq
                away_m = abs(state.pose.x - before[robot].pose.x) + abs(state.pose.y - before[robot].pose.y)
                assert away_m < 1.0
            controller.until(
                lambda: min(state.last_seq - before[robot].last_seq for robot, state in controller.states.items()) >= 4
            )


@pytest.mark.jit
def test_a_state_is_of_robots_with_these_bodies_alone(tmp_path):
    (tmp_path / "robot.toml").write_text("[body]\nmass_kg = 90.0\n")
    given = settings("tcp://127.0.0.1:9", tmp_path)
    with robots_program(given, lambda: bytes(16), lambda text: None) as program:
        program.stop()
        program.run()
    for other in ({"driver": "kinematic"}, {"robot_model": str(tmp_path / "robot.toml")}):
        with (
            pytest.raises(MemoryFileError, match="is of bodies wheels"),
            robots_program(settings("tcp://127.0.0.1:9", tmp_path, **other), lambda: bytes(16), lambda text: None),
        ):
            pass
