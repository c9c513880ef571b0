"""The pick cell passes the conformance kit of station cells."""

from __future__ import annotations

import pytest

from tests import cell_kit
from tests.cell_kit import CellRig
from tests.pick_cells import pick_cell, pickable_parcels
from twin.cells.grasping import GraspParams

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

# Grasps that fail often enough for all of it to happen in two visits.
_CLUMSY = GraspParams(
    no_seal={"flat": 0.3, "medium": 0.3}, leak={"flat": 0.25, "medium": 0.25}, leak_s=3.0, misread=0.1
)


def clumsy_cell(seed):
    return pick_cell(seed, grasps=_CLUMSY, attend_s=3.0)


@pytest.mark.parametrize("check", cell_kit.CHECKS, ids=lambda check: check.__name__)
def test_pick_cell_conforms(check):
    check(CellRig(make=clumsy_cell, parcels=pickable_parcels))
