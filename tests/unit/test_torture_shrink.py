"""Shrinking: few events that fail in the same way, found by ddmin."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fleet.app.torture.schedule import Event, Schedule
from fleet.app.torture.shrink import ddmin, shrink
from fleet.app.torture.trial import TrialResult


def events(count: int) -> list[Event]:
    return [{"t": float(number), "kind": "dead", "robot": number, "for_s": 1.0} for number in range(count)]


def numbers(of: Sequence[Event]) -> list[int]:
    return [event["robot"] for event in of]


def schedule(count: int) -> Schedule:
    return Schedule(
        seed=1, robots=12, floor="wide", orders_per_hour=1.0, orders_s=1.0, charge_percent=50.0, message_loss=0.0,
        events=tuple(events(count)),
    )  # fmt: skip


def result(rule: str) -> TrialResult:
    return TrialResult(
        seed=1, robots=12, floor="wide", ticks=1, faults={}, responses={}, violations=1, rule=rule, finding=rule,
        undrained=(), drain_s=0.0, tasks=0, digest="",
    )  # fmt: skip


class Floor:
    """Breaks a property where all of some events happen, and another one where one of others does."""

    def __init__(self, needs: set[int], other: set[int] | None = None) -> None:
        self.needs = needs
        self.other = other or set()
        self.trials = 0

    def run(self, played: Schedule) -> TrialResult:
        self.trials += 1
        there = set(numbers(played.events))
        if there & self.other:
            return result("P2")
        return result("P1" if self.needs <= there else "")


@pytest.mark.parametrize("needs", [{0}, {39}, {3, 20}, {0, 1, 2}, {5, 17, 33, 39}])
@pytest.mark.parametrize("count", [40, 41])
def test_what_is_left_is_just_what_it_takes(needs: set[int], count: int) -> None:
    floor = Floor(needs)
    shrunk = shrink(schedule(count), result("P1"), floor.run)
    assert numbers(shrunk.schedule.events) == sorted(needs)
    assert shrunk.result.rule == "P1"
    assert shrunk.trials == floor.trials


def test_a_failure_that_needs_no_event_is_shrunk_to_none() -> None:
    shrunk = shrink(schedule(9), result("P1"), Floor(set()).run)
    assert shrunk.schedule.events == ()
    assert shrunk.trials == 1


def test_another_property_that_breaks_is_not_the_same_failure() -> None:
    # Without event 4, which is not needed, the floor breaks P2: so it stays.
    class Touchy(Floor):
        def run(self, played: Schedule) -> TrialResult:
            return super().run(played) if 4 in numbers(played.events) else result("P2")

    shrunk = shrink(schedule(16), result("P1"), Touchy({10}).run)
    assert numbers(shrunk.schedule.events) == [4, 10]


def test_trials_are_bounded_and_the_best_so_far_is_what_comes_back() -> None:
    floor = Floor({3, 20})
    shrunk = shrink(schedule(40), result("P1"), floor.run, most_trials=5)
    assert floor.trials == 5
    assert {3, 20} <= set(numbers(shrunk.schedule.events))


def test_an_event_may_be_all_there_is() -> None:
    shrunk = shrink(schedule(1), result("P1"), Floor({0}).run)
    assert numbers(shrunk.schedule.events) == [0]


def test_ddmin_keeps_the_order_of_events() -> None:
    def fails(some: Sequence[Event]) -> bool:
        return {7, 2, 11} <= set(numbers(some))

    assert numbers(ddmin(events(12), fails)) == [2, 7, 11]


def test_a_shrunken_schedule_differs_in_its_events_only() -> None:
    whole: Any = msgspec.to_builtins(schedule(8))
    shrunk: Any = msgspec.to_builtins(shrink(schedule(8), result("P1"), Floor({3}).run).schedule)
    assert {name for name in whole if whole[name] != shrunk[name]} == {"events"}
