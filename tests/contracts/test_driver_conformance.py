"""The ideal driver passes the conformance kit, and the kit catches drivers that do not deserve to."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots import conformance
from robots.conformance import bases, energy, in_step, life_cycle
from robots.errors import DriverError
from robots.state import Entry
from twin.ideal import IdealGridDriver


def ideal(rig, driver=IdealGridDriver):
    layout = Layout(rig.height, rig.width, rig.passable)
    return driver(layout, rig.model, rig.cell_m, start=rig.start, chargers=rig.chargers, step_s=rig.step_s)


@pytest.mark.parametrize("check", conformance.CHECKS + conformance.SYNCHRONOUS_CHECKS, ids=lambda check: check.__name__)
def test_ideal_driver_conforms(check):
    check(ideal)


class OpensElsewhere(IdealGridDriver):
    def open(self):
        state = super().open()
        state.y_m[0] += 1
        return state


class TakesCommandsBeforeOpen(IdealGridDriver):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._life._require_open = lambda call: None


class StandsStillInTime(IdealGridDriver):
    def poll(self):
        self._steps -= 1
        return super().poll()


class ReportsOldNews(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.heard_s[0] = -state.time_s
        return state


class KeepsTheCallersColumns(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._doing = commands.entries[:, 0]


class KeepsTheCallersLevels(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._halt = commands.halt


class TurnsTheWrongWay(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._doing = np.array([0, 2, 1, 3, 4, 5], dtype=np.uint8)[self._doing]


class StopsBetweenCells(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.x_m += 0.2
        return state


class LooksElsewhere(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.theta_rad += 1.5
        return state


class PromisesMoreThanItTakes(IdealGridDriver):
    entries_ahead = 4


class WantsClearCells(IdealGridDriver):
    def _check_floor(self, target):
        super()._check_floor(target)
        if np.isin(target[target != self._cell], self._cell).any():
            raise DriverError("the cell ahead is not clear yet")


class TakesEntriesAgain(IdealGridDriver):
    def submit(self, commands):
        commands.index = np.where(self._entry == Entry.WAIT, self._received, commands.index)
        super().submit(commands)


class TakesEntriesAfterGaps(IdealGridDriver):
    def submit(self, commands):
        commands.index = np.minimum(self._received, commands.index)
        super().submit(commands)


class ObeysOlderEpochs(IdealGridDriver):
    def submit(self, commands):
        commands.epoch = np.maximum(self._epoch, commands.epoch)
        super().submit(commands)


class HaltsForOlderEpochs(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._halt = commands.halt.copy()


class KeepsItsBaseAtANewEpoch(IdealGridDriver):
    def submit(self, commands):
        self._epoch = np.maximum(self._epoch, commands.epoch)
        super().submit(commands)


class TakesTheRowThatRaisesItsEpoch(IdealGridDriver):
    def submit(self, commands):
        newer = commands.epoch > self._epoch
        self._entry = np.where(newer & (self._service_left == 0), np.uint8(Entry.WAIT), self._entry)
        self._received = self._confirmed + (self._entry != Entry.WAIT)
        self._epoch = np.maximum(self._epoch, commands.epoch)
        super().submit(commands)


class DropsServicesAtANewEpoch(IdealGridDriver):
    def submit(self, commands):
        self._service_left[commands.epoch > self._epoch] = 0.0
        super().submit(commands)


class SaysNothingOfItsEpoch(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.epoch[:] = 0
        return state


class DrivesOnWhenHalted(IdealGridDriver):
    def _doable(self, entry, halt):
        return super()._doable(entry, np.zeros_like(halt))


class LosesItsBaseWhenHalted(IdealGridDriver):
    def submit(self, commands):
        super().submit(commands)
        self._entry[commands.halt] = Entry.WAIT


class HaltsForGood(IdealGridDriver):
    def submit(self, commands):
        commands.halt |= self._halt
        super().submit(commands)


class HaltsEverybody(IdealGridDriver):
    def submit(self, commands):
        commands.halt[:] = commands.halt.any()
        super().submit(commands)


class SaysNothingOfHalts(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.flags[:] = 0
        return state


class Speeds(IdealGridDriver):
    def poll(self):
        state = super().poll()
        state.speed_mps[:] = self._doing == Entry.FORWARD
        return state


class ServesForEver(IdealGridDriver):
    def _serve(self, serving):
        self._service_left = np.where(serving, self._service_s, 0.0)
        return serving


class ServesInNoTime(IdealGridDriver):
    def _serve(self, serving):
        return np.zeros_like(serving)


class ConfirmsServicesAtOnce(IdealGridDriver):
    def _serve(self, serving):
        super()._serve(serving)
        return np.zeros_like(serving)


class ChargesNothing(IdealGridDriver):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._charge_gain = 0.0


class ChargesForAStep(IdealGridDriver):
    def _take_energy(self, doing, drain):
        self._charging[:] = False
        super()._take_energy(doing, drain)


class ChargesOnItsWay(IdealGridDriver):
    def _take_energy(self, doing, drain):
        before = self._charging
        super()._take_energy(doing, drain)
        self._charging = before | self._charging


class CountsWhatChargersGive(IdealGridDriver):
    def _take_energy(self, doing, drain):
        super()._take_energy(doing, drain)
        self._used_percent += self._charge_gain * self._charging.sum()


class DrivesForFree(IdealGridDriver):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._drain_of[Entry.FORWARD] = self._drain_of[Entry.WAIT]


class DrivesOnEmpty(IdealGridDriver):
    def _doable(self, entry, halt):
        charge = self._charge
        self._charge = np.maximum(charge, 1e-9)
        doable = super()._doable(entry, halt)
        self._charge = charge
        return doable


class DrawsMoreThanThereIs(IdealGridDriver):
    def poll(self):
        charge = self._charge
        self._charge = charge + 100.0
        super().poll()
        self._charge -= 100.0
        return self._fill_report()


class NeedsChargeToCharge(IdealGridDriver):
    def _doable(self, entry, halt):
        return super()._doable(np.where(self._charge > 0, entry, np.uint8(Entry.WAIT)), halt)


class CarriesOutHalfABatch(IdealGridDriver):
    def submit(self, commands):
        try:
            super().submit(commands)
        except DriverError:
            if commands.entries.ndim == 2 and commands.entries[0, 0] == Entry.FORWARD:
                self._charge[0] -= 1.0
            raise


class BelievesEveryServiceTime(IdealGridDriver):
    def _check_columns(self, commands):
        wrong = ~np.isfinite(commands.service_s)
        commands.service_s = np.where(wrong, np.float32(0), commands.service_s)
        commands.entries = np.where(wrong, np.uint8(Entry.WAIT), commands.entries)
        super()._check_columns(commands)


class ForgetsToStop(IdealGridDriver):
    def stop(self):
        pass


class ServesOnAfterStop(IdealGridDriver):
    def stop(self):
        entry, left = self._entry.copy(), self._service_left.copy()
        super().stop()
        self._entry, self._service_left = entry, left
        self._received = self._confirmed + (entry != Entry.WAIT)


class CountsAnewAfterStop(IdealGridDriver):
    def stop(self):
        super().stop()
        self._confirmed[:] = 0
        self._received[:] = 0


class ClosesOnce(IdealGridDriver):
    def close(self):
        self._life._require_open("close")
        super().close()


class ChargesAtRandom(IdealGridDriver):
    runs = 0

    def open(self):
        type(self).runs += 1
        self._charge_gain *= self.runs
        return super().open()


class TakesTwoSteps(IdealGridDriver):
    """Every other step goes by with nothing done."""

    def _doable(self, entry, halt):
        return super()._doable(entry, halt | (self._steps % 2 == 0))


class RoundsServicesUp(IdealGridDriver):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._service_s = self._service_s + 1.0

    def submit(self, commands):
        commands.service_s = np.where(commands.service_s > 0, commands.service_s + np.float32(1), commands.service_s)
        super().submit(commands)


class TakesTheFirstOfTwo(IdealGridDriver):
    def submit(self, commands):
        new = np.maximum(self._received - commands.index, 0) + 1
        commands.entries = np.where(np.arange(commands.entries.shape[1]) < new[:, None], commands.entries, Entry.WAIT)
        commands.entries = commands.entries.astype(np.uint8)
        super().submit(commands)


class LetsRobotsMeet(IdealGridDriver):
    def _check_floor(self, target):
        pass


@pytest.mark.parametrize(
    ("driver", "check"),
    [
        (OpensElsewhere, life_cycle.opens_where_the_robots_are),
        (TakesCommandsBeforeOpen, life_cycle.refuses_calls_out_of_turn),
        (StandsStillInTime, life_cycle.advances_its_clock),
        (ReportsOldNews, life_cycle.advances_its_clock),
        (KeepsTheCallersColumns, life_cycle.keeps_no_hold_on_commands),
        (KeepsTheCallersLevels, life_cycle.keeps_no_hold_on_commands),
        (TurnsTheWrongWay, bases.carries_out_moves),
        (StopsBetweenCells, bases.carries_out_moves),
        (LooksElsewhere, bases.carries_out_moves),
        (PromisesMoreThanItTakes, bases.carries_out_bases_in_order),
        (WantsClearCells, bases.lets_robots_follow_each_other),
        (TakesEntriesAgain, bases.takes_entries_once),
        (TakesEntriesAfterGaps, bases.passes_over_gaps),
        (ObeysOlderEpochs, bases.ignores_older_epochs),
        (HaltsForOlderEpochs, bases.ignores_older_epochs),
        (SaysNothingOfItsEpoch, bases.ignores_older_epochs),
        (KeepsItsBaseAtANewEpoch, bases.drops_what_it_has_not_begun_at_a_new_epoch),
        (TakesTheRowThatRaisesItsEpoch, bases.drops_what_it_has_not_begun_at_a_new_epoch),
        (DropsServicesAtANewEpoch, bases.finishes_a_service_at_a_new_epoch),
        (DrivesOnWhenHalted, bases.halts_and_goes_on),
        (LosesItsBaseWhenHalted, bases.halts_and_goes_on),
        (HaltsForGood, bases.halts_and_goes_on),
        (HaltsEverybody, bases.halts_and_goes_on),
        (SaysNothingOfHalts, bases.halts_and_goes_on),
        (Speeds, bases.keeps_to_speed_limits),
        (ServesForEver, energy.counts_service_down),
        (ServesInNoTime, energy.counts_service_down),
        (ConfirmsServicesAtOnce, energy.counts_service_down),
        (ChargesNothing, energy.charges_at_chargers),
        (ChargesForAStep, energy.charges_at_chargers),
        (ChargesOnItsWay, energy.charges_at_chargers),
        (CountsWhatChargersGive, energy.drains_by_activity),
        (DrivesForFree, energy.drains_by_activity),
        (DrivesOnEmpty, energy.keeps_empty_robots_where_they_are),
        (DrawsMoreThanThereIs, energy.runs_out_of_charge),
        (NeedsChargeToCharge, energy.charges_an_empty_robot),
        (CarriesOutHalfABatch, life_cycle.refuses_impossible_commands),
        (BelievesEveryServiceTime, life_cycle.refuses_impossible_commands),
        (ForgetsToStop, life_cycle.refuses_commands_once_stopped),
        (ServesOnAfterStop, life_cycle.refuses_commands_once_stopped),
        (CountsAnewAfterStop, life_cycle.refuses_commands_once_stopped),
        (ClosesOnce, life_cycle.closes_twice),
        (ChargesAtRandom, life_cycle.repeats_itself),
        (TakesTwoSteps, in_step.takes_one_step_an_entry),
        (RoundsServicesUp, in_step.serves_in_whole_steps),
        (TakesTheFirstOfTwo, in_step.takes_one_entry_at_a_time),
        (LetsRobotsMeet, in_step.refuses_swaps_and_meetings),
        (LetsRobotsMeet, in_step.halts_within_the_step),
    ],
    ids=lambda value: value.__name__,
)
def test_kit_catches(driver, check):
    with pytest.raises((AssertionError, DriverError)):
        check(lambda rig: ideal(rig, driver))


@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_kit_does_not_count_polls(check):
    """A driver whose robots need two polls for an entry conforms, but for what is said of drivers in step."""
    check(lambda rig: ideal(rig, TakesTwoSteps))
