"""The people of torture: what they do about what is wrong, when, and that they do it by the book."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fleet.app.torture.operator import Operator
from fleet.traffic.zones.actions import Close, EmergencyStop, FireAlarm, Rectangle, Slow, WholeFloor, ZoneAction
from fleet.traffic.zones.zones import Zones
from robots.arrays import Bool
from tests.floors import drawn

LAYOUT = drawn("...... ...... ......")


class Driver:
    """Robots of which some are not where they should be."""

    def __init__(self, robots: int = 3) -> None:
        self.displaced: Bool = np.zeros(robots, dtype=np.bool_)
        self.put: list[int] = []
        self.charge = np.full(robots, 50.0, dtype=np.float32)

    def truth(self) -> "Driver":
        return self

    def put_back(self, robot: int) -> bool:
        self.put.append(robot)
        self.displaced[robot] = False
        return True

    def recharge(self, robot: int, percent: float) -> None:
        self.charge[robot] = percent


class Dispatcher:
    def __init__(self) -> None:
        self.cleared: list[int] = []

    def charger_cleared(self, cell: int) -> None:
        self.cleared.append(cell)


class Hall:
    """An operator at work, and what is written down of it."""

    def __init__(self, seed: int = 1) -> None:
        self.log: list[dict[str, Any]] = []
        none = np.zeros(0, dtype=np.int32)
        self.zones = Zones(LAYOUT, {}, none, none, self.log.append, robots=3)
        self.driver, self.dispatcher = Driver(), Dispatcher()
        self.operator = Operator(seed, self.zones, self.driver, self.dispatcher)  # type: ignore[arg-type]
        self.now_s = 0.0

    def until(self, holds: Callable[[], bool], within_s: float = 200.0) -> float:
        """Let people work until something holds; return when that was."""
        end_s = self.now_s + within_s
        while not holds():
            assert self.now_s < end_s, self.log
            self.now_s += 1.0
            self.operator.step(self.now_s, self.driver.charge)
        return self.now_s

    def told(self) -> list[str]:
        return [event["event"] for event in self.log]


STOPS: dict[str, ZoneAction] = {
    "e-stop": EmergencyStop(area=Rectangle(0, 0, 1, 1), by="ada"),
    "e-stop of the floor": EmergencyStop(area=WholeFloor()),
    "fire": FireAlarm(),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_is_cleared_in_two_steps_with_a_name(name: str) -> None:
    hall = Hall()
    hall.zones.apply(STOPS[name], 0.0)
    hall.until(lambda: not hall.zones.in_force())
    assert hall.told()[1:] == ["clear_requested", "clear_confirmed"]
    assert all(event["by"] for event in hall.log[1:])
    requested, confirmed = (event["t"] for event in hall.log[1:])
    assert requested >= 4.0
    assert confirmed - requested >= 1.0


def test_a_quarantine_is_cleared_only_once_its_robot_is_back() -> None:
    hall = Hall()
    hall.zones.quarantine(np.array([3, 4], dtype=np.int32), 1, 0.0)
    hall.driver.displaced[1] = True
    hall.until(lambda: bool(hall.driver.put))
    assert hall.told() == ["quarantine"]
    hall.until(lambda: not hall.zones.in_force())
    assert hall.driver.put == [1]


def test_whoever_is_refused_because_things_have_changed_begins_again() -> None:
    hall = Hall()
    hall.zones.apply(STOPS["e-stop"], 0.0)
    hall.until(lambda: "clear_requested" in hall.told())
    hall.zones.apply(STOPS["fire"], hall.now_s)
    hall.until(lambda: not hall.zones.in_force())
    assert hall.told().count("clear_requested") == 3
    assert hall.operator.done["request_clear"] == 3
    assert hall.operator.done["confirm_clear"] == 2


def test_what_was_closed_for_good_is_opened_and_what_has_a_time_is_left_to_it() -> None:
    hall = Hall()
    hall.zones.apply(Close(area=Rectangle(0, 0, 0, 0), by="ada", ref="open"), 0.0)
    hall.zones.apply(Slow(area=Rectangle(1, 0, 1, 0), by="ada", limit_mps=0.5, for_s=150.0, ref="ends"), 0.0)
    hall.until(lambda: "zone_opened" in hall.told(), 60.0)
    assert [one.ref for one in hall.zones.in_force()] == ["ends"]
    hall.until(lambda: False if hall.now_s < 151 else not hall.zones.expire(hall.now_s))
    assert hall.told().count("zone_opened") == 1
    assert "zone_expired" in hall.told()


def test_a_charger_that_failed_is_seen_to_once() -> None:
    hall = Hall()
    hall.operator.hear({"t": 0.0, "event": "charger_failed", "robot": 2, "cell": 4})
    hall.operator.hear({"t": 0.0, "event": "task_done", "task": 2})
    hall.until(lambda: bool(hall.dispatcher.cleared), 100.0)
    assert hall.now_s >= 20.0
    hall.now_s += 100.0
    hall.operator.step(hall.now_s, hall.driver.charge)
    assert hall.dispatcher.cleared == [4]


def test_people_take_their_time_by_the_seed_and_each_time_another() -> None:
    def times(seed: int) -> list[float]:
        hall = Hall(seed)
        found = []
        for _ in range(3):
            hall.driver.displaced[0] = True
            before, count = hall.now_s, len(hall.driver.put)
            hall.until(lambda count=count: len(hall.driver.put) > count)  # type: ignore[misc]
            found.append(hall.now_s - before)
        return found

    assert times(1) == times(1)
    assert times(1) != times(2)
    assert len(set(times(1))) > 1


def test_a_robot_without_energy_is_brought_some() -> None:
    hall = Hall()
    hall.driver.charge[2] = 0.0
    assert hall.until(lambda: bool((hall.driver.charge > 0).all()), 61.0) >= 15.0
    assert hall.operator.done == {"recharged": 1}


def test_a_quarantine_stays_for_as_long_as_its_robot_cannot_be_put_back() -> None:
    hall = Hall()
    hall.zones.quarantine(np.array([3, 4], dtype=np.int32), 1, 0.0)
    hall.driver.displaced[1] = True
    hall.driver.put_back = lambda _robot: False  # type: ignore[method-assign]
    hall.until(lambda: hall.now_s > 150.0)
    assert hall.told() == ["quarantine"]
