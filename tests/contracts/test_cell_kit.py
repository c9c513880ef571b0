"""The kit of station cells passes a cell that is right, and catches those that are not."""

from __future__ import annotations

import msgspec
import pytest

from robots.errors import InputError
from tests import cell_kit
from tests.cell_kit import CellRig
from tests.pick_cells import box_parcel
from twin.cells.keyframed_cell import KeyframedCell
from twin.cells.station_cell import LineState, Whereabouts

_MOVE_STEPS = 150


class _Shelf(msgspec.Struct):
    """What a ShelfCell remembers."""

    shelf: list[int] = []
    tray: list[int] = []
    gone: list[int] = []
    wanted: list[int] | None = None
    moved: int = 0
    drift: float = 0.5


class ShelfCell(KeyframedCell):
    """No world at all: every 150 steps a parcel goes from a shelf to a tray."""

    def __init__(self, seed):
        super().__init__()
        self.now = _Shelf(drift=1.0 / (seed + 2))
        self._keyframe()

    @property
    def busy(self):
        return bool(self.now.wanted)

    @property
    def finished(self):
        return self.now.wanted == []

    @property
    def state(self):
        return LineState.WORKING if self.busy else LineState.IDLE

    def feed(self, parcels):
        ids = [parcel.id for parcel in parcels]
        if {*self.now.shelf, *self.now.tray, *self.now.gone}.intersection(ids):
            raise InputError("shelf", "has it", "give another")
        self.now.shelf += ids
        self._keyframe()

    def begin(self, parcels):
        if self.now.wanted is not None:
            raise InputError("shelf", "is not free", "wait")
        self.now.wanted = list(parcels)
        self._keyframe()

    def leave(self):
        if not self.finished:
            raise InputError("shelf", "is not finished", "wait")
        taken = tuple(self.now.tray)
        self.now.gone += taken
        self.now.tray, self.now.wanted = [], None
        self._keyframe()
        return taken

    def whereabouts(self):
        waiting, loaded, gone = len(self.now.shelf), len(self.now.tray), len(self.now.gone)
        return Whereabouts(waiting + loaded + gone, waiting, 0, loaded, 0, gone)

    def close(self):
        self.now = _Shelf()

    def _step(self):
        self.now.drift = 3.9 * self.now.drift * (1.0 - self.now.drift)  # every bit matters
        self.now.moved += 1
        if self.now.moved >= _MOVE_STEPS:
            found = next((parcel for parcel in self.now.wanted if parcel in self.now.shelf), None)
            if found is not None:
                self._move(found)
            self.now.moved = 0

    def _move(self, parcel):
        self.now.wanted.remove(parcel)
        self.now.shelf.remove(parcel)
        self.now.tray.append(parcel)

    def _record(self):
        return msgspec.msgpack.encode(self.now)

    def _restore(self, record):
        self.now = msgspec.msgpack.decode(record, type=_Shelf)


class LosesParcels(ShelfCell):
    def _move(self, parcel):
        super()._move(parcel)
        self.now.tray.pop()


class DoublesParcels(ShelfCell):
    def _move(self, parcel):
        super()._move(parcel)
        self.now.tray.append(parcel)


class LeavesWithTooMuch(ShelfCell):
    def leave(self):
        return (*super().leave(), 10_000)


class DependsOnMore(ShelfCell):
    made = 0

    def _step(self):
        super()._step()
        DependsOnMore.made += 1
        self.now.drift += DependsOnMore.made * 1e-12


class ForgetsInRecords(ShelfCell):
    """Only fresh cells see it: what is not in the record stays as it is in the cell itself."""

    def __init__(self, seed):
        self.steps_of_mine = 0
        super().__init__(seed)

    def _step(self):
        super()._step()
        self.steps_of_mine += 1
        self.now.drift += self.steps_of_mine * 1e-9


class ChangedByCheckpoints(ShelfCell):
    def checkpoint(self):
        self.now.moved = 0
        return super().checkpoint()


class DependsOnIdleTime(ShelfCell):
    def _step(self):
        super()._step()
        self.now.moved += self._steps > 5000


class NeverRests(ShelfCell):
    @property
    def busy(self):
        return True

    def _step(self):
        if self.now.wanted:
            super()._step()


class TakesOrdersWhileAtWork(ShelfCell):
    def begin(self, parcels):
        self.now.wanted = list(parcels)
        self._keyframe()


class TakesParcelsTwice(ShelfCell):
    def feed(self, parcels):
        self.now.shelf += [parcel.id for parcel in parcels if parcel.id not in self.now.shelf]
        self._keyframe()


class KeepsHalfOfABatch(ShelfCell):
    def feed(self, parcels):
        super().feed(parcels[:1])
        if len(parcels) > 2:
            raise InputError("shelf", "is full", "come later")


class WrongSteps(ShelfCell):
    def advance(self, steps):
        super().advance(steps + steps // 300)


def _rig(kind):
    return CellRig(
        make=kind, parcels=lambda random, first, number: [box_parcel(name) for name in range(first, first + number)]
    )


def _failures(kind):
    found = []
    for check in cell_kit.CHECKS:
        try:
            check(_rig(kind))
        except (AssertionError, pytest.fail.Exception):
            found.append(check.__name__)
    return found


@pytest.mark.parametrize("check", cell_kit.CHECKS, ids=lambda check: check.__name__)
def test_a_cell_that_is_right_conforms(check):
    check(_rig(ShelfCell))


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        (LosesParcels, "units_are_conserved"),
        (DoublesParcels, "units_are_conserved"),
        (LeavesWithTooMuch, "units_are_conserved"),
        (DependsOnMore, "same_seed_same_life"),
        (ForgetsInRecords, "goes_on_from_a_checkpoint"),
        (ChangedByCheckpoints, "checkpoints_change_nothing"),
        (DependsOnIdleTime, "idle_cells_stay_as_they_are"),
        (NeverRests, "idle_cells_stay_as_they_are"),
        (TakesOrdersWhileAtWork, "refuses_what_cannot_be"),
        (TakesParcelsTwice, "refuses_what_cannot_be"),
        (KeepsHalfOfABatch, "units_are_conserved"),
        (WrongSteps, "units_are_conserved"),
    ],
)
def test_the_kit_catches_cells_that_are_wrong(kind, check):
    assert check in _failures(kind)


def test_a_keyframed_cell_goes_on_from_any_step_of_a_busy_time():
    one, other = ShelfCell(3), ShelfCell(3)
    for cell in (one, other):
        cell.feed([box_parcel(name) for name in range(9)])
        cell.begin(range(9))
    for steps in (1, 238, 1, 1, 240, 517):
        one.advance(steps)
        other.resume(one.checkpoint())
        assert other.steps == one.steps
        assert other.now == one.now
    one.advance(10**9)
    other.resume(one.checkpoint())
    assert (other.steps, other.now) == (one.steps, one.now)
