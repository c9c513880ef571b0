"""What the controller does about robots in trouble and zones: obstacles, quarantine, calling back, halts, limits."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import WatchParams
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.actions import (
    Close,
    ConfirmClear,
    EmergencyStop,
    OneWay,
    Open,
    OutOfService,
    Pause,
    PersonInZone,
    Rectangle,
    RequestClear,
    Slow,
    WholeFloor,
)
from fleet.traffic.zones.restriction import ZoneKind
from fleet.traffic.zones.zones import Zones
from robots.model import RobotModel
from robots.state import Flag, FleetState, Heading
from tests.floors import drawn

F = 0
EAST, SOUTH, WEST, NORTH = range(4)
OPEN = "...... ...... ...... ......"


class Controlled:
    """Robots on a floor that face east and have been granted so many cells ahead; all are heard all the time."""

    def __init__(self, cells, ahead=(), art=OPEN):
        self.layout = drawn(art)
        n = len(cells)
        self.state = FleetState.at(np.array(cells, dtype=np.int32), width=self.layout.width)
        self.ledger = TrafficLedger.begin(self.layout, RobotModel(), 1.0, self.state, MemoryJournal())
        self.events = []
        none = np.zeros(0, dtype=np.int32)
        self.zones = Zones(self.layout, {}, none, none, self.events.append, robots=n)
        self.floor = FloorControl(self.ledger, self.zones, RobotWatch(self.ledger, WatchParams()), self.events.append)
        self.mute = set()
        for robot, count in enumerate(ahead):
            window = np.full((count, n), 3, dtype=np.uint8)
            window[:, robot] = F
            self.ledger.load_window(window)
            for _ in range(count):
                self.ledger.grant(
                    np.array([robot], dtype=np.int32), np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.float32),
                    need_s=1.0, most=16, most_cells=16, closed=np.zeros(self.layout.cells, dtype=np.bool_),
                    closed_edges=np.zeros((self.layout.cells, 4), dtype=np.bool_),
                    refused=np.zeros(4, dtype=np.int32),
                )  # fmt: skip
        self.now_s = 0.0

    def step(self, seconds=0.1):
        self.now_s = round(self.now_s + seconds, 6)
        self.state.time_s = self.now_s
        heard = [robot for robot in range(self.ledger.robots) if robot not in self.mute]
        self.state.heard_s[heard] = self.now_s
        self.ledger.take_in(self.state)
        self.floor.step(self.state, self.now_s)
        return self.floor

    def arrive(self, robot, confirmed, x_m):
        self.state.confirmed[robot], self.state.x_m[robot] = confirmed, x_m

    def wait(self, seconds):
        for _ in range(round(seconds / 0.1)):
            self.step()

    def do(self, action):
        return self.zones.apply(action, self.now_s)

    def said(self, name):
        return [event for event in self.events if event["event"] == name]

    def entries(self):
        """Moves that are closed, as (cell, heading)."""
        return {(int(cell), int(heading)) for cell, heading in np.argwhere(self.floor.closed_edges)}


def cells(mask):
    return np.flatnonzero(mask).tolist()


def test_a_sound_floor_is_whole():
    controlled = Controlled([0, 8])
    floor = controlled.step()
    assert floor.whole
    assert not (floor.closed | floor.out_of_use).any()
    assert not floor.halt.any()
    assert np.isinf(floor.speed_limit_mps).all()
    assert not floor.responses
    version = floor.version
    assert controlled.step().version == version


# Robots out of action


@pytest.mark.parametrize("flags", [0, Flag.FAILED])
def test_a_robot_out_of_action_is_an_obstacle_with_all_that_it_holds(flags):
    controlled = Controlled([0, 12], ahead=[2])
    controlled.step()
    version = controlled.floor.version
    controlled.state.flags[0] = flags
    if not flags:
        controlled.mute = {0}
        controlled.wait(1.7)
        assert controlled.floor.whole
        controlled.step()
    floor = controlled.step()
    assert cells(floor.closed) == cells(floor.out_of_use) == [0, 1, 2]
    assert not floor.whole
    assert floor.version > version
    assert controlled.said("robot_down") == [
        {"t": pytest.approx(1.9 if not flags else 0.2, abs=0.11), "event": "robot_down", "robot": 0, "cell": 0,
         "reason": "failed" if flags else "silent"}
    ]  # fmt: skip
    controlled.mute = set()
    controlled.state.flags[0] = 0
    assert controlled.step().whole
    assert [event["robot"] for event in controlled.said("robot_back")] == [0]
    assert floor.responses == {"robot_down": 1, "robot_back": 1}


def test_a_robot_is_reported_lost_once():
    controlled = Controlled([0])
    controlled.mute = {0}
    controlled.wait(6)
    assert [(event["robot"], event["reason"]) for event in controlled.said("robot_lost")] == [(0, "silent")]
    assert 4.4 <= controlled.said("robot_lost")[0]["t"] <= 4.6


def test_what_an_obstacle_holds_is_looked_at_again():
    controlled = Controlled([0], ahead=[2])
    controlled.state.flags[0] = Flag.FAILED
    controlled.step()
    version = controlled.floor.version
    controlled.arrive(0, 1, x_m=1.5)
    floor = controlled.step()
    assert cells(floor.closed) == [1, 2]
    assert floor.version > version


def test_a_parked_robot_is_an_obstacle_and_not_down():
    controlled = Controlled([0, 8])
    controlled.floor.parked[1] = True
    floor = controlled.step()
    assert cells(floor.closed) == [8]
    assert not floor.responses
    controlled.floor.parked[1] = False
    assert controlled.step().whole


# Astray


def test_a_robot_astray_is_fenced_off_with_what_it_holds_where_it_is_and_all_beside():
    controlled = Controlled([0, 14, 22], ahead=[0, 1])
    controlled.state.x_m[0] = 3.5
    floor = controlled.step()
    fence = [0, 1, 2, 3, 4, 6, 9]
    assert cells(controlled.zones.closed) == cells(controlled.zones.halted) == fence
    assert set(cells(floor.closed)) == set(fence)
    assert floor.halt.tolist() == [True, False, False]
    (restriction,) = controlled.zones.in_force()
    assert (restriction.kind, restriction.robot, restriction.by) == (ZoneKind.QUARANTINE, 0, "controller")
    assert floor.responses["quarantine"] == 1
    assert controlled.said("robot_down")[0]["reason"] == "astray"
    controlled.wait(3)
    assert floor.responses["quarantine"] == 1


def test_holders_in_a_quarantine_stand():
    controlled = Controlled([0, 14], ahead=[0, 2])
    controlled.state.x_m[0], controlled.state.y_m[0] = 4.5, 1.5
    assert controlled.step().halt.tolist() == [True, True]


def test_a_robot_off_the_map_is_fenced_off_where_it_was():
    controlled = Controlled([7])
    controlled.state.x_m[0] = -3.0
    controlled.step()
    assert cells(controlled.zones.closed) == [1, 6, 7, 8, 13]


def test_a_robot_that_was_put_back_begins_its_base_anew_and_stands_until_a_person_clears():
    controlled = Controlled([0], ahead=[2])
    controlled.state.flags[0] = Flag.LOST
    controlled.step()
    assert controlled.ledger.epoch.tolist() == [0]
    controlled.state.flags[0] = 0
    floor = controlled.step()
    assert (controlled.ledger.epoch.tolist(), controlled.ledger.synced.tolist()) == ([1], [False])
    controlled.wait(60)
    assert floor.halt.tolist() == [True]
    assert controlled.ledger.epoch.tolist() == [1]
    assert controlled.do(RequestClear(restriction=1, by="ada")) == 1
    controlled.wait(2)
    assert controlled.do(ConfirmClear(restriction=1, by="ada")) == 1
    assert not controlled.step().halt.any()
    assert floor.whole


def test_a_robot_that_is_still_astray_stands_even_where_its_quarantine_was_cleared():
    controlled = Controlled([0])
    controlled.state.flags[0] = Flag.LOST
    controlled.step()
    controlled.do(RequestClear(restriction=1, by="ada"))
    controlled.wait(2)
    controlled.do(ConfirmClear(restriction=1, by="ada"))
    assert controlled.step().halt.tolist() == [True]


# Blocked


def test_a_blocked_robot_is_called_back_and_its_way_is_closed_for_30_s():
    controlled = Controlled([0, 22], ahead=[2])
    controlled.arrive(0, 1, x_m=1.5)
    controlled.state.flags[0] = Flag.BLOCKED
    controlled.wait(1.0)
    assert controlled.floor.whole
    floor = controlled.step()
    assert controlled.ledger.epoch.tolist() == [1, 0]
    assert controlled.entries() == {(1, EAST), (2, WEST)}
    assert floor.responses == {"aisle_closed": 1}
    assert not controlled.ledger.synced[0]
    controlled.wait(5)
    assert controlled.ledger.epoch.tolist() == [1, 0]
    assert floor.responses == {"aisle_closed": 1}
    controlled.state.flags[0] = 0
    controlled.wait(24.8)
    assert controlled.entries()
    controlled.wait(0.3)
    assert not controlled.entries()
    assert floor.whole


def test_a_way_that_is_closed_already_is_not_closed_again():
    controlled = Controlled([0], ahead=[1])
    controlled.do(OneWay(area=Rectangle(0, 0, 0, 5), direction=Heading.WEST, by="ada"))
    controlled.state.flags[0] = Flag.BLOCKED
    controlled.wait(1.2)
    assert controlled.ledger.epoch.tolist() == [1]
    assert controlled.floor.responses == {}
    assert len(controlled.zones.in_force()) == 1


def test_a_blocked_robot_without_a_move_ahead_closes_nothing():
    controlled = Controlled([0])
    controlled.state.flags[0] = Flag.BLOCKED
    controlled.wait(1.2)
    assert controlled.ledger.epoch.tolist() == [1]
    assert controlled.floor.whole


def test_a_robot_that_is_still_blocked_in_step_again_is_called_back_again():
    controlled = Controlled([0], ahead=[2])
    controlled.state.flags[0] = Flag.BLOCKED
    controlled.wait(1.2)
    controlled.state.epoch[0], controlled.state.received[0] = 1, 1
    controlled.wait(0.5)
    assert controlled.ledger.epoch.tolist() == [1]
    controlled.wait(1.2)
    assert controlled.ledger.epoch.tolist() == [2]
    assert controlled.floor.responses == {"aisle_closed": 1}


# Zones


def test_a_closed_area_is_left_but_not_entered():
    controlled = Controlled([7])
    controlled.do(Close(area=Rectangle(1, 1, 1, 2), by="ada"))
    floor = controlled.step()
    assert not floor.closed.any()
    assert cells(floor.out_of_use) == [7, 8]
    assert controlled.entries() == {(1, SOUTH), (2, SOUTH), (6, EAST), (9, WEST), (13, NORTH), (14, NORTH)}
    assert not floor.halt.any()
    assert not floor.whole


@pytest.mark.parametrize("stop", [PersonInZone, EmergencyStop])
def test_a_stopped_area_is_neither_entered_nor_left(stop):
    controlled = Controlled([7, 0, 12], ahead=[0, 0, 1])
    controlled.do(stop(area=Rectangle(1, 1, 2, 2)))
    floor = controlled.step()
    assert cells(floor.closed) == [7, 8, 13, 14]
    # Who holds a cell in there stands, too.
    assert floor.halt.tolist() == [True, False, True]
    controlled.wait(300)
    assert floor.halt.tolist() == [True, False, True]


def test_an_emergency_stop_of_the_floor_stops_everybody():
    controlled = Controlled([7, 0])
    controlled.do(EmergencyStop(area=WholeFloor()))
    floor = controlled.step()
    assert floor.halt.all()
    assert floor.closed[controlled.layout.passable].all()


def test_the_least_limit_of_all_cells_that_a_robot_holds_counts():
    controlled = Controlled([0, 6, 12], ahead=[2, 1])
    controlled.do(Slow(area=Rectangle(0, 1, 1, 1), limit_mps=0.5, by="ada"))
    controlled.do(Slow(area=Rectangle(0, 2, 0, 2), limit_mps=0.3, by="ada", for_s=5.0))
    floor = controlled.step()
    assert floor.speed_limit_mps.tolist() == pytest.approx([0.3, 0.5, inf])
    assert floor.whole
    controlled.wait(5)
    assert floor.speed_limit_mps.tolist() == pytest.approx([0.5, 0.5, inf])
    controlled.arrive(0, 2, x_m=2.5)
    controlled.arrive(1, 1, x_m=1.5)
    controlled.step()
    assert floor.speed_limit_mps.tolist() == pytest.approx([inf, 0.5, inf])


def test_a_robot_keeps_to_the_least_limit_whichever_cell_it_is_in():
    controlled = Controlled([0, 6], ahead=[1, 1])
    for (row, column), limit in {(0, 0): 0.3, (0, 1): 0.5, (1, 0): 0.5, (1, 1): 0.3}.items():
        controlled.do(Slow(area=Rectangle(row, column, row, column), limit_mps=limit, by="ada"))
    assert controlled.step().speed_limit_mps.tolist() == pytest.approx([0.3, 0.3])


def test_a_closure_ends_in_time():
    controlled = Controlled([0])
    controlled.step()
    controlled.do(Close(area=Rectangle(1, 1, 1, 1), by="ada", for_s=3.0))
    versions = {controlled.step().version}
    controlled.wait(2.8)
    assert not controlled.floor.whole
    versions.add(controlled.floor.version)
    controlled.wait(0.2)
    assert controlled.floor.whole
    versions.add(controlled.floor.version)
    assert len(versions) == 2


# Robots that are held back


def test_a_paused_robot_stands_and_is_an_obstacle_with_all_that_it_holds_until_it_may_go_on():
    controlled = Controlled([0, 8], ahead=[2, 0])
    version = controlled.step().version
    held = controlled.do(Pause(robot=0, by="anna"))
    floor = controlled.step()
    assert floor.halt.tolist() == [True, False]
    assert cells(floor.closed) == cells(floor.out_of_use) == [0, 1, 2]
    assert not floor.whole
    assert floor.version > version
    assert not floor.watch.down.any()
    controlled.do(Open(restriction=held, by="anna"))
    floor = controlled.step()
    assert floor.whole
    assert not floor.halt.any()


def test_a_robot_out_of_service_stands_in_nobodys_way():
    controlled = Controlled([0, 8], ahead=[2, 0])
    version = controlled.step().version
    controlled.do(OutOfService(robot=0, by="anna"))
    floor = controlled.step()
    assert (floor.whole, floor.halt.any(), floor.version) == (True, False, version)
