"""Inductions and tip cells as tests need them: with parcels of any size, and asked for what can come next."""

from __future__ import annotations

from random import Random

from twin.cells.induction_cell import InductionCell
from twin.cells.parcel import Parcel
from twin.cells.tip_cell import TipCell

STEPS_A_SECOND = 240


def box(number, length=0.3, width=0.2, height=0.1, mass_kg=1.0):
    """A parcel of any size."""
    return Parcel(number, "sku", (length, width, height), mass_kg)


def drawn_boxes(random: Random, first: int, number: int) -> list[Parcel]:
    """Parcels from letters to cartons."""
    return [
        box(
            first + place,
            random.uniform(0.08, 0.35),
            random.uniform(0.06, 0.25),
            random.choice((0.002, 0.01, 0.05, 0.12)),
            random.uniform(0.05, 3.0),
        )
        for place in range(number)
    ]


class AskedInLine(InductionCell):
    """An induction for callers who ask for any parcels: it takes as many of those that are next."""

    def begin(self, parcels):
        if self._tray.here:
            super().begin(parcels)
        to_come = [parcel for parcel in parcels if parcel not in self._came_in]
        line = self.line
        super().begin([*(line if to_come else line[: len(parcels)]), *to_come])


class AskedForAll(TipCell):
    """A tip cell for callers who ask for any parcels: it tips all that are on the tray."""

    def begin(self, parcels):
        super().begin([*self.on_tray, *(parcel for parcel in parcels if parcel not in self._came_in)])


def new_induction(seed):
    return AskedInLine(seed)


def new_tip_cell(seed):
    return AskedForAll(seed)


def until(cell, what, seconds=120, every=24):
    """Let time pass until something is so; return how many seconds that took."""
    begin = cell.steps
    while not what():
        assert cell.steps - begin < seconds * STEPS_A_SECOND, (
            f"not in {seconds} s: {cell.state.name} {cell.whereabouts()}"
        )
        cell.advance(every)
    return (cell.steps - begin) / STEPS_A_SECOND
