"""Every driver passes the conformance kit, and the kit catches drivers that do not deserve to."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots import conformance
from robots.errors import DriverError
from robots.state import Action
from twin.ideal import IdealGridDriver


def ideal(rig, driver=IdealGridDriver):
    layout = Layout(rig.height, rig.width, rig.passable)
    return driver(layout, rig.model, rig.cell_m, start=rig.start, chargers=rig.chargers, step_s=rig.step_s)


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_ideal_driver_conforms(check):
    check(ideal)


class OpensElsewhere(IdealGridDriver):
    def open(self):
        state = super().open()
        state.cell[0] += 1
        return state


class TakesCommandsBeforeOpen(IdealGridDriver):
    def _require_open(self, call):
        pass


class TurnsTheWrongWay(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._action = np.array([0, 2, 1, 3], dtype=np.uint8)[self._action]


class WantsClearCells(IdealGridDriver):
    def _check_floor(self, target):
        super()._check_floor(target)
        if np.isin(target[target != self._cell], self._cell).any():
            raise DriverError("the cell ahead is not clear yet")


class StandsStillInTime(IdealGridDriver):
    def poll(self):
        self._steps -= 1
        return super().poll()


class KeepsTheCallersColumns(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._charging = commands.charge


class ServesForEver(IdealGridDriver):
    def poll(self):
        left = self._service_next
        state = super().poll()
        self._service_left = left
        return state


class ChargesNothing(IdealGridDriver):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._charge_gain = 0.0


class DrivesForFree(IdealGridDriver):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._drain_of[Action.FORWARD] = self._drain_of[Action.WAIT]


class DrivesOnEmpty(IdealGridDriver):
    def submit(self, commands):
        charge = self._charge
        self._charge = np.maximum(charge, 1e-9)
        super().submit(commands)
        self._charge = charge


class CarriesOutHalfABatch(IdealGridDriver):
    def submit(self, commands):
        try:
            super().submit(commands)
        except DriverError:
            if len(commands.charge) == len(self._cell) and commands.action[0] == Action.FORWARD:
                self._charge[0] -= 1.0
            raise


class LetsRobotsMeet(IdealGridDriver):
    def _check_floor(self, target):
        pass


class ForgetsToStop(IdealGridDriver):
    def stop(self):
        pass


class ClosesOnce(IdealGridDriver):
    def close(self):
        self._require_open("close")
        super().close()


class ChargesAtRandom(IdealGridDriver):
    runs = 0

    def open(self):
        type(self).runs += 1
        self._charge_gain *= self.runs
        return super().open()


@pytest.mark.parametrize(
    ("driver", "check"),
    [
        (OpensElsewhere, conformance.opens_where_the_robots_are),
        (TakesCommandsBeforeOpen, conformance.refuses_calls_out_of_turn),
        (TurnsTheWrongWay, conformance.carries_out_moves),
        (WantsClearCells, conformance.lets_robots_follow_each_other),
        (StandsStillInTime, conformance.advances_its_clock),
        (KeepsTheCallersColumns, conformance.keeps_no_hold_on_commands),
        (ServesForEver, conformance.counts_service_down),
        (ChargesNothing, conformance.charges_at_chargers),
        (DrivesForFree, conformance.drains_by_activity),
        (DrivesOnEmpty, conformance.stops_at_an_empty_battery),
        (CarriesOutHalfABatch, conformance.refuses_impossible_commands),
        (LetsRobotsMeet, conformance.refuses_swaps_and_meetings),
        (ForgetsToStop, conformance.refuses_commands_once_stopped),
        (ClosesOnce, conformance.closes_twice),
        (ChargesAtRandom, conformance.repeats_itself),
    ],
    ids=lambda value: value.__name__,
)
def test_kit_catches(driver, check):
    with pytest.raises((AssertionError, DriverError)):
        check(lambda rig: ideal(rig, driver))
