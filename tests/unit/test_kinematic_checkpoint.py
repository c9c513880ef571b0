"""A fleet that goes on from a checkpoint does what it would have done, bit for bit."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.faults import Fault, FaultKind
from twin.fleet_checkpoint import CheckpointError
from twin.link import LinkParams
from twin.simulated_fleet import SimulatedFleet

HEIGHT, WIDTH = 6, 8
CELLS = (1, 9, 17)
CHARGERS = (2, 20)
LINK = LinkParams(delay_s=(0.02, 0.4), loss=0.2, duplication=0.3)
FAULTS = (
    Fault(at_s=0.5, kind=FaultKind.OBSTACLE, cell=20, seconds=2.0),
    Fault(at_s=0.5, kind=FaultKind.CHARGER_OUT, cell=2, seconds=5.0),
    Fault(at_s=1.0, kind=FaultKind.DELAY, seconds=3.0, value=0.3),
    Fault(at_s=1.5, kind=FaultKind.REBOOT, robot=1, seconds=0.5),
    Fault(at_s=2.0, kind=FaultKind.SLOW, robot=0, seconds=1.0, value=0.5),
    Fault(at_s=6.0, kind=FaultKind.DISPLACED, robot=2, value=0.2),
    Fault(at_s=6.5, kind=FaultKind.LOSS, seconds=1.0, value=0.8),
    Fault(at_s=7.0, kind=FaultKind.MUTE, robot=0),
)
FORWARD, CW, CCW, _, SERVICE, CHARGE = (int(entry) for entry in Entry)


def new_driver(cells=CELLS, faults=FAULTS, tick_s=0.1):
    return SimulatedFleet(
        Layout(HEIGHT, WIDTH, np.ones(HEIGHT * WIDTH, dtype=np.bool_)),
        RobotModel(),
        1.0,
        start=FleetState.at(np.array(cells, dtype=np.int32), width=WIDTH),
        chargers=np.array(CHARGERS, dtype=np.int32),
        tick_s=tick_s,
        seed=7,
        link=LINK,
        faults=faults,
    )


class Scripted:
    """A controller that gives bases, raises the epoch after 3 s, and halts everybody for a while."""

    def __init__(self):
        self.bases = [
            [FORWARD, CHARGE, CW, FORWARD, SERVICE, CCW, FORWARD, FORWARD, SERVICE, CW, CW, FORWARD],
            [CW, SERVICE, FORWARD, CCW, FORWARD, FORWARD, FORWARD, CW, SERVICE],
            [FORWARD] * 4 + [CW] + [FORWARD] * 2,
        ]
        self.epoch = 0
        self.raised = [False] * 3

    def rows(self, state):
        if state.time_s >= 3.0 and self.epoch == 0:
            self.epoch, self.raised = 1, [True] * 3
        rows = Commands.none(3, 16)
        rows.epoch[:] = self.epoch
        rows.halt[:] = 4.0 <= state.time_s < 4.5
        for robot, base in enumerate(self.bases):
            if self.raised[robot] and state.epoch[robot] == 1:
                self.raised[robot] = False
                del base[int(state.received[robot]) :]
                base += [CW, SERVICE, CCW]
            rows.index[robot] = done = int(state.confirmed[robot])
            if not self.raised[robot]:
                for place, entry in enumerate(base[done : done + 16]):
                    rows.entries[robot, place] = entry
                    rows.service_s[robot, place] = 0.7 if entry == SERVICE else 0.0
        return rows


def everything(driver, state):
    truth = driver.truth()
    columns = [
        (field.name, np.array(getattr(told, field.name)).tobytes()) for told in (state, truth) for field in fields(told)
    ]
    return columns, driver.charge_wh_used, driver.messages_dropped


def play(driver, controller, state, ticks):
    """What was told and what was true after each tick."""
    seen = []
    for _ in range(ticks):
        driver.submit(controller.rows(state))
        state = driver.poll()
        seen.append(everything(driver, state))
    return state, seen


@pytest.mark.parametrize("ticks", [0, 1, 7, 16, 33, 42, 61, 68, 90])
def test_a_run_that_is_cut_off_and_resumed_is_the_same_run(ticks):
    whole, controller = new_driver(), Scripted()
    state, _ = play(whole, controller, whole.open(), ticks)
    checkpoint, then = whole.checkpoint(), deepcopy(controller)
    _, expected = play(whole, controller, state, 80)
    resumed = new_driver(faults=())
    again = resumed.resume(checkpoint)
    assert resumed.checkpoint() == checkpoint
    assert play(resumed, then, again, 80)[1] == expected


def test_the_run_that_is_compared_has_everything_in_it():
    driver, controller = new_driver(), Scripted()
    state, seen = play(driver, controller, driver.open(), 170)
    assert state.epoch.max() == 1
    assert (state.confirmed > 3).any()
    assert len({repr(tick) for tick in seen}) == len(seen)


def test_a_resumed_driver_says_what_was_heard_last():
    driver = new_driver()
    state, _ = play(driver, Scripted(), driver.open(), 20)
    before = [np.array(getattr(state, field.name)).tobytes() for field in fields(state)]
    again = new_driver().resume(driver.checkpoint())
    assert [np.array(getattr(again, field.name)).tobytes() for field in fields(again)] == before


def test_a_checkpoint_is_taken_between_ticks_of_an_open_driver():
    driver = new_driver()
    with pytest.raises(DriverError, match="needs an open driver"):
        driver.checkpoint()
    state = driver.open()
    driver.submit(Scripted().rows(state))
    with pytest.raises(DriverError, match="between submit and poll"):
        driver.checkpoint()


def test_a_checkpoint_of_another_fleet_is_refused():
    driver = new_driver()
    driver.open()
    checkpoint = driver.checkpoint()
    with pytest.raises(CheckpointError, match="3 rows, not 2"):
        new_driver(cells=CELLS[:2], faults=()).resume(checkpoint)
    with pytest.raises(CheckpointError):
        new_driver().resume(checkpoint[:-9])
    with pytest.raises(CheckpointError):
        new_driver().resume(b"")


def test_a_driver_that_is_open_cannot_be_resumed():
    driver = new_driver()
    driver.open()
    with pytest.raises(DriverError, match="already open"):
        driver.resume(driver.checkpoint())


def test_one_robot_can_be_made_to_drop_its_base_and_the_others_go_on():
    driver, controller = new_driver(faults=()), Scripted()
    state, _ = play(driver, controller, driver.open(), 12)
    driver.cancel(1)
    del controller.bases[1][:]
    state, _ = play(driver, controller, state, 60)
    assert state.received[1] == state.confirmed[1] < 9
    assert state.confirmed[0] > 2
    with pytest.raises(DriverError, match="no robot 3"):
        driver.cancel(3)


def test_a_robot_is_carried_to_a_cell_only_when_it_is_displaced_or_has_nothing_to_do():
    driver = new_driver(faults=())
    state = driver.open()
    assert driver.place(0, 40, 1)
    rows = Commands.none(3, 2)
    rows.entries[0] = [CCW, FORWARD]
    for _ in range(60):
        driver.submit(rows)
        state = driver.poll()
    assert (int(state.cell[0]), int(state.heading[0]), int(state.confirmed[0])) == (41, 0, 2)
    rows.entries[1] = [FORWARD, FORWARD]
    driver.submit(rows)
    driver.poll()
    for _ in range(9):
        driver.submit(rows)
        driver.poll()
    assert not driver.place(1, 40, 1)
    with pytest.raises(DriverError, match="no robot 0, cell 48"):
        driver.place(0, 48, 0)
