"""Inductions and tip cells are StationCells."""

from __future__ import annotations

import pytest

from tests import cell_kit
from tests.cell_kit import CellRig
from tests.line_cells import drawn_boxes, new_induction, new_tip_cell

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

RIGS = {
    "induction": CellRig(make=new_induction, parcels=drawn_boxes),
    "tip cell": CellRig(make=new_tip_cell, parcels=drawn_boxes),
}


@pytest.mark.parametrize("check", cell_kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("rig", RIGS.values(), ids=RIGS)
def test_conforms(rig, check):
    check(rig)


@pytest.mark.parametrize(("make", "name"), [(new_induction, "new_induction"), (new_tip_cell, "new_tip_cell")])
def test_goes_on_in_another_process(make, name):
    from contextlib import closing
    from random import Random

    with closing(make(3)) as cell:
        cell.feed(drawn_boxes(Random(3), 0, 4))
        cell.begin([0, 1, 2, 3])
        cell.advance(700)
        checkpoint = cell.checkpoint()
        cell.advance(500)
        assert cell_kit.resumed_elsewhere(f"tests.line_cells:{name}", 3, checkpoint, 500) == cell.checkpoint()
