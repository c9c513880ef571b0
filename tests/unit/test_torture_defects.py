"""What torture found, each as a fact of its own: docs/execution.md names the seeds."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.trial import Trial, run_trial
from fleet.runtime.urgency import Urgency
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.journal import MemoryJournal
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.params import WatchParams
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.zones import Zones
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import FleetState
from tests.floors import drawn, edge_flags, flags
from tests.hall import Hall
from twin.simulated_fleet import SimulatedFleet

FORWARD, WAIT = 0, 3


def ledger_of(art: str, cells: list[int], ahead: int) -> tuple[TrafficLedger, FleetState]:
    """Robots that face east and have been granted so many cells ahead, of which they know."""
    layout = drawn(art)
    state = FleetState.at(np.array(cells, dtype=np.int32), width=layout.width)
    ledger = TrafficLedger.begin(layout, RobotModel(), 1.0, state, MemoryJournal())
    n = len(cells)
    if ahead:
        ledger.load_window(np.full((ahead, n), FORWARD, dtype=np.uint8))
    for _ in range(ahead):
        ledger.grant(
            np.arange(n, dtype=np.int32), np.ones(n, dtype=np.bool_), np.zeros(n, dtype=np.float32), need_s=1.0,
            most=8, most_cells=8, closed=flags(layout), closed_edges=edge_flags(layout),
            refused=np.zeros(4, dtype=np.int32),
        )  # fmt: skip
    state.received[:] = ahead
    return ledger, state


def test_a_robot_that_obeys_a_new_epoch_keeps_what_it_has_received_not_what_another_has() -> None:
    ledger, state = ledger_of("..... ..... .....", [0, 5, 10], ahead=2)
    ledger.raise_epoch(np.array([False, True, True]))
    state.epoch[1:] = 1
    state.received[:] = [2, 0, 1]
    ledger.take_in(state)
    assert ledger.granted.tolist() == [2, 0, 1]
    assert ledger.end_cell.tolist() == [2, 5, 11]
    assert np.flatnonzero(ledger.holder == 1).tolist() == [5]
    assert np.flatnonzero(ledger.holder == 2).tolist() == [10, 11]


def test_a_restarted_controller_fences_its_robots_before_it_listens() -> None:
    trial = Trial(draw_schedule(1, 4, (5.0, 6.0)))
    loop = trial.parts.loop
    for _ in range(20):
        loop.tick()
    before = loop.ticks
    ledger = TrafficLedger.restored(loop.execution.ledger.layout, RobotModel(), 1.0, trial.parts.journal)
    execution = type(loop.execution)(ledger, loop.execution.params, entries_ahead=16)
    loop.take_over(execution, FloorControl(ledger, trial.parts.zones, RobotWatch(ledger, WatchParams()), print))
    # The new epoch was sent, with a stop for everybody, and the floor has moved on by a tick.
    assert loop.ticks == before + 1
    assert trial._audit.grants._commanded.tolist() == ledger.epoch.tolist()
    assert not ledger.synced.any()
    for _ in range(20):
        loop.tick()
    assert ledger.synced.all()
    assert trial._audit.count == 0


def test_a_robot_out_of_service_is_an_obstacle_to_others() -> None:
    ledger, state = ledger_of("..... .....", [2, 5], ahead=0)
    none = np.zeros(0, dtype=np.int32)
    zones = Zones(ledger.layout, {}, none, none, lambda _event: None, robots=ledger.robots)
    floor = FloorControl(ledger, zones, RobotWatch(ledger, WatchParams()), lambda _event: None)
    floor.parked = np.array([True, False])
    floor.step(state, 0.0)
    assert np.flatnonzero(floor.closed).tolist() == [2]
    assert np.flatnonzero(floor.out_of_use).tolist() == [2]
    floor.parked = np.array([False, False])
    floor.step(state, 0.1)
    assert not floor.closed.any()


def test_a_robot_out_of_energy_is_down() -> None:
    ledger, state = ledger_of(".....", [0, 3], ahead=0)
    watch = RobotWatch(ledger, WatchParams())
    state.charge_percent[1] = 0.0
    watch.look(state)
    assert watch.down.tolist() == [False, True]


def test_robots_whose_errand_is_in_a_closed_cell_wait_where_they_park_and_come_back() -> None:
    hall = Hall("aQ")
    hall.order("A", "b")
    hall.dispatch()
    assert hall.goals[0] == "b"
    hall.close("b")
    hall.dispatch()
    assert hall.goals[0] == "P"
    assert hall.roster.task[0] == 0
    hall.close()
    hall.dispatch()
    assert hall.goals[0] == "b"


def test_a_robot_that_is_at_its_errand_when_the_cell_is_closed_stays_there() -> None:
    hall = Hall("bQ")
    hall.order("A", "b")
    hall.faults()
    hall.dispatch()
    hall.close("b")
    hall.dispatch()
    assert hall.goals[0] == "b"


def test_whoever_blocks_another_for_long_lets_it_go_first_sooner_or_later() -> None:
    # One has lost 40 steps more than the other; from then on both lose all the time.
    urgency = Urgency(2)
    remaining = np.array([3, 13], dtype=np.uint16)
    goals, task = np.array([1, 2], dtype=np.int32), np.array([0, 1], dtype=np.int32)
    urgency.set_goals(goals)
    for _ in range(40):
        urgency.add_lost(np.array([True, False]))
    first = []
    for _ in range(1000):
        urgency.add_lost(np.array([True, True]))
        priorities = urgency.priorities(remaining, task)
        first.append(int(priorities[1] > priorities[0]))
    assert not any(first[:120])
    turns = np.flatnonzero(np.diff(first))
    assert len(turns) >= 6
    assert 0.2 < np.mean(first[200:]) < 0.8
    # No turn is short: robots whose priorities swap at every step only dance around each other.
    assert np.diff(turns).min() >= 8


def test_a_person_can_bring_a_robot_energy() -> None:
    layout = drawn(".....")
    start = FleetState.at(np.array([0, 2], dtype=np.int32), charge_percent=np.array([0.0, 60.0], dtype=np.float32))
    driver = SimulatedFleet(layout, RobotModel(), 1.0, start=start, chargers=np.zeros(0, dtype=np.int32))
    driver.recharge(0, 30.0)
    driver.recharge(1, 30.0)
    assert driver.open().charge_percent.tolist() == [30.0, 60.0]
    for robot, percent in ((2, 30.0), (-1, 30.0), (0, 101.0), (0, -1.0)):
        with pytest.raises(DriverError, match="recharge"):
            driver.recharge(robot, percent)


@pytest.mark.jit
def test_whoever_wants_into_a_dead_end_lets_the_robot_in_it_out_first() -> None:
    # A takeover cell in a one-lane aisle: its robot wanted out, and seven others, nearer to their goals, stood there.
    assert not run_trial(draw_schedule(2040)).failed
