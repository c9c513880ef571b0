"""A fire alarm: a muster cell for each robot, the others out of doors and corridors."""

from __future__ import annotations

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.muster import Muster
from robots.state import FleetState
from tests.floors import drawn, marked

# M and N are muster cells, D and E doors to be kept clear, a to d places.
FLOOR = """
    M..a..b
    ###D###
    N..c..d
    ###E###
    .......
"""
AT = marked(FLOOR)


class Alarm:
    def __init__(self, at, muster="MN", keep_clear="DE"):
        layout = drawn(FLOOR)
        self.distances = DistanceFields(layout)
        places, clear = (np.array([AT[place] for place in names], dtype=np.int32) for names in (muster, keep_clear))
        self.muster = Muster(self.distances.travel, layout, places, clear, len(at))
        self.unfit = np.zeros(len(at), dtype=np.bool_)
        self.go(at)

    def go(self, at):
        cells = np.array([AT[place] if isinstance(place, str) else place for place in at], dtype=np.int32)
        self.state = FleetState.at(cells)

    def places(self):
        letters = {cell: place for place, cell in AT.items()} | {NO_CELL: "-"}
        return [letters.get(int(cell), int(cell)) for cell in self.muster.places(self.state, self.unfit)]


def test_everybody_has_a_muster_cell_of_its_own_as_near_as_can_be():
    assert Alarm("ad").places() == ["M", "N"]
    assert sorted(Alarm("ab").places()) == ["M", "N"]


def test_who_finds_no_muster_cell_stays_where_it_is():
    assert Alarm("acd").places() == ["M", "N", "d"]


def test_who_finds_none_and_stands_in_a_door_leaves_it_for_a_cell_that_is_neither():
    places = Alarm("MND").places()
    assert places[:2] == ["M", "N"]
    assert places[2] in {"a", "c"}


def test_nobody_musters_in_a_cell_that_is_to_be_kept_clear():
    assert Alarm("c", muster="MD", keep_clear="DE").places() == ["M"]


def test_places_are_kept_while_robots_drive():
    alarm = Alarm("ad")
    for at in ("ad", "Dd", "da", "NM", "MN"):
        alarm.go(at)
        assert alarm.places() == ["M", "N"]


def test_who_has_left_a_door_keeps_its_place_until_it_is_there():
    alarm = Alarm("MND")
    place = alarm.places()[2]
    alarm.go(["M", "N", place])
    assert alarm.places()[2] == place


def test_who_was_pushed_aside_on_its_way_out_of_a_door_goes_on_to_its_place():
    alarm = Alarm("MND")
    place = alarm.places()[2]
    alarm.go("MNb")
    assert alarm.places()[2] == place


def test_nobody_leaves_a_door_for_a_muster_cell_that_is_taken():
    places = Alarm("acD", muster="ac").places()
    assert places[:2] == ["a", "c"]
    assert places[2] not in {"a", "c", "D", "E"}


def test_who_cannot_move_is_given_no_place_before_it_can():
    alarm = Alarm("ab")
    alarm.unfit[0] = True
    assert alarm.places() == ["a", "M"]
    alarm.unfit[0] = False
    assert alarm.places() == ["N", "M"]


def test_the_next_alarm_begins_anew():
    alarm = Alarm("ad")
    assert alarm.places() == ["M", "N"]
    alarm.muster.over()
    alarm.go("da")
    assert alarm.places() == ["N", "M"]
