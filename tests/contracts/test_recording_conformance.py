"""A recorded fleet, and one that can be rewound, pass the conformance kit."""

from __future__ import annotations

import pytest

from fleet.grid.layout import Layout
from robots import conformance
from tests.recorded_fleets import Parts, header
from twin.recording.recording import Recording
from twin.recording.rewinder import Rewinder
from twin.simulated_fleet import SimulatedFleet


def fleet(rig):
    layout = Layout(rig.height, rig.width, rig.passable)
    return SimulatedFleet(
        layout, rig.model, rig.cell_m, start=rig.start, chargers=rig.chargers, tick_s=0.1, seed=1
    )  # fmt: skip


MAKERS = {
    "recording": lambda rig: Recording(fleet(rig), Parts(), header(robots=conformance.rig().start.robots)),
    "rewinder": lambda rig: Rewinder(fleet(rig), header(robots=conformance.rig().start.robots)).driver,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_recorded_driver_conforms(check, make):
    check(make)
