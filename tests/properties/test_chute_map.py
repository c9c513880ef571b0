"""Whatever is closed, lent, swapped and dropped in any order: no cage ever has goods of two destinations."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fleet.errors import TaskError
from fleet.runtime.keeping.chute_map import ChuteMap, ChuteState, CloseReason

OPEN, EMPTYING, ATTENDED = ChuteState
FULL, JAMMED = CloseReason.FULL, CloseReason.JAMMED


class Chutes(RuleBasedStateMachine):
    """cages: what lies in each; coming: drops that are granted and have not come; closed: chutes that are, and why."""

    @initialize(homes=st.lists(st.sampled_from(["Lyon", "Oslo", "Rome"]), min_size=1, max_size=6))
    def begin(self, homes: list[str]) -> None:
        self.homes = homes
        self.map = ChuteMap(homes)
        self.cages: list[list[tuple[str, int]]] = [[] for _ in homes]
        self.coming: list[tuple[int, str]] = []
        self.closed: dict[int, CloseReason] = {}

    def some(self, data: st.DataObject, *states: ChuteState) -> int | None:
        chutes = [chute for chute, state in enumerate(self.map.state) if state in states]
        return data.draw(st.sampled_from(chutes), label="chute") if chutes else None

    @rule(data=st.data())
    def grant(self, data: st.DataObject) -> None:
        """A robot is told to drop what belongs to a destination, wherever a chute is open for it."""
        destination = data.draw(st.sampled_from(self.homes), label="destination")
        chutes = self.map.open_for(destination)
        if chutes:
            self.coming.append((data.draw(st.sampled_from(chutes), label="chute"), destination))

    @precondition(lambda self: self.coming)
    @rule(units=st.integers(1, 9), data=st.data())
    def land(self, units: int, data: st.DataObject) -> None:
        chute, destination = self.coming.pop(data.draw(st.integers(0, len(self.coming) - 1), label="drop"))
        self.map.dropped(chute, destination, units)
        self.cages[chute].append((destination, units))

    @rule(data=st.data(), reason=st.sampled_from([FULL, JAMMED]))
    def close(self, data: st.DataObject, reason: CloseReason) -> None:
        chute = self.some(data, OPEN)
        if chute is not None:
            self.map.close(chute, reason)
            self.closed[chute] = reason

    @rule()
    def go_on(self) -> None:
        """What is closed and quiet is swapped; what can be lent is lent, what is not needed goes back."""
        busy = {chute for chute, _ in self.coming}
        for chute, state in enumerate(self.map.state):
            if state is EMPTYING and chute not in busy:
                self.map.quiet(chute)
        for chute, closed in self.map.settle(busy):
            if closed is not None:
                self.closed[chute] = closed
                assert self.cages[chute] or chute in busy
        assert self.map.settle(busy) == []
        for destination in set(self.homes):
            if not self.map.open_for(destination):
                assert self.lenders(busy) == []

    def lenders(self, busy: set[int]) -> list[int]:
        """Chutes that could be lent: empty, open for their own, and not the only ones that are."""
        takes = [
            (home, chute)
            for chute, home in enumerate(self.homes)
            if self.map.state[chute] is OPEN and self.map.serves[chute] == home
        ]
        others = [[one for one in range(len(self.homes)) if self.map.takes(one, home)] for home, _ in takes]
        return [
            chute
            for (_, chute), open_for in zip(takes, others, strict=True)
            if len(open_for) > 1 and chute not in busy and not self.cages[chute]
        ]

    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        chute = self.some(data, ATTENDED)
        if chute is not None:
            assert self.map.swapped(chute)
            self.cages[chute] = []
            del self.closed[chute]
            assert self.map.takes(chute, self.homes[chute])

    @rule(data=st.data())
    def free(self, data: st.DataObject) -> None:
        """Somebody looks into any chute: one that was closed for that, and is quiet, opens, and goes on as it was."""
        chute = data.draw(st.integers(0, len(self.homes) - 1), label="chute")
        served, state = self.map.serves[chute], self.map.state[chute]
        opens = state is ATTENDED and self.closed[chute] is JAMMED
        assert self.map.freed(chute) == opens
        if opens:
            del self.closed[chute]
            assert self.map.takes(chute, served)
        else:
            assert self.map.state[chute] is state

    @rule(data=st.data())
    def swap_unasked(self, data: st.DataObject) -> None:
        chute = self.some(data, OPEN, EMPTYING)
        if chute is not None:
            assert not self.map.swapped(chute)
            self.cages[chute] = []

    @invariant()
    def no_cage_has_goods_of_two_destinations(self) -> None:
        for chute, cage in enumerate(getattr(self, "cages", [])):
            assert {destination for destination, _ in cage} <= {self.map.serves[chute]}
            assert self.map.units[chute] == sum(units for _, units in cage)

    @invariant()
    def what_was_closed_stays_so_until_it_is_seen_to(self) -> None:
        if hasattr(self, "map"):
            assert {chute for chute, state in enumerate(self.map.state) if state is not OPEN} == set(self.closed)
            assert {chute: reason for chute, reason in enumerate(self.map.closed) if reason} == self.closed


Chutes.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestChutes = Chutes.TestCase


def lent_map() -> ChuteMap:
    """Chute 1 of Lyon is lent to Oslo, whose only chute is closed."""
    chutes = ChuteMap(["Lyon", "Lyon", "Oslo"])
    chutes.dropped(0, "Lyon", 5)
    chutes.close(2, FULL)
    assert [change.chute for change in chutes.settle(())] == [1]
    return chutes


def test_a_chute_is_lent_to_a_destination_without_one_and_goes_back() -> None:
    chutes = lent_map()
    assert (chutes.open_for("Lyon"), chutes.open_for("Oslo")) == ([0], [1])
    chutes.quiet(2)
    assert chutes.swapped(2)
    assert chutes.settle(()) == [(1, None)]
    assert (chutes.open_for("Lyon"), chutes.open_for("Oslo")) == ([0, 1], [2])


def test_a_chute_that_was_lent_goes_back_with_an_empty_cage_only() -> None:
    chutes = lent_map()
    chutes.dropped(1, "Oslo", 3)
    chutes.quiet(2)
    chutes.swapped(2)
    ((chute, closed),) = chutes.settle(())
    assert (chute, closed.value if closed else None) == (1, "borrowed")
    assert chutes.open_for("Lyon") == [0]
    chutes.quiet(1)
    assert chutes.swapped(1)
    assert chutes.open_for("Lyon") == [0, 1]


def test_the_last_chute_of_a_destination_a_used_one_and_one_in_use_are_not_lent() -> None:
    last = ChuteMap(["Lyon", "Oslo"])
    last.close(1, FULL)
    assert last.settle(()) == []
    used = ChuteMap(["Lyon", "Lyon", "Oslo"])
    used.dropped(1, "Lyon", 1)
    used.close(2, FULL)
    assert used.settle({0}) == []
    assert used.settle(()) == [(0, None)]


def test_the_least_used_of_several_is_lent() -> None:
    chutes = ChuteMap(["Lyon", "Lyon", "Lyon", "Oslo"])
    for chute, units in enumerate((4, 2, 3)):
        chutes.dropped(chute, "Lyon", units)
        chutes.swapped(chute)
    chutes.close(3, FULL)
    assert chutes.settle(()) == [(1, None)]


def test_an_empty_chute_goes_back_to_its_own_goods_when_they_have_no_other() -> None:
    chutes = lent_map()
    chutes.close(0, FULL)
    assert chutes.settle(()) == [(1, None)]
    assert (chutes.open_for("Lyon"), chutes.open_for("Oslo")) == ([1], [])


def test_what_is_not_in_order_is_refused() -> None:
    chutes = ChuteMap(["Lyon", "Oslo"])
    with pytest.raises(TaskError, match="goods for 'Oslo' were dropped at chute 0, open for 'Lyon'"):
        chutes.dropped(0, "Oslo", 1)
    with pytest.raises(TaskError, match="chute 0 is open, not emptying"):
        chutes.quiet(0)
    chutes.close(0, FULL)
    with pytest.raises(TaskError, match="chute 0 is emptying, not open"):
        chutes.close(0, JAMMED)
    chutes.quiet(0)
    with pytest.raises(TaskError, match="dropped at chute 0, attended for 'Lyon'"):
        chutes.dropped(0, "Lyon", 1)
