"""Why robots wait, in words; who waits behind whom; and rings of robots that wait for each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.waiting import condition_name, rings, robots_behind, wait_name
from fleet.app.site.condition import Condition
from fleet.runtime.waits import WaitReason
from tests.live_pictures import TINY, duties_of, fleet_at, floor, picture

FLOOR = floor()
CELLS = TINY.layout.free_cells
DOCK = TINY.stations[0].docks[0]
CHUTE = TINY.chutes[1].cell
ROBOT = WaitReason.ROBOT


def chains(cells, condition=Condition.WAITING, **duties):
    live = LiveFloor()
    fleet = fleet_at(cells, condition=condition)
    live.take(picture(cells, floor=FLOOR, fleet=fleet, duties=duties_of(len(cells), **duties)))
    return live.chains()


def texts(chains, robot):
    return [link.text for link in chains.why(robot)[0]]


def test_the_chain_ends_with_the_robot_that_is_served_and_says_where_and_who_else_waits():
    conditions = [Condition.WAITING, Condition.WAITING, Condition.SERVICE, Condition.WAITING]
    waits = {"waits_for": [1, 2, -1, 2], "wait": [ROBOT, ROBOT, 0, ROBOT]}
    found = chains([CELLS[0], CELLS[1], DOCK, CELLS[3]], conditions, **waits)
    assert texts(found, 0) == [
        "waits for amr-001, which waits for amr-002",
        "waits for amr-002, which is served at Pick 1, for which 3 robots wait",
        "is served at Pick 1; 3 robots wait for it",
    ]
    links, ring = found.why(0)
    assert not ring
    assert [(link.robot, link.waits_for) for link in links] == [
        ("amr-000", "amr-001"),
        ("amr-001", "amr-002"),
        ("amr-002", ""),
    ]
    assert links[2].place == "at Pick 1"


def test_a_ring_is_told_once_around():
    found = chains(CELLS[:3], waits_for=[1, 2, 0], wait=[ROBOT] * 3)
    links, ring = found.why(1)
    assert ring
    assert [link.robot for link in links] == ["amr-001", "amr-002", "amr-000"]


def test_a_ring_that_is_too_long_to_tell_is_one():
    found = chains(CELLS[:40], waits_for=[*range(1, 40), 0], wait=[ROBOT] * 40)
    links, ring = found.why(3)
    assert ring
    assert [link.robot for link in links] == [f"amr-{row:03d}" for row in range(3, 33)]


def test_a_robot_that_waits_for_a_ring_is_in_none():
    found = chains(CELLS[:3], waits_for=[1, 2, 1], wait=[ROBOT] * 3)
    links, ring = found.why(0)
    assert not ring
    assert [link.robot for link in links] == ["amr-000", "amr-001", "amr-002"]


def test_other_reasons_and_other_conditions_have_words_of_their_own():
    found = chains(CELLS[:3], wait=[WaitReason.CLOSED, WaitReason.NO_WAY, WaitReason.YIELD])
    assert texts(found, 0) == ["waits: its way or its goal is closed"]
    assert texts(found, 1) == ["waits: no way leads to its goal"]
    assert texts(found, 2) == ["waits: the plan lets others go first"]
    for condition in Condition:
        (text,) = texts(chains([CHUTE], condition), 0)
        assert text == ("is served at chute C2" if condition == Condition.SERVICE else text) != ""
    assert texts(chains([CELLS[60]], Condition.SERVICE), 0) == [f"is served in the {FLOOR.place(int(CELLS[60]))}"]


def test_what_a_newer_controller_says_has_its_number():
    assert condition_name(77) == "condition 77"
    assert wait_name(77) == "reason 77"
    assert texts(chains([CELLS[0]], condition=77), 0) == ["does something unknown"]


def naive_behind(waits_for, robot):
    """Who gets to `robot` by going on along waits, found by trying everybody."""
    found = set()
    for start in range(len(waits_for)):
        at, seen = start, set()
        while at >= 0 and at not in seen:
            seen.add(at)
            at = waits_for[at]
            if at == robot:
                found.add(start)
                break
    return found - {robot}


@given(st.lists(st.integers(-1, 7), min_size=8, max_size=8))
def test_who_waits_behind_whom_is_what_going_along_the_waits_shows(waits_for):
    column = np.array([-1 if ahead == row else ahead for row, ahead in enumerate(waits_for)], dtype=np.int32)
    behind = robots_behind(column).tolist()
    assert behind == [len(naive_behind(column.tolist(), row)) for row in range(8)]
    for ring in rings(column):
        assert [int(column[row]) for row in ring] == ring[1:] + ring[:1]
    in_rings = sorted(row for ring in rings(column) for row in ring)
    assert in_rings == [row for row in range(8) if comes_back(column.tolist(), row)]


def comes_back(waits_for, row):
    at = waits_for[row]
    for _ in waits_for:
        if at in (-1, row):
            break
        at = waits_for[at]
    return at == row
