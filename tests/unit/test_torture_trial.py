"""A torture trial: what it plays, what it finds, and that it is the same again, in any process."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.operator import Operator
from fleet.app.torture.schedule import Event, Schedule
from fleet.app.torture.trial import CRASH, UNDRAINED, Trial, TrialStopped, run_trial
from fleet.traffic.ledger import TrafficLedger
from robots.errors import InputError
from twin.simulated_fleet import SimulatedFleet


def schedule(*events: Event, robots: int = 4, orders_s: float = 10.0) -> Schedule:
    return Schedule(
        seed=1,
        robots=robots,
        floor="tight",
        orders_per_hour=1500.0,
        orders_s=orders_s,
        charge_percent=90.0,
        message_loss=0.0,
        events=events,
    )


@pytest.mark.slow
def test_without_faults_everything_is_done_and_nothing_is_found() -> None:
    result = run_trial(schedule())
    assert not result.failed
    assert result.tasks > 0
    assert result.faults == {}
    assert result.robot_ticks == 4 * result.ticks


def test_the_same_schedule_comes_to_the_same_and_another_seed_to_another() -> None:
    one = run_trial(schedule(orders_s=5.0))
    assert run_trial(schedule(orders_s=5.0)) == one
    assert run_trial(msgspec.structs.replace(schedule(orders_s=5.0), seed=2)).digest != one.digest


@pytest.mark.jit
def test_a_seed_comes_to_the_same_in_every_process_whatever_strings_hash_to() -> None:
    program = (
        "from fleet.app.torture.drawing import draw_schedule; from fleet.app.torture.trial import run_trial;"
        "print(run_trial(draw_schedule(3, 14)).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in (1, 2)
    }
    assert digests == {run_trial(draw_schedule(3, 14)).digest}


EVENTS: dict[str, tuple[Event, Callable[[dict[str, int]], Any]]] = {
    "restart": ({"controller": "restart", "for_s": 1.0}, lambda done: True),
    "stall": ({"controller": "stall", "for_s": 1.0}, lambda done: True),
    "displaced": ({"kind": "displaced", "robot": 1, "value": 0.8}, lambda done: done["put_back"] == 1),
    "e-stop": ({"do": "e_stop", "by": "ada", "floor": True}, lambda done: done["confirm_clear"] == 1),
    "closed": ({"do": "close", "by": "ada", "rect": [3, 3, 4, 6]}, lambda done: done["open"] == 1),
    "dead": ({"kind": "dead", "robot": 2, "for_s": 8.0}, lambda done: done["controller_robot_back"] == 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVENTS)
def test_events_of_every_sort_happen_and_everything_comes_to_rest(name: str) -> None:
    event, seen_to = EVENTS[name]
    result = run_trial(schedule({"t": 3.0, **event}))
    assert not result.failed, (result.finding, result.undrained)
    assert sum(result.faults.values()) == 1
    assert seen_to(result.responses), result.responses


@pytest.mark.slow
def test_after_a_restart_robots_obey_a_newer_epoch() -> None:
    trial = Trial(schedule({"t": 2.0, "controller": "restart", "for_s": 0.5}))
    before = trial.parts.loop.execution.ledger
    assert not trial.run().failed
    assert trial.parts.loop.execution.ledger is not before
    assert (trial.parts.loop.state.epoch >= 1).all()


def test_a_broken_rule_ends_the_trial_and_is_what_it_fails_of(monkeypatch: pytest.MonkeyPatch) -> None:
    # A ledger that forgets who holds what.
    take_in = TrafficLedger.take_in

    def forgets(self: TrafficLedger, state: Any) -> None:
        take_in(self, state)
        if state.time_s > 2.0:
            self.holder[self.cell[0]] = -1

    monkeypatch.setattr(TrafficLedger, "take_in", forgets)
    result = run_trial(schedule())
    assert result.rule == "P6"
    assert result.violations > 0
    assert result.ticks < 30
    assert "cell" in result.finding


def test_an_exception_in_the_controller_is_a_failure_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_self: TrafficLedger, state: Any) -> None:
        if state.time_s > 1.0:
            raise IndexError("no such row")

    monkeypatch.setattr(TrafficLedger, "take_in", breaks)
    result = run_trial(schedule())
    assert (result.rule, result.violations) == (CRASH, 1)
    assert "IndexError: no such row" in result.finding
    assert "test_torture_trial.py" in result.finding


def test_what_never_comes_to_rest_is_undrained_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.app.torture.trial.DRAIN_S", 20.0)
    monkeypatch.setattr(SimulatedFleet, "put_back", lambda _self, _robot: False)
    result = run_trial(schedule({"t": 2.0, "kind": "displaced", "robot": 1, "value": 0.8}, orders_s=3.0))
    assert result.rule == UNDRAINED
    assert result.violations == 0
    assert any("robots are down: 1" in line for line in result.undrained)


def test_what_is_still_restricted_and_what_is_still_owed_is_undrained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.app.torture.trial.DRAIN_S", 15.0)
    monkeypatch.setattr(Operator, "step", lambda *_: None)
    stopped = run_trial(schedule({"t": 0.5, "do": "slow", "by": "ada", "cell": [3, 3], "limit_mps": 0.2}, orders_s=0.1))
    assert stopped.rule == UNDRAINED
    assert stopped.undrained == ("zones in force: slow 1",)
    owed = run_trial(schedule(orders_s=10.0))
    assert owed.rule == UNDRAINED
    assert owed.undrained[0].startswith("orders: ")


@pytest.mark.jit
def test_a_robot_that_is_back_and_waits_for_its_load_to_be_taken_over_is_an_obstacle() -> None:
    assert any(waits_as_an_obstacle(at_s, for_s) for at_s in (40.0, 50.0, 60.0) for for_s in (8.0, 16.0, 25.0))


def waits_as_an_obstacle(at_s: float, for_s: float) -> bool:
    """Let half of the robots die; return whether one of them waited for a takeover and was an obstacle meanwhile."""
    dead: list[Event] = [{"t": at_s, "kind": "dead", "robot": robot, "for_s": for_s} for robot in range(6)]
    trial = Trial(schedule(*dead, robots=12, orders_s=40.0))
    loop, roster = trial.parts.loop, trial.crew.dispatcher.roster
    waited = 0
    for _ in range(1000):
        loop.tick()
        waiting = np.flatnonzero(roster.retired & ~loop.floor.watch.down)
        waited = waited + 1 if len(waiting) else 0
        if waited > 3:  # what a plan decides is known to the floor in the tick after it
            assert loop.floor.closed[loop.execution.ledger.cell[waiting]].all()
        if waited > 20:
            return True
    return False


def test_a_trial_can_be_stopped() -> None:
    with pytest.raises(TrialStopped):
        run_trial(schedule(), lambda: True)


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "dead", "robot": 4, "for_s": 1.0},
        {"kind": "obstacle", "cell": [0, 0], "for_s": 1.0},
        {"do": "close", "by": "ada", "zone": "nowhere"},
        {"do": "dance", "by": "ada"},
        {"controller": "melt", "for_s": 1.0},
    ],
)
def test_an_event_that_is_impossible_on_the_floor_is_bad_input(event: Event) -> None:
    with pytest.raises(InputError, match=r"events\[0\]"):
        run_trial(schedule({"t": 1.0, **event}))
