"""Why robots wait on floors where they really drive: on grants, behind whoever stands, in rings; and in step."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from fleet.app.compose import compose
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.registry import make_planner
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from fleet.runtime.dispatch import StandingOrders
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.robot_takeovers import RobotTakeovers
from fleet.runtime.roster import Roster
from fleet.runtime.takeover_places import TakeoverPlaces
from fleet.runtime.wait_alarms import WaitAlarms, WaitParams
from fleet.runtime.waits import WaitReason, WaitWatch
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import GrantParams, WatchParams
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.actions import Pause, Rectangle, Slow, TimedAction
from fleet.traffic.zones.zones import Zones
from robots.model import RobotModel
from robots.state import FleetState
from tests.driven_fleet import AT_ONCE, EXACT
from tests.floors import drawn, marked
from tests.mutants.mutant import edit, wrap
from tests.oracles.waits import chain
from twin.faults import Fault, FaultKind
from twin.simulated_fleet import SimulatedFleet

# Every one of these is a simulation.
pytestmark = pytest.mark.slow

NOWHERE = np.zeros(0, dtype=np.int32)
EAST, SOUTH, WEST, NORTH = range(4)


class Errands:
    """A dispatcher that sends each robot to one place, for ever."""

    def __init__(self, goals):
        self.roster = Roster.of(len(goals))
        self.roster.goal[:] = goals

    def dispatch(self, committed, now_s, fitness):
        n = committed.robots
        none = np.full(n, NO_CELL, dtype=np.int32)
        return StandingOrders(np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.bool_), fitness.unfit, none)

    def services_took_effect(self, robots, now_s):
        pass


class Nobody:
    def start(self, cell, heading):
        pass

    def append(self, cell, heading, activity, delayed):
        pass


class Driven:
    """The loop on grants on a drawn floor; robots start where letters say and go where letters say."""

    def __init__(self, art, at, goals, headings=None):
        self.layout, self.place = drawn(art), marked(art)
        cells = np.array([self.place[letter] for letter in at], dtype=np.int32)
        heading = None if headings is None else np.array(headings, dtype=np.int8)
        start = FleetState.at(cells, heading, width=self.layout.width)
        n, events = len(at), []
        self.events = events
        self.fleet = SimulatedFleet(
            self.layout, RobotModel(), 1.0, start=start, chargers=NOWHERE, link=AT_ONCE, motion=EXACT
        )
        ledger = TrafficLedger.begin(self.layout, RobotModel(), 1.0, start, MemoryJournal())
        distances = DistanceFields(self.layout)
        zones = Zones(self.layout, {}, NOWHERE, NOWHERE, events.append, robots=n)
        self.waits = WaitWatch(distances, n, parking=NOWHERE, events=events.append, params=WaitParams())
        self.loop = GrantLoop(
            intake=SimpleNamespace(release=lambda now_s: None),
            dispatcher=Errands([self.place[letter] for letter in goals]),
            planning=WindowPlanning(make_planner("epibt", distances), distances, SimulatedClock(), n),
            execution=GrantExecution(ledger, GrantParams(), entries_ahead=self.fleet.entries_ahead),
            floor=FloorControl(ledger, zones, RobotWatch(ledger, WatchParams()), events.append),
            distances=distances,
            muster=SimpleNamespace(over=lambda: None),
            takeovers=RobotTakeovers(TakeoverPlaces(distances), cells),
            waits=self.waits,
            chargers=NOWHERE,
            parking=NOWHERE,
            driver=self.fleet,
            recorder=Nobody(),
            ticks_a_step=10,
        )

    def drive(self, seconds):
        end = self.loop.now_s + seconds - 1e-9
        while self.loop.now_s < end:
            self.loop.tick()
        return self

    def reasons(self):
        return [WaitReason(reason).name for reason in self.waits.reason.tolist()]

    def chains(self):
        waits_for = dict(enumerate(self.waits.waits_for.tolist()))
        return [chain(waits_for, robot) for robot in waits_for]

    def alarms(self):
        return [(event["event"], event["robots"]) for event in self.events if "robots" in event]


LANE = "abcdefghijklmnop"


def behind_a_dead_robot():
    driven = Driven(LANE, "dcb", "pon")
    driven.fleet.inject(Fault(at_s=3.0, kind=FaultKind.DEAD, robot=0))
    return driven.drive(30.0)


def test_everybody_behind_a_dead_robot_in_an_aisle_waits_for_it_in_the_end():
    driven = behind_a_dead_robot()
    assert driven.reasons() == ["FAULT", "ROBOT", "ROBOT"]
    assert driven.chains() == [[0], [1, 0], [2, 1, 0]]
    assert driven.alarms() == []
    assert driven.waits.waited_s[1] > 20.0


def test_everybody_behind_a_robot_that_is_told_to_stand_waits_for_it_in_the_end():
    driven = Driven(LANE, "dcb", "pon")
    driven.loop.add_actions([TimedAction(3.0, Pause(robot=0, by="ada"), 1)])
    driven.drive(20.0)
    assert driven.reasons() == ["HALTED", "ROBOT", "ROBOT"]
    assert driven.chains() == [[0], [1, 0], [2, 1, 0]]


def full_ring():
    """Eight robots on a lane of eight cells, all of which want on: with grants, somebody has to be first."""
    return Driven("abc h#d gfe", "abcdefgh", "cdefghab", [EAST, EAST, SOUTH, SOUTH, WEST, WEST, NORTH, NORTH])


def test_a_ring_on_a_one_lane_loop_is_suspected_to_be_a_deadlock():
    driven = full_ring().drive(40.0)
    assert driven.alarms() == [("deadlock_suspected", [0, 1, 2, 3, 4, 5, 6, 7])]


def driving_slowly():
    """What the first of some robots waits for, second by second, when a cell takes it longer than that."""
    driven = Driven(LANE, "cba", "pon")
    driven.loop.add_actions([TimedAction(0.0, Slow(area=Rectangle(0, 0, 0, 15), limit_mps=0.4, by="ada"), 1)])
    driven.drive(2.0)
    return {driven.drive(1.0).reasons()[0] for _ in range(12)}


def test_robots_that_drive_do_not_wait_however_slow_they_are():
    assert driving_slowly() == {"NONE"}


def test_in_step_robots_wait_for_who_stands_next_to_them_and_not_in_service():
    config = RunConfig(world="tiny", robots=20, duration_s=200.0, orders="poisson:3000")
    simulation = compose(config, clock=SimulatedClock(), events=lambda event: None)
    waits, width, waited = simulation.loop.waits, simulation.world.layout.width, 0
    roster = simulation.dispatcher.roster

    def look():
        nonlocal waited
        cells = simulation.loop.state.cell
        for robot in np.flatnonzero(waits.reason == WaitReason.ROBOT).tolist():
            rows, columns = np.abs(
                np.subtract(divmod(cells[robot], width), divmod(cells[waits.waits_for[robot]], width))
            )
            assert rows + columns == 1
            waited += 1
        assert (waits.reason[roster.serving] == WaitReason.NONE).all()
        assert (waits.waited_s[roster.goal == cells] == 0).all()

    simulation.loop.run(simulation.steps, look)
    assert waited > 20


# What shows that these tests see anything: each breaks the product in one place.


def test_a_watch_that_looks_past_closures_is_found_out(monkeypatch):
    wrap(WaitWatch, "_see_beyond", lambda *_: None)(monkeypatch)
    assert behind_a_dead_robot().chains() != [[0], [1, 0], [2, 1, 0]]


def test_a_watch_that_does_not_see_robots_drive_is_found_out(monkeypatch):
    edit(WaitWatch, "look", "(self._ahead < self._here)", "(self._ahead > self._here)")(monkeypatch)
    assert driving_slowly() != {"NONE"}


def test_alarms_that_forget_rings_between_looks_are_found_out(monkeypatch):
    edit(WaitAlarms, "look_at_rings", "before.get(members, now_s)", "now_s")(monkeypatch)
    assert full_ring().drive(40.0).alarms() == []
