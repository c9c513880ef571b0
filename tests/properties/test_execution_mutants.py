"""P1 to P10 of the specification of execution can be broken, and each break is found: mutants of the product."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.mutants.duties import DUTIES
from tests.mutants.ledger import LEDGER
from tests.mutants.robots import ROBOTS
from tests.mutants.scenarios import SCENARIOS, play

pytestmark = pytest.mark.jit

MUTANTS = (*LEDGER, *DUTIES, *ROBOTS)
# What a scenario is about, and must therefore have seen when nothing is broken.
SEES = {
    "calm": (),
    "crowd": ("rings_cut",),
    "links": (),
    "broken": ("robot_down", "robot_back", "quarantine", "released"),
    "silent": ("robot_lost", "robot_back", "stranded", "taken_over", "reclaimed"),
    "zones": ("quarantine",),
    "held_back": (),
    "closed": (),
    "dead": ("robot_lost", "released"),
    "obstacles": ("aisle_closed",),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_found_where_nothing_is_broken(name):
    outcome = play(SCENARIOS[name]())
    assert outcome.rules == frozenset(), outcome.texts
    assert all(outcome.seen.get(what) for what in SEES[name]), outcome.seen


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(mutant, monkeypatch):
    mutant.apply(monkeypatch)
    outcome = play(SCENARIOS[mutant.scenario]())
    assert mutant.caught_by in outcome.rules, (outcome.rules, outcome.texts)


def test_every_property_is_broken_by_some_mutant():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 24
    assert set(Counter(mutant.caught_by for mutant in MUTANTS)) == {f"P{number}" for number in range(1, 11)}
