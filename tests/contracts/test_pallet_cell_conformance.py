"""The pallet cell is a StationCell: the kit runs on it, with boxes asked for in the order of its pallet."""

from __future__ import annotations

from contextlib import closing
from random import Random

import pytest

from tests import cell_kit
from tests.cell_kit import CellRig
from twin.cells.pallet_cell import PalletCell
from twin.cells.parcel import Parcel

SIZES = ((0.39, 0.29, 0.2), (0.29, 0.19, 0.15), (0.59, 0.39, 0.25), (0.19, 0.19, 0.4))


class InPlannedOrder(PalletCell):
    """Whoever asks for some boxes is given as many of the next ones."""

    def begin(self, parcels):
        if not set(parcels) <= set(self.order):
            super().begin(parcels)
        super().begin(self.order[: len(parcels)])


def new_cell(seed):
    return InPlannedOrder(seed, attend_s=5.0)


def new_parcels(random, first, number):
    return [Parcel(first + row, f"sku-{row}", random.choice(SIZES), random.uniform(1.0, 12.0)) for row in range(number)]


RIG = CellRig(new_cell, new_parcels, batch=3, wanted=2, feeds_ahead=False, visits=2, slices=6)


@pytest.mark.parametrize("check", cell_kit.CHECKS, ids=lambda check: check.__name__)
def test_conforms(check):
    check(RIG)


def test_a_checkpoint_goes_on_in_another_process():
    with closing(new_cell(4)) as cell:
        cell.feed(new_parcels(Random(4), 0, 3))
        cell.begin(cell.order[:2])
        cell.advance(900)
        checkpoint = cell.checkpoint()
        cell.advance(700)
        elsewhere = cell_kit.resumed_elsewhere(
            "tests.contracts.test_pallet_cell_conformance:new_cell", 4, checkpoint, 700
        )
        assert elsewhere == cell.checkpoint()
