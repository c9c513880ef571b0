"""Why robots wait: the reason and the chain of each, for how long, and what raises an alarm."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.roster import Roster
from fleet.runtime.wait_alarms import WaitParams
from fleet.runtime.waits import WaitReason, WaitWatch, WatchedFloor
from robots.state import FleetState
from tests.floors import drawn, flags, marked

NONE, ROBOT, CLOSED, HALTED, FAULT, YIELD, NO_WAY = WaitReason
EAST, SOUTH, WEST, NORTH = range(4)


class Scene:
    """Robots where letters say on a drawn floor, facing east, with goals; a look a second, on distances that are known.

    Who holds a cell is who stands in it, as nothing is granted; `ends` gives the places where grants end.
    """

    def __init__(self, art, at, goals, *, known=True, parking=""):
        self.layout, self.place = drawn(art), marked(art)
        self.distances = DistanceFields(self.layout)
        self.known = known
        self.n = len(at)
        self.events = []
        parking_cells = np.array([self.place[letter] for letter in parking], dtype=np.int32)
        self.waits = WaitWatch(
            self.distances, self.n, parking=parking_cells, events=self.events.append, params=WaitParams()
        )
        self.roster = Roster.of(self.n)
        self.now_s = 0.0
        self.down, self.halted = (np.zeros(self.n, dtype=np.bool_) for _ in range(2))
        self.shut = None
        self.headings = [EAST] * self.n
        self.at, self.ends, self.speeds = at, None, [0.0] * self.n
        self.charging = [False] * self.n
        self.send(goals)

    def send(self, goals):
        self.roster.goal[:] = [NO_CELL if letter == "-" else self.place[letter] for letter in goals]

    def close(self, *letters):
        self.distances.close(flags(self.layout, *(self.place[letter] for letter in letters)))

    def _state(self, letters):
        cells = np.array([self.place[letter] for letter in letters], dtype=np.int32)
        state = FleetState.at(cells, np.array(self.headings, dtype=np.int8), width=self.layout.width)
        state.speed_mps[:] = self.speeds
        state.charging[:] = self.charging
        return state

    def look(self, seconds=1):
        for _ in range(seconds):
            if self.known:
                self.distances.slots(self.roster.goal)
            state, committed = self._state(self.at), self._state(self.ends or self.at)
            seen = WatchedFloor(state, committed, None, self.down, self.halted, self.shut)
            assert self.waits.due(self.now_s)
            self.waits.look(seen, self.roster, self.now_s)
            self.now_s += 1.0
        return [WaitReason(reason) for reason in self.waits.reason.tolist()]

    def blockers(self):
        return self.waits.waits_for.tolist()

    def waited(self):
        return self.waits.waited_s.tolist()

    def told(self):
        return [(event["event"], event.get("robots", event.get("robot")), event["waited_s"]) for event in self.events]


AISLE = "abcdefgh"


def test_a_queue_in_an_aisle_leads_to_the_robot_at_its_head():
    scene = Scene(AISLE, "cdef", "hhh-")
    assert scene.look(2) == [ROBOT, ROBOT, ROBOT, NONE]
    assert scene.blockers() == [1, 2, 3, -1]


def test_a_robot_in_service_does_not_wait_and_others_wait_for_it():
    scene = Scene(AISLE, "cd", "hd")
    scene.roster.serving[1] = True
    assert scene.look(5) == [ROBOT, NONE]
    assert (scene.blockers(), scene.waited()) == ([1, -1], [4.0, 0.0])


def test_a_robot_that_charges_does_not_wait_until_it_wants_to_leave():
    scene = Scene(AISLE, "cd", "ch")
    scene.charging = [True, True]
    scene.at = "cd"
    assert scene.look() == [NONE, YIELD]
    scene.send("hh")
    assert scene.look() == [ROBOT, YIELD]


def test_a_robot_whose_goal_is_taken_waits_for_who_is_there():
    scene = Scene(AISLE, "cd", "d-")
    assert scene.look() == [ROBOT, NONE]
    assert scene.blockers() == [1, -1]


def test_a_robot_whose_way_is_free_yields_to_the_plan_or_waits_for_its_grant():
    assert Scene(AISLE, "c", "h").look(3) == [YIELD]


def test_of_two_ways_as_good_a_free_one_counts():
    square = "ab dc"
    scene = Scene(square, "ab", "c-")
    scene.headings = [SOUTH, EAST]
    assert scene.look() == [YIELD, NONE]
    scene = Scene(square, "abd", "c--")
    assert scene.look() == [ROBOT, NONE, NONE]
    assert scene.blockers()[0] == 1


def test_who_turns_round_for_its_way_waits_for_the_robot_behind_it():
    scene = Scene(AISLE, "dc", "a-")
    assert scene.look() == [ROBOT, NONE]


def test_the_next_cell_is_the_one_where_grants_end():
    scene = Scene(AISLE, "ae", "h-")
    scene.ends = "de"
    assert scene.look() == [ROBOT, NONE]
    scene.ends = "ce"
    assert scene.look() == [YIELD, NONE]


def test_a_robot_that_drives_on_what_it_was_granted_does_not_wait():
    scene = Scene(AISLE, "ae", "h-")
    scene.ends, scene.speeds = "de", [1.0, 0.0]
    assert scene.look(3) == [NONE, NONE]
    assert scene.waited() == [2.0, 0.0]
    scene.ends = "ae"
    assert scene.look() == [YIELD, NONE]


def test_one_that_is_told_to_stand_is_halted_and_one_out_of_action_is_at_fault_whatever_they_want():
    scene = Scene(AISLE, "bdfh", "h-h-")
    scene.halted[:] = [True, True, False, False]
    scene.down[2:] = True
    assert scene.look() == [HALTED, HALTED, FAULT, FAULT]
    assert scene.blockers() == [-1] * 4
    scene.roster.serving[0] = True
    assert scene.look()[0] == NONE


def test_a_robot_that_waits_to_hand_its_load_over_is_out_of_action():
    scene = Scene(AISLE, "bd", "h-")
    scene.roster.left_task[1] = 7
    assert scene.look() == [YIELD, FAULT]


def test_behind_a_robot_that_stands_for_good_in_a_lane_the_chain_leads_to_it():
    """Its cell is closed for distances, so that nobody behind it has a way at all."""
    scene = Scene(AISLE, "bcd", "hh-")
    scene.down[2] = True
    scene.close("d")
    assert scene.look(2) == [ROBOT, ROBOT, FAULT]
    assert scene.blockers() == [1, 2, -1]


def test_before_a_closed_cell_the_way_is_closed_and_who_follows_waits_for_who_stands_there():
    scene = Scene(AISLE, "bc", "hh")
    scene.close("d")
    assert scene.look(2) == [ROBOT, CLOSED]
    assert scene.blockers() == [1, -1]


def test_one_without_a_way_does_not_wait_for_a_neighbour_that_moves_on():
    scene = Scene(AISLE, "bcg", "ha-")
    scene.headings = [EAST, WEST, EAST]
    scene.close("f")
    scene.at, scene.speeds, scene.ends = "bcg", [0.0, 0.0, 0.0], None
    scene.send("hc-")
    assert scene.look() == [CLOSED, NONE, NONE]


def test_where_no_way_leads_with_everything_open_there_is_none():
    assert Scene("ab#cd", "a", "d").look() == [NO_WAY]


def test_fields_for_the_open_floor_are_found_a_few_at_a_time():
    art = "abcdefghijklm"
    scene = Scene(art, "abcdef", "hijklm")
    scene.down[5] = True
    scene.close("f")
    assert scene.look() == [ROBOT] * 4 + [CLOSED, FAULT]
    assert scene.look() == [ROBOT] * 5 + [FAULT]


def test_a_robot_whose_task_is_in_a_closed_cell_waits_where_it_parks():
    scene = Scene(AISLE, "c", "c")
    scene.roster.task[0], scene.roster.errand_cell[0] = 4, scene.place["g"]
    scene.shut = flags(scene.layout, scene.place["g"])
    assert scene.look(6) == [CLOSED]
    assert scene.waited() == [5.0]
    scene.shut = flags(scene.layout)
    scene.send("g")
    assert scene.look() == [YIELD]
    assert scene.waited() == [0.0]


def test_nobody_has_waited_before_the_first_look_however_late_that_is():
    scene = Scene(AISLE, "cd", "-h")
    scene.roster.task[0], scene.roster.errand_cell[0] = 4, scene.place["g"]
    scene.shut = flags(scene.layout, scene.place["g"])
    scene.now_s = 5000.0
    assert scene.look() == [CLOSED, YIELD]
    assert scene.waited() == [0.0, 0.0]


def test_whose_distances_are_not_found_yet_its_plan_is_under_way():
    scene = Scene(AISLE, "cd", "h-", known=False)
    assert scene.look() == [YIELD, NONE]
    scene.known = True
    assert scene.look() == [ROBOT, NONE]
    assert scene.waited() == [1.0, 0.0]


# For how long


def test_a_robot_that_comes_nearer_waits_anew_and_one_pushed_to_and_fro_does_not():
    scene = Scene(AISLE, "c", "h")
    assert scene.look(4) == [YIELD]
    assert scene.waited() == [3.0]
    scene.at = "d"
    assert scene.look() == [NONE]
    assert scene.waited() == [0.0]
    for scene.at in "cdcd":
        scene.look()
    assert scene.waited() == [4.0]
    scene.at = "e"
    scene.look()
    assert scene.waited() == [0.0]


def test_a_new_goal_is_a_new_wait_and_no_goal_is_none():
    scene = Scene(AISLE, "c", "h")
    scene.look(4)
    scene.send("g")
    assert scene.look(2) == [YIELD]
    assert scene.waited() == [1.0]
    scene.send("-")
    assert scene.look() == [NONE]
    assert scene.waited() == [0.0]


def test_closing_and_opening_brings_nobody_nearer():
    scene = Scene("abcd eAgh", "a", "d")
    scene.close("b")
    scene.look(3)
    scene.close()
    scene.look()
    assert scene.waited() == [3.0]
    scene.at = "b"
    scene.look()
    assert scene.waited() == [0.0]


# Alarms

SQUARE = "ab dc"


def ring(at="abcd", goals="bcda"):
    scene = Scene(SQUARE, at, goals)
    scene.headings = [EAST, SOUTH, WEST, NORTH]
    return scene


def test_a_ring_that_stays_the_same_is_told_once_and_once_when_it_is_over():
    scene = ring()
    assert scene.look(15) == [ROBOT] * 4
    assert scene.events == []
    scene.look(20)
    assert scene.told() == [("deadlock_suspected", [0, 1, 2, 3], 15.0)]
    assert scene.events[0]["t"] == 15.0
    scene.send("bcd-")
    scene.look(5)
    assert scene.told()[1:] == [("deadlock_over", [0, 1, 2, 3], 35.0)]


def test_a_ring_that_changes_is_another_one():
    scene = ring()
    scene.look(14)
    scene.send("bcd-")
    scene.look()
    scene.send("bcda")
    scene.look(15)
    assert scene.events == []
    scene.look()
    assert [event["event"] for event in scene.events] == ["deadlock_suspected"]


def test_two_that_want_past_each_other_are_a_ring():
    scene = Scene(AISLE, "cd", "ha")
    scene.headings = [EAST, WEST]
    scene.look(16)
    assert scene.told() == [("deadlock_suspected", [0, 1], 15.0)]


def test_several_rings_are_told_each_for_itself_the_lowest_robot_first():
    scene = Scene("ab#ef dc#hg", "ghefbcda", "hefgcdab")
    scene.look(16)
    assert [robots for _, robots, _ in scene.told()] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_robot_that_could_and_comes_no_nearer_is_told_once_and_once_when_it_does():
    scene = Scene(AISLE, "c", "h")
    scene.look(120)
    assert scene.events == []
    scene.look(80)
    assert scene.told() == [("livelock_suspected", 0, 120.0)]
    assert scene.events[0]["cell"] == scene.place["c"]
    scene.at = "d"
    scene.look(3)
    assert scene.told()[1:] == [("livelock_over", 0, 200.0)]
    scene.look(200)
    assert [name for name, _, _ in scene.told()[2:]] == ["livelock_suspected"]


def test_one_that_drives_about_is_told_too():
    scene = Scene(AISLE, "c", "h")
    scene.speeds = [1.0]
    for second in range(121):
        scene.at = "cb"[second % 2]
        scene.look()
    assert [event["event"] for event in scene.events] == ["livelock_suspected"]


@pytest.mark.parametrize("why", ["halted", "down", "serving", "ring", "closed", "parking"])
def test_who_cannot_move_or_only_parks_is_in_no_livelock(why):
    scene = Scene(AISLE, "bcdf", "hg--" if why != "ring" else "hga-", parking="hg" if why == "parking" else "")
    if why == "halted":
        scene.halted[2] = True
    if why == "down":
        scene.down[2] = True
    if why == "serving":
        scene.roster.serving[2] = True
    if why == "closed":
        scene.at = "bcef"
        scene.close("d")
    if why == "ring":
        scene.headings[2] = WEST
    scene.look(130)
    assert [event["event"] for event in scene.events if "livelock" in event["event"]] == []


def test_a_look_is_due_once_a_second():
    scene = Scene(AISLE, "c", "h")
    assert scene.waits.due(0.0)
    scene.look()
    assert not scene.waits.due(0.9)
    assert scene.waits.due(sum([0.1] * 10))


def test_the_same_floor_gives_the_same_columns_and_events():
    def played():
        scene = ring()
        scene.look(30)
        scene.send("-cd-")
        scene.look(130)
        return scene.events, scene.blockers(), scene.waited()

    assert played() == played()
