"""`futurepark robots` in processes of its own, over real sockets with CURVE: killed, stopped, misused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise
from random import Random

import pytest

from fleet.app.main import main
from robots.gateways.keys import load_key, new_key
from tests.scripted_controller import ScriptedController

pytestmark = pytest.mark.e2e

FUTUREPARK = [sys.executable, "-m", "fleet"]


@pytest.fixture
def keys(tmp_path):
    for name in ("controller", "gw-000", "gw-001"):
        new_key(tmp_path / "keys", name)
    return tmp_path / "keys"


def command(endpoint, keys, *more, count=6, gateways=2):
    given = ["--keys", keys, "--server-key", keys / "controller.key"] if keys is not None else []
    options = ["--connect", endpoint, "--count", count, "--gateways", gateways, *given, *more]
    return [*FUTUREPARK, "robots", "tiny", *map(str, options)]


@contextmanager
def running(*arguments, **named):
    """The program; killed at the end if it is still there."""
    process = subprocess.Popen(command(*arguments, **named), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def secured(keys):
    return ScriptedController(load_key(keys / "controller.key_secret"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_a_bye_and_its_state_written(tmp_path, keys, number, code):
    with (
        secured(keys) as controller,
        running(controller.endpoint, keys, "--state", tmp_path / "state", "--json") as process,
    ):
        controller.until(lambda: len(controller.states) == 6)
        process.send_signal(number)
        controller.until(lambda: len(controller.byes) == 2)
        told, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    figures = json.loads(told)
    assert (figures["robots"], figures["gateways"]) == (6, 2)
    assert figures["ticks"] > 0
    assert (tmp_path / "state").stat().st_size > 1000


def test_killed_at_any_moment_robots_know_all_that_they_have_reported(tmp_path, keys):
    rng = Random(1)
    boots = set()
    with secured(keys) as controller:
        for life in range(8):
            with running(controller.endpoint, keys, "--state", tmp_path / "state"):
                controller.until(lambda: len(controller.states) == 6)
                boots |= {hello.boot for hello in controller.hellos}
                assert len(boots) == 2 * (life + 1)
                busy_until(controller, len(controller.history) + rng.randrange(4, 25))
            drain(controller)
            check(controller)
        with running(controller.endpoint, keys, "--state", tmp_path / "state"):
            controller.until(lambda: len(controller.states) == 6)
            controller.until(lambda: all(at_end(controller, state) for state in controller.states.values()))
        check(controller)
        assert max(state.last_seq for state in controller.states.values()) > 20


def at_end(controller, state):
    """Whether a robot has done all of its base, and stands where that leads."""
    end = controller.plans[state.robot][state.upd]
    away = abs(state.pose.x - end.x) + abs(state.pose.y - end.y)
    return state.last_seq == 2 * state.upd and not state.driving and away < 0.03


def drain(controller):
    """Take in what a killed program has still said, and know nothing of it any more."""
    while controller.pump():
        pass
    controller.forget()


def busy_until(controller, reports):
    """Give every robot more when it has little left, and say the same again until it has it; until so many reports."""
    while len(controller.history) < reports:
        for robot, state in controller.states.items():
            if state.upd - state.last_seq // 2 < 4:
                controller.order(robot, 6)
        for _ in range(20):
            controller.pump()


def check(controller):
    """Nothing that was reported or acknowledged is ever taken back, over all lives of the program."""
    for robot in controller.plans:
        told = [state for state in controller.history if state.robot == robot]
        for before, after in pairwise(told):
            assert after.last_seq >= before.last_seq
            assert after.upd >= before.upd
            if before.boot != after.boot:
                assert abs(after.pose.x - before.pose.x) + abs(after.pose.y - before.pose.y) < 1.0
    assert {ack.error for ack in controller.acks.values()} <= {""}


def test_an_acknowledged_order_is_known_after_a_kill(tmp_path, keys):
    with secured(keys) as controller:
        for life in range(6):
            with running(controller.endpoint, keys, "--state", tmp_path / "state"):
                controller.until(lambda: len(controller.states) == 6)
                assert all(state.upd == 5 * life for state in controller.states.values())
                made = [controller.order(robot, 5) for robot in controller.states]
                controller.until(lambda sent=made: all((order.robot, order.seq) in controller.acks for order in sent))
            drain(controller)


def test_a_gateway_with_another_key_than_the_controllers_says_nothing(tmp_path, keys):
    new_key(tmp_path / "other", "controller")
    with ScriptedController(load_key(tmp_path / "other" / "controller.key_secret")) as controller:
        with running(controller.endpoint, keys):
            for _ in range(250):
                controller.pump()
        assert controller.hellos == []


def test_bad_input_is_said_in_words_and_ends_with_2(tmp_path, keys, capsys):
    here = "tcp://127.0.0.1:9"
    loose = tmp_path / "loose"
    new_key(loose, "gw-000").chmod(0o644)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"nonsense")
    faults = tmp_path / "faults.jsonl"
    faults.write_text('{"t": 1, "kind": "dead", "robot": 99}\n')
    one = {"count": 1, "gateways": 1}
    for arguments, words in (
        ([*FUTUREPARK, "robots", "nowhere", "--connect", here, "--count", "1"], "no world of this name"),
        (command("http://x", None, **one), "is no endpoint"),
        (command("tcp://10.0.0.5:7100", None, **one), "--keys"),
        (command(here, keys, count=3, gateways=3), "gw-002"),
        (command(here, loose, **one), "gw-000"),
        (command(here, keys, count=10_000, gateways=1), "do not fit"),
        (command(here, keys, count=1, gateways=2), "--gateways"),
        (command(here, keys, "--first", "amr", **one), "--first"),
        (command(here, keys, "--state", damaged, **one), "damaged"),
        (command(here, keys, "--state", tmp_path / "no" / "state", **one), "cannot be written"),
        (command(here, keys, "--faults", faults, **one), "no robot 99"),
    ):
        code = main(arguments[len(FUTUREPARK) :])
        said = capsys.readouterr().err
        assert code == 2, (arguments, said)
        assert words in said
        assert "Traceback" not in said


def test_a_state_of_another_world_is_refused(tmp_path, keys):
    state = tmp_path / "state"
    with secured(keys) as controller, running(controller.endpoint, keys, "--state", state):
        controller.until(lambda: len(controller.states) == 6)
    for more in (["--seed", "2"], ["--first", "amr-001"]):
        done = subprocess.run(
            command("tcp://127.0.0.1:9", keys, "--state", state, *more),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 2
        assert "not" in done.stderr
