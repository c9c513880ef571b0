"""A fleet that others look at passes the conformance kit of drivers, recorded or not."""

from __future__ import annotations

import pytest

from fleet.app.attended_fleet import AttendedFleet
from fleet.grid.layout import Layout
from robots import conformance
from tests.recorded_fleets import Parts, header
from twin.recording.recording import Recording
from twin.simulated_fleet import SimulatedFleet


def fleet(rig):
    layout = Layout(rig.height, rig.width, rig.passable)
    return SimulatedFleet(
        layout, rig.model, rig.cell_m, start=rig.start, chargers=rig.chargers, tick_s=0.1, seed=1
    )  # fmt: skip


def recorded(rig):
    return Recording(fleet(rig), Parts(), header(robots=rig.start.robots))


@pytest.mark.parametrize("inner", [fleet, recorded])
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_attended_driver_conforms(check, inner):
    check(lambda rig: AttendedFleet(inner(rig), [lambda truth: truth.x_m.fill(-1.0)]))
